/* SPDX-License-Identifier: MIT */
#include "ui/keymap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define INCLUDES_MAX 8  /* within each other */
#define INCLUDES_ALL 64 /* two in each, eight deep, would be hundreds; ten, a hundred million */
#define WORDS_MAX 12
#define LINE_BYTES 256

struct parser {
	struct keymap *keymap;
	const char *origin;
	int line;
	int depth; /* of includes */
};

static int load(struct keymap *keymap, const char *name, int depth);

static void complain(struct parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct parser *parser, const char *format, ...)
{
	struct keymap *keymap = parser->keymap;
	va_list arguments;
	if (keymap->problem_count == KEYMAP_PROBLEMS)
		return;
	char text[sizeof(keymap->problems[0].text)];
	int used = snprintf(text, sizeof(text), "%.120s:%d: ", parser->origin, parser->line);
	va_start(arguments, format);
	vsnprintf(text + used, sizeof(text) - (size_t)used, format, arguments);
	va_end(arguments);
	text_clean(keymap->problems[keymap->problem_count++].text, sizeof(text), text);
}

/* Returns how many keys the word names, or 0 after a complaint. */
static int keys_read(struct parser *parser, const char *word, keymap_key keys[KEYMAP_SEQUENCE])
{
	int count = 0;
	char why[96];
	while (*word) {
		const char *end = *word == '<' ? strchr(word, '>') : NULL;
		if (count == KEYMAP_SEQUENCE) {
			complain(parser, "more than %d keys in a row", KEYMAP_SEQUENCE);
			return 0;
		}
		if (end) {
			char name[16];
			snprintf(name, sizeof(name), "%.*s", (int)(end - word - 1), word + 1);
			keys[count] = keymap_key_named(name, why, sizeof(why));
			if (!keys[count])
				complain(parser, "%s", why);
			word = end + 1;
		} else {
			word += text_decode(word, &keys[count]);
			if (keys[count] <= ' ')
				complain(parser, "a key that is no character");
		}
		if (keys[count++] <= 0)
			return 0;
	}
	return count;
}

/* --- statements -------------------------------------------------------------------------------- */

static const char *const context_names[CONTEXT_COUNT] = {"*",     "main", "pair",   "diag",  "log",
                                                         "align", "help", "dialog", "prompt"};

const char *keymap_context_name(enum keymap_context context)
{
	return context_names[context];
}

static int context_read(struct parser *parser, const char *word)
{
	for (int i = 0; i < CONTEXT_COUNT; i++)
		if (!strcmp(context_names[i], word))
			return i;
	complain(
	    parser,
	    "no context '%s'; there are main, pair, diag, log, align, help, dialog, prompt and *",
	    word);
	return -1;
}

static bool same_keys(const struct keymap_binding *binding, const keymap_key *keys, int count)
{
	return binding->length == count &&
	       !memcmp(binding->keys, keys, (size_t)count * sizeof(*keys));
}

/* One is the beginning of the other. */
static bool clash(const struct keymap_binding *binding, const keymap_key *keys, int count)
{
	int shorter = binding->length < count ? binding->length : count;
	return binding->length != count &&
	       !memcmp(binding->keys, keys, (size_t)shorter * sizeof(*keys));
}

static void binding_remove(struct keymap *keymap, int index)
{
	memmove(&keymap->bindings[index], &keymap->bindings[index + 1],
	        (size_t)(--keymap->count - index) * sizeof(keymap->bindings[0]));
}

static struct keymap_binding *binding_place(struct parser *parser,
                                            const struct keymap_binding *wanted)
{
	struct keymap *keymap = parser->keymap;
	char name[32], other[32];
	for (int i = 0; i < keymap->count; i++) {
		struct keymap_binding *binding = &keymap->bindings[i];
		if (binding->context != wanted->context)
			continue;
		if (same_keys(binding, wanted->keys, wanted->length))
			return binding;
		if (clash(binding, wanted->keys, wanted->length)) {
			complain(parser, "%s... and %s... are bound both, and one begins the other",
			         keymap_key_name(wanted->keys[0], name, sizeof(name)),
			         keymap_key_name(binding->keys[0], other, sizeof(other)));
			return NULL;
		}
	}
	if (keymap->count == KEYMAP_BINDINGS) {
		complain(parser, "more than %d bindings", KEYMAP_BINDINGS);
		return NULL;
	}
	return &keymap->bindings[keymap->count++];
}

