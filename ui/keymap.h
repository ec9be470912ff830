/* SPDX-License-Identifier: MIT */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/command.h"

/*
 * Which keys do what.  A keymap is a text file; its language is in echorelay-keys(5):
 *
 *     keymap 1
 *     include default
 *     bind    main  .        delay +1ms
 *     bind    *     gg       first
 *     describe main .        "later"
 *     unbind  main  <Space>
 *
 * Look-up is the view's context, then "*"; the last line wins.  Pure but for the reading of files.
 */

enum keymap_context {
	CONTEXT_ANY,
	CONTEXT_MAIN,
	CONTEXT_PAIR,
	CONTEXT_DIAG,
	CONTEXT_LOG,
	CONTEXT_ALIGN,
	CONTEXT_HELP,
	CONTEXT_DIALOG,
	CONTEXT_PROMPT,
	CONTEXT_COUNT
};

#define KEYMAP_SEQUENCE 4 /* keys in a row at the most */
#define KEYMAP_BINDINGS 512
#define KEYMAP_ARGUMENT 48
#define KEYMAP_DESCRIPTION 32
#define KEYMAP_PROBLEMS 32

/* A key: a Unicode character (controls as they are), or KEYMAP_SPECIAL | ncurses' KEY_ code. */
typedef int32_t keymap_key;
#define KEYMAP_SPECIAL 0x1000000
#define KEYMAP_META 0x2000000 /* with Alt, which terminals send as Esc and the key */
#define KEYMAP_ESCAPE 27

/* Codes of ours, for keys that ncurses has no constant for: ui_new gives it their sequences. */
enum {
	KEYMAP_CONTROL_UP = 0x8001,
	KEYMAP_CONTROL_DOWN,
	KEYMAP_CONTROL_LEFT,
	KEYMAP_CONTROL_RIGHT,
};

struct keymap_binding {
	enum keymap_context context;
	uint8_t length;
	keymap_key keys[KEYMAP_SEQUENCE];
	const struct command *command;
	char argument[KEYMAP_ARGUMENT];
	char text[KEYMAP_DESCRIPTION]; /* for the help; empty: what the command table says */
};

struct keymap_problem {
	char text[256]; /* "file:line: what is wrong" */
};

struct keymap {
	char name[64];
	int count;
	struct keymap_binding bindings[KEYMAP_BINDINGS];
	int included; /* keymaps, by one another */
	int problem_count;
	struct keymap_problem problems[KEYMAP_PROBLEMS];
};

/*
 * Loads a keymap by name (own folder, system folders, built in) or by path (with a slash, or ending in
 * ".keys").  Returns 0; -EINVAL with what is wrong in keymap->problems, the rest of it works all the
 * same; -ENOENT and others where it cannot be read, told there as well.
 */
int keymap_load(struct keymap *keymap, const char *name);

/* The same from a text; `origin` is how messages call it. */
int keymap_parse(struct keymap *keymap, const char *text, const char *origin);

/* Would the command take the argument?  Sizes and words only; the speaker is not known yet. */
bool keymap_argument_fits(const struct command *command, const char *argument);

enum keymap_match { KEYMAP_NONE, KEYMAP_PREFIX, KEYMAP_FOUND };

/* What a sequence of keys means in a context. */
enum keymap_match keymap_look_up(const struct keymap *keymap, enum keymap_context context,
                                 const keymap_key *keys, int count,
                                 const struct keymap_binding **ret_binding);

/* What stands between < and >: "Space", "C-l", "M-x".  Returns 0 and why where there is no such key. */
keymap_key keymap_key_named(const char *name, char *why, size_t size);

/* A key as it is written: "a", "<Space>", "<C-l>", "<S-Tab>".  Returns text. */
char *keymap_key_name(keymap_key key, char *text, size_t size);

/* All keys of one action in a context, for help and hints: ", [" ; "" when there is none. */
char *keymap_keys_of(const struct keymap *keymap, enum keymap_context context,
                     enum command_id command, const char *argument, char *text, size_t size);

const char *keymap_context_name(enum keymap_context context);

/* Compiled in; made from keymaps/. */
struct keymap_builtin {
	const char *name, *text;
};
extern const struct keymap_builtin keymap_builtins[]; /* ends with a NULL name */

#endif
