/* SPDX-License-Identifier: MIT */
#include "program/attached.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/client.h"
#include "program/frontend.h"
#include "program/print.h"
#include "program/starter.h"

#define LINE_MS 1000
#define HELLO_MS 5000
#define HELLO_AGAIN_MS 300
#define RETRY_US 1000000

struct attached {
	struct program *program;
	struct client *client; /* NULL: the relay is gone */
	struct frontend *frontend;
	sd_event_source *io, *retry;
	struct model model;
	bool shown; /* a model has come, or what is known without one */
	bool stopping;
	uint32_t stop_request;
	int code;
};

/* --- the relay ----------------------------------------------------------------------------------- */

static void on_model(void *user, const struct model *model)
{
	struct attached *attached = user;
	attached->model = *model;
	attached->shown = true;
	if (attached->frontend)
		frontend_news(attached->frontend);
}

static void on_answer(void *user, uint32_t request, int result, const char *text)
{
	struct attached *attached = user;
	if (attached->stopping)
		sd_event_exit(attached->program->event, 0);
	else if (attached->frontend)
		frontend_answer(attached->frontend, request, result, text);
}

static struct client_port port_of(struct attached *attached)
{
	return (struct client_port){on_model, on_answer, attached};
}

static int on_relay(sd_event_source *source, int fd, uint32_t events, void *user);

static int watch(struct attached *attached)
{
	const struct options *options = &attached->program->options;
	int32_t period = options->mode == MODE_SCREEN ? 1000 / options->fps : LINE_MS;
	int error = sd_event_add_io(attached->program->event, &attached->io,
	                            client_fd(attached->client), EPOLLIN, on_relay, attached);
	return error < 0 ? error : client_watch(attached->client, period);
}

/* What was true is not known any more. */
static void relay_lost(struct attached *attached)
{
	char parting[MODEL_TEXT];
	snprintf(parting, sizeof(parting), "%.80s - waiting for the next",
	         client_parting(attached->client));
	attached->io = sd_event_source_unref(attached->io);
	client_free(attached->client);
	attached->client = NULL;
	model_clear(&attached->model);
	memcpy(attached->model.problem, parting, sizeof(parting));
	attached->shown = true;
	sd_event_source_set_time_relative(attached->retry, RETRY_US);
	sd_event_source_set_enabled(attached->retry, SD_EVENT_ONESHOT);
}

static int on_relay(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct attached *attached = user;
	(void)source, (void)fd, (void)events;
	if (client_step(attached->client) == 0)
		return 0;
	if (attached->stopping)
		return sd_event_exit(attached->program->event, 0);
	if (attached->program->options.mode != MODE_SCREEN) {
		attached->code = program_fail(EX_UNAVAILABLE, client_parting(attached->client));
		return sd_event_exit(attached->program->event, 0);
	}
	relay_lost(attached);
	return 0;
}

