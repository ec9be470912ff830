/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_DIALOG_H
#define UI_VIEW_DIALOG_H

#include "relay/model.h"
#include "ui/view.h"

/*
 * Boxes that want an answer: what a device asks while it pairs, whether to forget a speaker, what to call
 * it.  What cannot be taken back is never on Enter.  For view.c's table.
 */

struct dialog {
	int32_t question, dismissed;        /* its id; one that the user put off */
	char address[18], name[MODEL_TEXT]; /* whom unpair and rename are about */
	char text[64];                      /* what is typed */
};

/* Opens by itself when there is a question, and closes with it. */
void question_follow(struct ui *ui, int64_t now);
void question_draw(struct ui *ui, int64_t now);
bool question_key(struct ui *ui, keymap_key key, int64_t now);
const char *question_back(const struct ui *ui);

void unpair_opened(struct ui *ui, int64_t now);
void unpair_draw(struct ui *ui, int64_t now);
bool unpair_key(struct ui *ui, keymap_key key, int64_t now);

void rename_opened(struct ui *ui, int64_t now);
void rename_draw(struct ui *ui, int64_t now);
bool rename_key(struct ui *ui, keymap_key key, int64_t now);

extern const struct hint dialog_hints[];

#endif
