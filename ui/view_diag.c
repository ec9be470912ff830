/* SPDX-License-Identifier: MIT */
#include "ui/view_diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui/private.h"
#include "ui/report.h"
#include "ui/view_log.h"
#include "ui/words.h"

static const int windows[] = {15, 30, 60, 120, 300, 600};
static const char *const page_names[DIAG_PAGES] = {"Latency", "Packets", "Stack", "Events"};

#define WINDOWS ((int)(sizeof(windows) / sizeof(windows[0])))

void diag_init(struct diag *diag)
{
	*diag = (struct diag){.one = -1};
}

void diag_opened(struct ui *ui, int64_t now)
{
	(void)now;
	ui->lists[VIEW_DIAG] = (struct list){0};
	ui->diag.one = -1;
}

int diag_seconds(const struct ui *ui)
{
	return ui->diag.window ? ui->diag.window : diag_graph_width(ui);
}

int diag_name_width(const struct ui *ui)
{
	return ui->canvas.columns >= 100 ? 22 : 12;
}

int diag_stats_width(const struct ui *ui)
{
	return ui->canvas.columns >= 60 ? 24 : 12;
}

int diag_graph_width(const struct ui *ui)
{
	int width = ui->canvas.columns - diag_name_width(ui) - diag_stats_width(ui) - 2;
	return width < 1 ? 1 : width > HISTORY_SECONDS ? HISTORY_SECONDS : width;
}

static int panels(const struct ui *ui)
{
	return 1 + ui->model.speaker_count;
}

/* The events, or those of the one that is looked at; returns how many. */
static int events_of(const struct ui *ui, const struct model_event *events[MODEL_EVENTS])
{
	int one = ui->diag.one, count = 0;
	const char *name = one <= 0 || one >= panels(ui) ? words_source_name(&ui->model.source)
	                                                 : ui->model.speakers[one - 1].name;
	for (int i = 0; i < ui->model.event_count; i++)
		if ((one < 0 || !strcmp(ui->model.events[i].subject, name)) &&
		    (view_passes(ui, VIEW_DIAG, ui->model.events[i].subject) ||
		     view_passes(ui, VIEW_DIAG, ui->model.events[i].text)))
			events[count++] = &ui->model.events[i];
	return count;
}

/* On the page of events the others are left out; elsewhere it goes to the first of that name. */
void diag_found(struct ui *ui, const char *text)
{
	struct list *list = &ui->lists[VIEW_DIAG];
	if (ui->diag.page == DIAG_EVENTS)
		return;
	for (int i = 0; *text && i < ui->model.speaker_count; i++)
		if (strcasestr(ui->model.speakers[i].name, text)) {
			list->selected = i + 1;
			return;
		}
}

int diag_rows(const struct ui *ui)
{
	const struct model_event *events[MODEL_EVENTS];
	switch (ui->diag.page) {
	case DIAG_EVENTS:
		return events_of(ui, events);
	case DIAG_STACK:
		return ui->diag.stack_lines;
	default:
		return panels(ui);
	}
}

const struct history_line *diag_line(const struct ui *ui, int panel)
{
	return history_of(ui->history, panel ? &ui->model.speakers[panel - 1] : NULL);
}

struct diag_span diag_span(struct ui *ui, int room)
{
	struct list *list = &ui->lists[VIEW_DIAG];
	if (ui->diag.one >= 0 && ui->diag.one < panels(ui))
		return (struct diag_span){ui->diag.one, 1};
	int shown = list_window(list, panels(ui), room);
	return (struct diag_span){list->first, shown};
}

void diag_more(const struct ui *ui, int row, struct diag_span span)
{
	bool one = ui->diag.one >= 0;
	frame_more(ui, row, span.count, !one && span.first > 0,
	           !one && span.first + span.count < panels(ui));
}

