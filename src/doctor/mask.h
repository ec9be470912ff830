/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_MASK_H
#define DOCTOR_MASK_H

#include <stddef.h>

#include <jansson.h>

/*
 * Makes a report fit for strangers: of every Bluetooth address only the maker's half stays, and words that
 * tell of a person or a home, such as names of devices, become "name 1", "name 2".  Pure.
 */

#define MASK_WORDS 128

struct mask {
	int count;
	char words[MASK_WORDS][128];
};

/* From now on this word is hidden; one of fewer than three bytes would hit by chance, and is passed over. */
void mask_add(struct mask *mask, const char *word);

/* The same JSON with everything hidden, in keys as well; a new reference, NULL without memory. */
json_t *mask_json(const struct mask *mask, json_t *json);

#endif
