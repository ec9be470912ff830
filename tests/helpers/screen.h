/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_SCREEN_H
#define TESTS_HELPERS_SCREEN_H

#include <stdbool.h>

#include "tests/helpers/test.h"
#include "ui/private.h"

/*
 * A screen without a terminal: what it sends is kept, what stands on it is compared with a golden of
 * tests/screens.  UPDATE=1 writes those anew.
 */

#define S UI_SECOND

extern struct bench {
	struct ui *ui;
	FILE *in, *out;
	char lines[64][128]; /* commands that were sent, the last 64 */
	int line_count;
	int quits, stops;
	bool attached; /* of the next screen that is opened */
	int64_t now;
} bench;

void screen_open(int columns, int rows, bool ascii, const struct keymap *keymap);
void screen_close(void);

/* As an attached screen would get it: over the wire. */
void screen_show(const struct model *model);

void screen_press(const char *text);

/* Was that line sent, since bench.line_count was 0? */
bool screen_sent(const char *line);

/* Any size from 1x1 to 500x200; any keys but those that stop this program. */
void screen_resize_at_random(unsigned *seed);
void screen_press_at_random(unsigned *seed, int keys);

/* What stands there now is the golden NAME.screen. */
void assert_screen(const char *name);

/* A model, and the keys that bring up what is to be seen. */
struct drawing {
	const char *name;
	void (*make)(struct model *);
	const char *keys;
};

extern const struct screen_size {
	int columns, rows;
} screen_sizes[5];

#define SCREEN_SIZES 5

/* Opens a screen, shows the model for a minute, presses the keys. */
void drawing_open(const struct drawing *drawing, int columns, int rows, bool ascii,
                  const struct keymap *keymap);

/* NAME-COLUMNSxROWS[-ascii].screen */
void drawing_check(const struct drawing *drawing, int columns, int rows, bool ascii,
                   const struct keymap *keymap);

/* The same at every size, in UTF-8 and ASCII. */
void drawing_check_all(const struct drawing *drawing, const struct keymap *keymap);

/* Without colours the same stands there, and no cell has one. */
void drawing_check_mono(const struct drawing *drawing, const struct keymap *keymap);

#endif
