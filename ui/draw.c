/* SPDX-License-Identifier: MIT */
#include "ui/draw.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "relay/model.h"

#define TEXT_BYTES 512

static int width_of(int32_t character)
{
	int width = character < 0 ? 1 : wcwidth((wchar_t)character);
	return width < 0 ? 1 : width;
}

int draw_width(const char *text)
{
	int width = 0;
	while (*text) {
		int32_t character;
		text += text_decode(text, &character);
		width += width_of(character);
	}
	return width;
}

/* Bytes of the text that fit into `columns`; `taken` says how many of those they fill. */
static int bytes_that_fit(const char *text, int columns, int *taken)
{
	int bytes = 0;
	*taken = 0;
	while (text[bytes]) {
		int32_t character;
		int length = text_decode(text + bytes, &character), width = width_of(character);
		if (*taken + width > columns)
			break;
		*taken += width;
		bytes += length;
	}
	return bytes;
}

int draw_fit(const char *text, int columns)
{
	int taken;
	return bytes_that_fit(text, columns, &taken);
}

int draw_text(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
              const char *text)
{
	int taken;
	if (row < 0 || row >= canvas->rows || column < 0 || column >= canvas->columns || width <= 0)
		return 0;
	if (width > canvas->columns - column)
		width = canvas->columns - column;
	int bytes = bytes_that_fit(text, width, &taken);
	attrset(canvas->theme->attributes[role]);
	mvaddnstr(row, column, text, bytes);
	return taken;
}

int draw_format(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
                const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return draw_text(canvas, row, column, width, role, text);
}

int draw_wrapped(const struct canvas *canvas, int row, int column, int width, int rows,
                 enum theme_role role, const char *text)
{
	int used = 0;
	while (*text && used < rows && width > 0) {
		int bytes = draw_fit(text, width), word = bytes;
		while (text[bytes] && word > 0 && text[word] != ' ')
			word--;
		if (word > 0)
			bytes = word;
		if (!bytes)
			break;
		draw_format(canvas, row + used++, column, width, role, "%.*s", bytes, text);
		text += bytes;
		text += strspn(text, " ");
	}
	return used;
}

int draw_right(const struct canvas *canvas, int row, int column, enum theme_role role,
               const char *text)
{
	int width = draw_width(text);
	draw_text(canvas, row, column - width, width, role, text);
	return column - width;
}

void draw_repeat(const struct canvas *canvas, int row, int column, int width, enum theme_role role,
                 const char *text)
{
	for (int i = 0; i < width; i++)
		draw_text(canvas, row, column + i, 1, role, text);
}

double draw_deflection(int32_t centibels)
{
	static const struct {
		double db, part;
	} points[] = {{-70, 0},   {-60, 0.025}, {-50, 0.075}, {-40, 0.15},
	              {-30, 0.3}, {-20, 0.5},   {0, 1}};
	double db = centibels / 100.0;
	if (centibels == MODEL_UNKNOWN || db <= points[0].db)
		return 0;
	for (size_t i = 1; i < sizeof(points) / sizeof(points[0]); i++)
		if (db <= points[i].db)
			return points[i - 1].part + (db - points[i - 1].db) /
			                                (points[i].db - points[i - 1].db) *
			                                (points[i].part - points[i - 1].part);
	return 1;
}

static enum theme_role zone_of(int cell, int width)
{
	if (cell >= draw_deflection(-600) * width)
		return THEME_HIGH;
	return cell >= draw_deflection(-1800) * width ? THEME_MIDDLE : THEME_LOW;
}

void draw_meter(const struct canvas *canvas, int row, int column, int width, int32_t rms,
                int32_t peak, int32_t hold)
{
	const struct charset *set = canvas->set;
	int rms_cells = (int)(draw_deflection(rms) * width + 0.5);
	int peak_cells = (int)(draw_deflection(peak) * width + 0.5);
	int hold_cell = (int)(draw_deflection(hold) * width + 0.5) - 1;
	for (int i = 0; i < width; i++) {
		const char *text = i < rms_cells    ? set->rms
		                   : i < peak_cells ? set->peak
		                   : i == hold_cell ? set->hold
		                                    : set->rest;
		bool lit = text != set->rest;
		draw_text(canvas, row, column + i, 1, lit ? zone_of(i, width) : THEME_DIM, text);
	}
}

void draw_bar(const struct canvas *canvas, int row, int column, int width, int64_t part,
              int64_t whole)
{
	int64_t cells = whole > 0 ? (part * width + whole / 2) / whole : 0;
	for (int i = 0; i < width; i++)
		draw_text(canvas, row, column + i, 1, THEME_NORMAL,
		          i < cells ? canvas->set->full : canvas->set->empty);
}

void draw_spark(const struct canvas *canvas, int row, int column, enum theme_role role,
                int32_t value, int32_t low, int32_t high)
{
	if (value == MODEL_UNKNOWN)
		return;
	int64_t step = high > low ? ((int64_t)value - low) * CHARSET_SPARKS / (high - low) : 0;
	if (step >= CHARSET_SPARKS)
		step = CHARSET_SPARKS - 1;
	draw_text(canvas, row, column, 1, role, canvas->set->sparks[step < 0 ? 0 : step]);
}
