/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_DEMO_H
#define PROGRAM_DEMO_H

#include "program/program.h"

/*
 * The simulated world needs the processor in time.  On a machine that is busy its radios stand still, and the relay takes
 * that for a full air: a line in the journal says whose fault it is, once a minute at the most.
 *
 * Once its loop and its world are there; as long as the loop lives.  Returns 0 or -errno.  Main thread only.
 */
int demo_watch(struct program *program);

#endif
