/* SPDX-License-Identifier: MIT */
#include "doctor/mask.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_LENGTH 17

void mask_add(struct mask *mask, const char *word)
{
	if (strlen(word) < 3 || mask->count == MASK_WORDS)
		return;
	for (int i = 0; i < mask->count; i++)
		if (!strcmp(mask->words[i], word))
			return;
	snprintf(mask->words[mask->count++], sizeof(mask->words[0]), "%s", word);
}

/* 70:99:1C:0A:B2:44, and as BlueZ's paths have it, with underscores. */
static bool is_address(const char *text)
{
	for (int i = 0; i < ADDRESS_LENGTH; i++)
		if (i % 3 == 2 ? text[i] != ':' && text[i] != '_'
		               : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* The longest hidden word that begins here, or −1: "Kitchen" must not spoil "Kitchen left". */
static int word_at(const struct mask *mask, const char *text)
{
	int found = -1;
	for (int i = 0; i < mask->count; i++) {
		size_t length = strlen(mask->words[i]);
		bool longer = found < 0 || length > strlen(mask->words[found]);
		if (longer && !strncmp(text, mask->words[i], length))
			found = i;
	}
	return found;
}

/* To be freed. */
static char *mask_text(const struct mask *mask, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);
	while (stream && *text) {
		int word = word_at(mask, text);
		if (word >= 0) {
			fprintf(stream, "name %d", word + 1);
			text += strlen(mask->words[word]);
		} else if (is_address(text)) {
			fprintf(stream, "%.9s??%c??%c??", text, text[2], text[2]);
			text += ADDRESS_LENGTH;
		} else {
			fputc(*text++, stream);
		}
	}
	if (stream)
		fclose(stream);
	return out;
}

static json_t *mask_object(const struct mask *mask, json_t *json)
{
	json_t *object = json_object(), *value;
	const char *key;
	json_object_foreach(json, key, value)
	{
		char *hidden = mask_text(mask, key);
		json_object_set_new(object, hidden ? hidden : "?", mask_json(mask, value));
		free(hidden);
	}
	return object;
}

json_t *mask_json(const struct mask *mask, json_t *json)
{
	if (json_is_object(json))
		return mask_object(mask, json);
	if (json_is_array(json)) {
		json_t *list = json_array();
		for (size_t i = 0; i < json_array_size(json); i++)
			json_array_append_new(list, mask_json(mask, json_array_get(json, i)));
		return list;
	}
	if (!json_is_string(json))
		return json_incref(json);
	char *hidden = mask_text(mask, json_string_value(json));
	json_t *string = json_string(hidden ? hidden : "?");
	free(hidden);
	return string;
}
