/* SPDX-License-Identifier: MIT */
#include "ui/private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define CALM_NS (UI_SECOND / 2) /* numbers change twice a second */
#define MESSAGE_NS (5 * UI_SECOND)
#define SEQUENCE_NS (6 * UI_SECOND / 10) /* between the keys of a sequence */

/* --- the terminal -------------------------------------------------------------------------------- */

static void modes_set(const struct ui *ui)
{
	raw(); /* ^C, ^Z and ^S are keys like others */
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	(void)ui;
}

static void size_take(struct ui *ui)
{
	ui->canvas.rows = getmaxy(stdscr);
	ui->canvas.columns = getmaxx(stdscr);
}

int ui_new(struct ui **ret_ui, const struct ui_config *config, const struct ui_port *port)
{
	struct ui *ui = calloc(1, sizeof(*ui));
	if (!ui)
		return -ENOMEM;
	ui->config = *config;
	ui->port = *port;
	ui->events = true;
	diag_init(&ui->diag);
	ui->history = history_new();
	bool able = ui->history && terminal_able(config->terminal, fileno(config->out));
	ui->screen = able ? newterm(config->terminal, config->out, config->in) : NULL;
	if (!ui->screen) {
		int error = ui->history ? -ENOTTY : -ENOMEM;
		history_free(ui->history);
		free(ui);
		return error;
	}
	set_term(ui->screen);
	modes_set(ui);
	bool colour = config->colour && has_colors();
	if (colour) {
		start_color();
		use_default_colors();
	}
	theme_init(&ui->theme, colour);
	ui->canvas.theme = &ui->theme;
	ui->canvas.set = charset_of(!config->ascii);
	size_take(ui);
	if (isatty(fileno(config->out)))
		terminal_guard();
	*ret_ui = ui;
	return 0;
}

void ui_free(struct ui *ui)
{
	if (!ui)
		return;
	endwin();
	terminal_unguard();
	delscreen(ui->screen);
	history_free(ui->history);
	free(ui);
}

