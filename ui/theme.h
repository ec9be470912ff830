/* SPDX-License-Identifier: MIT */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <curses.h>
#include <stdbool.h>

/*
 * Colours by what they mean, and the characters that the screen is made of.  The terminal's own
 * background is never painted; nothing is told by colour alone.
 */

enum theme_role {
	THEME_NORMAL,
	THEME_HEADER,
	THEME_TITLE, /* of the selected panel */
	THEME_DIM,
	THEME_GOOD,
	THEME_WARN,
	THEME_BAD,
	THEME_LOW, /* the meter below −18 dB, up to −6, above */
	THEME_MIDDLE,
	THEME_HIGH,
	THEME_ROLES
};

struct theme {
	attr_t attributes[THEME_ROLES];
};

/*
 * Themes: "default", the terminal's own colours; "light", for a light background; "cb", blue and orange,
 * for eyes that do not tell red from green; "mono", bold, dim and reverse alone.
 */
const char *theme_name(int index); /* NULL beyond the last */

/* After start_color where the terminal has colours.  Returns 0, or -ENOENT for a theme that is none. */
int theme_init(struct theme *theme, const char *name, bool coloured);

#define CHARSET_SPARKS 8

/* The characters, in UTF-8 or ASCII. */
struct charset {
	const char *line, *gutter, *arrow, *about, *dot, *cut;
	const char *rms, *peak, *hold, *rest; /* of a meter */
	const char *full, *empty;             /* of a bar */
	const char *signs[10];                /* of a speaker's states */
	const char *play, *pause, *done, *todo;
	const char *sparks[CHARSET_SPARKS]; /* of a graph, lowest first */
	const char *corner_tl, *corner_tr, *corner_bl, *corner_br, *side;
	const char *up, *down;
	const char *left, *right; /* NULL: keys are told by name */
};

const struct charset *charset_of(bool utf8);

#endif
