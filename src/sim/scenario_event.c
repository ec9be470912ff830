/* SPDX-License-Identifier: MIT */
/* What a scenario makes happen: "every 20 s .. 40 s stall 60 ms .. 90 ms". */
#include "sim/scenario_private.h"

#include <string.h>

#define MS 1000000ll

/* What can happen, by the name it has in a scenario, and to whom. */
static const struct {
	const char *name;
	bool world, adapter, echo, speaker;
} actions[] = {
    [ACTION_STALL] = {"stall", .speaker = true},
    [ACTION_VANISH] = {"vanish", .speaker = true},
    [ACTION_OFF] = {"off", .speaker = true},
    [ACTION_TAKEN] = {"taken", .speaker = true},
    [ACTION_REPORT] = {"report", .speaker = true},
    [ACTION_PAUSE] = {"pause", .echo = true},
    [ACTION_RESET] = {"reset", .echo = true},
    [ACTION_CALL] = {"call", .echo = true, .speaker = true},
    [ACTION_KNOCK] = {"knock", .echo = true, .speaker = true},
    [ACTION_UNPLUG] = {"unplug", .adapter = true},
    [ACTION_BURST] = {"burst", .adapter = true},
    [ACTION_RESTART] = {"restart", .world = true},
    [ACTION_SOUND] = {"sound", .world = true},
    [ACTION_SLEEP] = {"sleep", .world = true},
};

const char *scenario_action_name(enum scenario_action action)
{
	return actions[action].name;
}

static bool action_allowed(enum section section, enum scenario_action action)
{
	return (section == SECTION_WORLD && actions[action].world) ||
	       (section == SECTION_ADAPTER && actions[action].adapter) ||
	       (section == SECTION_ECHO && actions[action].echo) ||
	       (section == SECTION_SPEAKER && actions[action].speaker);
}

static const char *action_read(const char *text, enum scenario_action *action)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		size_t length = strlen(actions[i].name);
		if (!strncmp(text, actions[i].name, length) && text[length] == ' ') {
			*action = (enum scenario_action)i;
			return text + length + 1;
		}
	}
	return NULL;
}

/* "20 s" or "20 s .. 40 s" */
static const char *range_read(const char *text, int64_t *least, int64_t *most)
{
	text = scenario_read_duration(text, least);
	*most = *least;
	if (text && !strncmp(text, "..", 2)) {
		text += 2;
		while (*text == ' ')
			text++;
		text = scenario_read_duration(text, most);
	}
	return text && *most >= *least ? text : NULL;
}

int scenario_event_add(struct parser *parser, const char *value)
{
	struct scenario *scenario = parser->scenario;
	struct scenario_event event = {.subject = -1};
	const char *text = value;
	if (scenario->event_count == SCENARIO_EVENTS)
		return ini_complain(&parser->ini, "more than %d events", SCENARIO_EVENTS);
	event.again = !strncmp(text, "every ", 6);
	text = range_read(event.again ? text + 6 : text, &event.at_least_ns, &event.at_most_ns);
	if (text)
		text = action_read(text, &event.action);
	if (text)
		text = range_read(text, &event.lasts_least_ns, &event.lasts_most_ns);
	if (!text || *text)
		return ini_complain(&parser->ini, "'%s' is no event, like: 45 s stall 250 ms",
		                    value);
	if (!action_allowed(parser->section, event.action))
		return ini_complain(&parser->ini, "that cannot happen in a section [%s]",
		                    parser->section_text);
	if (event.again && event.at_most_ns < MS)
		return ini_complain(&parser->ini, "an event every %s would never end", value + 6);
	if (parser->section == SECTION_SPEAKER)
		event.subject = scenario->speaker_count - 1;
	if (parser->section == SECTION_ADAPTER)
		event.subject = scenario->adapter_count - 1;
	scenario->events[scenario->event_count++] = event;
	return 1;
}
