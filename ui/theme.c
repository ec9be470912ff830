/* SPDX-License-Identifier: MIT */
#include "ui/theme.h"

#include "relay/model.h"

static const struct charset utf8_set = {
    .line = "─",
    .gutter = "▌",
    .arrow = "→",
    .about = "~",
    .dot = "·",
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
};

static const struct charset ascii_set = {
    .line = "-",
    .gutter = ">",
    .arrow = "->",
    .about = "~",
    .dot = ".",
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

/* One colour pair for each role that has a colour; the pair's number is the role's. */
static const short colours[THEME_ROLES] = {
    [THEME_NORMAL] = -1,      [THEME_HEADER] = -1,        [THEME_TITLE] = -1,
    [THEME_DIM] = -1,         [THEME_GOOD] = COLOR_GREEN, [THEME_WARN] = COLOR_YELLOW,
    [THEME_BAD] = COLOR_RED,  [THEME_LOW] = COLOR_GREEN,  [THEME_MIDDLE] = COLOR_YELLOW,
    [THEME_HIGH] = COLOR_RED,
};

void theme_init(struct theme *theme, bool colour)
{
	static const attr_t plain[THEME_ROLES] = {
	    [THEME_HEADER] = A_REVERSE, [THEME_TITLE] = A_BOLD, [THEME_DIM] = A_DIM,
	    [THEME_WARN] = A_BOLD,      [THEME_BAD] = A_BOLD,
	};
	for (short role = 0; role < THEME_ROLES; role++) {
		theme->attributes[role] = plain[role];
		if (!colour || colours[role] < 0)
			continue;
		init_pair((short)(role + 1), colours[role], -1);
		theme->attributes[role] |= (attr_t)COLOR_PAIR(role + 1);
	}
}
