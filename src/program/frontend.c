/* SPDX-License-Identifier: MIT */
#include "program/frontend.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/clock.h"
#include "program/print.h"
#include "ui/plain.h"
#include "ui/ui.h"

#define LINE_US 1000000
#define NEWS_US 250000 /* in lines, what happened is told within */

struct frontend {
	struct frontend_config config;
	struct ui *ui;       /* NULL: lines */
	struct plain *plain; /* those that one types to; NULL: they are only printed */
	bool typed_before;   /* what is typed is in a file, and waits for the first model */
	sd_event_source *timer, *input, *resize;
};

static uint64_t period_us(const struct frontend *frontend)
{
	if (frontend->plain)
		return NEWS_US;
	return frontend->ui ? (uint64_t)ui_interval(frontend->ui) / 1000 : LINE_US;
}

static int64_t now_ns(void)
{
	return clock_now(&clock_monotonic);
}

static const struct model *model_now(const struct frontend *frontend)
{
	return frontend->config.port.model(frontend->config.port.user);
}

static void leave(struct frontend *frontend)
{
	sd_event_exit(frontend->config.event, 0);
}

/* --- the screen ---------------------------------------------------------------------------------- */

static void paint(struct frontend *frontend)
{
	const struct model *model = model_now(frontend);
	if (model)
		ui_show(frontend->ui, model, now_ns());
	ui_paint(frontend->ui, now_ns());
}

static void on_command(void *user, uint32_t request, const char *line)
{
	struct frontend *frontend = user;
	frontend->config.port.command(frontend->config.port.user, request, line);
}

static void on_quit(void *user)
{
	leave(user);
}

static void on_stop(void *user)
{
	struct frontend *frontend = user;
	frontend->config.port.stop(frontend->config.port.user);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct frontend *frontend = user;
	(void)source, (void)fd, (void)events;
	if (ui_input(frontend->ui, now_ns()) < 0)
		leave(frontend); /* the terminal is gone */
	else
		paint(frontend); /* a key is answered at once */
	return 0;
}

static int on_resize(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct frontend *frontend = user;
	(void)source, (void)info;
	ui_resize(frontend->ui);
	paint(frontend);
	return 0;
}

static bool colour_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	return !no_color || !*no_color;
}

static void typed_read(struct frontend *frontend)
{
	const struct model *model = model_now(frontend);
	if (model)
		plain_show(frontend->plain, model);
	if (plain_input(frontend->plain, STDIN_FILENO) < 0)
		leave(frontend);
}

static int on_typed(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source, (void)fd, (void)events;
	typed_read(user);
	return 0;
}

static int plain_begin(struct frontend *frontend)
{
	struct ui_port port = {on_command, on_quit, on_stop, frontend};
	int error = plain_new(&frontend->plain, stdout, &port);
	if (!error)
		error = sd_event_add_io(frontend->config.event, &frontend->input, STDIN_FILENO,
		                        EPOLLIN, on_typed, frontend);
	frontend->typed_before = error == -EPERM; /* nothing that can be waited for */
	return error < 0 && error != -EPERM ? error : 0;
}

static int screen_begin(struct frontend *frontend)
{
	const struct options *options = frontend->config.options;
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8") &&
	            ui_terminal_has_unicode(getenv("TERM"));
	const char *charset = options->charset ? options->charset : utf8 ? "utf8" : "ascii";
	struct ui_config config = {
	    .keymap = frontend->config.keymap,
	    .in = stdin,
	    .out = stdout,
	    .ascii = strcmp(charset, "utf8") != 0,
	    .colour = colour_wanted(),
	    .title = frontend->config.title,
	    .attached = frontend->config.attached,
	    .theme = options->theme,
	    .mouse = options->mouse,
	    .fps = options->fps,
	};
	struct ui_port port = {on_command, on_quit, on_stop, frontend};
	int error = ui_new(&frontend->ui, &config, &port);
	if (error == -ENOTTY) /* no cursor to move: lines will do */
		return plain_begin(frontend);
	if (error)
		return error;
	error = sd_event_add_io(frontend->config.event, &frontend->input, STDIN_FILENO, EPOLLIN,
	                        on_input, frontend);
	if (error >= 0)
		error = sd_event_add_signal(frontend->config.event, &frontend->resize, SIGWINCH,
		                            on_resize, frontend);
	if (error >= 0)
		paint(frontend);
	return error < 0 ? error : 0;
}

/* --- both ---------------------------------------------------------------------------------------- */

static void lines_print(struct frontend *frontend)
{
	if (frontend->config.options->mode == MODE_JSON)
		print_json(model_now(frontend));
	else if (frontend->config.options->mode == MODE_BATCH)
		print_batch(model_now(frontend));
	if (fflush(stdout))
		leave(frontend); /* nobody reads any more */
}

static int show(struct frontend *frontend)
{
	uint64_t now;
	if (frontend->ui)
		paint(frontend);
	else if (!model_now(frontend))
		; /* lines of nothing are none */
	else if (frontend->plain && frontend->typed_before)
		typed_read(frontend);
	else if (frontend->plain)
		plain_show(frontend->plain, model_now(frontend));
	else
		lines_print(frontend);
	int error = sd_event_now(frontend->config.event, CLOCK_MONOTONIC, &now);
	if (error >= 0)
		error = sd_event_source_set_time(frontend->timer, now + period_us(frontend));
	return error;
}

static int on_timer(sd_event_source *source, uint64_t us, void *user)
{
	struct frontend *frontend = user;
	(void)us;
	int error = show(frontend);
	return error < 0 ? error : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* However much comes at once, a screen is painted once for it; lines are as many as the news. */
void frontend_news(struct frontend *frontend)
{
	if (frontend->ui)
		sd_event_source_set_time(frontend->timer, 0);
	else
		show(frontend);
}

void frontend_answer(struct frontend *frontend, uint32_t request, int result, const char *text)
{
	if (frontend->ui)
		ui_answer(frontend->ui, request, result, text, now_ns());
	else if (frontend->plain)
		plain_answer(frontend->plain, result, text);
}

/* Lines of a relay elsewhere come when its models do; all else by the clock. */
static int timer_begin(struct frontend *frontend)
{
	uint64_t now;
	int error = sd_event_now(frontend->config.event, CLOCK_MONOTONIC, &now);
	if (error >= 0)
		error = sd_event_add_time(frontend->config.event, &frontend->timer, CLOCK_MONOTONIC,
		                          now + (frontend->ui ? 0 : LINE_US), 1000, on_timer,
		                          frontend);
	if (error >= 0 && frontend->config.attached && !frontend->ui && !frontend->plain)
		error = sd_event_source_set_enabled(frontend->timer, SD_EVENT_OFF);
	return error < 0 ? error : 0;
}

int frontend_new(struct frontend **ret_frontend, const struct frontend_config *config)
{
	struct frontend *frontend = calloc(1, sizeof(*frontend));
	if (!frontend)
		return -ENOMEM;
	frontend->config = *config;
	int error = 0;
	if (config->options->plain)
		error = plain_begin(frontend);
	else if (config->options->mode == MODE_SCREEN)
		error = screen_begin(frontend);
	if (!error)
		error = timer_begin(frontend);
	if (error < 0) {
		frontend_free(frontend);
		return error;
	}
	*ret_frontend = frontend;
	return 0;
}

void frontend_free(struct frontend *frontend)
{
	if (!frontend)
		return;
	sd_event_source_unref(frontend->timer);
	sd_event_source_unref(frontend->input);
	sd_event_source_unref(frontend->resize);
	ui_free(frontend->ui);
	plain_free(frontend->plain);
	free(frontend);
}
