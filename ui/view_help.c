/* SPDX-License-Identifier: MIT */
/* The help: a box over the view it tells of.  It is made from the live keymap, so it is never wrong. */
#include "ui/view_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/private.h"

#define LINES_MOST 200
#define COLUMN 37 /* of one column of lines … */
#define KEYS 10   /* … and of the keys in it */

struct help_line {
	char keys[48], text[128];
	bool heading;
};

struct help_page {
	int count;
	struct help_line lines[LINES_MOST];
};

/* --- one line ------------------------------------------------------------------------------------ */

static bool same_action(const struct keymap_binding *a, const struct keymap_binding *b)
{
	return a->command == b->command && !strcmp(a->argument, b->argument);
}

static const char *const opposites[][2] = {{"down", "up"}, {"next", "prev"}};

/* "-5" and "+5", "down" and "up" share a line. */
static bool opposite(const struct keymap_binding *a, const struct keymap_binding *b)
{
	if (a->command != b->command)
		return false;
	if (*a->argument == '-' && *b->argument == '+')
		return !strcmp(a->argument + 1, b->argument + 1);
	for (size_t i = 0; i < sizeof(opposites) / sizeof(opposites[0]); i++)
		if (!strcmp(a->argument, opposites[i][0]) && !strcmp(b->argument, opposites[i][1]))
			return true;
	return false;
}

/* The one that stands in the same line as `binding`: after it when `after`, else before it. */
static const struct keymap_binding *partner(const struct ui *ui, enum keymap_context context,
                                            const struct keymap_binding *binding, bool after)
{
	const struct keymap *keymap = ui->config.keymap;
	char keys[48];
	for (int i = 0; i < keymap->count; i++) {
		const struct keymap_binding *other = &keymap->bindings[i];
		if (!(after ? opposite(binding, other) : opposite(other, binding)))
			continue;
		frame_keys(ui, context, other->command->id, other->argument, keys, sizeof(keys));
		if (*keys)
			return other;
	}
	return NULL;
}

static void line_text(const struct keymap_binding *binding, const struct keymap_binding *other,
                      char *text, size_t size)
{
	const struct command *command = binding->command;
	enum view_id view = command->id == COMMAND_VIEW ? view_named(binding->argument)
	                                                : VIEW_COUNT;
	if (*binding->text)
		snprintf(text, size, "%s", binding->text);
	else if (command->id == COMMAND_SELECT)
		snprintf(text, size, "the Echo, speaker N");
	else if (view != VIEW_COUNT)
		snprintf(text, size, "%s", views[view].title);
	else if (other)
		snprintf(text, size, "%s %s %s", command->name, binding->argument, other->argument);
	else if (*binding->argument)
		snprintf(text, size, "%s %s: %s", command->name, binding->argument, command->help);
	else
		snprintf(text, size, "%s", command->help);
}

static bool line_make(const struct ui *ui, enum keymap_context context,
                      const struct keymap_binding *binding, struct help_line *line)
{
	const struct keymap_binding *other = partner(ui, context, binding, true);
	*line = (struct help_line){.heading = false};
	frame_keys(ui, context, binding->command->id, binding->argument, line->keys,
	           sizeof(line->keys));
	if (!*line->keys || partner(ui, context, binding, false))
		return false;
	if (binding->command->id == COMMAND_SELECT)
		snprintf(line->keys, sizeof(line->keys), "0-9");
	if (other) {
		char keys[48], mine[48];
		frame_keys_from(ui, context, binding->command->id, binding->argument, 0, 1, mine,
		                sizeof(mine));
		frame_keys_from(ui, context, other->command->id, other->argument, 0, 1, keys,
		                sizeof(keys));
		snprintf(line->keys, sizeof(line->keys), "%.20s %.20s", mine, keys);
	}
	line_text(binding, other, line->text, sizeof(line->text));
	return true;
}

/* --- the lines ----------------------------------------------------------------------------------- */

