/* SPDX-License-Identifier: MIT */
/*
 *   row 0      header: the scan, and how many were found
 *   row 1      what to do with the speaker
 *   …          the list: as many rows as are left
 *   …          what the chosen one can do, or the steps of the pairing, if there is one
 *   …          the Echo's window, earlier attempts, tips: as far as there is room
 *   row n−2    what happens now
 *   row n−1    keys
 */
#include "ui/view_pair.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/words.h"

#define LIST_LEAST 3

const char *pair_back(const struct ui *ui)
{
	return ui->model.pairing.state == PAIRING_RUNS ? "cancel" : "back";
}

#define PAIR_HINTS(scan, all)                                                                      \
	{                                                                                          \
		{COMMAND_HELP, "", "help"}, {COMMAND_NEXT, "", NULL},                              \
		    {COMMAND_PREV, "", "choose"}, {COMMAND_ACTIVATE, "", "pair"},                  \
		    {COMMAND_SCAN, "toggle", scan}, {COMMAND_ALL, "", all},                        \
		    {COMMAND_WINDOW, "toggle", "Echo"}, {COMMAND_VIEW, "unpair", "unpair"},        \
		    {COMMAND_VIEW, "rename", "rename"}, {COMMAND_COUNT, "", NULL},                 \
	}

/* What the keys that toggle would do now. */
const struct hint *pair_hints_now(const struct ui *ui)
{
	static const struct hint hints[2][2][10] = {
	    {PAIR_HINTS("rescan", "all"), PAIR_HINTS("rescan", "fewer")},
	    {PAIR_HINTS("stop", "all"), PAIR_HINTS("stop", "fewer")}};
	return hints[ui->model.scan.running][ui->pair.all];
}

/* --- the list ------------------------------------------------------------------------------------ */

static bool on_list(const struct ui *ui, const struct model_found *found)
{
	return (ui->pair.all || !found->hidden) && (view_passes(ui, VIEW_PAIR, found->name) ||
	                                            view_passes(ui, VIEW_PAIR, found->address));
}

int pair_rows(const struct ui *ui)
{
	return ui->pair.count;
}

const struct model_found *pair_selected(const struct ui *ui)
{
	for (int i = 0; i < ui->model.found_count; i++)
		if (!strcmp(ui->model.found[i].address, ui->pair.cursor))
			return &ui->model.found[i];
	return NULL;
}

/* The cursor is on the device that was in that row when the user last saw the list. */
static void cursor_take(struct ui *ui)
{
	const struct list *list = &ui->lists[VIEW_PAIR];
	if (list->moved && list->selected < ui->pair.count)
		snprintf(ui->pair.cursor, sizeof(ui->pair.cursor), "%s",
		         ui->pair.addresses[list->selected]);
}

static void cursor_place(struct ui *ui)
{
	struct list *list = &ui->lists[VIEW_PAIR];
	struct pair *pair = &ui->pair;
	int at = list->moved ? 0 : -1;
	for (int i = 0; i < pair->count && list->moved; i++)
		if (!strcmp(pair->addresses[i], pair->cursor))
			at = i;
	list->selected = at < 0 ? 0 : at;
	if (!list->moved || !pair->count || strcmp(pair->addresses[list->selected], pair->cursor))
		snprintf(pair->cursor, sizeof(pair->cursor), "%s",
		         pair->count ? pair->addresses[list->selected] : "");
}

void pair_follow(struct ui *ui, int64_t now)
{
	struct pair *pair = &ui->pair;
	(void)now;
	cursor_take(ui);
	pair->count = 0;
	for (int i = 0; i < ui->model.found_count; i++)
		if (on_list(ui, &ui->model.found[i]))
			snprintf(pair->addresses[pair->count++], 18, "%s",
			         ui->model.found[i].address);
	cursor_place(ui);
}

/* --- opening and keys ---------------------------------------------------------------------------- */

void pair_opened(struct ui *ui, int64_t now)
{
	ui->lists[VIEW_PAIR] = (struct list){0};
	ui->pair.all = false;
	pair_follow(ui, now);
	if (!ui->model.scan.running && ui->model.pairing.state != PAIRING_RUNS &&
	    !ui->model.window.open)
		ui_send_quietly(ui, "scan on");
}

void pair_closed(struct ui *ui, int64_t now)
{
	(void)now;
	if (ui->model.scan.running)
		ui_send_quietly(ui, "scan off");
}

static void pair_with_selected(struct ui *ui, int64_t now)
{
	cursor_take(ui);
	const struct model_found *found = pair_selected(ui);
	char line[64];
	if (!found)
		return ui_say(ui, false, "nobody to pair with: is it in pairing mode?", now);
	ui->lists[VIEW_PAIR].moved = true; /* the row goes elsewhere when it is paired */
	snprintf(line, sizeof(line), "pair %s", found->address);
	ui_send_quietly(ui, line);
}

