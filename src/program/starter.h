/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_STARTER_H
#define PROGRAM_STARTER_H

#include "program/options.h"

/*
 * Starts a relay in the background: the user's systemd service where there is one, else a process in a
 * session of its own, which no terminal takes with it.  Waits until it listens.  Returns 0, or the exit code
 * after telling on stderr what the relay said.
 */
int starter_run(const struct options *options);

#endif
