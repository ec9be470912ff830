/* SPDX-License-Identifier: MIT */
/* A device's name on its way to the terminal: nothing in it may steer one, whatever the size. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void harmless(const char *text, size_t size)
{
	fuzz_require(strlen(text) < size, "it fits");
	while (*text) {
		int32_t character;
		text += text_decode(text, &character);
		fuzz_require(character >= ' ' && (character < 0x7f || character > 0x9f),
		             "no control character is left");
		fuzz_require(character < 0x202a || character > 0x202e, "nothing turns the writing");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char clean[300], again[300];
	size_t room = size ? 1 + data[0] : 1;
	char *text = fuzz_text(data, size);
	harmless(text_clean(clean, room, text), room);
	fuzz_require(!strcmp(text_clean(again, sizeof(again), clean), clean), "clean stays clean");
	fuzz_require(text_distance(clean, clean) == (strlen(clean) > 32 ? 99 : 0),
	             "a word is itself");
	free(text);
	return 0;
}
