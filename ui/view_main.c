/* SPDX-License-Identifier: MIT */
/*
 *   row 0      header: what runs, how far apart, how long the way to the ear is
 *   …          panels of 5, 3 or 1 rows, as many as there are
 *   …          events, with what is left
 *   row n−2    the most important thing, in one sentence, with the key that helps
 *   row n−1    keys
 */
#include "ui/view_main.h"

#include <stdio.h>
#include <string.h>

#include "ui/checklist.h"
#include "ui/overview.h"
#include "ui/panel.h"
#include "ui/private.h"
#include "ui/trouble.h"
#include "ui/view_log.h"
#include "ui/words.h"

#define EVENTS_MOST 12

int main_panels(const struct ui *ui)
{
	return 1 + ui->model.speaker_count;
}

/* What one wants to turn is a speaker; one that is gone is no longer selected. */
void main_follow(struct ui *ui, int64_t now)
{
	struct list *list = &ui->lists[VIEW_MAIN];
	(void)now;
	if (!list->moved)
		list->selected = ui->model.speaker_count > 0;
	if (list->selected >= main_panels(ui))
		list->selected = main_panels(ui) - 1;
}

int main_at(const struct ui *ui, int row)
{
	int down = row - ui->panels_at.row;
	if (down < 0 || down >= ui->panels_at.count * ui->panels_at.each)
		return -1;
	return ui->panels_at.first + down / ui->panels_at.each;
}

/* Connects what is off, shows the details of what plays. */
static void activate(struct ui *ui, int64_t now)
{
	const struct model_speaker *speaker = ui_speaker(ui);
	char line[64];
	if (speaker && !model_speaker_plays(speaker)) {
		snprintf(line, sizeof(line), "connect %s on", speaker->address);
		ui_send(ui, line);
		return;
	}
	view_open(ui, VIEW_DIAG, now);
	ui->diag.one = ui->lists[VIEW_MAIN].selected;
}

bool main_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	if (binding->command->id != COMMAND_ACTIVATE)
		return false;
	activate(ui, now);
	return true;
}

/* A search goes to the first that has the text in its name. */
void main_found(struct ui *ui, const char *text)
{
	for (int i = 0; *text && i < ui->model.speaker_count; i++)
		if (strcasestr(ui->model.speakers[i].name, text)) {
			ui->lists[VIEW_MAIN].selected = i + 1;
			ui->lists[VIEW_MAIN].moved = true;
			return;
		}
}

/* --- header -------------------------------------------------------------------------------------- */

static void header_left(const struct ui *ui, const struct overview *overview, char *text,
                        size_t size)
{
	const struct charset *set = ui->canvas.set;
	const char *sign = overview->runs ? set->play : set->pause;
	int used;
	if (ui->canvas.columns < 76) {
		snprintf(text, size, " %s %s %d/%d", ui->config.title, sign, overview->playing,
		         overview->speakers);
		return;
	}
	used = snprintf(text, size, " %s  %s %s  Echo%s%d", ui->config.title, sign,
	                overview->runs ? "RUN" : "IDLE", set->arrow, overview->playing);
	if (overview->missing && *overview->missing)
		snprintf(text + used, size - (size_t)used, ", %d %s",
		         overview->speakers - overview->playing, overview->missing);
	else if (overview->missing)
		snprintf(text + used, size - (size_t)used, " of %d", overview->speakers);
}

/* The figures of the header as they stand there; the least wanted has the lowest rank. */
struct part {
	int rank;
	char text[40];
};

static int header_parts(const struct ui *ui, const struct overview *now, struct part parts[5])
{
	struct overview calm = overview_of(&ui->calm);
	int count = 0;
	char clock[16];
	if (ui->frozen)
		parts[count++] = (struct part){3, "FROZEN"};
	if (pace_slow(&ui->pace)) {
		parts[count].rank = 3;
		snprintf(parts[count++].text, sizeof(parts[0].text), "%d Hz (slow link)",
		         ui->pace.rate);
	}
	if (now->playing > 1 && calm.spread_us != MODEL_UNKNOWN) {
		parts[count].rank = 1;
		snprintf(parts[count++].text, sizeof(parts[0].text), "spread %.0f ms",
		         calm.spread_us / 1e3);
	}
	if (calm.latency_us != MODEL_UNKNOWN) {
		parts[count].rank = 2;
		snprintf(parts[count++].text, sizeof(parts[0].text), "Echo%sear %s%.0f ms",
		         ui->canvas.set->arrow, calm.guess ? ui->canvas.set->about : "",
		         calm.latency_us / 1e3);
	}
	parts[count].rank = 0;
	snprintf(parts[count++].text, sizeof(parts[0].text), "up %s",
	         words_clock(ui->model.uptime_ms, clock, sizeof(clock)));
	return count;
}

