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
	bool able = terminal_able(config->terminal, fileno(config->out));
	ui->screen = able ? newterm(config->terminal, config->out, config->in) : NULL;
	if (!ui->screen) {
		free(ui);
		return -ENOTTY;
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
	bool changed = ui->model.speaker_count != model->speaker_count;
	ui->model = *model;
	if (!ui->shown_any || changed || now - ui->calm_at >= CALM_NS) {
		ui->calm = *model;
		ui->calm_at = now;
	}
	ui->shown_any = true;
	if (!ui->moved) /* what one wants to turn is a speaker */
		ui->selected = model->speaker_count > 0;
	if (ui->selected >= view_main_panels(ui))
		ui->selected = view_main_panels(ui) - 1;
}

static void say(struct ui *ui, bool bad, const char *text, int64_t now)
{
	snprintf(ui->message, sizeof(ui->message), "%s", text);
	ui->message_bad = bad;
	ui->message_until = now + MESSAGE_NS;
}

void ui_answer(struct ui *ui, uint32_t request, int result, const char *text, int64_t now)
{
	if (request != ui->request)
		return; /* an older one: the user is further on */
	say(ui, result < 0, text, now);
	ui->calm_at = 0; /* the number that was changed is shown at once */
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void leave(struct ui *ui)
{
	ui->view = VIEW_QUIT;
}

static void back(struct ui *ui)
{
	ui->view = VIEW_MAIN;
	*ui->message = 0;
	ui->message_bad = false;
}

/* Moves in the list at hand: the panels, or the help's lines. */
static void move_to(struct ui *ui, int to)
{
	int most = view_main_panels(ui) - 1;
	ui->moved = true;
	if (ui->view == VIEW_HELP)
		ui->help_scroll = to < 0 ? 0 : to;
	else
		ui->selected = to < 0 ? 0 : to > most ? most : to;
}

static int place(const struct ui *ui)
{
	return ui->view == VIEW_HELP ? ui->help_scroll : ui->selected;
}

static void screen_command(struct ui *ui, const struct keymap_binding *binding)
{
	switch (binding->command->id) {
	case COMMAND_HELP:
		ui->view = ui->view == VIEW_HELP ? VIEW_MAIN : VIEW_HELP;
		ui->help_scroll = 0;
		break;
	case COMMAND_CLOSE:
		if (ui->view == VIEW_MAIN)
			leave(ui);
		else
			back(ui);
		break;
	case COMMAND_BACK:
		back(ui);
		break;
	case COMMAND_QUIT:
		leave(ui);
		break;
	case COMMAND_REDRAW:
		clearok(curscr, TRUE);
		break;
	case COMMAND_SUSPEND:
		suspend(ui);
		break;
	case COMMAND_SELECT:
		move_to(ui, atoi(binding->argument));
		break;
	case COMMAND_NEXT:
		move_to(ui, place(ui) + 1);
		break;
	case COMMAND_PREV:
		move_to(ui, place(ui) - 1);
		break;
	case COMMAND_FIRST:
		move_to(ui, 0);
		break;
	case COMMAND_LAST:
		move_to(ui, 10000);
		break;
	case COMMAND_EVENTS:
		ui->events = !ui->events;
		break;
	default:
		break;
	}
}

static void relay_command_send(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	const struct command *command = binding->command;
	bool all = !strncmp(binding->argument, "all ", 4);
	char line[128];
	if (command->speaker && !all && !ui->selected) {
		say(ui, false, "select a speaker first", now);
		return;
	}
	if (command->speaker && !all)
		snprintf(line, sizeof(line), "%s %s %s", command->name,
		         ui->model.speakers[ui->selected - 1].address, binding->argument);
	else
		snprintf(line, sizeof(line), "%s %s", command->name, binding->argument);
	ui->port.command(ui->port.user, ++ui->request, line);
}

static void run(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	if (binding->command->place == COMMAND_OF_SCREEN)
		screen_command(ui, binding);
	else
		relay_command_send(ui, binding, now);
}

/* The question has its own two answers; a slip of any other key keeps the music on. */
static void quit_key(struct ui *ui, keymap_key key)
{
	ui->view = VIEW_MAIN;
	if (key == 'y' || key == 'Y')
		ui->port.quit(ui->port.user);
}

static void unbound(struct ui *ui, keymap_key key, int64_t now)
{
	char name[24], text[96], help[48];
	keymap_keys_of(ui->config.keymap, CONTEXT_MAIN, COMMAND_HELP, "", help, sizeof(help));
	help[strcspn(help, " ")] = 0;
	snprintf(text, sizeof(text), "%s does nothing here; %s shows the keys",
	         keymap_key_name(key, name, sizeof(name)), help);
	say(ui, false, text, now);
}

void ui_key(struct ui *ui, keymap_key key, int64_t now)
{
	enum keymap_context context = ui->view == VIEW_HELP ? CONTEXT_HELP : CONTEXT_MAIN;
	const struct keymap_binding *binding;
	if (ui->view == VIEW_QUIT)
		return quit_key(ui, key);
	if (ui->key_count && now > ui->keys_until)
		ui->key_count = 0;
	*ui->message = 0;
	ui->message_bad = false;
	ui->keys[ui->key_count++] = key;
	ui->keys_until = now + SEQUENCE_NS;
	switch (keymap_look_up(ui->config.keymap, context, ui->keys, ui->key_count, &binding)) {
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
	view_main_draw(ui, now);
	if (ui->view == VIEW_HELP)
		view_help_draw(ui);
	if (ui->view == VIEW_QUIT)
		view_quit_draw(ui);
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
