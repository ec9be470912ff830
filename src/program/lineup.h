/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_LINEUP_H
#define PROGRAM_LINEUP_H

#include "program/arguments.h"

/*
 * `echorelay align`: lines the speakers up by microphone, from a script or by hand: those of the relay that
 * runs, else of one for as long as it takes.  Results go to stdout, progress to stderr.  Returns the exit
 * code: 0 all speakers were found, 1 not all, else of sysexits.h.
 */
int lineup_run(int argc, char *argv[]);

/* Its options, for the completions. */
extern const struct argument_row *const lineup_options[];

#endif
