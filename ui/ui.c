/* SPDX-License-Identifier: MIT */
#include "ui/private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define CALM_NS (UI_SECOND / 2) /* numbers change twice a second */
#define MESSAGE_NS (5 * UI_SECOND)
#define HELD_NS (UI_SECOND / 5) /* a picture takes as long only where the terminal does */

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
	ui_mouse(ui->mouse);
}

void ui_mouse(bool on)
{
	mouseinterval(0); /* no click waits for a second one */
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
}

static void size_take(struct ui *ui)
{
	ui->canvas.rows = getmaxy(stdscr);
	ui->canvas.columns = getmaxx(stdscr);
}

int ui_theme(struct ui *ui, const char *name)
{
	return theme_init(&ui->theme, name, ui->coloured);
}

static void colours_begin(struct ui *ui)
{
	const struct ui_config *config = &ui->config;
	ui->coloured = has_colors();
	if (ui->coloured) {
		start_color();
		use_default_colors();
	}
	if (!config->theme || ui_theme(ui, config->theme) < 0)
		ui_theme(ui, config->colour ? "default" : "mono");
}

static int screen_begin(struct ui *ui)
{
	const struct ui_config *config = &ui->config;
	if (!terminal_able(config->terminal, fileno(config->out)))
		return -ENOTTY;
	ui->screen = newterm(config->terminal, config->out, config->in);
	if (!ui->screen)
		return -ENOTTY;
	set_term(ui->screen);
	/*
	 * ncurses 6.4 writes after each movement of the cursor, some twenty times a picture, until the
	 * screen has been left and taken up again once; from then on a picture is one write.
	 */
	endwin();
	modes_set(ui);
	terminal_keys();
	colours_begin(ui);
	ui->canvas.theme = &ui->theme;
	ui->canvas.set = charset_of(!config->ascii);
	size_take(ui);
	if (isatty(fileno(config->out)))
		terminal_guard();
	return 0;
}

int ui_new(struct ui **ret_ui, const struct ui_config *config, const struct ui_port *port)
{
	struct ui *ui = calloc(1, sizeof(*ui));
	if (!ui)
		return -ENOMEM;
	ui->config = *config;
	ui->port = *port;
	ui->mouse = config->mouse;
	ui->events = true;
	diag_init(&ui->diag);
	pace_init(&ui->pace, config->fps);
	ui->history = history_new();
	int error = ui->history ? screen_begin(ui) : -ENOMEM;
	if (error) {
		history_free(ui->history);
		free(ui);
		return error;
	}
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
	free(ui->own_keymap);
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

void ui_suspend(struct ui *ui)
{
	ui_mouse(false);
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

bool ui_alone(const struct ui *ui)
{
	return ui->shown_any && ui->config.attached && !ui->model.pid;
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
	if (result < 0 || request != ui->quiet || !request)
		ui_say(ui, result < 0, text, now);
	ui->calm_at = 0; /* the number that was changed is shown at once */
}

/* --- painting ------------------------------------------------------------------------------------ */

/* A terminal that still has the last picture to digest is not given another one. */
static bool terminal_busy(const struct ui *ui)
{
	struct pollfd terminal = {.fd = fileno(ui->config.out), .events = POLLOUT};
	return poll(&terminal, 1, 0) == 1 && !(terminal.revents & POLLOUT);
}

/* The real cursor stands where one types, else out of the way in the last corner. */
static void cursor_set(const struct ui *ui)
{
	bool types = view_top(ui) == VIEW_PROMPT;
	curs_set(types);
	if (types)
		move(ui->cursor_row, ui->cursor_column);
	else
		move(ui->canvas.rows - 1, 0);
}

/*
 * Sends what has changed.  A terminal may say that it has room, and have too little for all of it: the loop
 * is held up then until it has.  Returns whether it was.
 */
static bool picture_send(void)
{
	struct timespec began, ended;
	clock_gettime(CLOCK_MONOTONIC, &began);
	doupdate();
	clock_gettime(CLOCK_MONOTONIC, &ended);
	return (ended.tv_sec - began.tv_sec) * UI_SECOND + ended.tv_nsec - began.tv_nsec > HELD_NS;
}

void ui_paint(struct ui *ui, int64_t now)
{
	if (terminal_busy(ui)) {
		pace_count(&ui->pace, true, now);
		return;
	}
	erase();
	view_draw(ui, now);
	attrset(A_NORMAL);
	cursor_set(ui);
	wnoutrefresh(stdscr);
	pace_count(&ui->pace, false, now);
	if (picture_send())
		pace_fall(&ui->pace, now);
}

int64_t ui_interval(const struct ui *ui)
{
	return pace_interval(&ui->pace);
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
	out[end + 1] = 0;
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
