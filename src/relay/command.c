/* SPDX-License-Identifier: MIT */
#include "relay/command.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define SCREEN COMMAND_OF_SCREEN
#define RELAY COMMAND_OF_RELAY

const struct command command_table[COMMAND_COUNT] = {
    {COMMAND_HELP, "help", false, "", "help for this view", GROUP_GENERAL, SCREEN},
    {COMMAND_CLOSE, "close", false, "", "close this, or quit", GROUP_GENERAL, SCREEN},
    {COMMAND_BACK, "back", false, "", "back; never quits", GROUP_GENERAL, SCREEN},
    {COMMAND_QUIT, "quit", false, "", "stop the music (asks)", GROUP_GENERAL, SCREEN},
    {COMMAND_COMMAND, "command", false, "[TEXT]", "type a command", GROUP_GENERAL, SCREEN},
    {COMMAND_FIND, "find", false, "", "search", GROUP_GENERAL, SCREEN},
    {COMMAND_REDRAW, "redraw", false, "", "paint the screen anew", GROUP_GENERAL, SCREEN},
    {COMMAND_SUSPEND, "suspend", false, "", "to the shell (fg returns)", GROUP_GENERAL, SCREEN},
    {COMMAND_SELECT, "select", false, "NUMBER", "select speaker N; 0 is the Echo", GROUP_MOVE,
     SCREEN},
    {COMMAND_NEXT, "next", false, "", "next panel or row", GROUP_MOVE, SCREEN},
    {COMMAND_PREV, "prev", false, "", "previous panel or row", GROUP_MOVE, SCREEN},
    {COMMAND_FIRST, "first", false, "", "the first", GROUP_MOVE, SCREEN},
    {COMMAND_LAST, "last", false, "", "the last", GROUP_MOVE, SCREEN},
    {COMMAND_PAGE_DOWN, "page-down", false, "", "half a screen down", GROUP_MOVE, SCREEN},
    {COMMAND_PAGE_UP, "page-up", false, "", "half a screen up", GROUP_MOVE, SCREEN},
    {COMMAND_VIEW, "view", false, "NAME", "open or close a view", GROUP_VIEWS, SCREEN},
    {COMMAND_ACTIVATE, "activate", false, "", "connect, or show details", GROUP_MOVE, SCREEN},
    {COMMAND_PAGE, "page", false, "next|prev|NAME", "turn the page", GROUP_VIEWS, SCREEN},
    {COMMAND_SPAN, "span", false, "+|-", "longer or shorter graphs", GROUP_VIEWS, SCREEN},
    {COMMAND_FREEZE, "freeze", false, "", "freeze the picture", GROUP_GENERAL, SCREEN},
    {COMMAND_SAVE, "save", false, "", "save a report", GROUP_VIEWS, SCREEN},
    {COMMAND_LEVEL, "level", false, "next|info|warn|error", "events from a level on", GROUP_VIEWS,
     SCREEN},
    {COMMAND_KEYMAP, "keymap", false, "NAME", "use other keys", GROUP_GENERAL, SCREEN},
    {COMMAND_THEME, "theme", false, "default|light|cb|mono", "use other colours", GROUP_GENERAL,
     SCREEN},
    {COMMAND_MOUSE, "mouse", false, "on|off|toggle", "select with the mouse", GROUP_GENERAL,
     SCREEN},
    {COMMAND_EVENTS, "events", false, "", "show or hide the events", GROUP_GENERAL, SCREEN},
    {COMMAND_DELAY, "delay", true, "[+|-|=]TIME", "later (+), earlier (-)", GROUP_SPEAKER, RELAY},
    {COMMAND_VOLUME, "volume", true, "[+|-]PERCENT", "louder, quieter", GROUP_SPEAKER, RELAY},
    {COMMAND_MUTE, "mute", true, "on|off|toggle", "silence it, or all", GROUP_SPEAKER, RELAY},
    {COMMAND_SOLO, "solo", true, "on|off|toggle", "hear it alone", GROUP_SPEAKER, RELAY},
    {COMMAND_CHANNEL, "channel", true, "stereo|left|right|mono|next", "what it plays",
     GROUP_SPEAKER, RELAY},
    {COMMAND_CONNECT, "connect", true, "on|off|toggle", "connect or disconnect", GROUP_SPEAKER,
     RELAY},
    {COMMAND_AUTOCONNECT, "autoconnect", true, "on|off|toggle", "by itself, at start",
     GROUP_SPEAKER, RELAY},
    {COMMAND_MOVE, "move", true, "up|down", "up or down on the screen", GROUP_SPEAKER, RELAY},
    {COMMAND_UNDO, "undo", false, "", "undo the last change", GROUP_RELAY, RELAY},
    {COMMAND_COMPARE, "compare", false, "", "both, the reference alone, the other alone",
     GROUP_VIEWS, SCREEN},
    {COMMAND_TAP, "tap", false, "", "tap along with the clicks", GROUP_VIEWS, SCREEN},
    {COMMAND_REFERENCE, "reference", false, "", "another reference", GROUP_VIEWS, SCREEN},
    {COMMAND_TEST, "test", true, "SIGNAL[+music]|toggle|off",
     "play a test signal instead of the music, or over it", GROUP_SPEAKER, RELAY},
    {COMMAND_ALIGN, "align", false, "start|keep|levels|back|cancel [MICROPHONE] [SPEAKERS]",
     "line the speakers up by microphone", GROUP_RELAY, RELAY},
    {COMMAND_KEEPAWAKE, "keepawake", true, "on|off|toggle", "a tone below hearing in silence",
     GROUP_SPEAKER, RELAY},
    {COMMAND_ALL, "all", false, "", "show every device, or audio devices only", GROUP_VIEWS,
     SCREEN},
    {COMMAND_SCAN, "scan", false, "on|off|toggle", "look for devices, a minute long", GROUP_DEVICES,
     RELAY},
    {COMMAND_PAIR, "pair", false, "ADDRESS", "pair, trust, connect, play", GROUP_DEVICES, RELAY},
    {COMMAND_CANCEL, "cancel", false, "", "stop the pairing that runs", GROUP_DEVICES, RELAY},
    {COMMAND_ANSWER, "answer", false, "ID yes|no|TEXT", "answer a question", GROUP_DEVICES, RELAY},
    {COMMAND_WINDOW, "window", false, "on|off|toggle", "let an Echo pair, 3 minutes long",
     GROUP_DEVICES, RELAY},
    {COMMAND_UNPAIR, "unpair", false, "DEVICE [--yes]", "forget a device", GROUP_DEVICES, RELAY},
    {COMMAND_RENAME, "rename", false, "DEVICE NAME", "give it a name", GROUP_DEVICES, RELAY},
    {COMMAND_ROLE, "role", false, "DEVICE speaker|source|none", "what it is to the relay",
     GROUP_DEVICES, RELAY},
    {COMMAND_GROUP_VOLUME, "group-volume", false, "[+|-]PERCENT",
     "all louder, quieter, by the same", GROUP_RELAY, RELAY},
    {COMMAND_RESET, "reset", false, "", "reset peak holds and OVER", GROUP_RELAY, RELAY},
};

