/* SPDX-License-Identifier: MIT */
#include "program/background.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/door.h"
#include "daemon/server.h"
#include "program/notify.h"
#include "program/program.h"

struct background {
	struct program program;
	struct server *server;
	struct door door;
	struct notify notify;
	const char *parting;
};

/* --- guests -------------------------------------------------------------------------------------- */

static const struct model *on_model(void *user)
{
	struct background *background = user;
	return relay_model(background->program.relay);
}

static int on_command(void *user, const char *line, char *reply, size_t size)
{
	struct background *background = user;
	return relay_command(background->program.relay, line, reply, size);
}

static void on_stop(void *user)
{
	struct background *background = user;
	journal_write(&background->program.journal, JOURNAL_INFO, "relay", "stopped by its user");
	background->parting = "the relay was stopped";
	sd_event_exit(background->program.event, 0);
}

static int build_server(struct background *background)
{
	struct program *program = &background->program;
	char message[160];
	int error = door_find(&background->door, program->options.demo);
	int listener = error ? error : door_listen(&background->door);
	if (listener < 0) {
		snprintf(message, sizeof(message), "%s: %s", background->door.socket,
		         strerror(-listener));
		return program_fail(EX_CANTCREAT, message);
	}
	const char *world =
	    program->options.demo && !*program->options.demo ? "default" : program->options.demo;
	struct server_config config = {
	    .port = {on_model, on_command, on_stop, background},
	    .listener = listener,
	    .world = world,
	    .user = geteuid(),
	};
	error = server_new(&background->server, &config);
	if (!error)
		error = server_attach(background->server, program->event);
	return error ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

/* --- the whole ----------------------------------------------------------------------------------- */

/* Where nobody said where the events go: to systemd's journal, or to who watches stderr. */
static void choose_log(struct options *options)
{
	if (!options->log && (getenv("JOURNAL_STREAM") || isatty(STDERR_FILENO)))
		options->log = "-";
}

static int build(struct background *background)
{
	int code = program_build(&background->program);
	if (!code)
		code = program_hook_ends(&background->program, background->program.options.seconds);
	if (!code)
		code = build_server(background);
	if (code)
		return code;
	int error =
	    notify_begin(&background->notify, background->program.relay, background->program.event);
	return error ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int run(struct background *background)
{
	background->parting = "the relay has ended";
	int result = sd_event_loop(background->program.event);
	notify_end(&background->notify);
	return result < 0 ? program_fail(EX_SOFTWARE, strerror(-result)) : EX_OK;
}

int background_run(int argc, char *argv[])
{
	static struct background background; /* too large for a small stack */
	if (options_read_daemon(&background.program.options, argc, argv) < 0)
		return EX_USAGE;
	if (background.program.options.mode == MODE_HELP) {
		printf(
		    "Usage: echorelay daemon [OPTION]...\n"
		    "Plays without a screen; 'echorelay' shows it, 'echorelay stop' ends it.\n\n");
		arguments_help(options_of_daemon);
		return EX_OK;
	}
	int code = program_read(&background.program);
	if (code)
		return code;
	choose_log(&background.program.options);
	program_block_signals();
	code = build(&background);
	if (!code)
		code = run(&background);
	if (background.server)
		unlink(background.door.socket);
	server_free(background.server, background.parting);
	program_tear_down(&background.program);
	return code;
}
