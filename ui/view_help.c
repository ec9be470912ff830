/* SPDX-License-Identifier: MIT */
/* The help: a box over the view it tells of. */
#include "ui/view_help.h"

#include <stdlib.h>
#include <string.h>

#include "ui/private.h"

#define KEYS_WIDTH 16

struct help_line {
	char keys[48], text[80];
	bool heading;
};

/* Do two bindings belong on one line: the same command with the same argument? */
static bool same_action(const struct keymap_binding *a, const struct keymap_binding *b)
{
	return a->command == b->command && !strcmp(a->argument, b->argument);
}

static bool listed_before(const struct keymap *keymap, int index)
{
	for (int i = 0; i < index; i++)
		if (same_action(&keymap->bindings[i], &keymap->bindings[index]))
			return true;
	return false;
}

static void action_text(const struct keymap_binding *binding, char *text, size_t size)
{
	if (*binding->argument)
		snprintf(text, size, "%s %s: %s", binding->command->name, binding->argument,
		         binding->command->help);
	else
		snprintf(text, size, "%s", binding->command->help);
}

/* The lines of the help: a heading for each group, below it what its keys do. */
static int help_lines(const struct ui *ui, struct help_line *lines, int most)
{
	const struct keymap *keymap = ui->config.keymap;
	int count = 0;
	for (int group = 0; group < GROUP_COUNT; group++) {
		int heading = count;
		for (int i = 0; i < keymap->count && count + 1 < most; i++) {
			const struct keymap_binding *binding = &keymap->bindings[i];
			bool select = binding->command->id == COMMAND_SELECT;
			if ((int)binding->command->group != group || listed_before(keymap, i))
				continue;
			if (select &&
			    strcmp(binding->argument, "1")) /* one line stands for the ten */
				continue;
			if (count == heading) {
				lines[count] = (struct help_line){.heading = true};
				snprintf(lines[count++].text, sizeof(lines[0].text), "%s",
				         command_group_name((enum command_group)group));
			}
			struct help_line *line = &lines[count];
			*line = (struct help_line){.heading = false};
			keymap_keys_of(keymap, CONTEXT_MAIN, binding->command->id,
			               binding->argument, line->keys, sizeof(line->keys));
			if (!*line->keys)
				continue;
			if (select)
				snprintf(line->keys, sizeof(line->keys), "0 1-9");
			action_text(binding, line->text, sizeof(line->text));
			if (select)
				snprintf(line->text, sizeof(line->text), "%s",
				         binding->command->help);
			count++;
		}
	}
	return count;
}

#define LINES_MOST 160

static int columns_of(const struct ui *ui)
{
	return ui->canvas.columns >= 110 ? 2 : 1;
}

/* Rows of a column. */
int help_rows(const struct ui *ui)
{
	struct help_line *lines = calloc(LINES_MOST, sizeof(*lines));
	int count = lines ? help_lines(ui, lines, LINES_MOST) : 0, columns = columns_of(ui);
	free(lines);
	return (count + columns - 1) / columns;
}

static void line_draw(const struct ui *ui, int row, int column, int width,
                      const struct help_line *line)
{
	const struct canvas *canvas = &ui->canvas;
	if (line->heading) {
		draw_text(canvas, row, column, width, THEME_TITLE, line->text);
		return;
	}
	draw_text(canvas, row, column, KEYS_WIDTH - 1, THEME_TITLE, line->keys);
	draw_text(canvas, row, column + KEYS_WIDTH, width - KEYS_WIDTH, THEME_NORMAL, line->text);
}

const struct hint help_hints[] = {
    {COMMAND_NEXT, "", NULL},
    {COMMAND_PREV, "", "scroll"},
    {COMMAND_COUNT, "", NULL},
};

void help_draw(struct ui *ui, int64_t now)
{
	struct help_line *lines = calloc(LINES_MOST, sizeof(*lines));
	struct list *list = &ui->lists[VIEW_HELP];
	int count = lines ? help_lines(ui, lines, LINES_MOST) : 0, columns = columns_of(ui);
	int each = (count + columns - 1) / columns, room = ui->canvas.rows - 5;
	char title[128];
	snprintf(title, sizeof(title), "Help - keymap %s", ui->config.keymap->name);
	struct box box = frame_box(ui, ui->canvas.rows - 3, columns * 54 + 6, title);
	int width = (box.columns - 4) / columns;
	/* it scrolls, nothing in it is selected */
	if (list->selected > each - room)
		list->selected = each - room;
	if (list->selected < 0)
		list->selected = 0;
	for (int i = 0; i < count; i++) {
		int line = i % each - list->selected;
		if (line >= 0 && line < room)
			line_draw(ui, box.row + 1 + line, box.column + 2 + i / each * width, width,
			          &lines[i]);
	}
	free(lines);
	frame_foot(ui, now);
}
