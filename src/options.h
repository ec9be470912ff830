/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

/* The command line.  echorelay(1) is its manual. */

#define OPTIONS_ADAPTERS 8

enum options_mode {
	MODE_SCREEN,
	MODE_STATUS, /* stdout is no terminal: what there is, once */
	MODE_BATCH,
	MODE_JSON,
	MODE_LIST_COMMANDS,
	MODE_LIST_KEYS,
	MODE_CHECK_KEYS,
	MODE_HELP,
	MODE_VERSION,
};

struct options {
	enum options_mode mode;
	const char *demo; /* NULL: the real world; else the scenario, "" for the default */
	double seconds;   /* 0: until told to stop */
	const char *source, *keymap, *config, *state, *log, *bus, *check_keys;
	const char *adapters[OPTIONS_ADAPTERS + 1]; /* ends with NULL */
};

/*
 * Reads the command line.  Returns 0; -EINVAL after saying on stderr what is wrong.  The texts are argv's.
 */
int options_read(struct options *options, int argc, char *argv[]);

/* Prints the help on stdout. */
void options_help(void);

#endif
