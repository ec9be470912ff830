/* SPDX-License-Identifier: MIT */
#include "ui/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"

#define HALF 8 /* "70:99:1C": who made it, not which one it is */

static bool is_address(const char *text, char between)
{
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != between : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* Wherever one stands, in names of nodes too. */
static void addresses_shorten(char *text)
{
	size_t length = strlen(text);
	for (size_t i = 0; length >= 17 && i <= length - 17; i++)
		if (is_address(text + i, ':') || is_address(text + i, '_'))
			memset(text + i + HALF + 1, 'x', 17 - HALF - 1);
}

static json_t *line_to_json(const struct history_line *line)
{
	json_t *list = json_array();
	for (int back = line->count - 1; back >= 0; back--) {
		const struct history_second *second = history_second(line, back);
		json_t *row = json_array();
		const int32_t values[] = {second->latency_us, second->fill_us, second->jitter_us};
		for (int i = 0; i < 3; i++)
			json_array_append_new(row, values[i] == MODEL_UNKNOWN
			                               ? json_null()
			                               : json_real(values[i] / 1e3));
		json_array_append_new(row, json_integer(second->late));
		json_array_append_new(row, json_integer(second->dropped));
		json_array_append_new(list, row);
	}
	return json_pack("{s:s, s:o}", "address", line->address, "seconds", list);
}

json_t *report_json(const struct model *model, const struct history *history)
{
	json_t *lines = json_array();
	for (int i = 0; i <= MODEL_SPEAKERS; i++)
		if (history->lines[i].count)
			json_array_append_new(lines, line_to_json(&history->lines[i]));
	return json_pack("{s:i, s:[sssss], s:o, s:o}", "report", 1, "columns", "latency_ms",
	                 "fill_ms", "jitter_ms", "late", "dropped", "model",
	                 model_to_json(model, MODEL_WIRE), "history", lines);
}

static int folder_of(char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int used;
	if (state && *state == '/')
		used = snprintf(path, size, "%s/echorelay", state);
	else
		used = snprintf(path, size, "%s/.local/state/echorelay", home ? home : "");
	if (used >= (int)size)
		return -ENAMETOOLONG;
	return file_make_directory(path);
}

int report_save(const struct model *model, const struct history *history, char *path, size_t size)
{
	time_t seconds = (time_t)(model->time_us / 1000000);
	struct tm local;
	char name[64];
	int error = folder_of(path, size);
	if (error)
		return error;
	localtime_r(&seconds, &local);
	strftime(name, sizeof(name), "/report-%Y%m%d-%H%M%S.json", &local);
	if (strlen(path) + strlen(name) >= size)
		return -ENAMETOOLONG;
	strcat(path, name);
	json_t *json = report_json(model, history);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
	json_decref(json);
	if (!text)
		return -ENOMEM;
	addresses_shorten(text);
	error = file_replace_text(path, text);
	free(text);
	return error;
}
