/* SPDX-License-Identifier: MIT */
#ifndef SCRIPTS_SCRIPTS_H
#define SCRIPTS_SCRIPTS_H

#include "program/arguments.h"

/*
 * The subcommands for scripts (subcommand.h): each asks the relay that runs, prints data on stdout and
 * words on stderr, and ends with a code that says how it went:
 *
 *     0   it is so                  69  no relay runs
 *     1   it is not: a speaker is   75  not within the time
 *         lost, refuses, …          76  the relay is of another version
 *     64  wrong words               77  the relay is not for us
 *     68  no such speaker
 */

int script_status(int argc, char *argv[]);
int script_watch(int argc, char *argv[]);
int script_log(int argc, char *argv[]);
int script_set(int argc, char *argv[]);
int script_connect(int argc, char *argv[]);
int script_stop(int argc, char *argv[]);
int script_scan(int argc, char *argv[]);
int script_pair(int argc, char *argv[]);
int script_unpair(int argc, char *argv[]);

/* Their options, for the completions. */
extern const struct argument_row *const script_status_options[];
extern const struct argument_row *const script_watch_options[];
extern const struct argument_row *const script_log_options[];
extern const struct argument_row *const script_set_options[];
extern const struct argument_row *const script_connect_options[];
extern const struct argument_row *const script_stop_options[];
extern const struct argument_row *const script_scan_options[];
extern const struct argument_row *const script_pair_options[];
extern const struct argument_row *const script_unpair_options[];

#endif
