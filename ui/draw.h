/* SPDX-License-Identifier: MIT */
#ifndef UI_DRAW_H
#define UI_DRAW_H

#include <stdarg.h>
#include <stdint.h>

#include "ui/theme.h"

/* What is between the views and ncurses: clipped text, meters, bars. */

struct canvas {
	const struct theme *theme;
	const struct charset *set;
	int rows, columns;
};

/*
 * Writes text from (row, column) on, at most `width` columns and not beyond the canvas, whole characters
 * only.  Returns the columns it took.  The text must be clean (base/text.h).
 */
int draw_text(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
              const char *text);
int draw_format(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The same text over and over, `width` columns. */
void draw_repeat(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
                 const char *text);

/* Columns that a text takes. */
int draw_width(const char *text);

/* Bytes of a text that fit into `columns`, whole characters only. */
int draw_fit(const char *text, int columns);

/*
 * Writes text on as many lines of `width` columns as it needs, `rows` at the most, cut between words.
 * Returns how many.
 */
int draw_wrapped(const struct canvas *canvas, int row, int column, int width, int rows,
                 enum theme_role role, const char *text);

/* The same from the right: the text ends before `column`.  Returns where it begins. */
int draw_right(const struct canvas *canvas, int row, int column, enum theme_role role,
               const char *text);

/* Where a level stands on the meter's scale, 0..1: as on a studio's meter, straight in pieces. */
double draw_deflection(int32_t centibels);

/* A meter of `width` columns: RMS, peak, hold; MODEL_UNKNOWN is an empty one. */
void draw_meter(const struct canvas *canvas, int row, int column, int width, int32_t rms,
                int32_t peak, int32_t hold);

/* A bar, `part` of `whole` full. */
void draw_bar(const struct canvas *canvas, int row, int column, int width, int64_t part,
              int64_t whole);

/*
 * One column of a graph, an eighth of a row at a time: `value` between low and high; MODEL_UNKNOWN is
 * empty.
 */
void draw_spark(const struct canvas *canvas, int row, int column, enum theme_role role,
                int32_t value, int32_t low, int32_t high);

#endif
