/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the targets share.  Each is one file with one LLVMFuzzerTestOneInput (libFuzzer); what it is fed
 * first stands in corpus/ below its name.  `make fuzz` runs them all.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Input that is used up bit by bit; beyond its end there are zeros. */
struct fuzz_input {
	const uint8_t *data;
	size_t left;
};

uint8_t fuzz_byte(struct fuzz_input *input);
uint32_t fuzz_number(struct fuzz_input *input); /* of four bytes */

/* Up to size - 1 bytes as a text, its length first; no zero byte is in it.  Returns `text`. */
char *fuzz_word(struct fuzz_input *input, char *text, size_t size);

/* All of it as a text, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

/* What must hold whatever comes in. */
void fuzz_require(bool holds, const char *what);

/* A folder of the target's own, in memory where there is such; removed when the program ends. */
const char *fuzz_folder(void);

/* Makes `data` the whole of the file `name` in the folder. */
void fuzz_file(const char *name, const uint8_t *data, size_t size);

#endif
