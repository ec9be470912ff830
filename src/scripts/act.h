/* SPDX-License-Identifier: MIT */
#ifndef SCRIPTS_ACT_H
#define SCRIPTS_ACT_H

#include <stdbool.h>

#include "program/arguments.h"
#include "scripts/session.h"

/* What the scripts that change something have in common.  Main thread only. */

#define ACT_LOOK_MS 200 /* how often they look whether it is so */

struct act {
	struct session_options common;
	double timeout_s;
	const char *answer; /* to what a device asks while it pairs; NULL: none */
	bool yes;           /* it is meant */
	bool all;           /* hidden ones, too */
	int count;
	char **words; /* beside the options */
};

/* The tables of their options; act_begin fills `act` from the letters that are in them. */
extern const struct argument_row act_timeout_rows[], act_pair_rows[], act_scan_rows[],
    act_unpair_rows[];

/*
 * Reads the command line; `timeout_s` is where none is given.  Returns EX_OK, EX_USAGE after saying why, or
 * -1 where the help was wanted and is printed.
 */
int act_begin(struct act *act, int argc, char *argv[], const char *letters,
              const struct argument_row *const tables[], const char *usage, double timeout_s);

/* Says on stderr how it is called.  Returns EX_USAGE. */
int act_usage(const char *name, const char *words);

/* The last answer, on stdout: as it is, or as an object of "ok" and "text". */
void act_reply_print(const struct act *act, const struct session *session);

/* Seconds of a clock that only goes on. */
double act_now(void);

#endif
