/* SPDX-License-Identifier: MIT */
/* A command line cut into words, and what the words may be. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "relay/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[8], *text = fuzz_text(data, size);
	int count = command_split(text, words, 8);
	for (int i = 0; i < count; i++) {
		bool step, is = false;
		int64_t ns;
		int percent;
		command_read_time(words[i], &step, &ns);
		command_read_percent(words[i], &step, &percent);
		command_read_switch(words[i], is, &is);
		if (!command_find(words[i]))
			command_nearest(words[i]);
	}
	free(text);
	return 0;
}