static void parts_join(const struct part *parts, int count, int least, char *text, size_t size)
{
	size_t used = 0;
	*text = 0;
	for (int i = 0; i < count && used < size; i++)
		if (parts[i].rank >= least)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "  " : "",
			                         parts[i].text);
	if (used + 1 < size && used)
		strcat(text, " ");
}

static void header_draw(const struct ui *ui)
{
	struct overview overview = overview_of(&ui->model);
	struct part parts[5];
	char left[96], right[192];
	header_left(ui, &overview, left, sizeof(left));
	int count = header_parts(ui, &overview, parts), least = 0;
	do
		parts_join(parts, count, least++, right, sizeof(right));
	while (*right && draw_width(left) + draw_width(right) + 1 > ui->canvas.columns);
	frame_header(ui, left, right);
}

/* --- events, the message ------------------------------------------------------------------------- */

static void events_draw(const struct ui *ui, int row, int rows)
{
	char key[48], all[64] = "";
	if (rows < 2)
		return;
	if (*frame_key(ui, COMMAND_VIEW, "log", key, sizeof(key)))
		snprintf(all, sizeof(all), "%s all", key);
	frame_rule(ui, row, "Events", all);
	int lines = rows - 1 < EVENTS_MOST ? rows - 1 : EVENTS_MOST;
	int first = ui->model.event_count > lines ? ui->model.event_count - lines : 0;
	for (int i = first; i < ui->model.event_count; i++)
		log_line(ui, row + 1 + i - first, &ui->model.events[i]);
}

static int first_clause(const char *text)
{
	size_t comma = strcspn(text, ",;");
	return (int)comma;
}

/* What helps at once is the last of the remedies: the key. */
static const char *last_remedy(const struct trouble *trouble)
{
	const char *last = strrchr(trouble->remedy, ';');
	return last ? last + 2 : trouble->remedy;
}

/* Ever less is said until it has room; what is wrong and what helps are in the least of it, too. */
static void trouble_say(const struct ui *ui, const struct trouble *trouble, int index, char *text,
                        size_t size)
{
	static const int names[] = {24, 10, 10, 10};
	const char *dash = *trouble->remedy ? " - " : "";
	for (int i = 0; i < 4; i++) {
		const char *remedy = i < 2 ? trouble->remedy : last_remedy(trouble);
		int cause = i < 3 ? (int)strlen(trouble->cause) : first_clause(trouble->cause);
		int what = i < 2 ? (int)strlen(remedy) : first_clause(remedy);
		char name[MODEL_TEXT];
		int used = 0;
		if (index >= 0)
			used = snprintf(text, size, "%d %s: ", index + 1,
			                words_name(ui->model.speakers[index].name, names[i], name,
			                           sizeof(name)));
		snprintf(text + used, size - (size_t)used, "%.*s%s%.*s", cause, trouble->cause,
		         dash, what, remedy);
		if (draw_width(text) <= ui->canvas.columns - 2)
			return;
	}
	if (index >= 0)
		snprintf(text, size, "%d %s%s%.*s", index + 1,
		         model_speaker_state_name(ui->model.speakers[index].state), dash,
		         first_clause(last_remedy(trouble)), last_remedy(trouble));
}

bool main_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	struct trouble trouble;
	int index;
	*role = THEME_NORMAL;
	if (!ui->shown_any)
		return false;
	if (!ui->model.speaker_count && !ui_alone(ui))
		return checklist_message(ui, role, text, size);
	if (trouble_worst(ui, &trouble, &index)) {
		*role = trouble.role;
		trouble_say(ui, &trouble, index, text, size);
		return true;
	}
	if (ui->model.source.state != MODEL_SOURCE_STREAMING)
		snprintf(text, size, "waiting for the Echo: \"Alexa, play some music\"");
	return *text;
}

