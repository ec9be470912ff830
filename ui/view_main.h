/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_MAIN_H
#define UI_VIEW_MAIN_H

#include "ui/view.h"

/* The main view: the source, every speaker, what happened, what to do.  For view.c's table. */

void main_draw(struct ui *ui, int64_t now);
void main_follow(struct ui *ui, int64_t now);
int main_panels(const struct ui *ui);
int main_at(const struct ui *ui, int row);
bool main_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);
void main_found(struct ui *ui, const char *text);
bool main_message(const struct ui *ui, enum theme_role *role, char *text, size_t size);
extern const struct hint main_hints[];

#endif
