/* SPDX-License-Identifier: MIT */
/* Keys and lines become actions: of the view on top, of the screen, of the relay. */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/private.h"

#define SEQUENCE_NS (6 * UI_SECOND / 10) /* between the keys of a sequence */
#define KEYS_AT_ONCE 64                  /* then the loop has its turn, though a book be pasted */

static void message_clear(struct ui *ui)
{
	*ui->message = 0;
	ui->message_bad = false;
}

static void view_toggle(struct ui *ui, const char *name, int64_t now)
{
	enum view_id id = view_named(name);
	if (id == VIEW_COUNT)
		return ui_say(ui, true, "no such view", now);
	if (view_top(ui) == id)
		view_close(ui, now);
	else
		view_open(ui, id, now);
}

/* Where next, prev and their kin go in the list of the view on top. */
static int move_of(const struct ui *ui, enum command_id id)
{
	int at = ui->lists[view_top(ui)].selected, page = ui->canvas.rows / 2;
	switch (id) {
	case COMMAND_NEXT:
		return at + 1;
	case COMMAND_PREV:
		return at - 1;
	case COMMAND_PAGE_DOWN:
		return at + page;
	case COMMAND_PAGE_UP:
		return at - page;
	case COMMAND_LAST:
		return INT32_MAX;
	default:
		return 0;
	}
}

static void keymap_change(struct ui *ui, const char *name, int64_t now)
{
	struct keymap *keymap = malloc(sizeof(*keymap));
	char text[320];
	if (!keymap)
		return;
	if (keymap_load(keymap, name)) {
		ui_say(ui, true, keymap->problems[0].text, now);
		free(keymap);
		return;
	}
	free(ui->own_keymap);
	ui->config.keymap = ui->own_keymap = keymap;
	snprintf(text, sizeof(text), "keymap %s", keymap->name);
	ui_say(ui, false, text, now);
}

static void theme_change(struct ui *ui, const char *name, int64_t now)
{
	char text[96];
	int error = ui_theme(ui, name);
	snprintf(text, sizeof(text), error ? "no theme '%.60s'" : "theme %.60s", name);
	ui_say(ui, error, text, now);
	clearok(curscr, TRUE);
}

static void mouse_change(struct ui *ui, const char *argument, int64_t now)
{
	if (command_read_switch(argument, ui->mouse, &ui->mouse) < 0)
		return ui_say(ui, true, "mouse: on, off or toggle", now);
	ui_mouse(ui->mouse);
	ui_say(ui, false, ui->mouse ? "mouse on; Shift selects text" : "mouse off", now);
}

static void freeze(struct ui *ui, int64_t now)
{
	ui->frozen = !ui->frozen;
	ui_say(ui, false, ui->frozen ? "the picture stands still, the music does not" : "moving",
	       now);
}

/* What is left of a search goes before the view does. */
static void back(struct ui *ui, int64_t now)
{
	char *filter = ui->filters[view_top(ui)];
	if (!*filter)
		return view_close(ui, now);
	*filter = 0;
}

static void close_or_leave(struct ui *ui, int64_t now)
{
	if (view_top(ui) != VIEW_MAIN)
		view_close(ui, now);
	else if (ui->config.attached)
		ui->port.quit(ui->port.user);
	else
		view_open(ui, VIEW_QUIT, now);
}

static void screen_command(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	const char *argument = binding->argument;
	switch (binding->command->id) {
	case COMMAND_HELP:
		return view_toggle(ui, "help", now);
	case COMMAND_VIEW:
		return view_toggle(ui, argument, now);
	case COMMAND_COMMAND:
		return prompt_open(ui, false, argument, now);
	case COMMAND_FIND:
		return prompt_open(ui, true, ui->filters[view_top(ui)], now);
	case COMMAND_CLOSE:
		return close_or_leave(ui, now);
	case COMMAND_BACK:
		return back(ui, now);
	case COMMAND_QUIT:
		return view_open(ui, VIEW_QUIT, now);
	case COMMAND_REDRAW:
		clearok(curscr, TRUE);
		return;
	case COMMAND_SUSPEND:
		return ui_suspend(ui);
	case COMMAND_SAVE:
		return diag_save(ui, now);
	case COMMAND_SELECT:
		return list_move(ui, atoi(argument));
	case COMMAND_EVENTS:
		ui->events = !ui->events;
		return;
	case COMMAND_FREEZE:
		return freeze(ui, now);
	case COMMAND_KEYMAP:
		return keymap_change(ui, argument, now);
	case COMMAND_THEME:
		return theme_change(ui, argument, now);
	case COMMAND_MOUSE:
		return mouse_change(ui, argument, now);
	case COMMAND_NEXT:
	case COMMAND_PREV:
	case COMMAND_FIRST:
	case COMMAND_LAST:
	case COMMAND_PAGE_DOWN:
	case COMMAND_PAGE_UP:
		return list_move(ui, move_of(ui, binding->command->id));
	default:
		return ui_say(ui, false, "that does nothing here", now);
	}
}

