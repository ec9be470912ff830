/* SPDX-License-Identifier: MIT */
#ifndef UI_CHECKLIST_H
#define UI_CHECKLIST_H

#include "ui/view.h"

/*
 * The way from a fresh machine to music: each line turns to done by itself, and one of them is the thing
 * to do now.  The main view shows it while no speaker is paired; `view start` shows it at any time.
 */

/* Draws it into rows row … row + rows − 1, below a rule with the title. */
void checklist_draw(const struct ui *ui, int row, int rows, const char *title);

/* The thing to do now, in one sentence; false where all is done. */
bool checklist_message(const struct ui *ui, enum theme_role *role, char *text, size_t size);

/* For view.c's table. */
void start_draw(struct ui *ui, int64_t now);
extern const struct hint start_hints[];

#endif
