/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_ATTACHED_H
#define PROGRAM_ATTACHED_H

#include <stdbool.h>

#include "program/program.h"

/*
 * A screen, or lines, on a relay that runs elsewhere, and plays on when these end.  Should the relay go, a
 * screen waits for the next one.  Main thread only.
 */

/*
 * Attaches, and shows until the user leaves.  `start`: starts a relay in the background where none runs,
 * and says so.  Returns 1 and *ret_code, the exit code; 0 where no relay runs and none is to be started.
 */
int attached_run(struct program *program, bool start, int *ret_code);

#endif
