/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subcommand.h"

struct option_row {
	const char *name, *argument; /* NULL: takes none; "[…]": may be left out */
	int letter;                  /* what getopt_long returns */
	const char *help;
};

static const struct option_row rows[] = {
    {"demo", "[=SCENARIO]", 'd', "run on a simulated world; file:FILE plays a sound file"},
    {"batch", NULL, 'b', "one line per link and second, no screen"},
    {"json", NULL, 'j', "one JSON object per second, no screen"},
    {"for", "SECONDS", 't', "end after so long"},
    {"source", "NODE", 's', "capture this PipeWire node, or a sink's monitor, instead of the Echo"},
    {"adapter", "BDADDR", 'a', "use this Bluetooth adapter only; may be repeated"},
    {"keymap", "NAME|FILE", 'k', "keys: default, vi, emacs, or a file"},
    {"config", "FILE", 'c', "instead of ~/.config/echorelay/echorelay.conf"},
    {"state", "DIR", 'S', "where to keep volumes, delays and the like"},
    {"log", "FILE", 'l', "write events there; - is stderr"},
    {"bus", "ADDRESS", 'B', "D-Bus address of BlueZ, instead of the system bus"},
    {"list-commands", NULL, 'C', "print every command"},
    {"list-keys", NULL, 'K', "print the keys"},
    {"check-keys", "FILE", 'x', "say what is wrong with a keymap file"},
    {"version", NULL, 'V', "print the version"},
    {"help", NULL, 'h', "print this"},
};

#define COUNT ((int)(sizeof(rows) / sizeof(rows[0])))

static void subcommands_help(void)
{
	for (const struct subcommand *row = subcommand_table; row->name; row++) {
		char left[40];
		snprintf(left, sizeof(left), "%s %s", row->name, row->arguments);
		printf("  %-21s %s\n", left, row->help);
	}
}

void options_help(void)
{
	printf("Usage: echorelay [OPTION]...\n"
	       "       echorelay SUBCOMMAND [ARGUMENT]...\n"
	       "Plays one Echo (or any source) on several Bluetooth speakers, in step.\n\n");
	subcommands_help();
	printf("\n");
	for (int i = 0; i < COUNT; i++) {
		char left[40];
		const char *argument = rows[i].argument ? rows[i].argument : "";
		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
		         *argument && *argument != '[' ? " " : "", argument);
		printf("  %-21s %s\n", left, rows[i].help);
	}
	printf("\nWithout a terminal on stdout it prints what there is, once.\n"
	       "Keys are on the screen (?), in echorelay-keys(5) and with --list-keys.\n");
}

static int wrong(const char *option, const char *value, const char *why)
{
	fprintf(stderr, "echorelay: --%s %s: %s\n", option, value, why);
	return -EINVAL;
}

static int read_seconds(struct options *options, const char *value)
{
	char *end;
	options->seconds = strtod(value, &end);
	if (end == value || *end || !isfinite(options->seconds) || options->seconds <= 0 ||
	    options->seconds > 1e9)
		return wrong("for", value, "is no number of seconds");
	return 0;
}

static bool is_address(const char *text)
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static int read_adapter(struct options *options, const char *value)
{
	int count = 0;
	while (options->adapters[count])
		count++;
	if (!is_address(value))
		return wrong("adapter", value, "is no Bluetooth address, like 00:1A:7D:DA:71:13");
	if (count == OPTIONS_ADAPTERS)
		return wrong("adapter", value, "is one too many");
	options->adapters[count] = value;
	return 0;
}

static int take(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		options->demo = value ? value : "";
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
	case 'h':
		options->mode = MODE_HELP;
		return 0;
	default:
		return -EINVAL; /* getopt has said it */
	}
}

static void longs_make(struct option longs[COUNT + 1])
{
	for (int i = 0; i < COUNT; i++) {
		const char *argument = rows[i].argument;
		longs[i] = (struct option){
		    .name = rows[i].name,
		    .has_arg = !argument          ? no_argument
		               : *argument == '[' ? optional_argument
		                                  : required_argument,
		    .val = rows[i].letter,
		};
	}
	longs[COUNT] = (struct option){0};
}

int options_read(struct options *options, int argc, char *argv[])
{
	struct option longs[COUNT + 1];
	int letter;
	*options = (struct options){.mode = isatty(STDOUT_FILENO) ? MODE_SCREEN : MODE_STATUS};
	longs_make(longs);
	while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1)
		if (take(options, letter, optarg) < 0) {
			fprintf(stderr, "Try 'echorelay --help'.\n");
			return -EINVAL;
		}
	if (optind < argc) {
		fprintf(stderr,
		        "echorelay: '%s' is no option; a subcommand stands first\n"
		        "Try 'echorelay --help'.\n",
		        argv[optind]);
		return -EINVAL;
	}
	return 0;
}
