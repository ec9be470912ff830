/* SPDX-License-Identifier: MIT */
/* What stands around every view: the header, rules, boxes, the message and the hints. */
#include <stdio.h>
#include <string.h>

#include "ui/overview.h"
#include "ui/private.h"
#include "ui/words.h"

void frame_header(const struct ui *ui, const char *left, const char *right)
{
	const struct canvas *canvas = &ui->canvas;
	draw_repeat(canvas, 0, 0, canvas->columns, THEME_HEADER, " ");
	int used = draw_text(canvas, 0, 0, canvas->columns, THEME_HEADER, left);
	int width = draw_width(right);
	if (used + width + 1 <= canvas->columns)
		draw_text(canvas, 0, canvas->columns - width, width, THEME_HEADER, right);
}

void frame_rule(const struct ui *ui, int row, const char *title, const char *right)
{
	const struct canvas *canvas = &ui->canvas;
	int width = draw_width(right);
	char fit[256];
	words_fit(canvas->set, title, canvas->columns - 5, fit, sizeof(fit));
	draw_repeat(canvas, row, 0, canvas->columns, THEME_DIM, canvas->set->line);
	int used = draw_format(canvas, row, 1, canvas->columns - 2, THEME_NORMAL, " %s ", fit);
	if (width && used + width + 6 < canvas->columns)
		draw_format(canvas, row, canvas->columns - width - 3, width + 2, THEME_NORMAL,
		            " %s ", right);
}

void frame_more(const struct ui *ui, int row, int rows, bool above, bool below)
{
	const struct canvas *canvas = &ui->canvas;
	if (above)
		draw_text(canvas, row, canvas->columns - 1, 1, THEME_TITLE, canvas->set->up);
	if (below)
		draw_text(canvas, row + rows - 1, canvas->columns - 1, 1, THEME_TITLE,
		          canvas->set->down);
}

struct box frame_box(const struct ui *ui, int rows, int columns, const char *title)
{
	const struct canvas *canvas = &ui->canvas;
	const struct charset *set = canvas->set;
	int most = canvas->rows - 2; /* the message and the hints stay in sight */
	struct box box = {.rows = rows < most ? rows : most,
	                  .columns = columns < canvas->columns ? columns : canvas->columns};
	box.row = (most + 1 - box.rows) / 2;
	box.row = box.row + box.rows > most ? most - box.rows : box.row;
	box.column = (canvas->columns - box.columns) / 2;
	int last = box.row + box.rows - 1, right = box.column + box.columns - 1;
	for (int row = box.row; row <= last; row++) {
		draw_repeat(canvas, row, box.column, box.columns, THEME_NORMAL, " ");
		draw_text(canvas, row, box.column, 1, THEME_NORMAL, set->side);
		draw_text(canvas, row, right, 1, THEME_NORMAL, set->side);
	}
	draw_repeat(canvas, box.row, box.column, box.columns, THEME_NORMAL, set->line);
	draw_repeat(canvas, last, box.column, box.columns, THEME_NORMAL, set->line);
	draw_text(canvas, box.row, box.column, 1, THEME_NORMAL, set->corner_tl);
	draw_text(canvas, box.row, right, 1, THEME_NORMAL, set->corner_tr);
	draw_text(canvas, last, box.column, 1, THEME_NORMAL, set->corner_bl);
	draw_text(canvas, last, right, 1, THEME_NORMAL, set->corner_br);
	char fit[256];
	words_fit(canvas->set, title, box.columns - 6, fit, sizeof(fit));
	draw_format(canvas, box.row, box.column + 2, box.columns - 4, THEME_TITLE, " %s ", fit);
	return box;
}

void frame_too_small(const struct ui *ui)
{
	const struct canvas *canvas = &ui->canvas;
	struct overview overview = overview_of(&ui->model);
	draw_text(canvas, 0, 0, canvas->columns, THEME_NORMAL, "too small");
	draw_text(canvas, 1, 0, canvas->columns, THEME_NORMAL, "need 32x6");
	draw_format(canvas, 2, 0, canvas->columns, THEME_NORMAL, "%d/%d playing", overview.playing,
	            overview.speakers);
}

/* --- the message --------------------------------------------------------------------------------- */

static void message_draw(const struct ui *ui, int64_t now)
{
	const struct view *view = &views[view_top(ui)];
	enum theme_role role = THEME_NORMAL;
	char text[320] = "";
	int row = ui->canvas.rows - 2;
	draw_repeat(&ui->canvas, row, 0, ui->canvas.columns, THEME_NORMAL, " ");
	if (*ui->message && (ui->message_bad || now < ui->message_until)) {
		role = ui->message_bad ? THEME_BAD : THEME_NORMAL;
		snprintf(text, sizeof(text), "%s", ui->message);
	} else if (view->message) {
		view->message(ui, &role, text, sizeof(text));
	}
	char fit[320];
	words_fit(ui->canvas.set, text, ui->canvas.columns - 2, fit, sizeof(fit));
	draw_text(&ui->canvas, row, 1, ui->canvas.columns - 2, role, fit);
}

/* --- hints --------------------------------------------------------------------------------------- */

/* Of a sequence the names one after the other: "<C-x><C-c>" is C-x C-c. */
static size_t sequence_show(const char *name, char *text, size_t size)
{
	size_t used = 0;
	for (; *name && used + 1 < size; name++)
		if (*name == '>' && name[1])
			text[used++] = ' ';
		else if (*name != '<' && *name != '>')
			text[used++] = *name;
	text[used] = 0;
	return used;
}

