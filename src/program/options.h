/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_OPTIONS_H
#define PROGRAM_OPTIONS_H

#include <stdbool.h>

#include "program/arguments.h"
#include "relay/settings.h"

/* The command line.  echorelay(1) is its manual. */

#define OPTIONS_ADAPTERS SETTINGS_ADAPTERS

enum options_mode {
	MODE_SCREEN,
	MODE_STATUS, /* stdout is no terminal: what there is, once */
	MODE_BATCH,
	MODE_JSON,
	MODE_DAEMON,
	MODE_LIST_COMMANDS,
	MODE_LIST_KEYS,
	MODE_CHECK_KEYS,
	MODE_HELP,
	MODE_VERSION,
};

struct options {
	enum options_mode mode;
	const char *demo;    /* NULL: the real world; else the scenario, "" for the default */
	double seconds;      /* 0: until told to stop */
	bool standalone;     /* no daemon is asked or started */
	const char *theme;   /* of the screen; NULL: by the terminal */
	const char *charset; /* utf8 or ascii; NULL: by the locale */
	bool plain;          /* lines to read and to type instead of a screen */
	bool mouse;
	int fps; /* pictures a second */
	const char *source, *keymap, *config, *state, *log, *bus, *check_keys;
	const char *adapters[OPTIONS_ADAPTERS + 1]; /* ends with NULL */
};

/*
 * Reads the command line.  Returns 0; -EINVAL after saying on stderr what is wrong.  The texts are argv's.
 */
int options_read(struct options *options, int argc, char *argv[]);

/* The same for `echorelay daemon`; argv[0] is the subcommand. */
int options_read_daemon(struct options *options, int argc, char *argv[]);

/* For a subcommand that has them beside its own: what concerns the relay, and taking one by its letter. */
extern const struct argument_row options_relay_rows[];
int options_take(struct options *options, int letter, const char *value);

/* The first option given that only a relay that starts can heed; NULL: none. */
const char *options_of_relay(const struct options *options);

/* The tables, for help and completions. */
extern const struct argument_row *const options_of_program[];
extern const struct argument_row *const options_of_daemon[];

/* Prints the help on stdout. */
void options_help(void);

#endif