const struct hint main_hints[] = {
    {COMMAND_HELP, "", "help"},
    {COMMAND_SELECT, NULL, "pick"},
    {COMMAND_DELAY, "-1ms", NULL},
    {COMMAND_DELAY, "+1ms", "delay"},
    {COMMAND_VOLUME, "-5", NULL},
    {COMMAND_VOLUME, "+5", "vol"},
    {COMMAND_MUTE, "toggle", "mute"},
    {COMMAND_VIEW, "pair", "pair"},
    {COMMAND_VIEW, "diag", "diag"},
    {COMMAND_VIEW, "align", "line up"},
    {COMMAND_WINDOW, "toggle", "Echo"},
    {COMMAND_CONNECT, "toggle", "connect"},
    {COMMAND_CHANNEL, "next", "channel"},
    {COMMAND_SOLO, "toggle", "solo"},
    {COMMAND_COUNT, "", NULL},
};

/* --- the whole ----------------------------------------------------------------------------------- */

/* The densest that is needed: 5 rows a panel, 3, or 1. */
static int density_of(const struct ui *ui, int room)
{
	int panels = main_panels(ui);
	if (ui->canvas.columns >= 110 && ui->canvas.rows >= 36 && panels * 5 <= room)
		return 5;
	return ui->canvas.columns >= 76 && panels * 3 <= room ? 3 : 1;
}

/* As many lines as there are rows; the selected one is always among them. */
static int lines_draw(struct ui *ui, int row, int room)
{
	struct list *list = &ui->lists[VIEW_MAIN];
	int panels = main_panels(ui), titles = ui->canvas.columns >= 60 && panels < room;
	if (titles)
		panel_line_titles(ui, row++);
	int shown = list_window(list, panels, room - titles);
	for (int i = 0; i < shown; i++)
		panel_line_draw(ui, row + i, list->first + i);
	ui->panels_at.row = row;
	ui->panels_at.each = 1;
	ui->panels_at.first = list->first;
	ui->panels_at.count = shown;
	frame_more(ui, row, shown, list->first > 0, list->first + shown < panels);
	return row + shown;
}

static int panels_draw(struct ui *ui, int row, int room)
{
	int density = density_of(ui, room);
	if (density == 1)
		return lines_draw(ui, row, room);
	for (int i = 0; i < main_panels(ui); i++)
		panel_draw(ui, row + i * density, density, i);
	ui->panels_at.row = row;
	ui->panels_at.each = density;
	ui->panels_at.first = 0;
	ui->panels_at.count = main_panels(ui);
	return row + main_panels(ui) * density;
}

/* Nothing is known yet, and nothing is said. */
static void first_draw(struct ui *ui, int64_t now)
{
	char left[96];
	snprintf(left, sizeof(left), " %s", ui->config.title);
	frame_header(ui, left, "");
	draw_text(&ui->canvas, 2, 3, ui->canvas.columns - 4, THEME_DIM, "one moment ...");
	frame_foot(ui, now);
}

/* What was true is not known any more, and nothing of it is shown. */
static void alone_draw(struct ui *ui, int64_t now)
{
	const struct canvas *canvas = &ui->canvas;
	char left[96];
	snprintf(left, sizeof(left), " %s  %s no relay", ui->config.title, canvas->set->pause);
	frame_header(ui, left, "");
	draw_wrapped(canvas, 2, 3, canvas->columns - 4, canvas->rows - 4, THEME_NORMAL,
	             "No relay runs. As soon as one does, it is shown here; in another shell "
	             "\"echorelay daemon\" starts one.");
	frame_foot(ui, now);
}

void main_draw(struct ui *ui, int64_t now)
{
	const struct canvas *canvas = &ui->canvas;
	if (!ui->shown_any)
		return first_draw(ui, now);
	if (ui_alone(ui))
		return alone_draw(ui, now);
	header_draw(ui);
	int row = panels_draw(ui, 1, canvas->rows - 3);
	if (!ui->model.speaker_count)
		checklist_draw(ui, row, canvas->rows - 2 - row, "Getting started");
	else if (ui->events)
		events_draw(ui, row, canvas->rows - 2 - row);
	frame_foot(ui, now);
}
