/* SPDX-License-Identifier: MIT */
#include "program/standalone.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "program/frontend.h"
#include "program/print.h"

#define STATUS_SECONDS 1.5 /* for a look at what there is */

struct standalone {
	struct program *program;
	struct frontend *frontend;
};

static const struct model *on_model(void *user)
{
	struct standalone *standalone = user;
	struct relay *relay = standalone->program->relay;
	return relay ? relay_model(relay) : NULL;
}

static void on_command(void *user, uint32_t request, const char *line)
{
	struct standalone *standalone = user;
	char reply[192];
	int result = relay_command(standalone->program->relay, line, reply, sizeof(reply));
	frontend_news(standalone->frontend);
	frontend_answer(standalone->frontend, request, result, reply);
}

static void on_stop(void *user)
{
	struct standalone *standalone = user;
	sd_event_exit(standalone->program->event, 0);
}

static int build_frontend(struct standalone *standalone)
{
	struct program *program = standalone->program;
	struct frontend_config config = {
	    .options = &program->options,
	    .title = program->options.demo ? "echorelay demo" : "echorelay",
	    .event = program->event,
	    .keymap = &program->keymap,
	    .port = {on_model, on_command, on_stop, standalone},
	};
	int error = frontend_new(&standalone->frontend, &config);
	if (error == -ENOTTY)
		return EX_UNAVAILABLE;
	return error ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int run(struct program *program)
{
	int result = sd_event_loop(program->event);
	if (program->options.mode == MODE_STATUS)
		print_status(relay_model(program->relay));
	if (result < 0)
		return program_fail(EX_SOFTWARE, strerror(-result));
	bool lines = program->options.mode != MODE_SCREEN;
	if (lines && !relay_had_bluetooth(program->relay))
		return program_fail(EX_UNAVAILABLE, relay_model(program->relay)->problem);
	return EX_OK;
}

int standalone_run(struct program *program)
{
	struct standalone standalone = {.program = program};
	double seconds = program->options.mode == MODE_STATUS ? STATUS_SECONDS
	                                                      : program->options.seconds;
	int code = program_prepare(program);
	int error = code ? 0 : program_loop(program);
	if (!code && !error)
		code = program_hook_ends(program, seconds);
	if (!code && !error) /* before the relay: the first picture waits for nothing */
		code = build_frontend(&standalone);
	if (!code && !error)
		error = program_start(program);
	if (!code && !error)
		code = run(program);
	frontend_free(standalone.frontend);
	if (error)
		code = program_fail(EX_OSERR, strerror(-error));
	program_tear_down(program);
	return code;
}
