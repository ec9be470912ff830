/* SPDX-License-Identifier: MIT */
/*
 * screen [HOURS]: so many hours of a screen that is attached to a household's relay, 24 if nothing is said, in
 * virtual time: ten models a second over the wire, ten pictures, and each hour every view once.  Each hour's
 * bytes to the terminal, resident memory and heap.
 */
#include "tests/helpers/test.h"

#include <locale.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/helpers/house.h"
#include "tests/helpers/memory.h"
#include "ui/private.h"

#define FRAME (HOUSE_SECOND / 10)
#define FRAMES_AN_HOUR 36000

static int hours = 24;

struct watcher {
	struct house *house;
	struct ui *ui;
	FILE *in, *out;
	struct keymap keymap;
};

static void on_command(void *user, uint32_t request, const char *line)
{
	struct watcher *watcher = user;
	char reply[192];
	int result = relay_command(watcher->house->relay, line, reply, sizeof(reply));
	ui_answer(watcher->ui, request, result, reply, watcher->house->now);
}

static void on_end(void *user)
{
	(void)user;
}

static const char *scenario_named(const char *name)
{
	for (const struct scenario_builtin *builtin = scenario_builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return builtin->text;
	return NULL;
}

static void frame(struct watcher *watcher)
{
	static struct model copy;
	json_t *json = model_to_json(relay_model(watcher->house->relay), MODEL_WIRE);
	assert_int_equal(model_from_json(&copy, json), 0);
	json_decref(json);
	ui_show(watcher->ui, &copy, watcher->house->now);
	ui_paint(watcher->ui, watcher->house->now);
}

/* Forty minutes of the main view, and two of each other. */
static void keys_press(struct watcher *watcher, int at)
{
	static const char *const visits[] = {"d",       "\t",   "\t",   "\t",   "2",
	                                     "\33\33v", "\33?", "\33p", "\33t", "\33"};
	int visit = (at - 24000) / 1200;
	if (at < 24000 || at % 1200 || visit >= (int)COUNT(visits))
		return;
	for (const char *key = visits[visit]; *key; key++)
		ui_key(watcher->ui, *key == 27 ? KEYMAP_ESCAPE : *key, watcher->house->now);
}

static void hour_tell(struct watcher *watcher, int hour, time_t began)
{
	int fd = fileno(watcher->out);
	off_t bytes = lseek(fd, 0, SEEK_CUR);
	printf("hour %2d  %6.0f B/s  %6ld KiB resident  %5zu KiB in use  (%lld s of this machine's "
	       "time)\n",
	       hour, (double)bytes / 3600, memory_resident_kib(), mallinfo2().uordblks / 1024,
	       (long long)(time(NULL) - began));
	fflush(stdout);
	assert_int_equal(ftruncate(fd, 0), 0);
	lseek(fd, 0, SEEK_SET);
}

static void a_day_of_a_screen(void **state)
{
	static struct watcher watcher;
	struct ui_port port = {on_command, on_end, on_end, &watcher};
	time_t began = time(NULL);
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	assert_int_equal(keymap_load(&watcher.keymap, "default"), 0);
	watcher.house = house_new(scenario_named("household"));
	watcher.in = fopen("/dev/null", "r");
	watcher.out = tmpfile();
	setenv("COLUMNS", "80", 1);
	setenv("LINES", "24", 1);
	struct ui_config config = {.keymap = &watcher.keymap,
	                           .terminal = "xterm-256color",
	                           .in = watcher.in,
	                           .out = watcher.out,
	                           .colour = true,
	                           .attached = true,
	                           .title = "echorelay"};
	assert_int_equal(ui_new(&watcher.ui, &config, &port), 0);
	for (int hour = 1; hour <= hours; hour++) {
		for (int at = 0; at < FRAMES_AN_HOUR; at++) {
			house_run(watcher.house, FRAME);
			keys_press(&watcher, at);
			frame(&watcher);
		}
		hour_tell(&watcher, hour, began);
	}
	ui_free(watcher.ui);
	fclose(watcher.in);
	fclose(watcher.out);
	house_free(watcher.house);
}

int main(int count, char **arguments)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_day_of_a_screen)};
	if (count > 1)
		hours = atoi(arguments[1]);
	return RUN(tests);
}
