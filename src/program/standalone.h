/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_STANDALONE_H
#define PROGRAM_STANDALONE_H

#include "program/program.h"

/* Relay and screen, or lines, in one process: when one ends, both do.  Returns the exit code. */
int standalone_run(struct program *program);

#endif
