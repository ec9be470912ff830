/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_HELP_H
#define UI_VIEW_HELP_H

#include "ui/view.h"

/* The keys of the view below, made from the live keymap.  For view.c's table. */

void help_draw(struct ui *ui, int64_t now);
void help_opened(struct ui *ui, int64_t now);
bool help_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);
int help_rows(const struct ui *ui);

/* All keys that the page names, each between spaces: a test looks for every bound one. */
void help_keys(const struct ui *ui, char *text, size_t size);

extern const struct hint help_hints[];

#endif
