/* SPDX-License-Identifier: MIT */
#include "doctor/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/text.h"
#include "doctor/doctor.h"
#include "doctor/findings.h"
#include "doctor/mask.h"

#define LINE_BYTES 512
#define SELF "/proc/self/exe"

/* --- what is in it ------------------------------------------------------------------------------- */

/* What a program prints, line by line and clean; an empty list where it is not there. */
static json_t *lines_of(const struct box *box, const char *const argv[])
{
	char *text, *place = NULL, clean[LINE_BYTES];
	json_t *list = json_array();
	box_run(box, argv, &text);
	for (char *line = text ? strtok_r(text, "\n", &place) : NULL; line;
	     line = strtok_r(NULL, "\n", &place))
		json_array_append_new(list, json_string(text_clean(clean, sizeof(clean), line)));
	free(text);
	return list;
}

static json_t *version_of(const struct box *box, const char *program)
{
	const char *const ask[] = {program, "--version", NULL};
	return lines_of(box, ask);
}

static json_t *system_of(const struct box *box)
{
	static const char *const kernel[] = {"uname", "-srm", NULL};
	char *release = box_read(box, "/etc/os-release");
	char *name = release ? strstr(release, "PRETTY_NAME=\"") : NULL;
	char clean[LINE_BYTES] = "";
	if (name)
		name[strlen("PRETTY_NAME=\"") + strcspn(name + strlen("PRETTY_NAME=\""), "\"\n")] =
		    0;
	text_clean(clean, sizeof(clean), name ? name + strlen("PRETTY_NAME=\"") : "");
	free(release);
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "release", clean, "kernel",
	                 lines_of(box, kernel), "bluez", version_of(box, "bluetoothctl"),
	                 "pipewire", version_of(box, "pipewire"), "wireplumber",
	                 version_of(box, "wireplumber"));
}

/* Everything that BlueZ has: adapters, devices, endpoints, and transports with their delay and volume. */
static json_t *objects_of(const struct box *box)
{
	char *text;
	json_t *answer;
	look_objects(box, &answer, &text);
	json_t *objects = json_array_get(json_object_get(answer, "data"), 0);
	objects = objects ? json_incref(objects) : json_null();
	json_decref(answer);
	free(text);
	return objects;
}

/* What a command of ours prints, one JSON value a line; an empty list where no relay runs. */
static json_t *values_of(const struct box *box, const char *command)
{
	const char *const ask[] = {SELF, command, "--json", NULL};
	json_t *list = json_array(), *value;
	char *text, *place = NULL;
	box_run(box, ask,
	        &text); /* status ends with 1 where something is wrong: that is no error here */
	for (char *line = text ? strtok_r(text, "\n", &place) : NULL; line;
	     line = strtok_r(NULL, "\n", &place))
		if ((value = json_loads(line, 0, NULL)))
			json_array_append_new(list, value);
	free(text);
	return list;
}

json_t *report_make(const struct box *box)
{
	static const char *const look[] = {SELF, NULL}; /* no terminal: it only looks */
	json_t *checks = doctor_examine(box);
	char stamp[64];
	time_t now = time(NULL);
	struct tm utc;
	gmtime_r(&now, &utc);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
	json_t *report = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:O}", "report", 1,
	                           "time", stamp, "version", VERSION, "system", system_of(box),
	                           "relay", lines_of(box, look), "status", values_of(box, "status"),
	                           "events", values_of(box, "log"), "bluez", objects_of(box),
	                           "checks", json_object_get(checks, "checks"));
	json_decref(checks);
	return report;
}

/* --- what is hidden ------------------------------------------------------------------------------ */

/* The names of adapters and devices, as people gave them. */
static void add_names(struct mask *mask, const json_t *properties)
{
	static const char *const keys[] = {"Name", "Alias"};
	for (int i = 0; i < 2; i++) {
		const char *name = json_string_value(
		    json_object_get(json_object_get(properties, keys[i]), "data"));
		char clean[128];
		if (!name)
			continue;
		mask_add(mask, name);
		mask_add(mask, text_clean(clean, sizeof(clean), name));
	}
}

/* Speakers that BlueZ has forgotten: the relay's lines end with name="…". */
static void add_kept_names(struct mask *mask, const json_t *lines)
{
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const char *line = json_string_value(json_array_get(lines, i));
		const char *found = line ? strstr(line, "name=\"") : NULL;
		char name[128];
		if (!found)
			continue;
		found += strlen("name=\"");
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(found, "\""), found);
		mask_add(mask, name);
	}
}

/* The relay's own word: it may know speakers that BlueZ has forgotten. */
static void add_model_names(struct mask *mask, const json_t *model)
{
	static const char *const lists[] = {"speakers", "adapters"};
	const char *source =
	    json_string_value(json_object_get(json_object_get(model, "source"), "name"));
	json_t *one;
	size_t index;
	mask_add(mask, source ? source : "");
	for (int i = 0; i < 2; i++)
		json_array_foreach(json_object_get(model, lists[i]), index, one)
		{
			const char *name = json_string_value(json_object_get(one, "name"));
			mask_add(mask, name ? name : "");
		}
}

json_t *report_hide(json_t *report, const struct box *box)
{
	struct mask *mask = calloc(1, sizeof(*mask));
	json_t *objects = json_object_get(report, "bluez"), *interfaces, *properties;
	const char *path, *interface;
	if (!mask)
		return NULL;
	json_object_foreach(objects, path, interfaces)
	    json_object_foreach(interfaces, interface, properties) add_names(mask, properties);
	add_kept_names(mask, json_object_get(report, "relay"));
	add_model_names(mask, json_array_get(json_object_get(report, "status"), 0));
	mask_add(mask, strcmp(box->user_name, "root") ? box->user_name : "");
	json_t *hidden = mask_json(mask, report);
	free(mask);
	return hidden;
}

/* --- the subcommand ------------------------------------------------------------------------------ */

static int help(void)
{
	printf(
	    "Usage: echorelay report [--open] [FILE]\n"
	    "Writes one file for a bug report: versions, the doctor's checks, what BlueZ and the "
	    "relay have.\n"
	    "Addresses and names are hidden.  FILE - is stdout; the default is "
	    "echorelay-report.json here.\n\n"
	    "  --open                hide nothing\n"
	    "  --help                print this\n");
	return EX_OK;
}

static int write_to(const char *path, json_t *report)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int error = file ? 0 : errno;
	if (file && (json_dumpf(report, file, JSON_INDENT(1)) || fputc('\n', file) == EOF))
		error = EIO;
	if (file && file != stdout && fclose(file))
		error = errno;
	if (error)
		fprintf(stderr, "echorelay: %s: %s\n", path, strerror(error));
	else if (file != stdout)
		fprintf(stderr, "echorelay: %s is written; look at it before you send it\n", path);
	return error ? EX_CANTCREAT : EX_OK;
}

int report_main(int argc, char *argv[])
{
	static const struct option longs[] = {
	    {"open", no_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
	struct box box;
	bool open = false;
	int letter;
	while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (letter == 'h')
			return help();
		if (letter == '?')
			return EX_USAGE;
		open = true;
	}
	if (argc - optind > 1) {
		fprintf(stderr, "echorelay: report takes one file\n");
		return EX_USAGE;
	}
	box_real(&box);
	json_t *report = report_make(&box),
	       *hidden = report && !open ? report_hide(report, &box) : NULL;
	int code = report && (open || hidden)
	               ? write_to(optind < argc ? argv[optind] : "echorelay-report.json",
	                          open ? report : hidden)
	               : EX_OSERR;
	json_decref(hidden);
	json_decref(report);
	return code;
}
