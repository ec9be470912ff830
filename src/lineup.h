/* SPDX-License-Identifier: MIT */
#ifndef LINEUP_H
#define LINEUP_H

/*
 * `echorelay align`: lines the speakers up by microphone, from a script or by hand, in a relay of its own for
 * so long.  Results go to stdout, progress to stderr.  Returns
 * the exit code: 0 all speakers were found, 1 not all, else of sysexits.h.
 */
int lineup_run(int argc, char *argv[]);

#endif