const struct model_speaker *ui_speaker(const struct ui *ui)
{
	int selected = ui->lists[VIEW_MAIN].selected;
	return selected > 0 && selected <= ui->model.speaker_count
	           ? &ui->model.speakers[selected - 1]
	           : NULL;
}

void ui_send(struct ui *ui, const char *line)
{
	ui->port.command(ui->port.user, ++ui->request, line);
}

void ui_send_quietly(struct ui *ui, const char *line)
{
	ui->quiet = ui->request + 1;
	ui_send(ui, line);
}

static void speaker_missing(struct ui *ui, int64_t now)
{
	if (ui_alone(ui))
		return ui_say(ui, true, "no relay runs", now);
	char key[48], text[96] = "select a speaker first";
	keymap_keys_of(ui->config.keymap, CONTEXT_MAIN, COMMAND_VIEW, "pair", key, sizeof(key));
	if (!ui->model.speaker_count)
		snprintf(text, sizeof(text), "there is no speaker yet%s%s%s", *key ? "; " : "", key,
		         *key ? " pairs one" : "");
	ui_say(ui, false, text, now);
}

static void relay_command_send(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	const struct command *command = binding->command;
	const struct model_speaker *speaker = ui_speaker(ui);
	bool all = !strncmp(binding->argument, "all ", 4);
	char line[256];
	if (command->speaker && !all && !speaker)
		return speaker_missing(ui, now);
	if (command->speaker && !all)
		snprintf(line, sizeof(line), "%s %s %s", command->name, speaker->address,
		         binding->argument);
	else
		snprintf(line, sizeof(line), "%s %s", command->name, binding->argument);
	ui_send(ui, line);
}

static void run(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	const struct view *view = &views[view_top(ui)];
	if (view->act && view->act(ui, binding, now))
		return;
	if (binding->command->place == COMMAND_OF_SCREEN)
		screen_command(ui, binding, now);
	else
		relay_command_send(ui, binding, now);
}

/* "delay +5" is about the selected speaker, "delay 2 +5" is for the relay as it stands. */
static bool names_a_speaker(const struct command *command, int words)
{
	return !command->speaker || words > 1 + (*command->arguments != 0);
}

void ui_run_line(struct ui *ui, const char *line, int64_t now)
{
	char copy[PROMPT_TEXT], text[160], *words[16];
	struct keymap_binding binding = {.command = NULL};
	snprintf(copy, sizeof(copy), "%s", line + strspn(line, " "));
	int count = command_split(copy, words, 16);
	if (count <= 0)
		return ui_say(ui, true, "a quote does not end, or there are too many words", now);
	binding.command = command_find(words[0]);
	if (!binding.command) {
		const char *near = command_nearest(words[0]);
		snprintf(text, sizeof(text),
		         near ? "no command '%.60s'; did you mean '%s'?"
		              : "no command '%.60s'; Tab on an empty line lists them",
		         words[0], near);
		return ui_say(ui, true, text, now);
	}
	if (binding.command->place == COMMAND_OF_RELAY && names_a_speaker(binding.command, count))
		return ui_send(ui, line);
	for (int i = 1; i < count; i++) {
		size_t used = strlen(binding.argument);
		snprintf(binding.argument + used, sizeof(binding.argument) - used, "%s%s",
		         used ? " " : "", words[i]);
	}
	if (!keymap_argument_fits(binding.command, binding.argument)) {
		snprintf(text, sizeof(text),
		         *binding.command->arguments ? "usage: %s %s" : "%s takes nothing more%s",
		         binding.command->name, binding.command->arguments);
		return ui_say(ui, true, text, now);
	}
	run(ui, &binding, now);
}

