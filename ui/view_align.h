/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_ALIGN_H
#define UI_VIEW_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/model.h"
#include "ui/view.h"

/*
 * Lining up.  By ear: two speakers click once a second, one of them is moved until there is one click; and
 * by microphone, which takes the view's place while it runs (align_microphone.c).
 */

enum align_hear { HEAR_BOTH, HEAR_REFERENCE, HEAR_CANDIDATE };

#define ALIGN_TAPS 6 /* of each; their mean is good to some 15 ms */

/* When somebody tapped, as places on a circle that is one second long. */
struct align_taps {
	int count;
	double sine, cosine;
};

struct align {
	char reference[18], candidate[18]; /* addresses; empty: none */
	int moved_count; /* speakers that were adjusted since it was opened, … */
	struct {
		char address[18];
		int32_t before_us; /* … and their trims before that */
	} moved[MODEL_SPEAKERS];
	enum align_hear hear;
	struct align_taps taps[2]; /* on the reference, on the candidate */
	int32_t microphone;        /* the measurement's state, as last seen */
};

const struct hint *align_hints_now(const struct ui *ui);

void align_draw(struct ui *ui, int64_t now);
void align_opened(struct ui *ui, int64_t now);
void align_closed(struct ui *ui, int64_t now);
void align_follow(struct ui *ui, int64_t now);
const char *align_back(const struct ui *ui);
bool align_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);

/* align_microphone.c: a measurement that runs, or what it found. */
void align_microphone_draw(struct ui *ui);

#endif