/* "<S-Left>" is "S-←" where there are arrows, "<Esc>" is Esc; what is no name stays as it is. */
static size_t key_show(const struct charset *set, const char *name, char *text, size_t size)
{
	const struct {
		const char *name, *shown;
	} arrows[] = {
	    {"Left>", set->left}, {"Right>", set->right}, {"Up>", set->up}, {"Down>", set->down}};
	size_t length = strlen(name);
	const char *first = *name == '<' ? strchr(name, '>') : NULL;
	if (first && first != name + length - 1)
		return sequence_show(name, text, size);
	if (*name != '<' || length < 2 || name[length - 1] != '>')
		return (size_t)snprintf(text, size, "%s", name);
	name++;
	for (size_t i = 0; set->left && i < sizeof(arrows) / sizeof(arrows[0]); i++) {
		const char *end = strstr(name, arrows[i].name);
		if (end && (end == name || end[-1] == '-'))
			return (size_t)snprintf(text, size, "%.*s%s", (int)(end - name), name,
			                        arrows[i].shown);
	}
	return (size_t)snprintf(text, size, "%.*s", (int)strlen(name) - 1, name);
}

char *frame_keys(const struct ui *ui, enum keymap_context context, enum command_id command,
                 const char *argument, char *text, size_t size)
{
	return frame_keys_from(ui, context, command, argument, 0, 2, text, size);
}

char *frame_keys_from(const struct ui *ui, enum keymap_context context, enum command_id command,
                      const char *argument, int first, int most, char *text, size_t size)
{
	char all[128], *rest = all, *name;
	size_t used = 0;
	*text = 0;
	keymap_keys_of(ui->config.keymap, context, command, argument, all, sizeof(all));
	for (int i = 0; i < first + most && (name = strsep(&rest, " ")) && *name && used + 2 < size;
	     i++) {
		if (i < first)
			continue;
		if (used)
			text[used++] = ' ';
		used += key_show(ui->canvas.set, name, text + used, size - used);
	}
	return text;
}

char *frame_key(const struct ui *ui, enum command_id command, const char *argument, char *text,
                size_t size)
{
	return frame_keys_from(ui, views[view_top(ui)].context, command, argument, 0, 1, text,
	                       size);
}

/* The first of the keys that do it; the digits that pick a speaker are one hint. */
static bool hint_key(const struct ui *ui, const struct hint *hint, char *key, size_t size)
{
	int most = ui->model.speaker_count < 9 ? ui->model.speaker_count : 9;
	bool of_speakers = command_table[hint->command].speaker ||
	                   (hint->argument && !strcmp(hint->argument, "align"));
	if (of_speakers && !ui->model.speaker_count)
		return false;
	if (hint->argument)
		return *frame_key(ui, hint->command, hint->argument, key, size);
	snprintf(key, size, "0-%d", most);
	return most > 0;
}

/* The last hint, which is never dropped. */
static struct hint hint_last(const struct ui *ui)
{
	enum view_id top = view_top(ui);
	if (*ui->filters[top] && views[top].rows && top != VIEW_MAIN)
		return (struct hint){COMMAND_BACK, "", "show all"};
	if (top == VIEW_MAIN) /* a screen that closes stops nothing where the relay is elsewhere */
		return (struct hint){COMMAND_CLOSE, "", ui->config.attached ? "close" : "quit"};
	const char *word = views[top].back ? views[top].back : "back";
	return (struct hint){COMMAND_BACK, "",
	                     views[top].back_now ? views[top].back_now(ui) : word};
}

static void hints_draw(const struct ui *ui)
{
	const struct canvas *canvas = &ui->canvas;
	int row = canvas->rows - 1, column = 1;
	char key[48], last[48], pair[64] = "";
	const struct hint close = hint_last(ui);
	bool closes = hint_key(ui, &close, last, sizeof(last));
	int right = closes ? draw_width(last) + draw_width(close.word) + 2 : 0;
	draw_repeat(canvas, row, 0, canvas->columns, THEME_NORMAL, " ");
	const struct view *view = &views[view_top(ui)];
	const struct hint *hint = view->hints_now ? view->hints_now(ui) : view->hints;
	for (; hint->command != COMMAND_COUNT; hint++) {
		if (!hint_key(ui, hint, key, sizeof(key)))
			continue;
		size_t used = strlen(pair);
		snprintf(pair + used, sizeof(pair) - used, "%s%s", used ? "/" : "", key);
		if (!hint->word)
			continue;
		int width = draw_width(pair) + 1 + draw_width(hint->word);
		if (column + width + 1 + right > canvas->columns)
			break;
		column += draw_text(canvas, row, column, width, THEME_TITLE, pair);
		column += 2 +
		          draw_format(canvas, row, column, width, THEME_NORMAL, " %s", hint->word);
		*pair = 0;
	}
	if (!closes || canvas->columns < 20)
		return;
	column = canvas->columns - right;
	column += draw_text(canvas, row, column, right, THEME_TITLE, last);
	draw_format(canvas, row, column, right, THEME_NORMAL, " %s", close.word);
}

void frame_foot(const struct ui *ui, int64_t now)
{
	message_draw(ui, now);
	hints_draw(ui);
}