bool keymap_argument_fits(const struct command *command, const char *argument)
{
	bool step, flag;
	int64_t ns;
	int percent;
	switch (command->id) {
	case COMMAND_DELAY:
		return command_read_time(argument, &step, &ns) == 0;
	case COMMAND_VOLUME:
	case COMMAND_GROUP_VOLUME:
		return command_read_percent(argument, &step, &percent) == 0;
	case COMMAND_MOVE:
		return !strcmp(argument, "up") || !strcmp(argument, "down");
	case COMMAND_SOLO:
	case COMMAND_MUTE:
		if (!strncmp(argument, "all ", 4))
			argument += 4;
		return command_read_switch(argument, false, &flag) == 0;
	case COMMAND_CONNECT:
	case COMMAND_AUTOCONNECT:
	case COMMAND_KEEPAWAKE:
	case COMMAND_SCAN:
	case COMMAND_WINDOW:
		return command_read_switch(argument, false, &flag) == 0;
	case COMMAND_SELECT:
		return *argument && strspn(argument, "0123456789") == strlen(argument);
	case COMMAND_SPAN:
		return !strcmp(argument, "+") || !strcmp(argument, "-");
	case COMMAND_COMMAND:
		return true;
	case COMMAND_MOUSE:
		return command_read_switch(argument, false, &flag) == 0;
	case COMMAND_KEYMAP:
	case COMMAND_THEME:
	case COMMAND_LEVEL:
	case COMMAND_PAGE:
	case COMMAND_VIEW:
	case COMMAND_PAIR:
	case COMMAND_ANSWER:
	case COMMAND_UNPAIR:
	case COMMAND_RENAME:
	case COMMAND_ROLE:
		return *argument != 0;
	case COMMAND_TEST:
	case COMMAND_ALIGN:
		return *argument != 0; /* the relay says what is wrong with a word */
	case COMMAND_CHANNEL:
		return strchr("slrmn", *argument) != NULL;
	default:
		return !*argument;
	}
}

static void statement_bind(struct parser *parser, char *words[], int count)
{
	struct keymap_binding wanted = {.length = 0};
	if (count < 4)
		return complain(parser, "bind CONTEXT KEYS ACTION [ARGUMENTS]");
	int context = context_read(parser, words[1]);
	int length = keys_read(parser, words[2], wanted.keys);
	wanted.command = command_find(words[3]);
	if (context < 0 || !length)
		return;
	if (!wanted.command) {
		const char *near = command_nearest(words[3]);
		return complain(parser,
		                near ? "no action '%s'; did you mean '%s'?" : "no action '%s'",
		                words[3], near);
	}
	for (int i = 4; i < count; i++) {
		size_t used = strlen(wanted.argument);
		snprintf(wanted.argument + used, sizeof(wanted.argument) - used, "%s%s",
		         used ? " " : "", words[i]);
	}
	if (!keymap_argument_fits(wanted.command, wanted.argument))
		return complain(parser, "%s takes %s, not '%s'", words[3],
		                *wanted.command->arguments ? wanted.command->arguments : "nothing",
		                wanted.argument);
	wanted.context = (enum keymap_context)context;
	wanted.length = (uint8_t)length;
	struct keymap_binding *place = binding_place(parser, &wanted);
	if (place)
		*place = wanted;
}

/* All bindings of those keys there, and what else is bound to the same action. */
static void statement_describe(struct parser *parser, char *words[], int count)
{
	keymap_key keys[KEYMAP_SEQUENCE];
	if (count != 4)
		return complain(parser, "describe CONTEXT KEYS \"TEXT\"");
	int context = context_read(parser, words[1]), length = keys_read(parser, words[2], keys);
	if (context < 0 || !length)
		return;
	for (int i = 0; i < parser->keymap->count; i++) {
		struct keymap_binding *binding = &parser->keymap->bindings[i];
		if (binding->context != (enum keymap_context)context ||
		    !same_keys(binding, keys, length))
			continue;
		text_clean(binding->text, sizeof(binding->text), words[3]);
		return;
	}
	complain(parser, "%s is not bound there", words[2]);
}

