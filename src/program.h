/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_H
#define PROGRAM_H

/*
 * echorelay without a subcommand: reads the options, builds the relay and who looks at it, runs the loop,
 * takes everything down in reverse order.  Returns the exit code (sysexits.h).
 */
int program_run(int argc, char *argv[]);

#endif
