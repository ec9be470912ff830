/* SPDX-License-Identifier: MIT */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "ui/view.h"

/*
 * The line at the bottom that one types into: a command, or what to look for in the view below.
 *
 *   :delay 2 +10█                 Tab completes, ↑ ↓ go through what was typed before
 *   /flip█                        the view follows each letter; Enter keeps it, Esc forgets it
 *
 * For view.c's table.  Its own keys are those of any line: they are not in the keymap.
 */

#define PROMPT_TEXT 128
#define PROMPT_HISTORY 32

struct prompt {
	bool find;       /* else a command */
	enum view_id of; /* the view that it was opened from */
	char text[PROMPT_TEXT];
	int cursor;   /* bytes before it */
	int recalled; /* how far back in the history; 0: not at all */
	int history_count;
	char history[PROMPT_HISTORY][PROMPT_TEXT]; /* newest last */
	char complaint[96];                        /* why there is nothing to complete */
};

/* Opens it with a text in it already. */
void prompt_open(struct ui *ui, bool find, const char *text, int64_t now);

void prompt_draw(struct ui *ui, int64_t now);
bool prompt_key(struct ui *ui, keymap_key key, int64_t now);
void prompt_closed(struct ui *ui, int64_t now);

/*
 * Completes the last word of a command line as far as it is certain.  `candidates` gets what it could
 * be, in one line; both may be the line itself and "".
 */
void prompt_complete(const struct ui *ui, char *line, size_t size, char *candidates, size_t room);

#endif
