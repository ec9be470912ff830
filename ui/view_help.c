/* SPDX-License-Identifier: MIT */
/* Boxes over the main view: the help, made from the live keymap, and the question before leaving. */
#include "ui/private.h"

#include <stdlib.h>
#include <string.h>

#define KEYS_WIDTH 16

void box_draw(const struct ui *ui, int row, int column, int rows, int columns, const char *title)
{
	const struct canvas *canvas = &ui->canvas;
	const struct charset *set = canvas->set;
	for (int i = 0; i < rows; i++) {
		draw_repeat(canvas, row + i, column, columns, THEME_NORMAL, " ");
		draw_text(canvas, row + i, column, 1, THEME_NORMAL, set->side);
		draw_text(canvas, row + i, column + columns - 1, 1, THEME_NORMAL, set->side);
	}
	draw_repeat(canvas, row, column, columns, THEME_NORMAL, set->line);
	draw_repeat(canvas, row + rows - 1, column, columns, THEME_NORMAL, set->line);
	draw_text(canvas, row, column, 1, THEME_NORMAL, set->corner_tl);
	draw_text(canvas, row, column + columns - 1, 1, THEME_NORMAL, set->corner_tr);
	draw_text(canvas, row + rows - 1, column, 1, THEME_NORMAL, set->corner_bl);
	draw_text(canvas, row + rows - 1, column + columns - 1, 1, THEME_NORMAL, set->corner_br);
	draw_format(canvas, row, column + 2, columns - 4, THEME_TITLE, " %s ", title);
}

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

void view_help_draw(struct ui *ui)
{
	const struct canvas *canvas = &ui->canvas;
	struct help_line *lines = calloc(LINES_MOST, sizeof(*lines));
	int count = lines ? help_lines(ui, lines, LINES_MOST) : 0;
	int columns = canvas->columns >= 110 ? 2 : 1;
	int width = canvas->columns < columns * 54 + 6 ? canvas->columns : columns * 54 + 6;
	int rows = canvas->rows - 2, room = rows - 4;
	int left = (canvas->columns - width) / 2, each = (width - 4) / columns;
	int per_column = (count + columns - 1) / columns;
	char title[128];
	if (rows < 5)
		return free(lines);
	if (ui->help_scroll > per_column - room)
		ui->help_scroll = per_column - room;
	if (ui->help_scroll < 0)
		ui->help_scroll = 0;
	snprintf(title, sizeof(title), "Help - keymap %s", ui->config.keymap->name);
	box_draw(ui, 1, left, rows, width, title);
	for (int i = 0; i < count; i++) {
		int line = i % per_column - ui->help_scroll,
		    column = left + 2 + i / per_column * each;
		if (line < 0 || line >= room)
			continue;
		if (lines[i].heading) {
			draw_text(canvas, 2 + line, column, each, THEME_TITLE, lines[i].text);
			continue;
		}
		draw_text(canvas, 2 + line, column, KEYS_WIDTH - 1, THEME_TITLE, lines[i].keys);
		draw_text(canvas, 2 + line, column + KEYS_WIDTH, each - KEYS_WIDTH, THEME_NORMAL,
		          lines[i].text);
	}
	bool more = per_column - ui->help_scroll > room;
	draw_format(canvas, rows - 1, left + 2, width - 4, THEME_DIM,
	            "%s%s scroll   ? or Esc closes%s", canvas->set->up, canvas->set->down,
	            more ? "   (more below)" : "");
	free(lines);
}

void view_quit_draw(struct ui *ui)
{
	int width = ui->canvas.columns < 58 ? ui->canvas.columns : 58;
	int row = ui->canvas.rows / 2 - 3, left = (ui->canvas.columns - width) / 2;
	if (row < 0)
		row = 0;
	box_draw(ui, row, left, 6, width, "Stop the music?");
	draw_text(&ui->canvas, row + 1, left + 3, width - 4, THEME_NORMAL,
	          "This screen is the relay: when it closes, the");
	draw_text(&ui->canvas, row + 2, left + 3, width - 4, THEME_NORMAL, "speakers fall silent.");
	draw_text(&ui->canvas, row + 4, left + 3, width - 4, THEME_TITLE,
	          "y  stop and leave      Enter, Esc  play on");
}
