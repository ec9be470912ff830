/* SPDX-License-Identifier: MIT */
#ifndef STANDALONE_H
#define STANDALONE_H

#include "program.h"

/* Relay and screen, or lines, in one process: when one ends, both do.  Returns the exit code. */
int standalone_run(struct program *program);

#endif
