/* SPDX-License-Identifier: MIT */
/* What this user may: real-time priority, staying when logged out; and the helper with a right of its own. */
#include "doctor/findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP "pipewire"

/* "pipewire:x:108:anna,ben" */
static bool member(const char *line, const char *user)
{
	const char *list = strrchr(line, ':');
	size_t length = strlen(user);
	while (list && length) {
		list++;
		if (!strncmp(list, user, length) && strchr(",\n", list[length]))
			return true; /* strchr finds the end of a text as well */
		size_t word = strcspn(list, ",\n");
		list = list[word] == ',' ? list + word : NULL;
	}
	return false;
}

static enum sight look_group(const struct box *box)
{
	char *text = box_read(box, "/etc/group");
	enum sight sight = text ? SIGHT_NO : SIGHT_UNKNOWN;
	char *place = NULL;
	for (char *line = text ? strtok_r(text, "\n", &place) : NULL; line;
	     line = strtok_r(NULL, "\n", &place))
		if (!strncmp(line, GROUP ":", strlen(GROUP ":")) && member(line, box->user_name))
			sight = SIGHT_YES;
	free(text);
	return sight;
}

struct limits {
	const struct box *box;
	enum sight *sight;
};

static void on_limits(void *user, const char *path)
{
	struct limits *limits = user;
	char *text = box_read(limits->box, "%s", path);
	const char *found = text ? strstr(text, "@" GROUP) : NULL;
	if (found && strstr(found, "rtprio"))
		*limits->sight = SIGHT_YES;
	free(text);
}

void look_rights(struct findings *findings, const struct box *box)
{
	struct limits limits = {box, &findings->limit_for_group};
	findings->in_audio_group = look_group(box);
	findings->limit_for_group = SIGHT_NO;
	box_each(box, "/etc/security/limits.d/*.conf", on_limits, &limits);
	findings->flush_helper = box_exists(box, "%s", FLUSH_HELPER);
	findings->flush_helper_may = findings->flush_helper &&
	                             box->capable(box->user, FLUSH_HELPER);
	if (!box_exists(box, "/var/lib/systemd") || !*box->user_name)
		findings->lingers = SIGHT_UNKNOWN;
	else
		findings->lingers = box_exists(box, "/var/lib/systemd/linger/%s", box->user_name)
		                        ? SIGHT_YES
		                        : SIGHT_NO;
}

void findings_look(struct findings *findings, const struct box *box)
{
	*findings = (struct findings){.has_sysfs = false};
	look_kernel(findings, box);
	look_processes(findings, box);
	look_bluez(findings, box);
	look_sound(findings, box);
	look_rights(findings, box);
}