const char *command_group_name(enum command_group group)
{
	static const char *const names[] = {
	    [GROUP_VIEWS] = "Views",
	    [GROUP_GENERAL] = "Everywhere",
	    [GROUP_MOVE] = "Move",
	    [GROUP_SPEAKER] = "Selected speaker",
	    [GROUP_DEVICES] = "Devices come and go",
	    [GROUP_RELAY] = "Everything",
	};
	return names[group];
}

void command_arguments(const struct command *command, int *least, int *most)
{
	*least = *most = 0;
	for (const char *word = command->arguments; *word;) {
		size_t length = strcspn(word, " ");
		bool optional = word[0] == '[' && word[length - 1] == ']';
		*least += !optional;
		*most += 1;
		word += length;
		word += strspn(word, " ");
	}
}

const struct command *command_find(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(command_table[i].name, name))
			return &command_table[i];
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *nearest = NULL;
	int least = TEXT_SLIP + 1;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		int far = text_distance(name, command_table[i].name);
		if (far < least) {
			least = far;
			nearest = command_table[i].name;
		}
	}
	return nearest;
}

int command_split(char *line, char *words[], int most)
{
	int count = 0;
	char *out = line;
	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line)
			return count;
		if (count == most)
			return -E2BIG;
		words[count++] = out;
		bool quoted = false;
		for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
			if (*line == '"')
				quoted = !quoted;
			else
				*out++ = *line;
		}
		if (quoted)
			return -EINVAL;
		bool more = *line;
		*out++ = 0;
		if (more)
			line++;
	}
}

/* A number with an optional sign; a sign makes it a step, unless "=" stands before it. */
static const char *number_read(const char *text, bool *step, double *number)
{
	char *end;
	*step = *text == '+' || *text == '-';
	text += *text == '=';
	*number = strtod(text, &end);
	if (end == text || !isfinite(*number))
		return NULL;
	while (*end == ' ')
		end++;
	return end;
}

int command_read_time(const char *text, bool *step, int64_t *ns)
{
	double number;
	const char *unit = number_read(text, step, &number);
	if (!unit || fabs(number) > 1e6)
		return -EINVAL;
	if (!*unit || !strcmp(unit, "ms"))
		*ns = llround(number * 1e6);
	else if (!strcmp(unit, "s"))
		*ns = llround(number * 1e9);
	else if (!strcmp(unit, "us"))
		*ns = llround(number * 1e3);
	else
		return -EINVAL;
	return 0;
}

int command_read_percent(const char *text, bool *step, int *percent)
{
	double number;
	const char *unit = number_read(text, step, &number);
	if (!unit || (*unit && strcmp(unit, "%")) || fabs(number) > 100)
		return -EINVAL;
	*percent = (int)lround(number);
	return 0;
}

int command_read_switch(const char *text, bool is, bool *wanted)
{
	if (!strcmp(text, "on"))
		*wanted = true;
	else if (!strcmp(text, "off"))
		*wanted = false;
	else if (!strcmp(text, "toggle"))
		*wanted = !is;
	else
		return -EINVAL;
	return 0;
}