bool pair_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	switch (binding->command->id) {
	case COMMAND_ACTIVATE:
		pair_with_selected(ui, now);
		return true;
	case COMMAND_ALL:
		ui->pair.all = !ui->pair.all;
		pair_follow(ui, now);
		return true;
	case COMMAND_BACK: /* first of all it stops what runs */
		if (ui->model.pairing.state != PAIRING_RUNS)
			return false;
		ui_send(ui, "cancel");
		return true;
	default:
		cursor_take(ui);
		return false;
	}
}

/* No room for more than the list. */
static bool low(const struct ui *ui)
{
	return ui->canvas.rows < 16;
}

/* --- what is said -------------------------------------------------------------------------------- */

static const char *done_words(const struct model_pairing *pairing)
{
	const struct model_pairing_step *sound = &pairing->steps[STEP_FIRST_SOUND];
	if (sound->state != STEP_DONE) /* a source plays when somebody asks it to */
		return "is connected";
	return *sound->note ? sound->note : "plays";
}

static bool pairing_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	static const char *const doing[STEP_COUNT] = {"reaching", "pairing with", "trusting",
	                                              "connecting to", "waiting for sound from"};
	const struct model_pairing *pairing = &ui->model.pairing;
	int step = 0;
	while (step < STEP_COUNT - 1 && pairing->steps[step].state == STEP_DONE)
		step++;
	switch (pairing->state) {
	case PAIRING_RUNS:
		snprintf(text, size, "Pairing, step %d of %d, %d s: %s %s", step + 1, STEP_COUNT,
		         pairing->steps[step].ms == MODEL_UNKNOWN
		             ? 0
		             : (int)(pairing->steps[step].ms / 1000),
		         doing[step], pairing->name);
		return true;
	case PAIRING_DONE:
		*role = THEME_GOOD;
		snprintf(text, size, "%s %s", pairing->name, done_words(pairing));
		return true;
	case PAIRING_FAILED:
		*role = THEME_BAD;
		snprintf(text, size, "%s %s%s%s", pairing->name, pairing->problem,
		         low(ui) && *pairing->advice ? " - " : "", low(ui) ? pairing->advice : "");
		return true;
	default:
		return false;
	}
}

bool pair_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	const struct model *model = &ui->model;
	if (*model->problem) {
		*role = THEME_BAD;
		snprintf(text, size, "%s", model->problem);
		return true;
	}
	if (*model->scan.problem) {
		*role = THEME_BAD;
		snprintf(text, size, "scan: %s", model->scan.problem);
		return true;
	}
	return pairing_message(ui, role, text, size);
}

/* --- the picture --------------------------------------------------------------------------------- */

static void header_draw(const struct ui *ui)
{
	const struct model_scan *scan = &ui->model.scan;
	static const char *const before[] = {"scanning ", "scanning ", ""};
	static const char *const after[] = {", music may stutter   ", "   ", "  "};
	bool wide = ui->canvas.columns >= 76;
	char left[64], right[96];
	snprintf(left, sizeof(left), wide ? " %s  Pair a speaker" : " Pair a speaker",
	         ui->config.title);
	if (!scan->running)
		snprintf(right, sizeof(right), "not scanning   %d found ", ui->pair.count);
	for (int i = 0; i < 3 && scan->running; i++) {
		snprintf(right, sizeof(right), "%s%d s of %d%s%d found ", before[i],
		         (int)(scan->ms / 1000), (int)(scan->limit_ms / 1000), after[i],
		         ui->pair.count);
		if (draw_width(left) + 2 + draw_width(right) <= ui->canvas.columns)
			break;
	}
	frame_header(ui, left, right);
}

/* As much of it as has room. */
static const char *mode_words(const struct ui *ui)
{
	static const char *const words[] = {
	    "Put the speaker in pairing mode: hold its Bluetooth button till it blinks",
	    "Pairing mode: hold its Bluetooth button till it blinks",
	    "Hold its Bluetooth button till it blinks"};
	int i = 0;
	while (i < 2 && draw_width(words[i]) > ui->canvas.columns - 5)
		i++;
	return words[i];
}

void pair_draw(struct ui *ui, int64_t now)
{
	int row = 1, last = ui->canvas.rows - 2, steps = pair_steps_rows(ui);
	header_draw(ui);
	if (!low(ui))
		frame_rule(ui, row++, mode_words(ui), "");
	int below = ui->canvas.rows < 20 ? 0 : 3;
	int device = steps || low(ui) ? 0 : pair_device_rows(ui), wanted = steps + device;
	int room = last - row - (wanted && last - row - wanted >= LIST_LEAST ? wanted : 0);
	row += pair_list_draw(ui, row, room - below);
	if (device)
		row += pair_device_draw(ui, row, last - row);
	row += pair_steps_draw(ui, row, last - row);
	row += pair_window_draw(ui, row, last - row);
	row += pair_attempts_draw(ui, row, last - row);
	pair_tips_draw(ui, row, last - row);
	frame_foot(ui, now);
}
