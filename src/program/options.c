/* SPDX-License-Identifier: MIT */
#include "program/options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "program/subcommand.h"
#include "ui/theme.h"

/* What concerns the relay: of the program and of the daemon. */
const struct argument_row options_relay_rows[] = {
    {"demo", "[=SCENARIO]", 'd', "run on a simulated world; file:FILE plays a sound file"},
    {"for", "SECONDS", 't', "end after so long"},
    {"source", "NODE", 's', "capture this PipeWire node, or a sink's monitor, instead of the Echo"},
    {"adapter", "BDADDR", 'a', "use this Bluetooth adapter only; may be repeated"},
    {"config", "FILE", 'c', "instead of ~/.config/echorelay/echorelay.conf"},
    {"state", "DIR", 'S', "where to keep volumes, delays and the like"},
    {"log", "FILE", 'l', "write events there; - is stderr"},
    {"bus", "ADDRESS", 'B', "D-Bus address of BlueZ, instead of the system bus"},
    {0},
};

static const struct argument_row program_rows[] = {
    {"standalone", NULL, 'A', "relay and screen in one process, without a daemon"},
    {"batch", NULL, 'b', "one line per link and second, no screen"},
    {"json", NULL, 'j', "one JSON object per second, no screen"},
    {"keymap", "NAME|FILE", 'k', "keys: default, vi, emacs, or a file"},
    {"theme", "NAME", 'T', "colours of the screen: default, light, cb, mono"},
    {"charset", "NAME", 'r', "characters of the screen: utf8, ascii, auto"},
    {"plain", NULL, 'p', "lines instead of a screen: for screen readers, and without a cursor"},
    {"mouse", NULL, 'm', "the screen takes clicks and the wheel"},
    {"fps", "N", 'f', "pictures a second, 1 to 20; 10 if left out"},
    {"list-commands", NULL, 'C', "print every command"},
    {"list-keys", NULL, 'K', "print the keys"},
    {"check-keys", "FILE", 'x', "say what is wrong with a keymap file"},
    {"version", NULL, 'V', "print the version"},
    {0},
};

const struct argument_row *const options_of_program[] = {options_relay_rows, program_rows, NULL};
const struct argument_row *const options_of_daemon[] = {options_relay_rows, NULL};

static void subcommands_help(void)
{
	for (const struct subcommand *row = subcommand_table; row->name; row++) {
		char left[64];
		snprintf(left, sizeof(left), "%s %s", row->name, row->arguments);
		arguments_help_line(left, row->help);
	}
}

void options_help(void)
{
	printf("Usage: echorelay [OPTION]...\n"
	       "       echorelay SUBCOMMAND [ARGUMENT]...\n"
	       "Plays one Echo (or any source) on several Bluetooth speakers, in step.\n\n");
	subcommands_help();
	printf("\n");
	arguments_help(options_of_program);
	printf("\nWithout a terminal on stdout it prints what there is, once.\n"
	       "Keys are on the screen (?), in echorelay-keys(5) and with --list-keys.\n");
}

static int read_seconds(struct options *options, const char *value)
{
	char *end;
	options->seconds = strtod(value, &end);
	if (end == value || *end || !isfinite(options->seconds) || options->seconds <= 0 ||
	    options->seconds > 1e9)
		return arguments_wrong("for", value, "is no number of seconds");
	return 0;
}

static int read_fps(struct options *options, const char *value)
{
	char *end;
	long number = strtol(value, &end, 10);
	if (end == value || *end || number < 1 || number > 20)
		return arguments_wrong("fps", value, "is no number from 1 to 20");
	options->fps = (int)number;
	return 0;
}

static int read_charset(struct options *options, const char *value)
{
	options->charset = value;
	if (!strcmp(value, "auto"))
		options->charset = NULL;
	else if (strcmp(value, "utf8") != 0 && strcmp(value, "ascii") != 0)
		return arguments_wrong("charset", value, "is none of utf8, ascii, auto");
	return 0;
}

static int read_theme(struct options *options, const char *value)
{
	options->theme = value;
	for (int i = 0; theme_name(i); i++)
		if (!strcmp(theme_name(i), value))
			return 0;
	return arguments_wrong("theme", value, "is none of default, light, cb, mono");
}

static int read_adapter(struct options *options, const char *value)
{
	char address[18];
	int count = 0;
	while (options->adapters[count])
		count++;
	if (!text_address(value, address))
		return arguments_wrong("adapter", value,
		                       "is no Bluetooth address, like 00:1A:7D:DA:71:13");
	if (count == OPTIONS_ADAPTERS)
		return arguments_wrong("adapter", value, "is one too many");
	options->adapters[count] = value;
	return 0;
}

int options_take(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		options->demo = value ? value : "";
		return 0;
	case 'r':
		return read_charset(options, value);
	case 'p':
		options->plain = true;
		options->mode = MODE_SCREEN;
		return 0;
	case 'T':
		return read_theme(options, value);
	case 'm':
		options->mouse = true;
		return 0;
	case 'f':
		return read_fps(options, value);
	case 'A':
		options->standalone = true;
		return 0;
	case 'b':
		options->mode = MODE_BATCH;
		return 0;
	case 'j':
		options->mode = MODE_JSON;
		return 0;
	case 't':
		return read_seconds(options, value);
	case 's':
		options->source = value;
		return 0;
	case 'a':
		return read_adapter(options, value);
	case 'k':
		options->keymap = value;
		return 0;
	case 'c':
		options->config = value;
		return 0;
	case 'S':
		options->state = value;
		return 0;
	case 'l':
		options->log = value;
		return 0;
	case 'B':
		options->bus = value;
		return 0;
	case 'C':
		options->mode = MODE_LIST_COMMANDS;
		return 0;
	case 'K':
		options->mode = MODE_LIST_KEYS;
		return 0;
	case 'x':
		options->mode = MODE_CHECK_KEYS;
		options->check_keys = value;
		return 0;
	case 'V':
		options->mode = MODE_VERSION;
		return 0;
	default:
		return -EINVAL;
	}
}

static int take(void *user, int letter, const char *value)
{
	return options_take(user, letter, value);
}

static int read_by(struct options *options, int argc, char *argv[],
                   const struct argument_row *const tables[])
{
	int first = argc, result = arguments_read(argc, argv, "h", tables, take, options, &first);
	if (result == ARGUMENTS_HELP)
		options->mode = MODE_HELP;
	if (result)
		return result < 0 ? result : 0;
	if (first == argc)
		return 0;
	fprintf(stderr,
	        "echorelay: '%s' is no option; a subcommand stands first\n"
	        "Try 'echorelay --help'.\n",
	        argv[first]);
	return -EINVAL;
}

int options_read(struct options *options, int argc, char *argv[])
{
	*options = (struct options){
	    .mode = isatty(STDOUT_FILENO) ? MODE_SCREEN : MODE_STATUS,
	    .fps = 10,
	};
	return read_by(options, argc, argv, options_of_program);
}

int options_read_daemon(struct options *options, int argc, char *argv[])
{
	*options = (struct options){.mode = MODE_DAEMON};
	return read_by(options, argc, argv, options_of_daemon);
}

const char *options_of_relay(const struct options *options)
{
	const struct {
		const char *name, *value;
	} given[] = {
	    {"--source", options->source}, {"--adapter", options->adapters[0]},
	    {"--state", options->state},   {"--log", options->log},
	    {"--bus", options->bus},
	};
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].value)
			return given[i].name;
	return NULL;
}
