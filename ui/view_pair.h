/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_PAIR_H
#define UI_VIEW_PAIR_H

#include "relay/model.h"
#include "ui/view.h"

/*
 * From a speaker in a box to its first sound: what is heard, the steps of the pairing that runs, the
 * window for an Echo, what was tried, what to do when nothing shows up.  For view.c's table.
 */

/* What is on the list, as it was shown last: the cursor stays on a device, wherever its row goes. */
struct pair {
	bool all; /* devices without a name or sound, too */
	int count;
	char addresses[MODEL_FOUND][18];
	char cursor[18];
};

void pair_draw(struct ui *ui, int64_t now);
void pair_opened(struct ui *ui, int64_t now);
void pair_closed(struct ui *ui, int64_t now);
void pair_follow(struct ui *ui, int64_t now);
int pair_rows(const struct ui *ui);
const char *pair_back(const struct ui *ui);
bool pair_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);
bool pair_message(const struct ui *ui, enum theme_role *role, char *text, size_t size);
const struct hint *pair_hints_now(const struct ui *ui);

/* The device under the cursor; NULL: there is none. */
const struct model_found *pair_selected(const struct ui *ui);

/* --- pair_parts.c: each draws from `row` on, at most `room` rows, and returns how many it took. --- */

int pair_list_draw(struct ui *ui, int row, int room);
int pair_steps_rows(const struct ui *ui); /* how many it would take */
int pair_steps_draw(const struct ui *ui, int row, int room);
int pair_window_draw(const struct ui *ui, int row, int room);
int pair_attempts_draw(const struct ui *ui, int row, int room);
int pair_tips_draw(const struct ui *ui, int row, int room);

/* pair_device.c: what the device under the cursor can do; in the same way. */
int pair_device_rows(const struct ui *ui);
int pair_device_draw(const struct ui *ui, int row, int room);

#endif
