/* SPDX-License-Identifier: MIT */
#include "ui/view.h"

#include <string.h>

#include "ui/checklist.h"
#include "ui/private.h"
#include "ui/view_align.h"
#include "ui/view_diag.h"
#include "ui/view_dialog.h"
#include "ui/view_help.h"
#include "ui/view_log.h"
#include "ui/view_main.h"
#include "ui/view_pair.h"
#include "ui/view_quit.h"

const struct view views[VIEW_COUNT] = {
    [VIEW_MAIN] = {.name = "main",
                   .title = "Main",
                   .context = CONTEXT_MAIN,
                   .draw = main_draw,
                   .follow = main_follow,
                   .rows = main_panels,
                   .act = main_act,
                   .message = main_message,
                   .at = main_at,
                   .found = main_found,
                   .hints = main_hints},
    [VIEW_DIAG] = {.name = "diag",
                   .title = "Diagnostics",
                   .context = CONTEXT_DIAG,
                   .draw = diag_draw,
                   .opened = diag_opened,
                   .rows = diag_rows,
                   .act = diag_act,
                   .message = diag_message,
                   .found = diag_found,
                   .hints = diag_hints},
    [VIEW_LOG] = {.name = "log",
                  .title = "Events",
                  .context = CONTEXT_LOG,
                  .draw = log_draw,
                  .opened = log_opened,
                  .follow = log_follow,
                  .at = log_at,
                  .act = log_act,
                  .rows = log_rows,
                  .hints = log_hints},
    [VIEW_ALIGN] = {.name = "align",
                    .title = "Line up",
                    .context = CONTEXT_ALIGN,
                    .over = true,
                    .draw = align_draw,
                    .back_now = align_back,
                    .opened = align_opened,
                    .closed = align_closed,
                    .follow = align_follow,
                    .act = align_act,
                    .hints_now = align_hints_now},
    [VIEW_START] = {.name = "start",
                    .title = "Getting started",
                    .context = CONTEXT_MAIN,
                    .draw = start_draw,
                    .message = checklist_message,
                    .hints = start_hints},
    [VIEW_HELP] = {.name = "help",
                   .title = "Help",
                   .context = CONTEXT_HELP,
                   .over = true,
                   .draw = help_draw,
                   .back = "close",
                   .opened = help_opened,
                   .act = help_act,
                   .rows = help_rows,
                   .hints = help_hints},
    [VIEW_PROMPT] = {.title = "Prompt",
                     .context = CONTEXT_PROMPT,
                     .over = true,
                     .draw = prompt_draw,
                     .closed = prompt_closed,
                     .key = prompt_key,
                     .hints = quit_hints},
    [VIEW_PAIR] = {.name = "pair",
                   .title = "Pair a speaker",
                   .context = CONTEXT_PAIR,
                   .draw = pair_draw,
                   .opened = pair_opened,
                   .closed = pair_closed,
                   .follow = pair_follow,
                   .rows = pair_rows,
                   .act = pair_act,
                   .message = pair_message,
                   .back_now = pair_back,
                   .hints_now = pair_hints_now},
    [VIEW_UNPAIR] = {.name = "unpair",
                     .title = "Unpair",
                     .context = CONTEXT_DIALOG,
                     .over = true,
                     .draw = unpair_draw,
                     .back = "keep",
                     .opened = unpair_opened,
                     .key = unpair_key,
                     .hints = dialog_hints},
    [VIEW_RENAME] = {.name = "rename",
                     .title = "Rename",
                     .context = CONTEXT_DIALOG,
                     .over = true,
                     .draw = rename_draw,
                     .back = "leave it",
                     .opened = rename_opened,
                     .key = rename_key,
                     .hints = dialog_hints},
    [VIEW_QUESTION] = {.title = "A question",
                       .context = CONTEXT_DIALOG,
                       .over = true,
                       .draw = question_draw,
                       .back_now = question_back,
                       .follow = question_follow,
                       .key = question_key,
                       .hints = dialog_hints},
    [VIEW_QUIT] = {.title = "Stop the music?",
                   .context = CONTEXT_DIALOG,
                   .over = true,
                   .draw = quit_draw,
                   .back = "play on",
                   .key = quit_key,
                   .hints = quit_hints},
};

enum view_id view_top(const struct ui *ui)
{
	return ui->stack[ui->depth];
}

bool view_is_open(const struct ui *ui, enum view_id id)
{
	for (int i = 0; i <= ui->depth; i++)
		if (ui->stack[i] == id)
			return true;
	return false;
}

/* One that is open further down comes up by closing those above it. */
void view_open(struct ui *ui, enum view_id id, int64_t now)
{
	if (view_is_open(ui, id)) {
		while (view_top(ui) != id)
			view_close(ui, now);
		return;
	}
	if (ui->depth + 1 == VIEW_DEPTH)
		return;
	ui->stack[++ui->depth] = id;
	ui->lists[id].first = 0;
	*ui->filters[id] = 0;
	if (views[id].opened)
		views[id].opened(ui, now);
}

void view_close(struct ui *ui, int64_t now)
{
	enum view_id id = view_top(ui);
	if (ui->depth == 0)
		return;
	ui->depth--;
	if (views[id].closed)
		views[id].closed(ui, now);
}

enum view_id view_named(const char *name)
{
	for (int id = 0; id < VIEW_COUNT; id++)
		if (views[id].name && !strcmp(views[id].name, name))
			return (enum view_id)id;
	return VIEW_COUNT;
}

void view_draw(struct ui *ui, int64_t now)
{
	int lowest = ui->depth;
	if (ui->canvas.rows < VIEW_ROWS || ui->canvas.columns < VIEW_COLUMNS)
		return frame_too_small(ui);
	while (lowest > 0 && views[ui->stack[lowest]].over)
		lowest--;
	for (int i = lowest; i <= ui->depth; i++)
		views[ui->stack[i]].draw(ui, now);
}

bool view_passes(const struct ui *ui, enum view_id id, const char *text)
{
	return strcasestr(text, ui->filters[id]) != NULL;
}

/* --- lists --------------------------------------------------------------------------------------- */

void list_move(struct ui *ui, int to)
{
	const struct view *view = &views[view_top(ui)];
	struct list *list = &ui->lists[view_top(ui)];
	int most = view->rows ? view->rows(ui) - 1 : 0;
	list->moved = true;
	list->selected = to > most ? most : to;
	if (list->selected < 0)
		list->selected = 0;
}

int list_window(struct list *list, int count, int room)
{
	int shown = count < room ? count : room;
	if (list->selected >= count) /* rows may have gone since it was selected */
		list->selected = count > 0 ? count - 1 : 0;
	if (list->first > count - shown)
		list->first = count - shown;
	if (list->selected < list->first)
		list->first = list->selected;
	if (list->selected >= list->first + shown)
		list->first = list->selected - shown + 1;
	if (list->first < 0)
		list->first = 0;
	return shown > 0 ? shown : 0;
}
