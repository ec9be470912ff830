/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_QUIT_H
#define UI_VIEW_QUIT_H

#include "ui/view.h"

/* The question before the music stops.  For view.c's table. */

void quit_draw(struct ui *ui, int64_t now);
bool quit_key(struct ui *ui, keymap_key key, int64_t now);
extern const struct hint quit_hints[];

#endif