/* --- the mouse ----------------------------------------------------------------------------------- */

/* It selects, no more: what a slip of it could break is for keys. */
static void mouse(struct ui *ui)
{
	const struct view *view = &views[view_top(ui)];
	MEVENT event;
	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED)
		list_move(ui, ui->lists[view_top(ui)].selected - 1);
	else if (event.bstate & BUTTON5_PRESSED)
		list_move(ui, ui->lists[view_top(ui)].selected + 1);
	else if (view->at && view->at(ui, event.y) >= 0)
		list_move(ui, view->at(ui, event.y));
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void unbound(struct ui *ui, keymap_key key, int64_t now)
{
	char name[24], text[96], help[48];
	frame_key(ui, COMMAND_HELP, "", help, sizeof(help));
	snprintf(text, sizeof(text), "%s does nothing here; %s shows the keys",
	         keymap_key_name(key, name, sizeof(name)), help);
	ui_say(ui, false, text, now);
}

void ui_key(struct ui *ui, keymap_key key, int64_t now)
{
	const struct view *view = &views[view_top(ui)];
	const struct keymap_binding *binding;
	if (view->key && view->key(ui, key, now))
		return;
	if (key == (KEYMAP_SPECIAL | KEY_MOUSE))
		return mouse(ui);
	if (ui->key_count && now > ui->keys_until)
		ui->key_count = 0;
	message_clear(ui);
	ui->keys[ui->key_count++] = key;
	ui->keys_until = now + SEQUENCE_NS;
	switch (
	    keymap_look_up(ui->config.keymap, view->context, ui->keys, ui->key_count, &binding)) {
	case KEYMAP_FOUND:
		ui->key_count = 0;
		run(ui, binding, now);
		break;
	case KEYMAP_PREFIX:
		if (ui->key_count == KEYMAP_SEQUENCE)
			ui->key_count = 0;
		break;
	case KEYMAP_NONE:
		ui->key_count = 0;
		unbound(ui, key, now);
		break;
	}
}

/* ncurses' codes into ours: carriage return and its kin are one Enter. */
static keymap_key key_from(int status, wint_t character)
{
	if (status == KEY_CODE_YES)
		return character == KEY_ENTER ? '\n' : KEYMAP_SPECIAL | (keymap_key)character;
	if (character == '\r')
		return '\n';
	return character == 127 || character == 8 ? KEYMAP_SPECIAL | KEY_BACKSPACE
	                                          : (keymap_key)character;
}

/* Esc and another key at once are that key with Alt where it is bound, else the two of them. */
static void escape_take(struct ui *ui, int64_t now)
{
	const struct keymap_binding *binding;
	wint_t character;
	int status = get_wch(&character);
	if (status == ERR)
		return ui_key(ui, KEYMAP_ESCAPE, now);
	keymap_key key = key_from(status, character), alt = KEYMAP_META | key;
	if (!views[view_top(ui)].key &&
	    keymap_look_up(ui->config.keymap, views[view_top(ui)].context, &alt, 1, &binding) !=
	        KEYMAP_NONE)
		return ui_key(ui, alt, now);
	ui_key(ui, KEYMAP_ESCAPE, now);
	ui_key(ui, key, now);
}

int ui_input(struct ui *ui, int64_t now)
{
	struct pollfd terminal = {.fd = fileno(ui->config.in), .events = POLLIN};
	wint_t character;
	int status, count = 0;
	while (count < KEYS_AT_ONCE && (status = get_wch(&character)) != ERR) {
		count++;
		if (status == KEY_CODE_YES && character == KEY_RESIZE)
			continue; /* SIGWINCH says it already */
		keymap_key key = key_from(status, character);
		if (key == KEYMAP_ESCAPE)
			escape_take(ui, now);
		else
			ui_key(ui, key, now);
	}
	/* readable and yet nothing to read: that is its end */
	if (!count && poll(&terminal, 1, 0) == 1 && terminal.revents)
		return -EIO;
	return 0;
}
