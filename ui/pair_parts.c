/* SPDX-License-Identifier: MIT */
/* The parts of the pair view, from above to below. */
#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/view_pair.h"
#include "ui/words.h"

/* --- the list ------------------------------------------------------------------------------------ */

/* Where the columns begin; 0: there is none of it.  The name takes what is left. */
struct columns {
	int name, address, kind, signal, seen, state;
};

static struct columns columns_of(int width)
{
	if (width >= 110)
		return (struct columns){3, 31, 50, 64, 83, 91};
	if (width >= 72)
		return (struct columns){3, 0, 29, 42, 58, 64};
	if (width >= 50)
		return (struct columns){3, 0, 0, 24, 0, 41};
	return (struct columns){3, 0, 0, 0, 0, 20};
}

static void titles_draw(const struct ui *ui, int row, const struct columns *at)
{
	const struct {
		int column;
		const char *title;
	} titles[] = {{at->name, "Name"},     {at->address, "Address"}, {at->kind, "Kind"},
	              {at->signal, "Signal"}, {at->seen, "Seen"},       {at->state, "State"}};
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].column)
			draw_text(&ui->canvas, row, titles[i].column, 10, THEME_DIM,
			          titles[i].title);
}

/* -50 dBm and better is all five, below -86 one. */
static void signal_draw(const struct ui *ui, int row, int column, int32_t rssi)
{
	const struct canvas *canvas = &ui->canvas;
	int bars = rssi == MODEL_UNKNOWN ? 0 : (rssi + 95) / 9;
	bars = bars > 5 ? 5 : bars < 1 && rssi != MODEL_UNKNOWN ? 1 : bars;
	draw_bar(canvas, row, column, 5, bars, 5);
	if (rssi == MODEL_UNKNOWN)
		draw_text(canvas, row, column + 6, 10, THEME_DIM, "not heard");
	else
		draw_format(canvas, row, column + 6, 10, THEME_NORMAL, "%d dBm", (int)rssi);
}

