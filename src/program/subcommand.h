/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_SUBCOMMAND_H
#define PROGRAM_SUBCOMMAND_H

#include "program/arguments.h"

/*
 * echorelay SUBCOMMAND [ARGUMENT]...: one row a subcommand.  From the table come --help, the completions
 * and the dispatch in main.c.  A new one is a row here and its run function in a file of its own.
 */

/* What the words of a subcommand are, beside its options. */
enum subcommand_words {
	WORDS_NONE,
	WORDS_SPEAKER,    /* a speaker */
	WORDS_DEVICE,     /* one that is heard and not paired */
	WORDS_COMMAND,    /* a speaker, a command of relay/command.h, its argument */
	WORDS_SUBCOMMAND, /* one of this table */
	WORDS_LISTED,     /* one of those in `arguments` */
};

struct subcommand {
	const char *name;
	const char *arguments; /* as --help shows them, or "" */
	const char *help;      /* half a line */
	/*
	 * argv[0] is the subcommand's name, so getopt_long works as in main.  Data goes to stdout, words
	 * for the user to stderr.  It knows --help.  Returns the exit code (sysexits.h).
	 */
	int (*run)(int argc, char *argv[]);
	/* For the completions: its option tables (arguments.h), and what its words are.  Both may be left out. */
	const struct argument_row *const *options;
	enum subcommand_words words;
};

/* Ends with a row without a name. */
extern const struct subcommand subcommand_table[];

/* The row of that name, or NULL. */
const struct subcommand *subcommand_find(const char *name);

/* Runs argv[0]; says so on stderr and returns EX_USAGE where there is no such subcommand. */
int subcommand_run(int argc, char *argv[]);

#endif
