/* SPDX-License-Identifier: MIT */
/* The command line: a word a line. */
#include "tests/fuzz/fuzz.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "program/options.h"

#define WORDS 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct options options;
	char *words[WORDS + 2] = {"echorelay"}, *place = NULL, *text = fuzz_text(data, size);
	int count = 1;
	for (char *word = strtok_r(text, "\n", &place); word && count <= WORDS;
	     word = strtok_r(NULL, "\n", &place))
		words[count++] = word;
	optind = 0; /* getopt begins anew */
	if (!options_read(&options, count, words)) {
		fuzz_require(options.seconds >= 0 && options.fps >= 1 && options.fps <= 20,
		             "numbers are within bounds");
		fuzz_require(!options.adapters[OPTIONS_ADAPTERS], "the list of adapters ends");
		options_of_relay(&options);
	}
	optind = 0;
	options_read_daemon(&options, count, words);
	free(text);
	return 0;
}