void diag_name(const struct ui *ui, int row, int panel, int width)
{
	const char *name = panel ? ui->model.speakers[panel - 1].name
	                         : words_source_name(&ui->model.source);
	bool selected = ui->lists[VIEW_DIAG].selected == panel && ui->diag.one < 0;
	char text[MODEL_TEXT];
	if (selected)
		draw_text(&ui->canvas, row, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
	draw_format(&ui->canvas, row, 1, width, selected ? THEME_TITLE : THEME_NORMAL, "%d %s",
	            panel, words_name(name, width - (panel > 9 ? 3 : 2), text, sizeof(text)));
}

/* --- counters ------------------------------------------------------------------------------------ */

struct diag_base diag_since(const struct ui *ui, const struct model_speaker *speaker)
{
	struct diag_base since = {.sent = speaker->sent,
	                          .dropped = speaker->dropped,
	                          .late = speaker->late,
	                          .stalls = speaker->stalls,
	                          .reconnects = speaker->reconnects};
	for (int i = 0; i < MODEL_SPEAKERS; i++) {
		const struct diag_base *base = &ui->diag.bases[i];
		if (strcmp(base->address, speaker->address) != 0 || since.sent < base->sent)
			continue;
		since.sent -= base->sent;
		since.dropped -= base->dropped;
		since.late -= base->late;
		since.stalls -= base->stalls;
		since.reconnects -= base->reconnects;
	}
	return since;
}

static void reset(struct ui *ui)
{
	ui->diag.reset_us = ui->model.time_us;
	for (int i = 0; i < ui->model.speaker_count; i++) {
		const struct model_speaker *speaker = &ui->model.speakers[i];
		struct diag_base *base = &ui->diag.bases[i];
		*base = (struct diag_base){.sent = speaker->sent,
		                           .dropped = speaker->dropped,
		                           .late = speaker->late,
		                           .stalls = speaker->stalls,
		                           .reconnects = speaker->reconnects};
		memcpy(base->address, speaker->address, sizeof(base->address));
	}
	history_reset(ui->history);
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void turn_page(struct ui *ui, const char *argument)
{
	int page = (int)ui->diag.page;
	if (!strcmp(argument, "prev"))
		page += DIAG_PAGES - 1;
	else if (!strcmp(argument, "next"))
		page++;
	for (int i = 0; i < DIAG_PAGES; i++)
		if (!strncasecmp(page_names[i], argument, strlen(argument)))
			page = i;
	ui->diag.page = (enum diag_page)(page % DIAG_PAGES);
	ui->lists[VIEW_DIAG] = (struct list){0};
	if (ui->diag.page == DIAG_EVENTS)
		list_move(ui, INT32_MAX);
}

/* To the next of the round lengths. */
static void turn_window(struct ui *ui, bool longer)
{
	int seconds = diag_seconds(ui), next = 0;
	for (int i = 0; i < WINDOWS; i++) {
		bool further = longer ? windows[i] > seconds : windows[i] < seconds;
		if (further && (!next || !longer))
			next = windows[i];
	}
	if (next)
		ui->diag.window = next;
}

static void pick(struct ui *ui, int panel)
{
	if (panel < panels(ui))
		ui->diag.one = ui->diag.one == panel ? -1 : panel;
}

void diag_save(struct ui *ui, int64_t now)
{
	char path[512], text[600];
	const char *home = getenv("HOME");
	size_t length = home ? strlen(home) : 0;
	int error = report_save(&ui->model, ui->history, path, sizeof(path));
	bool at_home = length > 1 && !strncmp(path, home, length) && path[length] == '/';
	if (error)
		snprintf(text, sizeof(text), "not saved: %s: %s", path, strerror(-error));
	else
		snprintf(text, sizeof(text), "saved %s%s", at_home ? "~" : "",
		         path + (at_home ? length : 0));
	ui_say(ui, error, text, now);
}

bool diag_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	switch (binding->command->id) {
	case COMMAND_PAGE:
		turn_page(ui, binding->argument);
		return true;
	case COMMAND_SPAN:
		turn_window(ui, *binding->argument == '+');
		return true;
	case COMMAND_SELECT:
		pick(ui, atoi(binding->argument));
		return true;
	case COMMAND_ACTIVATE:
		pick(ui, ui->lists[VIEW_DIAG].selected);
		return true;
	case COMMAND_RESET:
		reset(ui);
		ui_say(ui, false, "counters and graphs begin anew, in this view only", now);
		return true;
	case COMMAND_BACK:
		if (ui->diag.one < 0)
			return false;
		ui->diag.one = -1;
		return true;
	default:
		return false;
	}
}

const struct hint diag_hints[] = {
    {COMMAND_HELP, "", "help"},     {COMMAND_PAGE, "next", "page"}, {COMMAND_SELECT, NULL, "one"},
    {COMMAND_SPAN, "-", NULL},      {COMMAND_SPAN, "+", "window"},  {COMMAND_RESET, "", "reset"},
    {COMMAND_FREEZE, "", "freeze"}, {COMMAND_SAVE, "", "save"},     {COMMAND_COUNT, "", NULL},
};

/* --- the whole ----------------------------------------------------------------------------------- */

bool diag_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	char stamp[16], key[48];
	*role = THEME_DIM;
	frame_key(ui, COMMAND_RESET, "", key, sizeof(key));
	snprintf(text, size, "counters since %s; %s resets them in this view only",
	         ui->diag.reset_us ? words_time(ui->diag.reset_us, stamp, sizeof(stamp))
	                           : "the start",
	         key);
	return true;
}

static void header_draw(const struct ui *ui)
{
	char left[160], right[64];
	bool wide = ui->canvas.columns >= 70;
	int used = snprintf(left, sizeof(left), wide ? " %s  Diagnostics " : " Diagnostics ",
	                    ui->config.title);
	for (int i = 0; i < DIAG_PAGES; i++) {
		bool here = i == (int)ui->diag.page;
		if (wide || here)
			used += snprintf(left + used, sizeof(left) - (size_t)used,
			                 here ? " [%s]" : "  %s ", page_names[i]);
	}
	int seconds = diag_seconds(ui);
	if (ui->diag.one >= 0 && ui->diag.page == DIAG_EVENTS)
		snprintf(left + used, sizeof(left) - (size_t)used, "  of %d", ui->diag.one);
	snprintf(right, sizeof(right), "%s%d %s window ", ui->frozen ? "FROZEN  " : "",
	         seconds < 120 ? seconds : seconds / 60, seconds < 120 ? "s" : "min");
	frame_header(ui, left, right);
}

static void events_draw(struct ui *ui, int row, int rows)
{
	const struct model_event *events[MODEL_EVENTS];
	struct list *list = &ui->lists[VIEW_DIAG];
	int count = events_of(ui, events), shown = list_window(list, count, rows);
	for (int i = 0; i < shown; i++) {
		log_line(ui, row + i, events[list->first + i]);
		if (list->first + i == list->selected)
			draw_text(&ui->canvas, row + i, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
	}
	if (!count)
		draw_text(&ui->canvas, row + 1, 3, 60, THEME_DIM,
		          *ui->filters[VIEW_DIAG] ? "nothing like that"
		                                  : "nothing has happened to it");
}

void diag_draw(struct ui *ui, int64_t now)
{
	static void (*const pages[DIAG_PAGES])(struct ui *, int, int) = {diag_latency, diag_packets,
	                                                                 diag_stack, events_draw};
	header_draw(ui);
	pages[ui->diag.page](ui, 1, ui->canvas.rows - 3);
	frame_foot(ui, now);
}
