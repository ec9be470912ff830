/* SPDX-License-Identifier: MIT */
#include "relay/field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- writing ----------------------------------------------------------------------------------- */

static json_t *number_or_null(int32_t value, double unit)
{
	return value == MODEL_UNKNOWN ? json_null() : json_real(value / unit);
}

/* 2026-11-23T14:07:56.123456Z */
static json_t *time_to_json(int64_t us)
{
	char text[64];
	struct tm utc;
	time_t seconds = (time_t)(us / 1000000);
	gmtime_r(&seconds, &utc);
	size_t used = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + used, sizeof(text) - used, ".%06dZ", (int)(us % 1000000));
	return json_string(text);
}

static json_t *numbers_to_json(const int32_t *numbers, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++)
		json_array_append_new(list, json_integer(numbers[i]));
	return list;
}

static json_t *field_to_json(const struct field *field, const void *place)
{
	const int32_t *number = place;
	const struct model_term *term = place;
	const char *text = place;
	switch (field->type) {
	case FIELD_TEXT:
		return *text ? json_string(text) : json_null();
	case FIELD_BOOL:
		return json_boolean(*(const bool *)place);
	case FIELD_MAYBE:
		return *number == MODEL_UNKNOWN ? json_null() : json_boolean(*number);
	case FIELD_INT:
		return *number == MODEL_UNKNOWN ? json_null() : json_integer(*number);
	case FIELD_INTS:
		return numbers_to_json(number, field->size / sizeof(*number));
	case FIELD_COUNT:
		return json_integer(*(const int64_t *)place);
	case FIELD_MILLI:
		return number_or_null(*number, 1000);
	case FIELD_CENTI:
		return number_or_null(*number, 100);
	case FIELD_PERMILLE:
		return number_or_null(*number, 10);
	case FIELD_NAME:
		return json_string(model_name_of(field->names, *number));
	case FIELD_TERM:
		return json_pack("{s:o, s:s}", "ms", number_or_null(term->us, 1000), "origin",
		                 model_name_of(model_origins, term->origin));
	case FIELD_DB:
		return json_pack("[o, o]", number_or_null(number[0], 100),
		                 number_or_null(number[1], 100));
	case FIELD_TIME:
		return time_to_json(*(const int64_t *)place);
	case FIELD_END:
		break;
	}
	return NULL;
}

json_t *fields_to_json(const struct field *fields, const void *object, enum model_form form)
{
	json_t *json = json_object();
	for (const struct field *field = fields; json && field->key; field++) {
		const void *place = (const char *)object + field->offset;
		if (field->wire_only && form == MODEL_STATUS)
			continue;
		if (json_object_set_new(json, field->key, field_to_json(field, place)) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

json_t *fields_list_to_json(const struct field *fields, const void *objects, size_t size, int count,
                            enum model_form form)
{
	json_t *list = json_array();
	for (int i = 0; list && i < count; i++)
		json_array_append_new(
		    list, fields_to_json(fields, (const char *)objects + (size_t)i * size, form));
	return list;
}

/* --- reading ----------------------------------------------------------------------------------- */

static int read_number(const json_t *json, double unit, int32_t *value)
{
	*value = MODEL_UNKNOWN;
	if (json_is_null(json))
		return 0;
	double read = json_number_value(json) * unit;
	if (!json_is_number(json) || !(fabs(read) < INT32_MAX))
		return -EINVAL;
	*value = (int32_t)lround(read);
	return 0;
}

static int read_text(const json_t *json, char *text, size_t size)
{
	const char *read = json_is_null(json) ? "" : json_string_value(json);
	if (!read || strlen(read) >= size)
		return -EINVAL;
	snprintf(text, size, "%s", read);
	return 0;
}

static int read_time(const json_t *json, int64_t *us)
{
	struct tm utc = {0};
	int micro;
	const char *text = json_string_value(json);
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
	if (!rest || sscanf(rest, ".%6dZ", &micro) != 1 || micro < 0)
		return -EINVAL;
	*us = (int64_t)timegm(&utc) * 1000000 + micro;
	return 0;
}

static int read_name(const json_t *json, const char *const *names, int32_t *value)
{
	const char *name = json_string_value(json);
	*value = name ? model_value_of(names, name) : MODEL_UNKNOWN;
	return *value == MODEL_UNKNOWN ? -EINVAL : 0;
}

static int read_term(const json_t *json, struct model_term *term)
{
	int error = read_number(json_object_get(json, "ms"), 1000, &term->us);
	return error ? error
	             : read_name(json_object_get(json, "origin"), model_origins, &term->origin);
}

static int read_maybe(const json_t *json, int32_t *value)
{
	*value = json_is_null(json) ? MODEL_UNKNOWN : json_is_true(json);
	return json_is_boolean(json) || json_is_null(json) ? 0 : -EINVAL;
}

static int read_pair(const json_t *json, int32_t pair[2])
{
	int error = read_number(json_array_get(json, 0), 100, &pair[0]);
	return error ? error : read_number(json_array_get(json, 1), 100, &pair[1]);
}

static int read_numbers(const json_t *json, int32_t *numbers, size_t count)
{
	int error = json_array_size(json) == count ? 0 : -EINVAL;
	for (size_t i = 0; !error && i < count; i++)
		error = read_number(json_array_get(json, i), 1, &numbers[i]);
	return error;
}

static int field_from_json(const struct field *field, const json_t *json, void *place)
{
	switch (field->type) {
	case FIELD_TEXT:
		return read_text(json, place, field->size);
	case FIELD_BOOL:
		*(bool *)place = json_is_true(json);
		return json_is_boolean(json) ? 0 : -EINVAL;
	case FIELD_MAYBE:
		return read_maybe(json, place);
	case FIELD_INT:
		return read_number(json, 1, place);
	case FIELD_INTS:
		return read_numbers(json, place, field->size / sizeof(int32_t));
	case FIELD_COUNT:
		*(int64_t *)place = json_integer_value(json);
		return json_is_integer(json) ? 0 : -EINVAL;
	case FIELD_MILLI:
		return read_number(json, 1000, place);
	case FIELD_CENTI:
		return read_number(json, 100, place);
	case FIELD_PERMILLE:
		return read_number(json, 10, place);
	case FIELD_NAME:
		return read_name(json, field->names, place);
	case FIELD_TERM:
		return read_term(json, place);
	case FIELD_DB:
		return read_pair(json, place);
	case FIELD_TIME:
		return read_time(json, place);
	case FIELD_END:
		break;
	}
	return -EINVAL;
}

int fields_from_json(const struct field *fields, const json_t *json, void *object)
{
	for (const struct field *field = fields; field->key; field++) {
		const json_t *value = json_object_get(json, field->key);
		int error = value ? field_from_json(field, value, (char *)object + field->offset)
		                  : -EINVAL;
		if (error)
			return error;
	}
	return 0;
}

int fields_list_from_json(const struct field *fields, const json_t *json, void *objects,
                          size_t size, int most, int32_t *count)
{
	if (!json_is_array(json) || json_array_size(json) > (size_t)most)
		return -EINVAL;
	int error = 0;
	for (*count = 0; !error && *count < (int)json_array_size(json); (*count)++)
		error = fields_from_json(fields, json_array_get(json, (size_t)*count),
		                         (char *)objects + (size_t)*count * size);
	return error;
}
