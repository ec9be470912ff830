/* SPDX-License-Identifier: MIT */
#include "tests/helpers/screen.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct bench bench;

const struct screen_size screen_sizes[SCREEN_SIZES] = {
    {80, 24}, {120, 40}, {60, 16}, {40, 10}, {32, 6}};

static void on_command(void *user, uint32_t request, const char *line)
{
	(void)user, (void)request;
	snprintf(bench.lines[bench.line_count++ % 64], 128, "%s", line);
}

static void on_quit(void *user)
{
	(void)user;
	bench.quits++;
}

static void on_stop(void *user)
{
	(void)user;
	bench.stops++;
}

void screen_open(int columns, int rows, bool ascii, const struct keymap *keymap)
{
	static const struct ui_port port = {on_command, on_quit, on_stop, NULL};
	char text[16];
	bool attached = bench.attached;
	memset(&bench, 0, sizeof(bench));
	snprintf(text, sizeof(text), "%d", columns);
	setenv("COLUMNS", text, 1);
	snprintf(text, sizeof(text), "%d", rows);
	setenv("LINES", text, 1);
	bench.in = fopen("/dev/null", "r");
	bench.out = fopen("/dev/null", "w");
	struct ui_config config = {.keymap = keymap,
	                           .terminal = "xterm-256color",
	                           .in = bench.in,
	                           .out = bench.out,
	                           .ascii = ascii,
	                           .colour = true,
	                           .attached = attached,
	                           .title = "echorelay"};
	assert_int_equal(ui_new(&bench.ui, &config, &port), 0);
	bench.now = 1000 * S;
}

void screen_close(void)
{
	ui_free(bench.ui);
	fclose(bench.in);
	fclose(bench.out);
}

void screen_show(const struct model *model)
{
	static struct model copy;
	json_t *json = model_to_json(model, MODEL_WIRE);
	assert_int_equal(model_from_json(&copy, json), 0);
	json_decref(json);
	ui_show(bench.ui, &copy, bench.now);
}

void screen_press(const char *text)
{
	for (; *text; text++)
		ui_key(bench.ui, *text, bench.now);
}

bool screen_sent(const char *line)
{
	for (int i = 0; i < bench.line_count; i++)
		if (!strcmp(bench.lines[i % 64], line))
			return true;
	return false;
}

/* --- whatever comes ------------------------------------------------------------------------------ */

void screen_resize_at_random(unsigned *seed)
{
	bool huge = rand_r(seed) % 10 == 0;
	resize_term(1 + rand_r(seed) % (huge ? 200 : 60), 1 + rand_r(seed) % (huge ? 500 : 200));
	ui_resize(bench.ui);
}

void screen_press_at_random(unsigned *seed, int keys)
{
	for (int i = 0; i < keys; i++, bench.now += S / 100) {
		keymap_key key = rand_r(seed) % 2 ? rand_r(seed) % 128
		                                  : KEYMAP_SPECIAL | (256 + rand_r(seed) % 300);
		bool stops = key == 26; /* … this program, as `suspend` does */
		if (key == '\n' && view_top(bench.ui) == VIEW_PROMPT &&
		    strstr(bench.ui->prompt.text, "susp"))
			stops = true;
		if (!stops)
			ui_key(bench.ui, key, bench.now);
	}
}

/* --- goldens ------------------------------------------------------------------------------------- */

void assert_screen(const char *name)
{
	char path[256], message[256], *golden;
	ui_paint(bench.ui, bench.now);
	char *shown = ui_dump(bench.ui);
	snprintf(path, sizeof(path), "tests/screens/%s.screen", name);
	if (getenv("UPDATE"))
		assert_int_equal(file_replace_text(path, shown), 0);
	if (file_read_text(path, &golden, message, sizeof(message)))
		fail_msg("%s", message);
	if (strcmp(golden, shown))
		print_message("# %s is now:\n%s", path, shown);
	assert_string_equal(golden, shown);
	free(golden);
	free(shown);
}

/* A minute of it, so that the graphs have something to show: the second one wavers, if it plays. */
static void minute_show(struct model *model)
{
	struct model_speaker *second_one = &model->speakers[1];
	for (int second = 0; second < 61; second++, bench.now += S) {
		if (model_speaker_plays(second_one)) {
			second_one->total_us = 249000 + second * second % 37 * 400;
			second_one->dropped = second < 50 ? 0 : 14;
		}
		screen_show(model);
	}
}

void drawing_open(const struct drawing *drawing, int columns, int rows, bool ascii,
                  const struct keymap *keymap)
{
	static struct model model;
	drawing->make(&model);
	screen_open(columns, rows, ascii, keymap);
	minute_show(&model);
	screen_press(drawing->keys);
}

void drawing_check(const struct drawing *drawing, int columns, int rows, bool ascii,
                   const struct keymap *keymap)
{
	char name[96];
	drawing_open(drawing, columns, rows, ascii, keymap);
	snprintf(name, sizeof(name), "%s-%dx%d%s", drawing->name, columns, rows,
	         ascii ? "-ascii" : "");
	assert_screen(name);
	screen_close();
}

void drawing_check_all(const struct drawing *drawing, const struct keymap *keymap)
{
	for (int i = 0; i < 2 * SCREEN_SIZES; i++)
		drawing_check(drawing, screen_sizes[i / 2].columns, screen_sizes[i / 2].rows, i % 2,
		              keymap);
}

static short pair_at(int row, int column)
{
	cchar_t cell;
	wchar_t text[CCHARW_MAX + 1];
	attr_t attributes;
	short pair = 0;
	if (mvin_wch(row, column, &cell) != ERR)
		getcchar(&cell, text, &attributes, &pair, NULL);
	return pair;
}

static char *shown_in(const struct drawing *drawing, const struct screen_size *size,
                      const char *theme, const struct keymap *keymap)
{
	drawing_open(drawing, size->columns, size->rows, false, keymap);
	assert_int_equal(ui_theme(bench.ui, theme), 0);
	ui_paint(bench.ui, bench.now);
	char *shown = ui_dump(bench.ui);
	for (int row = 0; !strcmp(theme, "mono") && row < size->rows; row++)
		for (int column = 0; column < size->columns; column++)
			assert_int_equal(pair_at(row, column), 0);
	screen_close();
	return shown;
}

void drawing_check_mono(const struct drawing *drawing, const struct keymap *keymap)
{
	for (int i = 0; i < SCREEN_SIZES; i++) {
		char *coloured = shown_in(drawing, &screen_sizes[i], "default", keymap);
		char *mono = shown_in(drawing, &screen_sizes[i], "mono", keymap);
		assert_string_equal(mono, coloured);
		free(coloured);
		free(mono);
	}
}
