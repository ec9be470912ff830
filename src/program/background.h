/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_BACKGROUND_H
#define PROGRAM_BACKGROUND_H

/* `echorelay daemon`: the relay without a screen, for those that attach.  Returns the exit code. */
int background_run(int argc, char *argv[]);

#endif
