/* SPDX-License-Identifier: MIT */
#include "program/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "relay/command.h"

int listing_commands(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &command_table[i];
		char usage[64];
		snprintf(usage, sizeof(usage), "%s%s %s", command->name,
		         command->speaker ? " SPEAKER" : "", command->arguments);
		printf("%-44s %s\n", usage, command->help);
	}
	return EX_OK;
}

int listing_keys(const struct keymap *keymap)
{
	for (int i = 0; i < keymap->count; i++) {
		const struct keymap_binding *binding = &keymap->bindings[i];
		char keys[64] = "";
		for (int k = 0; k < binding->length; k++) {
			size_t used = strlen(keys);
			keymap_key_name(binding->keys[k], keys + used, sizeof(keys) - used);
		}
		printf("%-7s %-10s %s%s%s\n", keymap_context_name(binding->context), keys,
		       binding->command->name, *binding->argument ? " " : "", binding->argument);
	}
	return EX_OK;
}

void listing_complain(const struct keymap *keymap)
{
	for (int i = 0; i < keymap->problem_count; i++)
		fprintf(stderr, "echorelay: %s\n", keymap->problems[i].text);
}

int listing_check_keys(struct keymap *keymap, const char *path)
{
	int error = keymap_load(keymap, path);
	if (!error) {
		printf("%s: %d bindings, no mistakes\n", path, keymap->count);
		return EX_OK;
	}
	listing_complain(keymap);
	return error == -EINVAL ? EX_DATAERR : EX_NOINPUT;
}