/* What another view's binding is called is not what this one does. */
static bool holds_in(const struct keymap_binding *binding, enum keymap_context context)
{
	return binding->context == context || binding->context == CONTEXT_ANY;
}

static bool listed_before(const struct keymap *keymap, enum keymap_context context, int index)
{
	bool select = keymap->bindings[index].command->id == COMMAND_SELECT;
	for (int i = 0; i < index; i++)
		if (holds_in(&keymap->bindings[i], context) &&
		    (same_action(&keymap->bindings[i], &keymap->bindings[index]) ||
		     (select && keymap->bindings[i].command->id == COMMAND_SELECT)))
			return true;
	return false;
}

static void group_add(const struct ui *ui, struct help_page *page, enum keymap_context context,
                      int group)
{
	const struct keymap *keymap = ui->config.keymap;
	int heading = page->count;
	for (int i = 0; i < keymap->count && page->count + 2 < LINES_MOST; i++) {
		const struct keymap_binding *binding = &keymap->bindings[i];
		struct help_line line;
		if ((int)binding->command->group != group || !holds_in(binding, context) ||
		    listed_before(keymap, context, i) || !line_make(ui, context, binding, &line) ||
		    !(view_passes(ui, VIEW_HELP, line.text) ||
		      view_passes(ui, VIEW_HELP, line.keys)))
			continue;
		if (page->count == heading) {
			struct help_line *title = &page->lines[page->count++];
			*title = (struct help_line){.heading = true};
			snprintf(title->text, sizeof(title->text), "%s",
			         command_group_name((enum command_group)group));
		}
		page->lines[page->count++] = line;
	}
}

/* The keys of one line that it does not show: they do the same. */
static void others_add(const struct ui *ui, struct help_page *page, enum keymap_context context,
                       const struct keymap_binding *binding)
{
	const struct keymap_binding *other = partner(ui, context, binding, true);
	struct help_line line = {.heading = false}, shown;
	if (!line_make(ui, context, binding, &shown) || page->count == LINES_MOST)
		return;
	frame_keys_from(ui, context, binding->command->id, binding->argument, other ? 1 : 2, 9,
	                line.keys, sizeof(line.keys));
	size_t used = strlen(line.keys);
	if (other && used + 2 < sizeof(line.keys)) {
		line.keys[used] = ' ';
		frame_keys_from(ui, context, other->command->id, other->argument, 1, 9,
		                line.keys + used + (used > 0), sizeof(line.keys) - used - 1);
	}
	used = strlen(line.keys);
	if (used && line.keys[used - 1] == ' ')
		line.keys[used - 1] = 0;
	snprintf(line.text, sizeof(line.text), "as %.40s", shown.keys);
	if (*line.keys &&
	    (view_passes(ui, VIEW_HELP, shown.text) || view_passes(ui, VIEW_HELP, line.keys)))
		page->lines[page->count++] = line;
}

static void all_others_add(const struct ui *ui, struct help_page *page, enum keymap_context context)
{
	const struct keymap *keymap = ui->config.keymap;
	int heading = page->count++;
	for (int i = 0; i < keymap->count && page->count < LINES_MOST; i++)
		if (keymap->bindings[i].command->id != COMMAND_SELECT &&
		    holds_in(&keymap->bindings[i], context) && !listed_before(keymap, context, i))
			others_add(ui, page, context, &keymap->bindings[i]);
	if (page->count == heading + 1)
		page->count--;
	else
		page->lines[heading] =
		    (struct help_line){.heading = true, .text = "Other keys for the same"};
}

static struct help_page *page_new(const struct ui *ui)
{
	struct help_page *page = calloc(1, sizeof(*page));
	for (int group = 0; page && group < GROUP_COUNT; group++)
		group_add(ui, page, views[ui->help_of].context, group);
	if (page && page->count < LINES_MOST)
		all_others_add(ui, page, views[ui->help_of].context);
	return page;
}

