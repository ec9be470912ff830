/* SPDX-License-Identifier: MIT */
#ifndef UI_TROUBLE_H
#define UI_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "ui/theme.h"

/* What is wrong, and what to do about it, in one sentence each.  Main thread. */

struct ui;

#define TROUBLE_TEXT 192

struct trouble {
	int weight; /* the worst has the most; 0: nothing is wrong */
	enum theme_role role;
	char cause[TROUBLE_TEXT];
	char remedy[TROUBLE_TEXT]; /* with the key that helps; may be empty */
};

#define TROUBLE_LATE_US                                                                            \
	20000 /* jitter from here on is out of range: OUTPUT_LATE_NS of the engine */

/* Of speaker `index`.  False: none. */
bool trouble_of_speaker(const struct ui *ui, int index, struct trouble *trouble);

/* Of the relay as a whole, and of the source. */
bool trouble_of_relay(const struct ui *ui, struct trouble *trouble);
bool trouble_of_source(const struct ui *ui, struct trouble *trouble);

/* The worst of all; *index is the speaker's, −1 for others. */
bool trouble_worst(const struct ui *ui, struct trouble *trouble, int *index);

#endif
