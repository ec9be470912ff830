/* SPDX-License-Identifier: MIT */
#ifndef RELAY_FIELD_H
#define RELAY_FIELD_H

#include <stddef.h>

#include "relay/model_names.h"

/*
 * A structure's fields as a table, one row each, for both directions: to JSON and back.  Main thread only.
 */

enum field_type {
	FIELD_END,
	FIELD_TEXT, /* char[]; null when empty */
	FIELD_BOOL,
	FIELD_MAYBE,    /* int32_t: 0, 1, MODEL_UNKNOWN → false, true, null */
	FIELD_INT,      /* int32_t */
	FIELD_INTS,     /* int32_t[] */
	FIELD_COUNT,    /* int64_t */
	FIELD_MILLI,    /* int32_t, thousandths of the unit in the key: µs → ms, ppb → ppm */
	FIELD_CENTI,    /* int32_t, hundredths */
	FIELD_PERMILLE, /* int32_t → percent */
	FIELD_NAME,     /* int32_t by `names` */
	FIELD_TERM,     /* struct model_term */
	FIELD_DB,       /* int32_t[2], 1/100 dB */
	FIELD_TIME,     /* int64_t µs, as RFC 3339 */
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset;
	size_t size;
	const char *const *names;
	bool wire_only; /* not in what scripts get (MODEL_STATUS) */
};

/* A row's offset and size. */
#define AT(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)

/* A new reference, or NULL without memory. */
json_t *fields_to_json(const struct field *fields, const void *object, enum model_form form);

/* The same for `count` objects of `size` bytes each. */
json_t *fields_list_to_json(const struct field *fields, const void *objects, size_t size, int count,
                            enum model_form form);

/* Returns 0, or -EINVAL where a key is missing or of another type. */
int fields_from_json(const struct field *fields, const json_t *json, void *object);

/* The same for a list of at most `most`; *count is how many there are. */
int fields_list_from_json(const struct field *fields, const json_t *json, void *objects,
                          size_t size, int most, int32_t *count);

#endif
