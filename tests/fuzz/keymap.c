/* SPDX-License-Identifier: MIT */
/* A keymap: every problem has words, and every key that was taken has a name that means it. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "ui/keymap.h"

static struct keymap keymap;

static void binding_holds(const struct keymap_binding *binding)
{
	const struct keymap_binding *found;
	char name[32];
	fuzz_require(binding->length >= 1 && binding->length <= KEYMAP_SEQUENCE,
	             "a sequence has keys");
	fuzz_require(keymap_argument_fits(binding->command, binding->argument),
	             "the argument fits the command");
	for (int i = 0; i < binding->length; i++)
		fuzz_require(*keymap_key_name(binding->keys[i], name, sizeof(name)) != 0,
		             "a key has a name");
	fuzz_require(keymap_look_up(&keymap, binding->context, binding->keys, binding->length,
	                            &found) != KEYMAP_NONE,
	             "what is bound is found");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	int error = keymap_parse(&keymap, text, "fuzz.keys");
	fuzz_require(!error == !keymap.problem_count, "an error has words");
	for (int i = 0; i < keymap.count; i++)
		binding_holds(&keymap.bindings[i]);
	free(text);
	return 0;
}
