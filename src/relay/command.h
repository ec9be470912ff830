/* SPDX-License-Identifier: MIT */
#ifndef RELAY_COMMAND_H
#define RELAY_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one table of everything a user can do.  From it come the keymap's action names, the help screen,
 * the hints, the manual and --list-commands.  A new action is one row here, and one function where it is
 * carried out: in ui/ (COMMAND_OF_SCREEN) or in relay/execute.c.
 *
 * A command line is words: the name, the speaker where the row asks for one, the arguments.
 *
 *     delay 2 +10ms          delay 70:99:1C:0A:B2:44 0          mute all on
 *
 * A speaker is its number on the screen, its Bluetooth address, its name, or a beginning of that which no
 * other name has; capitals do not matter.  In a keymap the speaker is left out: it is the selected one.  Pure; any thread.
 */

enum command_id {
	COMMAND_HELP,
	COMMAND_CLOSE,
	COMMAND_BACK,
	COMMAND_QUIT,
	COMMAND_COMMAND,
	COMMAND_FIND,
	COMMAND_REDRAW,
	COMMAND_SUSPEND,
	COMMAND_SELECT,
	COMMAND_NEXT,
	COMMAND_PREV,
	COMMAND_FIRST,
	COMMAND_LAST,
	COMMAND_PAGE_DOWN,
	COMMAND_PAGE_UP,
	COMMAND_VIEW,
	COMMAND_ACTIVATE,
	COMMAND_PAGE,
	COMMAND_SPAN,
	COMMAND_FREEZE,
	COMMAND_SAVE,
	COMMAND_LEVEL,
	COMMAND_KEYMAP,
	COMMAND_THEME,
	COMMAND_MOUSE,
	COMMAND_EVENTS,
	COMMAND_DELAY,
	COMMAND_VOLUME,
	COMMAND_MUTE,
	COMMAND_SOLO,
	COMMAND_CHANNEL,
	COMMAND_CONNECT,
	COMMAND_AUTOCONNECT,
	COMMAND_MOVE,
	COMMAND_UNDO,
	COMMAND_COMPARE,
	COMMAND_TAP,
	COMMAND_REFERENCE,
	COMMAND_TEST,
	COMMAND_ALIGN,
	COMMAND_KEEPAWAKE,
	COMMAND_ALL,
	COMMAND_SCAN,
	COMMAND_PAIR,
	COMMAND_CANCEL,
	COMMAND_ANSWER,
	COMMAND_WINDOW,
	COMMAND_UNPAIR,
	COMMAND_RENAME,
	COMMAND_ROLE,
	COMMAND_GROUP_VOLUME,
	COMMAND_RESET,
	COMMAND_COUNT
};

/* In the order of the help: what one came for is not below the keys of every program. */
enum command_group {
	GROUP_SPEAKER,
	GROUP_VIEWS,
	GROUP_DEVICES,
	GROUP_RELAY,
	GROUP_MOVE,
	GROUP_GENERAL,
	GROUP_COUNT
};

/* Who carries it out. */
enum command_place { COMMAND_OF_SCREEN, COMMAND_OF_RELAY };

struct command {
	enum command_id id;
	const char *name;
	bool speaker;          /* it is about one speaker */
	const char *arguments; /* as the manual shows them, or "" */
	const char *help;      /* half a line */
	enum command_group group;
	enum command_place place;
};

/* How many words the arguments of a command are: from "NAME [--yes]" 1 and 2. */
void command_arguments(const struct command *command, int *least, int *most);

extern const struct command command_table[COMMAND_COUNT];

const char *command_group_name(enum command_group group);

/* The row of that name, or NULL. */
const struct command *command_find(const char *name);

/* The name in the table nearest to a wrong one, for "did you mean"; NULL if none is near. */
const char *command_nearest(const char *name);

/*
 * Cuts a line into at most `most` words, in place.  Double quotes keep spaces in a word.  Returns how
 * many; -E2BIG for more, -EINVAL for a quote that does not end.
 */
int command_split(char *line, char *words[], int most);

/* "+10ms", "-1 ms", "35", "=-35", "0.5s": a step or a value, in ns.  Returns 0 or -EINVAL. */
int command_read_time(const char *text, bool *step, int64_t *ns);

/* "+5", "-10", "72", "72%": a step or a value.  Returns 0 or -EINVAL. */
int command_read_percent(const char *text, bool *step, int *percent);

/* "on", "off" or "toggle" of what is.  Returns 0 or -EINVAL. */
int command_read_switch(const char *text, bool is, bool *wanted);

#endif