static char *seen_words(int32_t ms, char *text, size_t size)
{
	if (ms == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else if (ms < 1500)
		snprintf(text, size, "now");
	else
		words_age(ms, text, size);
	return text;
}

/* What it is to us: "new", "1 streaming", "source". */
static enum theme_role state_words(const struct ui *ui, const struct model_found *found, char *text,
                                   size_t size)
{
	if (found->number > 0 && found->number <= ui->model.speaker_count) {
		int32_t state = ui->model.speakers[found->number - 1].state;
		snprintf(text, size, "%d %s", (int)found->number, model_speaker_state_name(state));
		return words_state_role(state);
	}
	if (found->role == MODEL_ROLE_SOURCE && found->paired) {
		snprintf(text, size, found->connected ? "source, here" : "source");
		return THEME_NORMAL;
	}
	snprintf(text, size, found->paired ? "paired, off" : "new");
	return found->paired ? THEME_DIM : THEME_TITLE;
}

/* An Echo's class says loudspeaker, which to us it is not. */
static const char *kind_words(const struct model_found *found)
{
	return found->role == MODEL_ROLE_SOURCE ? "source" : model_kind_name(found->kind);
}

static void found_draw(const struct ui *ui, int row, const struct columns *at,
                       const struct model_found *found, bool selected)
{
	const struct canvas *canvas = &ui->canvas;
	int next = at->address  ? at->address
	           : at->kind   ? at->kind
	           : at->signal ? at->signal
	                        : at->state;
	char text[MODEL_TEXT];
	if (selected)
		draw_text(canvas, row, 1, 1, THEME_TITLE, canvas->set->gutter);
	draw_text(canvas, row, at->name, next - at->name - 1, selected ? THEME_TITLE : THEME_NORMAL,
	          words_name(found->name, next - at->name - 1, text, sizeof(text)));
	if (at->address)
		draw_text(canvas, row, at->address, 18, THEME_NORMAL, found->address);
	if (at->kind)
		draw_text(canvas, row, at->kind, 12, THEME_NORMAL, kind_words(found));
	if (at->signal)
		signal_draw(ui, row, at->signal, found->rssi);
	if (at->seen)
		draw_text(canvas, row, at->seen, 5, THEME_NORMAL,
		          seen_words(found->seen_ms, text, sizeof(text)));
	enum theme_role role = state_words(ui, found, text, sizeof(text));
	draw_text(canvas, row, at->state, canvas->columns - at->state - 1, role, text);
}

static const struct model_found *found_at(const struct ui *ui, const char *address)
{
	for (int i = 0; i < ui->model.found_count; i++)
		if (!strcmp(ui->model.found[i].address, address))
			return &ui->model.found[i];
	return NULL;
}

static void remainder_words(const struct ui *ui, int above, int below, char *text, size_t size)
{
	int hidden = ui->model.found_count - ui->pair.count;
	char key[24];
	size_t used = 0;
	*text = 0;
	if (above || below)
		used = (size_t)snprintf(text, size, "%s %d more   ", ui->canvas.set->down,
		                        above + below);
	frame_key(ui, COMMAND_ALL, "", key, sizeof(key));
	if (hidden)
		snprintf(text + used, size - used,
		         ui->canvas.columns >= 60 ? "%d hidden: unnamed or not audio (%s shows all)"
		         : ui->canvas.columns >= 40 ? "%d hidden (%s shows all)"
		                                    : "%d hidden",
		         hidden, key);
	else if (!ui->pair.count && ui->model.scan.running)
		snprintf(text, size, "listening ...");
	else if (!ui->pair.count)
		snprintf(text, size, "nothing was heard yet");
}

int pair_list_draw(struct ui *ui, int row, int room)
{
	const struct columns at = columns_of(ui->canvas.columns);
	struct list *list = &ui->lists[VIEW_PAIR];
	int count = ui->pair.count, top = row;
	char text[128];
	if (room < 2)
		return 0;
	titles_draw(ui, row++, &at);
	room--;
	bool all = count <= room && ui->model.found_count == count && count > 0;
	int shown = list_window(list, count, all ? room : room - 1);
	for (int i = 0; i < shown; i++) {
		int index = list->first + i;
		const struct model_found *found = found_at(ui, ui->pair.addresses[index]);
		if (found)
			found_draw(ui, row + i, &at, found, index == list->selected);
	}
	row += shown;
	remainder_words(ui, list->first, count - list->first - shown, text, sizeof(text));
	if (!*text)
		return row - top;
	char fit[128];
	words_fit(ui->canvas.set, text, ui->canvas.columns - 4, fit, sizeof(fit));
	draw_text(&ui->canvas, row++, at.name, ui->canvas.columns - 4, THEME_DIM, fit);
	return row - top;
}

/* --- the steps ----------------------------------------------------------------------------------- */

static const char *step_title(int step)
{
	static const char *const titles[STEP_COUNT] = {"reached", "paired", "trusted", "connected",
	                                               "first sound"};
	return titles[step];
}

static const char *step_doing(int step)
{
	static const char *const doing[STEP_COUNT] = {"reaching", "pairing", "trusting",
	                                              "connecting", "first sound"};
	return doing[step];
}

static void step_draw(const struct ui *ui, int row, int step)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_pairing_step *shown = &ui->model.pairing.steps[step];
	static const enum theme_role roles[] = {THEME_DIM, THEME_TITLE, THEME_GOOD, THEME_BAD};
	const char *signs[] = {" ", canvas->set->signs[SPEAKER_CONNECTING], canvas->set->done,
	                       canvas->set->signs[SPEAKER_FAILED]};
	char key[24], tail[96] = "";
	bool runs = shown->state == STEP_RUNS;
	draw_format(canvas, row, 3, canvas->columns - 4, roles[shown->state], "%d %s %s", step + 1,
	            signs[shown->state],
	            shown->state == STEP_DONE ? step_title(step) : step_doing(step));
	if (shown->ms != MODEL_UNKNOWN)
		draw_format(canvas, row, 20, 7, THEME_NORMAL, "%4.1f s", shown->ms / 1000.0);
	if (runs && canvas->columns >= 72)
		snprintf(tail, sizeof(tail), "   %s cancels   (gives up at %d s)",
		         frame_key(ui, COMMAND_BACK, "", key, sizeof(key)),
		         (int)(shown->limit_ms / 1000));
	if (ui->model.pairing.state == PAIRING_DONE && shown->state == STEP_WAITS)
		snprintf(tail, sizeof(tail), "when it is asked to play");
	draw_format(canvas, row, 29, canvas->columns - 30, THEME_NORMAL, "%s%s", shown->note, tail);
}

int pair_steps_rows(const struct ui *ui)
{
	const struct model_pairing *pairing = &ui->model.pairing;
	if (pairing->state == PAIRING_NONE)
		return 0;
	return 1 + STEP_COUNT + (pairing->state == PAIRING_FAILED);
}

