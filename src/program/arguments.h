/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_ARGUMENTS_H
#define PROGRAM_ARGUMENTS_H

/*
 * Options by a table: getopt_long, the help and the completions come from the same rows.  Every program
 * has --help without a row for it.
 */

struct argument_row {
	const char *name, *argument; /* NULL: takes none; "[…]": may be left out */
	int letter;                  /* what `take` gets */
	const char *help;
};

#define ARGUMENTS_HELP 1

/*
 * Reads argv from argv[1]; `tables` ends with NULL, each of them with a row without a name.  `letters` as
 * getopt has them: which rows have a one-letter form; "+" ends the options at the first word.  `take` returns
 * 0 or a negative error after saying on stderr what is wrong.  Returns 0, with the words that are no
 * options moved to the end from argv[*ret_first]; ARGUMENTS_HELP where --help was asked for; -EINVAL, said
 * on stderr.
 */
int arguments_read(int argc, char *argv[], const char *letters,
                   const struct argument_row *const tables[],
                   int (*take)(void *user, int letter, const char *value), void *user,
                   int *ret_first);

/* Prints the rows on stdout, one a line. */
void arguments_help(const struct argument_row *const tables[]);

/* One line of a help: what one types, what it does. */
void arguments_help_line(const char *left, const char *help);

/* Says on stderr what is wrong with an option's value.  Returns -EINVAL. */
int arguments_wrong(const char *option, const char *value, const char *why);

#endif
