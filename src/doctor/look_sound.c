/* SPDX-License-Identifier: MIT */
/* Versions, what is installed, and what BlueZ's and WirePlumber's configuration says. */
#include "doctor/findings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- versions ------------------------------------------------------------------------------------ */

struct version version_read(const char *text)
{
	struct version version = {0};
	for (text = text ? strpbrk(text, "0123456789") : NULL; text;
	     text = strpbrk(text + strspn(text, "0123456789"), "0123456789")) {
		int parts =
		    sscanf(text, "%6d.%6d.%6d", &version.major, &version.minor, &version.micro);
		if (parts >= 2)
			return version;
	}
	return (struct version){0};
}

bool version_known(struct version version)
{
	return version.major || version.minor;
}

bool version_from(struct version version, int major, int minor, int micro)
{
	if (version.major != major)
		return version.major > major;
	if (version.minor != minor)
		return version.minor > minor;
	return version.micro >= micro;
}

static struct version version_ask(const struct box *box, const char *program)
{
	const char *const ask[] = {program, "--version", NULL};
	char *answer;
	int error = box_run(box, ask, &answer);
	struct version version = version_read(error ? NULL : answer);
	free(answer);
	return version;
}

static void on_plugin(void *user, const char *path)
{
	(void)path;
	*(enum sight *)user = SIGHT_YES;
}

/* --- configuration ------------------------------------------------------------------------------- */

/* All that overrides WirePlumber's own defaults, one text after the other; comments left out. */
struct configuration {
	const struct box *box;
	char *text;
	size_t length;
};

static void line_add(struct configuration *all, const char *line, size_t length)
{
	char *more = realloc(all->text, all->length + length + 2);
	if (!more)
		return;
	memcpy(more + all->length, line, length);
	all->length += length;
	more[all->length++] = '\n';
	more[all->length] = 0;
	all->text = more;
}

static void on_configuration(void *user, const char *path)
{
	struct configuration *all = user;
	char *text = box_read(all->box, "%s", path);
	for (const char *line = text; line && *line;) {
		size_t length = strcspn(line, "\n");
		const char *begin = line + strspn(line, " \t");
		if (*begin != '#' && strncmp(begin, "--", 2))
			line_add(all, line, length);
		line += length + (line[length] == '\n');
	}
	free(text);
}

/* Does a line name the setting, with the value after it? */
static bool says(const struct configuration *all, const char *name, const char *value)
{
	for (const char *found = all->text; found && (found = strstr(found, name)); found++) {
		const char *rest = found + strlen(name);
		size_t length = strcspn(rest, "\n");
		const char *match = strstr(rest, value);
		if (match && match < rest + length)
			return true;
	}
	return false;
}

static enum sight sight(bool yes)
{
	return yes ? SIGHT_YES : SIGHT_NO;
}

static void look_wireplumber(struct findings *findings, const struct box *box)
{
	static const char *const folders[] = {"/usr/share/wireplumber", "/etc/wireplumber"};
	static const char *const files[] = {"bluetooth.lua.d/*.lua", "wireplumber.conf.d/*.conf"};
	struct configuration all = {.box = box};
	char pattern[BOX_PATH * 2];
	bool lua = !version_from(findings->wireplumber, 0, 5, 0);
	for (int kind = 0; kind < 2; kind++) {
		for (int i = 0; i < 2; i++) {
			snprintf(pattern, sizeof(pattern), "%s/%s", folders[i], files[kind]);
			if (kind == (lua ? 0 : 1))
				box_each(box, pattern, on_configuration, &all);
		}
		snprintf(pattern, sizeof(pattern), "%s/.config/wireplumber/%s", box->home,
		         files[kind]);
		if (kind == (lua ? 0 : 1))
			box_each(box, pattern, on_configuration, &all);
	}
	findings->seat_ignored =
	    sight(lua ? says(&all, "\"with-logind\"", "false")
	              : says(&all, "monitor.bluez.seat-monitoring", "disabled"));
	findings->source_role_off = sight(says(&all, "bluez5.roles", "a2dp_sink") &&
	                                  !says(&all, "bluez5.roles", "a2dp_source"));
	findings->sink_role =
	    sight(!says(&all, "bluez5.roles", "=") || says(&all, "bluez5.roles", "a2dp_sink"));
	findings->input_role = sight(says(&all, "bluez5.media-source-role", "input"));
	findings->auto_connect_off = sight(says(&all, "bluez5.auto-connect", "[ ]") ||
	                                   says(&all, "bluez5.auto-connect", "[]"));
	free(all.text);
}

static void look_main_conf(struct findings *findings, const struct box *box)
{
	char *text = box_read(box, "/etc/bluetooth/main.conf");
	for (const char *line = text; line && *line; line += strspn(line, "\n")) {
		char mode[16];
		if (sscanf(line, " ControllerMode = %15s", mode) == 1)
			findings->low_energy_only = !strcmp(mode, "le");
		line += strcspn(line, "\n");
	}
	free(text);
}

void look_sound(struct findings *findings, const struct box *box)
{
	findings->bluez = version_ask(box, "bluetoothctl");
	findings->pipewire = version_ask(box, "pipewire");
	findings->wireplumber = version_ask(box, "wireplumber");
	findings->spa_bluetooth = SIGHT_NO;
	box_each(box, "/usr/lib/*/spa-0.2/bluez5/libspa-bluez5.so", on_plugin,
	         &findings->spa_bluetooth);
	box_each(box, "/usr/lib*/spa-0.2/bluez5/libspa-bluez5.so", on_plugin,
	         &findings->spa_bluetooth);
	if (version_known(findings->wireplumber))
		look_wireplumber(findings, box);
	look_main_conf(findings, box);
}
