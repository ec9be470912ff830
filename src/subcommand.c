/* SPDX-License-Identifier: MIT */
#include "subcommand.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "doctor/doctor.h"
#include "doctor/report.h"
#include "lineup.h"
#include "options.h"

static int run_help(int argc, char *argv[]);

const struct subcommand subcommand_table[] = {
    {"doctor", "[--json|--fix]", "what keeps this machine from playing, and what cures it",
     doctor_main},
    {"report", "[--open] [FILE]", "one file for a bug report, with addresses and names hidden",
     report_main},
    {"align", "[--mic NODE] [--keep]", "line the speakers up by microphone", lineup_run},
    {"help", "[SUBCOMMAND]", "this, or what a subcommand takes", run_help},
    {0},
};

const struct subcommand *subcommand_find(const char *name)
{
	for (const struct subcommand *row = subcommand_table; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

int subcommand_run(int argc, char *argv[])
{
	const struct subcommand *subcommand = subcommand_find(argv[0]);
	if (subcommand)
		return subcommand->run(argc, argv);
	fprintf(stderr, "echorelay: no subcommand '%s'\nTry 'echorelay --help'.\n", argv[0]);
	return EX_USAGE;
}

static int run_help(int argc, char *argv[])
{
	char option[] = "--help";
	char *asked[] = {argc > 1 ? argv[1] : NULL, option, NULL};
	if (argc > 1 && strcmp(argv[1], "help"))
		return subcommand_run(2, asked);
	options_help();
	return EX_OK;
}
