/* SPDX-License-Identifier: MIT */
#include "program/lineup_house.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define HELLO_MS 5000
#define ANSWER_MS 10000 /* it takes a millisecond */
#define LOOK_MS 200

/* --- the relay that runs ------------------------------------------------------------------------- */

static void on_model(void *user, const struct model *model)
{
	struct lineup_house *house = user;
	house->model = *model;
	house->fresh = true;
}

static void on_answer(void *user, uint32_t request, int result, const char *text)
{
	struct lineup_house *house = user;
	(void)request;
	house->answered = true;
	house->result = result;
	snprintf(house->reply, sizeof(house->reply), "%s", text);
}

static int on_relay(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct lineup_house *house = user;
	(void)fd, (void)events;
	if (client_step(house->client) == 0)
		return 0;
	house->lost = true;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* A demo goes beside another one; in the real world there is one relay, and what it was started with counts. */
static bool is_another_world(const struct lineup_house *house)
{
	const struct options *options = &house->program.options;
	const char *world = client_relay(house->client)->world;
	return options->demo && (options_of_relay(options) || options->config ||
	                         (*options->demo && strcmp(options->demo, world) != 0));
}

static int attach(struct lineup_house *house)
{
	struct program *program = &house->program;
	const char *option = options_of_relay(&program->options);
	char message[256];
	if (option) {
		snprintf(message, sizeof(message),
		         "%s is for a relay that starts, and one runs already (process %d)", option,
		         client_relay(house->client)->pid);
		return program_fail(EX_USAGE, message);
	}
	program_block_signals();
	int error = program_loop(program);
	int code = error ? program_fail(EX_OSERR, strerror(-error))
	                 : program_hook_ends(program, program->options.seconds);
	if (code)
		return code;
	error = sd_event_add_io(program->event, &house->io, client_fd(house->client), EPOLLIN,
	                        on_relay, house);
	if (error >= 0)
		error = client_watch(house->client, LOOK_MS);
	return error < 0 ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

/* --- both ---------------------------------------------------------------------------------------- */

static int build(struct lineup_house *house)
{
	struct program *program = &house->program;
	int code = program_read(program);
	if (code)
		return code;
	program_block_signals();
	code = program_build(program);
	return code ? code : program_hook_ends(program, program->options.seconds);
}

int lineup_house_open(struct lineup_house *house)
{
	char message[512];
	struct client_port port = {on_model, on_answer, house};
	int error = client_open(&house->client, house->program.options.demo, HELLO_MS, &port,
	                        message, sizeof(message));
	if (!error && !is_another_world(house))
		return attach(house);
	client_free(house->client);
	house->client = NULL;
	if (!error || error == -ENOENT)
		return build(house);
	return program_fail(error == -EPROTO   ? EX_PROTOCOL
	                    : error == -EACCES ? EX_NOPERM
	                                       : EX_TEMPFAIL,
	                    message);
}

void lineup_house_close(struct lineup_house *house)
{
	sd_event_source_unref(house->io);
	client_free(house->client);
	program_tear_down(&house->program);
}

const struct model *lineup_house_model(struct lineup_house *house)
{
	if (!house->client)
		return relay_model(house->program.relay);
	return house->fresh ? &house->model : NULL;
}

static int relay_ask(struct lineup_house *house, const char *line)
{
	house->answered = false;
	int error = client_command(house->client, 1, line);
	while (!error && !house->answered) {
		error = client_wait(house->client, ANSWER_MS);
		error = error == -EINTR ? 0 : error;
	}
	house->fresh = false; /* what came before the answer knows nothing of it */
	if (house->answered)
		return house->result;
	house->lost = error != -ETIMEDOUT;
	snprintf(house->reply, sizeof(house->reply), "%s",
	         house->lost ? client_parting(house->client) : "the relay does not answer");
	return error;
}

int lineup_house_command(struct lineup_house *house, const char *line)
{
	return house->client
	           ? relay_ask(house, line)
	           : relay_command(house->program.relay, line, house->reply, sizeof(house->reply));
}
