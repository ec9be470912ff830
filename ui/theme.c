/* SPDX-License-Identifier: MIT */
#include "ui/theme.h"

#include <errno.h>
#include <string.h>

#include "relay/model.h"

static const struct charset utf8_set = {
    .line = "─",
    .gutter = "▌",
    .arrow = "→",
    .about = "~",
    .dot = "·",
    .cut = "…",
    .rms = "█",
    .peak = "▒",
    .hold = "│",
    .rest = "·",
    .full = "▰",
    .empty = "▱",
    .signs = {[SPEAKER_OFF] = "○",
              [SPEAKER_PAIRED] = "○",
              [SPEAKER_CONNECTING] = "◐",
              [SPEAKER_IDLE] = "○",
              [SPEAKER_STREAMING] = "●",
              [SPEAKER_CONGESTED] = "▲",
              [SPEAKER_STALLED] = "▲",
              [SPEAKER_LOST] = "✕",
              [SPEAKER_FAILED] = "✕"},
    .play = "▶",
    .pause = "○",
    .done = "✓",
    .todo = "▸",
    .sparks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
    .corner_tl = "┌",
    .corner_tr = "┐",
    .corner_bl = "└",
    .corner_br = "┘",
    .side = "│",
    .up = "↑",
    .down = "↓",
    .left = "←",
    .right = "→",
};

static const struct charset ascii_set = {
    .line = "-",
    .gutter = ">",
    .arrow = "->",
    .about = "~",
    .dot = ".",
    .cut = "..",
    .rms = "#",
    .peak = "=",
    .hold = "|",
    .rest = ".",
    .full = "=",
    .empty = "-",
    .signs = {[SPEAKER_OFF] = "o",
              [SPEAKER_PAIRED] = "o",
              [SPEAKER_CONNECTING] = "~",
              [SPEAKER_IDLE] = "o",
              [SPEAKER_STREAMING] = "*",
              [SPEAKER_CONGESTED] = "!",
              [SPEAKER_STALLED] = "!",
              [SPEAKER_LOST] = "x",
              [SPEAKER_FAILED] = "x"},
    .play = ">",
    .pause = "o",
    .done = "+",
    .todo = ">",
    .sparks = {"_", ".", "-", "~", "=", "+", "*", "#"},
    .corner_tl = "+",
    .corner_tr = "+",
    .corner_bl = "+",
    .corner_br = "+",
    .side = "|",
    .up = "^",
    .down = "v",
};

const struct charset *charset_of(bool utf8)
{
	return utf8 ? &utf8_set : &ascii_set;
}

/* --- themes -------------------------------------------------------------------------------------- */

/* A colour of each role, of a palette of 8 and of one of 256; −1 is the terminal's own. */
struct palette {
	const char *name;
	struct {
		short of8, of256;
	} colours[THEME_ROLES];
};

#define NONE                                                                                       \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* The terminal's own eight are what its owner chose for his eyes; only where they cannot do are others taken. */
static const struct palette palettes[] = {
    {"default",
     {[THEME_NORMAL] = NONE,
      [THEME_HEADER] = NONE,
      [THEME_TITLE] = NONE,
      [THEME_DIM] = NONE,
      [THEME_GOOD] = {COLOR_GREEN, COLOR_GREEN},
      [THEME_WARN] = {COLOR_YELLOW, COLOR_YELLOW},
      [THEME_BAD] = {COLOR_RED, COLOR_RED},
      [THEME_LOW] = {COLOR_GREEN, COLOR_GREEN},
      [THEME_MIDDLE] = {COLOR_YELLOW, COLOR_YELLOW},
      [THEME_HIGH] = {COLOR_RED, COLOR_RED}}},
    {"light", /* yellow on white is nothing: brown, or magenta */
     {[THEME_NORMAL] = NONE,
      [THEME_HEADER] = NONE,
      [THEME_TITLE] = NONE,
      [THEME_DIM] = NONE,
      [THEME_GOOD] = {COLOR_GREEN, 28},
      [THEME_WARN] = {COLOR_MAGENTA, 130},
      [THEME_BAD] = {COLOR_RED, 124},
      [THEME_LOW] = {COLOR_GREEN, 28},
      [THEME_MIDDLE] = {COLOR_MAGENTA, 130},
      [THEME_HIGH] = {COLOR_RED, 124}}},
    {"cb",
     {[THEME_NORMAL] = NONE,
      [THEME_HEADER] = NONE,
      [THEME_TITLE] = NONE,
      [THEME_DIM] = NONE,
      [THEME_GOOD] = {COLOR_BLUE, 33},
      [THEME_WARN] = {COLOR_YELLOW, 214},
      [THEME_BAD] = {COLOR_YELLOW, 208},
      [THEME_LOW] = {COLOR_BLUE, 33},
      [THEME_MIDDLE] = {COLOR_CYAN, 75},
      [THEME_HIGH] = {COLOR_YELLOW, 208}}},
    {"mono",
     {[THEME_NORMAL] = NONE,
      [THEME_HEADER] = NONE,
      [THEME_TITLE] = NONE,
      [THEME_DIM] = NONE,
      [THEME_GOOD] = NONE,
      [THEME_WARN] = NONE,
      [THEME_BAD] = NONE,
      [THEME_LOW] = NONE,
      [THEME_MIDDLE] = NONE,
      [THEME_HIGH] = NONE}},
};

#define PALETTES ((int)(sizeof(palettes) / sizeof(palettes[0])))

const char *theme_name(int index)
{
	return index < PALETTES ? palettes[index].name : NULL;
}

static const struct palette *palette_of(const char *name)
{
	for (int i = 0; i < PALETTES; i++)
		if (!strcmp(palettes[i].name, name))
			return &palettes[i];
	return NULL;
}

int theme_init(struct theme *theme, const char *name, bool coloured)
{
	static const attr_t plain[THEME_ROLES] = {
	    [THEME_HEADER] = A_REVERSE, [THEME_TITLE] = A_BOLD, [THEME_DIM] = A_DIM,
	    [THEME_WARN] = A_BOLD,      [THEME_BAD] = A_BOLD,
	};
	const struct palette *palette = palette_of(name);
	if (!palette)
		return -ENOENT;
	for (short role = 0; role < THEME_ROLES; role++) {
		short colour = COLORS >= 256 ? palette->colours[role].of256
		                             : palette->colours[role].of8;
		theme->attributes[role] = plain[role];
		if (!coloured || colour < 0)
			continue;
		/* one pair for each role; the pair's number is the role's */
		init_pair((short)(role + 1), colour, -1);
		theme->attributes[role] |= (attr_t)COLOR_PAIR(role + 1);
	}
	return 0;
}
