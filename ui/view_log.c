/* SPDX-License-Identifier: MIT */
#include "ui/view_log.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/words.h"

const struct hint log_hints[] = {
    {COMMAND_HELP, "", "help"},       {COMMAND_NEXT, "", NULL},     {COMMAND_PREV, "", "move"},
    {COMMAND_FIRST, "", "oldest"},    {COMMAND_LAST, "", "newest"}, {COMMAND_FIND, "", "find"},
    {COMMAND_LEVEL, "next", "level"}, {COMMAND_COUNT, "", NULL},
};

/* "14:07:31 warn " or, where there is little room, "14:07 ! "; returns the columns it takes. */
static int log_begin(const struct ui *ui, const struct model_event *event, char *text, size_t size)
{
	const char *const *signs = ui->canvas.set->signs;
	const char *sign = event->level == MODEL_ERROR     ? signs[SPEAKER_LOST]
	                   : event->level == MODEL_WARNING ? signs[SPEAKER_CONGESTED]
	                                                   : " ";
	char stamp[16];
	words_time(event->time_us, stamp, sizeof(stamp));
	if (ui->canvas.columns < 50)
		snprintf(text, size, "%.5s %s ", stamp, sign);
	else
		snprintf(text, size, "%s %-5s ", stamp, model_level_name(event->level));
	return draw_width(text);
}

void log_line(const struct ui *ui, int row, const struct model_event *event)
{
	static const enum theme_role roles[] = {THEME_DIM, THEME_NORMAL, THEME_WARN, THEME_BAD};
	const struct canvas *canvas = &ui->canvas;
	enum theme_role role = roles[event->level];
	int width = canvas->columns >= 110 ? 22 : canvas->columns >= 76 ? 12 : 6;
	char begin[32], subject[MODEL_TEXT], text[256];
	int column = 1 + log_begin(ui, event, begin, sizeof(begin));
	words_subject(&ui->model, event->subject, width - 1, subject, sizeof(subject));
	draw_text(canvas, row, 1, column, role, begin);
	draw_text(canvas, row, column, width, role, subject);
	column += width;
	words_fit(canvas->set, event->text, canvas->columns - column - 1, text, sizeof(text));
	draw_text(canvas, row, column, canvas->columns - column - 1, role, text);
}

/* The events that pass the level and the search; returns how many. */
static int passing(const struct ui *ui, const struct model_event *events[MODEL_EVENTS])
{
	int count = 0;
	for (int i = 0; i < ui->model.event_count; i++) {
		const struct model_event *event = &ui->model.events[i];
		if (event->level >= ui->log_level && (view_passes(ui, VIEW_LOG, event->subject) ||
		                                      view_passes(ui, VIEW_LOG, event->text)))
			events[count++] = event;
	}
	return count;
}

int log_rows(const struct ui *ui)
{
	const struct model_event *events[MODEL_EVENTS];
	return passing(ui, events);
}

int log_at(const struct ui *ui, int row)
{
	int at = ui->lists[VIEW_LOG].first + row - 1; /* below the header */
	return row >= 1 && row < ui->canvas.rows - 2 && at < log_rows(ui) ? at : -1;
}

void log_opened(struct ui *ui, int64_t now)
{
	(void)now;
	ui->lists[VIEW_LOG] = (struct list){0}; /* at the newest, and it stays there */
	log_follow(ui, now);
}

/* Until the user goes up, the newest is what one looks at. */
void log_follow(struct ui *ui, int64_t now)
{
	struct list *list = &ui->lists[VIEW_LOG];
	int last = log_rows(ui) - 1;
	(void)now;
	if (!list->moved || list->selected > last)
		list->selected = last > 0 ? last : 0;
	list->moved = list->selected != last;
}

bool log_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	static const int levels[] = {MODEL_DEBUG, MODEL_WARNING, MODEL_ERROR};
	int at = 0;
	if (binding->command->id != COMMAND_LEVEL)
		return false;
	while (at < 2 && levels[at] != ui->log_level)
		at++;
	ui->log_level = levels[(at + 1) % 3];
	for (int level = MODEL_DEBUG; level <= MODEL_ERROR; level++)
		if (!strcmp(binding->argument, model_level_name(level)))
			ui->log_level = level;
	log_follow(ui, now);
	return true;
}

static void header_draw(const struct ui *ui, int count)
{
	char left[128], right[PROMPT_TEXT + 64];
	const char *filter = ui->filters[VIEW_LOG];
	snprintf(left, sizeof(left), " %s  Events%s%s%s", ui->config.title,
	         ui->log_level > MODEL_INFO ? "  from " : "",
	         ui->log_level > MODEL_INFO ? model_level_name(ui->log_level) : "",
	         ui->log_level > MODEL_INFO ? " on" : "");
	snprintf(right, sizeof(right), "%s%s%s%s%d of %d ", ui->frozen ? "FROZEN  " : "",
	         *filter ? "only with \"" : "", filter, *filter ? "\"  " : "",
	         count ? ui->lists[VIEW_LOG].selected + 1 : 0, count);
	frame_header(ui, left, right);
}

void log_draw(struct ui *ui, int64_t now)
{
	const struct model_event *events[MODEL_EVENTS];
	struct list *list = &ui->lists[VIEW_LOG];
	int count = passing(ui, events);
	int shown = list_window(list, count, ui->canvas.rows - 3);
	header_draw(ui, count);
	for (int i = 0; i < shown; i++) {
		log_line(ui, 1 + i, events[list->first + i]);
		if (list->first + i == list->selected)
			draw_text(&ui->canvas, 1 + i, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
	}
	if (!count)
		draw_text(&ui->canvas, 2, 3, 60, THEME_DIM,
		          ui->model.event_count ? "nothing like that" : "nothing has happened yet");
	frame_foot(ui, now);
}
