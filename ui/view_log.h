/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_LOG_H
#define UI_VIEW_LOG_H

#include "relay/model.h"
#include "ui/view.h"

/* Everything that happened, newest below.  For view.c's table. */

void log_draw(struct ui *ui, int64_t now);
void log_opened(struct ui *ui, int64_t now);
void log_follow(struct ui *ui, int64_t now);
bool log_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);
int log_at(const struct ui *ui, int row);
int log_rows(const struct ui *ui);
extern const struct hint log_hints[];

/* One event in one row: time, level, whom it is about, what. */
void log_line(const struct ui *ui, int row, const struct model_event *event);

#endif