int pair_steps_draw(const struct ui *ui, int row, int room)
{
	const struct model_pairing *pairing = &ui->model.pairing;
	const struct canvas *canvas = &ui->canvas;
	char title[MODEL_TEXT + 32];
	int first = row;
	if (pairing->state == PAIRING_NONE || room < 2)
		return 0;
	snprintf(title, sizeof(title), "Pairing %s  %s", pairing->name,
	         canvas->columns >= 60 ? pairing->address : "");
	frame_rule(ui, row++, title, pairing->tries > 1 ? "second try" : "");
	bool advice = pairing->state == PAIRING_FAILED;
	int steps = room - 1 - advice < STEP_COUNT ? room - 1 - advice : STEP_COUNT, from = 0;
	while (from + steps < STEP_COUNT && pairing->steps[from].state == STEP_DONE)
		from++; /* what is over gives way first */
	for (int i = from; i < from + steps && i < STEP_COUNT; i++)
		step_draw(ui, row++, i);
	if (advice)
		draw_format(canvas, row++, 3, canvas->columns - 4, THEME_WARN, "%s %s",
		            canvas->set->arrow, pairing->advice);
	return row - first;
}

/* --- below --------------------------------------------------------------------------------------- */

int pair_window_draw(const struct ui *ui, int row, int room)
{
	const struct model_window *window = &ui->model.window;
	const struct canvas *canvas = &ui->canvas;
	char state[96], key[24], text[320] = "", fit[320];
	if (room < 2)
		return 0;
	frame_rule(ui, row, "Echo input", "");
	frame_key(ui, COMMAND_WINDOW, "toggle", key, sizeof(key));
	if (window->open && *window->problem)
		draw_text(canvas, row + 1, 1, canvas->columns - 2, THEME_BAD, window->problem);
	else if (window->open)
		draw_format(canvas, row + 1, 1, canvas->columns - 2, THEME_WARN,
		            "open %d s as %s: say \"Alexa, pair Bluetooth\"",
		            (int)(window->left_ms / 1000), window->name);
	else
		snprintf(text, sizeof(text), "0 %s %s   %s opens a 3 min window to pair %s Echo",
		         words_source_name(&ui->model.source),
		         words_source_state(canvas->set, &ui->model.source, state, sizeof(state)),
		         key, *ui->model.source.address ? "another" : "an");
	words_fit(canvas->set, text, canvas->columns - 2, fit, sizeof(fit));
	draw_text(canvas, row + 1, 1, canvas->columns - 2, THEME_NORMAL, fit);
	return 2;
}

int pair_attempts_draw(const struct ui *ui, int row, int room)
{
	const struct canvas *canvas = &ui->canvas;
	int first = row, last = row + room;
	char stamp[16];
	if (!ui->model.attempt_count || room < 4)
		return 0;
	frame_rule(ui, row++, "Recent attempts", "");
	for (int i = 0; i < ui->model.attempt_count && row < last; i++) {
		const struct model_attempt *attempt = &ui->model.attempts[i];
		draw_format(canvas, row++, 3, canvas->columns - 4,
		            attempt->well ? THEME_NORMAL : THEME_BAD, "%s  %s  %s",
		            words_time(attempt->time_us, stamp, sizeof(stamp)), attempt->name,
		            attempt->text);
		if (*attempt->advice && row < last)
			draw_format(canvas, row++, 13, canvas->columns - 14, THEME_NORMAL, "%s %s",
			            canvas->set->arrow, attempt->advice);
	}
	return row - first;
}

int pair_tips_draw(const struct ui *ui, int row, int room)
{
	static const char *const tips[] = {
	    "- still connected to a phone? switch it off and on, then scan again",
	    "- not announced as audio? show all devices, Enter pairs it anyway",
	    "- out of range? below -80 dBm pairing is unreliable: move it closer",
	    "- paired elsewhere? reset its pairings, as its manual says",
	};
	int count = (int)(sizeof(tips) / sizeof(tips[0]));
	if (room < 3)
		return 0;
	frame_rule(ui, row, "If it does not show up", "");
	for (int i = 0; i < count && i + 1 < room; i++) {
		char fit[96];
		words_fit(ui->canvas.set, tips[i], ui->canvas.columns - 4, fit, sizeof(fit));
		draw_text(&ui->canvas, row + 1 + i, 3, ui->canvas.columns - 4, THEME_DIM, fit);
	}
	return count + 1;
}