static void statement_unbind(struct parser *parser, char *words[], int count)
{
	keymap_key keys[KEYMAP_SEQUENCE];
	if (count != 3)
		return complain(parser, "unbind CONTEXT KEYS");
	int context = context_read(parser, words[1]), length = keys_read(parser, words[2], keys);
	if (context < 0 || !length)
		return;
	bool found = false;
	for (int i = parser->keymap->count - 1; i >= 0; i--) {
		const struct keymap_binding *binding = &parser->keymap->bindings[i];
		bool here = context == CONTEXT_ANY ||
		            binding->context == (enum keymap_context)context;
		if (here && same_keys(binding, keys, length)) {
			binding_remove(parser->keymap, i);
			found = true;
		}
	}
	if (!found)
		complain(parser, "%s is not bound there", words[2]);
}

static void statement_include(struct parser *parser, char *words[], int count)
{
	if (count != 2)
		return complain(parser, "include NAME");
	if (parser->depth == INCLUDES_MAX)
		return complain(parser, "more than %d includes within each other", INCLUDES_MAX);
	if (parser->keymap->included++ >= INCLUDES_ALL)
		return complain(parser, "more than %d includes in all", INCLUDES_ALL);
	int problems = parser->keymap->problem_count;
	int error = load(parser->keymap, words[1], parser->depth + 1);
	if (error && parser->keymap->problem_count == problems)
		complain(parser, "include %s: %s", words[1], strerror(-error));
}

static void statement(struct parser *parser, char *words[], int count)
{
	if (!strcmp(words[0], "bind"))
		statement_bind(parser, words, count);
	else if (!strcmp(words[0], "describe"))
		statement_describe(parser, words, count);
	else if (!strcmp(words[0], "unbind"))
		statement_unbind(parser, words, count);
	else if (!strcmp(words[0], "include"))
		statement_include(parser, words, count);
	else if (!strcmp(words[0], "name") && count == 2 && parser->depth)
		return; /* the one that includes it has its own */
	else if (!strcmp(words[0], "name") && count == 2)
		text_clean(parser->keymap->name, sizeof(parser->keymap->name), words[1]);
	else if (!strcmp(words[0], "keymap") && count == 2 && !strcmp(words[1], "1"))
		return;
	else if (!strcmp(words[0], "keymap"))
		complain(parser, "this program reads keymaps of version 1");
	else
		complain(parser,
		         "no statement '%s'; there are keymap, name, include, bind, unbind, "
		         "describe",
		         words[0]);
}

/* A '#' at the beginning of a word begins a comment. */
static void comment_cut(char *line)
{
	bool quoted = false;
	for (char *c = line; *c; c++) {
		if (*c == '"')
			quoted = !quoted;
		if (*c == '#' && !quoted && (c == line || c[-1] == ' ' || c[-1] == '\t')) {
			*c = 0;
			return;
		}
	}
}

static void line_take(struct parser *parser, const char *text, size_t length)
{
	char line[LINE_BYTES], *words[WORDS_MAX];
	parser->line++;
	if (length >= sizeof(line))
		return complain(parser, "the line is longer than %zu bytes", sizeof(line) - 1);
	memcpy(line, text, length);
	line[length] = 0;
	comment_cut(line);
	int count = command_split(line, words, WORDS_MAX);
	if (count < 0)
		complain(parser, count == -E2BIG ? "too many words" : "a quote does not end");
	else if (count)
		statement(parser, words, count);
}

static int parse(struct keymap *keymap, const char *text, const char *origin, int depth)
{
	struct parser parser = {.keymap = keymap, .origin = origin, .depth = depth};
	int before = keymap->problem_count;
	while (*text) {
		size_t length = strcspn(text, "\r\n");
		line_take(&parser, text, length);
		text += length;
		text += *text == '\r';
		text += *text == '\n';
	}
	return keymap->problem_count > before ? -EINVAL : 0;
}

int keymap_parse(struct keymap *keymap, const char *text, const char *origin)
{
	memset(keymap, 0, sizeof(*keymap));
	return parse(keymap, text, origin, 0);
}