void ui_resize(struct ui *ui)
{
	struct winsize size;
	if (ioctl(fileno(ui->config.out), TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col)
		resize_term(size.ws_row, size.ws_col); /* resizeterm would put a KEY_RESIZE back */
	clearok(curscr, TRUE);
	size_take(ui);
}

/* To the shell; whoever said fg finds the screen as it was. */
static void suspend(struct ui *ui)
{
	endwin();
	raise(SIGSTOP);
	modes_set(ui);
	ui_resize(ui);
}

/* --- the model ----------------------------------------------------------------------------------- */

void ui_show(struct ui *ui, const struct model *model, int64_t now)
{
	history_take(ui->history, model, now);
	if (ui->frozen)
		return;
	bool changed = ui->model.speaker_count != model->speaker_count;
	ui->model = *model;
	if (!ui->shown_any || changed || now - ui->calm_at >= CALM_NS) {
		ui->calm = *model;
		ui->calm_at = now;
	}
	ui->shown_any = true;
	for (int id = 0; id < VIEW_COUNT; id++)
		if (views[id].follow)
			views[id].follow(ui, now);
}

void ui_say(struct ui *ui, bool bad, const char *text, int64_t now)
{
	snprintf(ui->message, sizeof(ui->message), "%s", text);
	ui->message_bad = bad;
	ui->message_until = now + MESSAGE_NS;
}

void ui_answer(struct ui *ui, uint32_t request, int result, const char *text, int64_t now)
{
	if (request != ui->request)
		return; /* an older one: the user is further on */
	ui_say(ui, result < 0, text, now);
	ui->calm_at = 0; /* the number that was changed is shown at once */
}

/* --- keys ---------------------------------------------------------------------------------------- */

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

static void screen_command(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	switch (binding->command->id) {
	case COMMAND_HELP:
		view_toggle(ui, "help", now);
		break;
	case COMMAND_VIEW:
		view_toggle(ui, binding->argument, now);
		break;
	case COMMAND_CLOSE:
		if (view_top(ui) == VIEW_MAIN)
			view_open(ui, VIEW_QUIT, now);
		else
			view_close(ui, now);
		break;
	case COMMAND_BACK:
		view_close(ui, now);
		break;
	case COMMAND_QUIT:
		view_open(ui, VIEW_QUIT, now);
		break;
	case COMMAND_REDRAW:
		clearok(curscr, TRUE);
		break;
	case COMMAND_SUSPEND:
		suspend(ui);
		break;
	case COMMAND_SELECT:
		list_move(ui, atoi(binding->argument));
		break;
	case COMMAND_FREEZE:
		ui->frozen = !ui->frozen;
		ui_say(ui, false, ui->frozen ? "the picture stands still, the music does not" : "",
		       now);
		break;
	case COMMAND_ACTIVATE:
	case COMMAND_PAGE:
	case COMMAND_WINDOW:
	case COMMAND_SAVE:
		ui_say(ui, false, "that does nothing here", now);
		break;
	case COMMAND_EVENTS:
		ui->events = !ui->events;
		break;
	default:
		list_move(ui, move_of(ui, binding->command->id));
		break;
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

static void relay_command_send(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	const struct command *command = binding->command;
	const struct model_speaker *speaker = ui_speaker(ui);
	bool all = !strncmp(binding->argument, "all ", 4);
	char line[128];
	if (command->speaker && !all && !speaker)
		return ui_say(ui, false, "select a speaker first", now);
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

int ui_input(struct ui *ui, int64_t now)
{
	struct pollfd terminal = {.fd = fileno(ui->config.in), .events = POLLIN};
	wint_t character;
	int status, count = 0;
	while ((status = get_wch(&character)) != ERR) {
		count++;
		if (status != KEY_CODE_YES ||
		    character != KEY_RESIZE) /* SIGWINCH says it already */
			ui_key(ui, key_from(status, character), now);
	}
	/* readable and yet nothing to read: that is its end */
	if (!count && poll(&terminal, 1, 0) == 1 && terminal.revents)
		return -EIO;
	return 0;
}

/* --- painting ------------------------------------------------------------------------------------ */

/* A terminal that still has the last picture to digest is not given another one. */
static bool terminal_busy(const struct ui *ui)
{
	struct pollfd terminal = {.fd = fileno(ui->config.out), .events = POLLOUT};
	return poll(&terminal, 1, 0) == 1 && !(terminal.revents & POLLOUT);
}

void ui_paint(struct ui *ui, int64_t now)
{
	if (terminal_busy(ui))
		return;
	erase();
	view_draw(ui, now);
	attrset(A_NORMAL);
	wnoutrefresh(stdscr);
	doupdate();
}

/* --- tests and reports --------------------------------------------------------------------------- */

static size_t line_dump(int row, int columns, char *out)
{
	size_t used = 0, end = 0;
	for (int column = 0; column < columns; column++) {
		cchar_t cell;
		wchar_t text[CCHARW_MAX + 1] = {0};
		attr_t attributes;
		short pair;
		if (mvin_wch(row, column, &cell) == ERR ||
		    getcchar(&cell, text, &attributes, &pair, NULL) == ERR)
			text[0] = L' ';
		int length = snprintf(out + used, 8, "%lc", (wint_t)text[0]);
		used += length > 0 ? (size_t)length : 0;
		int width = wcwidth(text[0]);
		column += width > 1 ? width - 1 : 0;
		if (text[0] != L' ')
			end = used;
	}
	out[end] = '\n';
	return end + 1;
}

char *ui_dump(struct ui *ui)
{
	int rows = ui->canvas.rows, columns = ui->canvas.columns;
	char *text = calloc((size_t)rows * ((size_t)columns * 4 + 8) + 16, 1);
	size_t used = 0;
	for (int row = 0; text && row < rows; row++)
		used += line_dump(row, columns, text + used);
	return text;
}
