/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_SERVICE_H
#define PROGRAM_SERVICE_H

/*
 * `echorelay service install|remove|status`: the relay as a service of the user's systemd, so that it is
 * there from boot on and comes back when it fails.  Returns the exit code; 1 of status: it does not run.
 */
int service_run(int argc, char *argv[]);

/* The unit that the program carries along (src/share/systemd). */
extern const char service_unit[];

#endif