/* --- files ------------------------------------------------------------------------------------- */

static int load_file(struct keymap *keymap, const char *path, int depth)
{
	char *text, message[256];
	int error = file_read_text(path, &text, message, sizeof(message));
	if (error) {
		if (keymap->problem_count < KEYMAP_PROBLEMS)
			snprintf(keymap->problems[keymap->problem_count++].text,
			         sizeof(keymap->problems[0].text), "%s", message);
		return error;
	}
	error = parse(keymap, text, path, depth);
	free(text);
	return error;
}

/* NAME.keys in a folder, if it is there. */
static bool file_find(char *path, size_t size, const char *folder, const char *below,
                      const char *name)
{
	if (!folder || *folder != '/')
		return false;
	int used = snprintf(path, size, "%s%s/%s.keys", folder, below, name);
	return used > 0 && (size_t)used < size && access(path, R_OK) == 0;
}

static bool file_search(char *path, size_t size, const char *name)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	if (config && *config ? file_find(path, size, config, "/echorelay/keymaps", name)
	                      : file_find(path, size, home, "/.config/echorelay/keymaps", name))
		return true;
	return file_find(path, size, DATADIR, "/keymaps", name);
}

static int load(struct keymap *keymap, const char *name, int depth)
{
	char path[4096];
	size_t length = strlen(name);
	if (strchr(name, '/') || (length > 5 && !strcmp(name + length - 5, ".keys")))
		return load_file(keymap, name, depth);
	bool own = strcmp(name, "default") && file_search(path, sizeof(path), name);
	if (own)
		return load_file(keymap, path, depth);
	for (const struct keymap_builtin *builtin = keymap_builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return parse(keymap, builtin->text, name, depth);
	if (keymap->problem_count < KEYMAP_PROBLEMS)
		snprintf(keymap->problems[keymap->problem_count++].text,
		         sizeof(keymap->problems[0].text), "no keymap '%.100s'", name);
	return -ENOENT;
}

int keymap_load(struct keymap *keymap, const char *name)
{
	memset(keymap, 0, sizeof(*keymap));
	int error = load(keymap, name, 0);
	if (!*keymap->name)
		text_clean(keymap->name, sizeof(keymap->name), name);
	return error;
}

/* --- looking up -------------------------------------------------------------------------------- */

enum keymap_match keymap_look_up(const struct keymap *keymap, enum keymap_context context,
                                 const keymap_key *keys, int count,
                                 const struct keymap_binding **ret_binding)
{
	const struct keymap_binding *any = NULL;
	bool prefix = false;
	for (int i = 0; i < keymap->count; i++) {
		const struct keymap_binding *binding = &keymap->bindings[i];
		if (binding->context != context && binding->context != CONTEXT_ANY)
			continue;
		if (same_keys(binding, keys, count)) {
			if (binding->context == context) {
				*ret_binding = binding;
				return KEYMAP_FOUND;
			}
			any = binding;
		}
		prefix |= binding->length > count && clash(binding, keys, count);
	}
	*ret_binding = any;
	return prefix ? KEYMAP_PREFIX : any ? KEYMAP_FOUND : KEYMAP_NONE;
}

/* A binding that another one of the view hides is not shown. */
static bool binding_reachable(const struct keymap *keymap, enum keymap_context context,
                              const struct keymap_binding *binding)
{
	const struct keymap_binding *found;
	keymap_look_up(keymap, context, binding->keys, binding->length, &found);
	return found == binding;
}

char *keymap_keys_of(const struct keymap *keymap, enum keymap_context context,
                     enum command_id command, const char *argument, char *text, size_t size)
{
	size_t used = 0;
	*text = 0;
	for (int i = 0; i < keymap->count && used + 2 < size; i++) {
		const struct keymap_binding *binding = &keymap->bindings[i];
		if (binding->command->id != command || strcmp(binding->argument, argument) ||
		    !binding_reachable(keymap, context, binding))
			continue;
		if (used)
			text[used++] = ' ';
		text[used] = 0;
		for (int k = 0; k < binding->length && used + 1 < size; k++) {
			keymap_key_name(binding->keys[k], text + used, size - used);
			used += strlen(text + used);
		}
	}
	return text;
}