static int on_retry(sd_event_source *source, uint64_t us, void *user)
{
	struct attached *attached = user;
	struct client_port port = port_of(attached);
	char message[256];
	(void)us;
	int error = client_open(&attached->client, attached->program->options.demo, HELLO_AGAIN_MS,
	                        &port, message, sizeof(message));
	if (!error)
		return watch(attached);
	if (error != -ENOENT)
		snprintf(attached->model.problem, sizeof(attached->model.problem), "%.120s",
		         message);
	sd_event_source_set_time_relative(source, RETRY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- the user ------------------------------------------------------------------------------------ */

static const struct model *model_now(void *user)
{
	struct attached *attached = user;
	return attached->shown ? &attached->model : NULL;
}

static void command_send(void *user, uint32_t request, const char *line)
{
	struct attached *attached = user;
	if (!attached->client || client_command(attached->client, request, line) < 0)
		frontend_answer(attached->frontend, request, -ENOTCONN, "no relay runs");
}

static void stop_send(void *user)
{
	struct attached *attached = user;
	attached->stopping = true;
	if (!attached->client || client_stop(attached->client, ++attached->stop_request) < 0)
		sd_event_exit(attached->program->event, 0);
}

/* --- the whole ----------------------------------------------------------------------------------- */

static int build(struct attached *attached)
{
	struct program *program = attached->program;
	int error = program_loop(program);
	int code = error ? program_fail(EX_OSERR, strerror(-error))
	                 : program_hook_ends(program, program->options.seconds);
	if (code)
		return code;
	struct frontend_config config = {
	    .options = &program->options,
	    .title = program->options.demo ? "echorelay demo" : "echorelay",
	    .attached = true,
	    .event = program->event,
	    .keymap = &program->keymap,
	    .port = {model_now, command_send, stop_send, attached},
	};
	error = frontend_new(&attached->frontend, &config);
	if (error == -ENOTTY)
		return EX_UNAVAILABLE;
	if (!error)
		error = sd_event_add_time_relative(program->event, &attached->retry,
		                                   CLOCK_MONOTONIC, RETRY_US, 1000, on_retry,
		                                   attached);
	if (error >= 0)
		error = sd_event_source_set_enabled(attached->retry, SD_EVENT_OFF);
	if (error >= 0)
		error = watch(attached);
	return error < 0 ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int show_once(struct attached *attached)
{
	int error = client_watch(attached->client, 0);
	while (!error && !attached->shown)
		error = client_wait(attached->client, HELLO_MS);
	if (!attached->shown)
		return program_fail(EX_UNAVAILABLE, error == -ETIMEDOUT
		                                        ? "the relay does not answer"
		                                        : client_parting(attached->client));
	print_status(&attached->model);
	return EX_OK;
}

static int show(struct attached *attached, bool started)
{
	struct program *program = attached->program;
	const char *version = client_relay(attached->client)->version;
	char words[160] = "";
	if (program->options.mode == MODE_STATUS)
		return show_once(attached);
	program_block_signals();
	int code = build(attached);
	if (started)
		snprintf(words, sizeof(words), "no relay ran; started one, process %d",
		         client_relay(attached->client)->pid);
	if (strcmp(version, VERSION))
		snprintf(words, sizeof(words), "the relay is version %s, this screen " VERSION,
		         version);
	if (!code && *words)
		frontend_answer(attached->frontend, 0, 0, words);
	if (!code && sd_event_loop(program->event) < 0)
		code = EX_SOFTWARE;
	bool plays = attached->client && !attached->stopping && !code;
	frontend_free(attached->frontend);
	if (plays && program->options.mode == MODE_SCREEN && isatty(STDERR_FILENO))
		fprintf(stderr, "The music plays on; 'echorelay' shows it again, "
		                "'echorelay stop' ends it.\n");
	return code ? code : attached->code;
}

/* What was asked for of a relay that runs already, and which only a new one could do. */
static int mismatch(const struct program *program, const struct client_relay *relay, char *message,
                    size_t size)
{
	const char *option = options_of_relay(&program->options);
	const char *demo = program->options.demo;
	if (option)
		snprintf(message, size,
		         "%s is for a relay that starts, and one runs already (process %d): "
		         "'echorelay stop' ends it",
		         option, relay->pid);
	else if (demo && *demo && strcmp(demo, relay->world))
		snprintf(message, size,
		         "a demo of '%s' runs already (process %d): 'echorelay stop --demo' ends "
		         "it, --standalone goes beside it",
		         relay->world, relay->pid);
	else
		return 0;
	return -EINVAL;
}

static int open_error_code(int error)
{
	return error == -EPROTO ? EX_PROTOCOL : error == -EACCES ? EX_NOPERM : EX_UNAVAILABLE;
}

int attached_run(struct program *program, bool start, int *ret_code)
{
	static struct attached attached; /* too large for a small stack */
	char message[512];
	bool started = false;
	attached.program = program;
	struct client_port port = port_of(&attached);
	int error = client_open(&attached.client, program->options.demo, HELLO_MS, &port, message,
	                        sizeof(message));
	if (error == -ENOENT && !start)
		return 0;
	if (error == -ENOENT) {
		*ret_code = starter_run(&program->options);
		if (*ret_code)
			return 1;
		started = true;
		error = client_open(&attached.client, program->options.demo, HELLO_MS, &port,
		                    message, sizeof(message));
	}
	if (!error && !started)
		error = mismatch(program, client_relay(attached.client), message, sizeof(message));
	if (error)
		*ret_code =
		    program_fail(error == -EINVAL ? EX_USAGE : open_error_code(error), message);
	else
		*ret_code = show(&attached, started);
	sd_event_source_unref(attached.io);
	sd_event_source_unref(attached.retry);
	client_free(attached.client);
	program->event = sd_event_unref(program->event);
	return 1;
}