void help_keys(const struct ui *ui, char *text, size_t size)
{
	struct help_page *page = page_new(ui);
	size_t used = 0;
	*text = 0;
	for (int i = 0; page && i < page->count && used < size; i++)
		if (!page->lines[i].heading)
			used +=
			    (size_t)snprintf(text + used, size - used, " %s ", page->lines[i].keys);
	free(page);
}

static int columns_of(const struct ui *ui)
{
	int columns = (ui->canvas.columns - 4) / COLUMN;
	return columns < 1 ? 1 : columns > 3 ? 3 : columns;
}

/* Rows of a column. */
int help_rows(const struct ui *ui)
{
	struct help_page *page = page_new(ui);
	int columns = columns_of(ui), count = page ? page->count : 0;
	free(page);
	return (count + columns - 1) / columns;
}

/* --- drawing ------------------------------------------------------------------------------------- */

static void line_draw(const struct ui *ui, int row, int column, int width,
                      const struct help_line *line)
{
	const struct canvas *canvas = &ui->canvas;
	if (line->heading) {
		draw_text(canvas, row, column, width, THEME_TITLE, line->text);
		return;
	}
	int keys = draw_width(line->keys) + 1;
	keys = keys < KEYS ? KEYS : keys;
	draw_text(canvas, row, column + 1, width - 2, THEME_TITLE, line->keys);
	draw_text(canvas, row, column + 1 + keys, width - keys - 2, THEME_NORMAL, line->text);
}

static void last_line_draw(const struct ui *ui, const struct box *box, bool more)
{
	char find[48], filter[PROMPT_TEXT + 16] = "";
	frame_key(ui, COMMAND_FIND, "", find, sizeof(find));
	if (*ui->filters[VIEW_HELP])
		snprintf(filter, sizeof(filter), "   only with \"%s\"", ui->filters[VIEW_HELP]);
	draw_format(&ui->canvas, box->row + box->rows - 2, box->column + 2, box->columns - 4,
	            THEME_DIM, "keymap %s%s%s", ui->config.keymap->name,
	            more ? "   more below" : "", filter);
}

const struct hint help_hints[] = {
    {COMMAND_NEXT, "", NULL},   {COMMAND_PREV, "", "scroll"},
    {COMMAND_FIND, "", "find"}, {COMMAND_PAGE, "next", "next view's keys"},
    {COMMAND_COUNT, "", NULL},
};

void help_opened(struct ui *ui, int64_t now)
{
	(void)now;
	ui->help_of = ui->stack[ui->depth - 1];
	ui->lists[VIEW_HELP] = (struct list){0};
}

bool help_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	(void)now;
	if (binding->command->id != COMMAND_PAGE)
		return false;
	do
		ui->help_of = (enum view_id)((ui->help_of + 1) % VIEW_COUNT);
	while (!views[ui->help_of].name);
	return true;
}

void help_draw(struct ui *ui, int64_t now)
{
	struct help_page *page = page_new(ui);
	struct list *list = &ui->lists[VIEW_HELP];
	int columns = columns_of(ui), count = page ? page->count : 0;
	int each = (count + columns - 1) / columns, rows = ui->canvas.rows - 3;
	rows = each + 4 < rows ? each + 4 : rows; /* borders, a gap, the last line */
	char title[128];
	snprintf(title, sizeof(title), "Help - %s", views[ui->help_of].title);
	struct box box = frame_box(ui, rows, columns * COLUMN + 4, title);
	bool foot = box.rows >= 8;
	int room = box.rows - 2 - foot, width = (box.columns - 4) / columns;
	/* it scrolls, nothing in it is selected */
	if (list->selected > each - room)
		list->selected = each - room;
	if (list->selected < 0)
		list->selected = 0;
	for (int i = 0; i < count; i++) {
		int line = i % each - list->selected;
		if (line >= 0 && line < room)
			line_draw(ui, box.row + 1 + line, box.column + 2 + i / each * width, width,
			          &page->lines[i]);
	}
	if (foot)
		last_line_draw(ui, &box, each - list->selected > room);
	free(page);
	frame_foot(ui, now);
}
