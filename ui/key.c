/* SPDX-License-Identifier: MIT */
/* Keys and their names. */
#include <curses.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "base/text.h"
#include "ui/keymap.h"

#define SPECIAL(code) (KEYMAP_SPECIAL | (code))

struct key_name {
	const char *name;
	keymap_key key;
};

/* The first name of a key is the one that is shown. */
static const struct key_name key_names[] = {
    {"Space", ' '},
    {"Enter", '\n'},
    {"Tab", '\t'},
    {"Esc", KEYMAP_ESCAPE},
    {"BS", SPECIAL(KEY_BACKSPACE)},
    {"Del", SPECIAL(KEY_DC)},
    {"Ins", SPECIAL(KEY_IC)},
    {"S-Tab", SPECIAL(KEY_BTAB)},
    {"Up", SPECIAL(KEY_UP)},
    {"Down", SPECIAL(KEY_DOWN)},
    {"Left", SPECIAL(KEY_LEFT)},
    {"Right", SPECIAL(KEY_RIGHT)},
    {"S-Left", SPECIAL(KEY_SLEFT)},
    {"S-Right", SPECIAL(KEY_SRIGHT)},
    {"C-Up", SPECIAL(KEYMAP_CONTROL_UP)},
    {"C-Down", SPECIAL(KEYMAP_CONTROL_DOWN)},
    {"C-Left", SPECIAL(KEYMAP_CONTROL_LEFT)},
    {"C-Right", SPECIAL(KEYMAP_CONTROL_RIGHT)},
    {"Home", SPECIAL(KEY_HOME)},
    {"End", SPECIAL(KEY_END)},
    {"PgUp", SPECIAL(KEY_PPAGE)},
    {"PgDn", SPECIAL(KEY_NPAGE)},
    {"lt", '<'},
    {"gt", '>'},
    {"Hash", '#'},
};

#define COUNT ((int)(sizeof(key_names) / sizeof(key_names[0])))

static const char *control_is_really(char letter)
{
	switch (letter) {
	case 'm':
	case 'j':
		return "<Enter>";
	case 'i':
		return "<Tab>";
	case '[':
		return "<Esc>";
	default:
		return NULL;
	}
}

static keymap_key control(const char *name, char *why, size_t size)
{
	char letter = name[2];
	if (letter >= 'A' && letter <= 'Z')
		snprintf(why, size, "<%s>: a terminal does not tell it from <C-%c>", name,
		         letter + 32);
	else if (control_is_really(letter))
		snprintf(why, size, "<%s> is %s: terminals send the same", name,
		         control_is_really(letter));
	else if ((letter >= 'a' && letter <= 'z') || strchr("\\]^_", letter))
		return letter & 0x1f;
	else
		snprintf(why, size, "no key <%s>", name);
	return 0;
}

static keymap_key plain(const char *name)
{
	unsigned number;
	char rest;
	for (int i = 0; i < COUNT; i++)
		if (!strcasecmp(key_names[i].name, name))
			return key_names[i].key;
	if (sscanf(name, "F%2u%c", &number, &rest) == 1 && number >= 1 && number <= 12)
		return SPECIAL(KEY_F((keymap_key)number));
	return 0;
}

/* "M-x", "M-lt": what a terminal sends as Esc and the key. */
static keymap_key with_alt(const char *name, char *why, size_t size)
{
	int32_t character;
	int length = text_decode(name + 2, &character);
	keymap_key key = name[2] && !name[2 + length] && character > ' ' ? character
	                                                                 : plain(name + 2);
	if (!key)
		snprintf(why, size, "no key <%s>", name);
	return key ? KEYMAP_META | key : 0;
}

keymap_key keymap_key_named(const char *name, char *why, size_t size)
{
	bool one = name[0] && name[1] == '-' && name[2] && !name[3];
	keymap_key key = plain(name);
	if (key)
		return key;
	if (one && (name[0] == 'C' || name[0] == 'c'))
		return control(name, why, size);
	if ((name[0] == 'M' || name[0] == 'm') && name[1] == '-')
		return with_alt(name, why, size);
	if (one && (name[0] == 'S' || name[0] == 's'))
		snprintf(why, size, "<%s>: write the capital letter alone", name);
	else
		snprintf(why, size, "no key <%s>", name);
	return 0;
}

char *keymap_key_name(keymap_key key, char *text, size_t size)
{
	bool meta = key & KEYMAP_META;
	const char *before = meta ? "M-" : "";
	key &= ~KEYMAP_META;
	for (int i = 0; i < COUNT; i++)
		if (key_names[i].key == key && (meta || !strchr("<>#", key < 0x80 ? key : 'x'))) {
			snprintf(text, size, "<%s%s>", before, key_names[i].name);
			return text;
		}
	if (key & KEYMAP_SPECIAL)
		snprintf(text, size, "<%sF%d>", before, (int)(key - SPECIAL(KEY_F(0))));
	else if (key < ' ')
		snprintf(text, size, "<C-%c>", key >= 1 && key <= 26 ? key + 96 : key + 64);
	else if (iswprint((wint_t)key))
		snprintf(text, size, meta ? "<%s%lc>" : "%s%lc", before, (wint_t)key);
	else /* not in this locale */
		snprintf(text, size, "<%sU+%04X>", before, (unsigned)key);
	return text;
}
