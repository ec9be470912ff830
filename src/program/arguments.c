/* SPDX-License-Identifier: MIT */
#include "program/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MOST 32
#define HELP_COLUMN 21

void arguments_help_line(const char *left, const char *help)
{
	bool long_one = strlen(left) > HELP_COLUMN;
	printf("  %-*s%s", HELP_COLUMN, left, long_one ? "\n" : " ");
	printf("%*s%s\n", long_one ? HELP_COLUMN + 3 : 0, "", help);
}

static void help_print(const char *name, const char *argument, const char *help)
{
	char left[64];
	snprintf(left, sizeof(left), "--%s%s%s", name, *argument && *argument != '[' ? " " : "",
	         argument);
	arguments_help_line(left, help);
}

void arguments_help(const struct argument_row *const tables[])
{
	for (; *tables; tables++)
		for (const struct argument_row *row = *tables; row->name; row++)
			help_print(row->name, row->argument ? row->argument : "", row->help);
	help_print("help", "", "print this");
}

int arguments_wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "echorelay: --%s %s: %s\n", option, value, why);
	return -EINVAL;
}

static void longs_make(struct option longs[OPTIONS_MOST], const struct argument_row *const tables[])
{
	int count = 0;
	for (; *tables; tables++)
		for (const struct argument_row *row = *tables;
		     row->name && count < OPTIONS_MOST - 2; row++)
			longs[count++] = (struct option){
			    .name = row->name,
			    .has_arg = !row->argument          ? no_argument
			               : *row->argument == '[' ? optional_argument
			                                       : required_argument,
			    .val = row->letter,
			};
	longs[count++] = (struct option){.name = "help", .val = 'h'};
	longs[count] = (struct option){0};
}

int arguments_read(int argc, char *argv[], const char *letters,
                   const struct argument_row *const tables[],
                   int (*take)(void *user, int letter, const char *value), void *user,
                   int *ret_first)
{
	struct option longs[OPTIONS_MOST];
	int letter, error = 0;
	longs_make(longs, tables);
	while (!error && (letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (letter == 'h')
			return ARGUMENTS_HELP;
		error = letter == '?' ? -EINVAL : take(user, letter, optarg);
	}
	if (error)
		fprintf(stderr, "Try 'echorelay --help'.\n");
	*ret_first = optind;
	return error;
}
