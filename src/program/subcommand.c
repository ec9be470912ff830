/* SPDX-License-Identifier: MIT */
#include "program/subcommand.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "program/background.h"
#include "program/completion.h"
#include "doctor/doctor.h"
#include "doctor/report.h"
#include "program/lineup.h"
#include "program/options.h"
#include "scripts/scripts.h"
#include "program/service.h"

static int run_help(int argc, char *argv[]);

const struct subcommand subcommand_table[] = {
    {"daemon", "[OPTION]...", "play without a screen", background_run, options_of_daemon,
     WORDS_NONE},
    {"status", "", "what there is, once", script_status, script_status_options, WORDS_NONE},
    {"watch", "", "what there is, every second", script_watch, script_watch_options, WORDS_NONE},
    {"log", "[-f]", "what has happened", script_log, script_log_options, WORDS_NONE},
    {"set", "[SPEAKER] COMMAND [ARGUMENT]", "run one of --list-commands", script_set,
     script_set_options, WORDS_COMMAND},
    {"connect", "SPEAKER [on|off]", "connect, and wait until it is", script_connect,
     script_connect_options, WORDS_SPEAKER},
    {"scan", "", "listen for devices, and list them", script_scan, script_scan_options, WORDS_NONE},
    {"pair", "DEVICE", "pair, and wait for the first sound", script_pair, script_pair_options,
     WORDS_DEVICE},
    {"unpair", "SPEAKER --yes", "forget it, and wait until it is gone", script_unpair,
     script_unpair_options, WORDS_SPEAKER},
    {"stop", "", "end the relay that runs", script_stop, script_stop_options, WORDS_NONE},
    {"doctor", "[--json|--fix]", "what keeps this machine from playing, and what cures it",
     doctor_main, NULL, WORDS_NONE},
    {"report", "[--open] [FILE]", "one file for a bug report, with addresses and names hidden",
     report_main, NULL, WORDS_NONE},
    {"align", "[--mic NODE] [--keep]", "line the speakers up by microphone", lineup_run,
     lineup_options, WORDS_NONE},
    {"service", "install|remove|status", "the relay as a service of your systemd", service_run,
     NULL, WORDS_LISTED},
    {"completion", "bash|zsh|fish", "what the shell completes with TAB", completion_run, NULL,
     WORDS_LISTED},
    {"help", "[SUBCOMMAND]", "this, or what a subcommand takes", run_help, NULL, WORDS_SUBCOMMAND},
    {0},
};

const struct subcommand *subcommand_find(const char *name)
{
	for (const struct subcommand *row = subcommand_table; row->name; row++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

int subcommand_run(int argc, char *argv[])
{
	const struct subcommand *subcommand = subcommand_find(argv[0]);
	if (subcommand)
		return subcommand->run(argc, argv);
	fprintf(stderr, "echorelay: no subcommand '%s'\nTry 'echorelay --help'.\n", argv[0]);
	return EX_USAGE;
}

static int run_help(int argc, char *argv[])
{
	char option[] = "--help";
	char *asked[] = {argc > 1 ? argv[1] : NULL, option, NULL};
	if (argc > 1 && strcmp(argv[1], "help"))
		return subcommand_run(2, asked);
	options_help();
	return EX_OK;
}
