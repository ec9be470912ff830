/* SPDX-License-Identifier: MIT */
#include "ui/view_log.h"

#include <stdio.h>

#include "ui/private.h"
#include "ui/words.h"

const struct hint log_hints[] = {
    {COMMAND_HELP, "", "help"},    {COMMAND_NEXT, "", NULL},     {COMMAND_PREV, "", "move"},
    {COMMAND_FIRST, "", "oldest"}, {COMMAND_LAST, "", "newest"}, {COMMAND_COUNT, "", NULL},
};

void log_line(const struct ui *ui, int row, const struct model_event *event)
{
	static const enum theme_role roles[] = {THEME_DIM, THEME_NORMAL, THEME_WARN, THEME_BAD};
	const struct canvas *canvas = &ui->canvas;
	int width = canvas->columns >= 110 ? 22 : 12, column = 16 + width;
	char stamp[16], subject[MODEL_TEXT];
	draw_format(canvas, row, 1, canvas->columns - 2, roles[event->level], "%s %-5s %s",
	            words_time(event->time_us, stamp, sizeof(stamp)),
	            model_level_name(event->level),
	            words_subject(&ui->model, event->subject, width - 1, subject, sizeof(subject)));
	draw_text(canvas, row, column, canvas->columns - column - 1, roles[event->level],
	          event->text);
}

int log_rows(const struct ui *ui)
{
	return ui->model.event_count;
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
	(void)now;
	if (!list->moved || list->selected >= log_rows(ui))
		list->selected = log_rows(ui) > 0 ? log_rows(ui) - 1 : 0;
	list->moved = list->selected != log_rows(ui) - 1;
}

void log_draw(struct ui *ui, int64_t now)
{
	struct list *list = &ui->lists[VIEW_LOG];
	char left[96], right[64];
	snprintf(left, sizeof(left), " %s  Events", ui->config.title);
	snprintf(right, sizeof(right), "%d of %d ", log_rows(ui) ? list->selected + 1 : 0,
	         log_rows(ui));
	frame_header(ui, left, right);
	int shown = list_window(list, log_rows(ui), ui->canvas.rows - 3);
	for (int i = 0; i < shown; i++) {
		log_line(ui, 1 + i, &ui->model.events[list->first + i]);
		if (list->first + i == list->selected)
			draw_text(&ui->canvas, 1 + i, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
	}
	frame_foot(ui, now);
}
