/* SPDX-License-Identifier: MIT */
#include "daemon/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/door.h"
#include "daemon/lines.h"
#include "daemon/wire.h"

#define OUT_MOST (64 * 1024)

struct client {
	struct client_port port;
	struct lines lines;
	bool greeted;
	int protocol;
	struct client_relay relay;
	char parting[WIRE_TEXT];
	json_t *events; /* the last ones; a model's line has only what is new */
	struct model model;
};

static int client_send(struct client *client, char *line)
{
	int error = line ? lines_put(&client->lines, line, strlen(line)) : -ENOMEM;
	free(line);
	if (error)
		return error;
	return lines_flush(&client->lines) < 0 ? -EPIPE : 0;
}

/* --- what comes ---------------------------------------------------------------------------------- */

static void events_keep(struct client *client, json_t *new)
{
	json_array_extend(client->events, new);
	while (json_array_size(client->events) > MODEL_EVENTS)
		json_array_remove(client->events, 0);
}

/* Returns 0, or -EINVAL for a model that is none. */
static int model_take(struct client *client, json_t *line)
{
	json_t *model = json_object_get(line, "model");
	events_keep(client, json_object_get(line, "events"));
	json_object_set(model, "events", client->events);
	int error = model_from_json(&client->model, model);
	json_decref(line);
	if (!error && client->port.model)
		client->port.model(client->port.user, &client->model);
	return error;
}

static void part(struct client *client, const char *words)
{
	snprintf(client->parting, sizeof(client->parting), "%s", words);
}

static int reply_take(struct client *client, struct wire_reply *reply)
{
	switch (reply->kind) {
	case WIRE_HELLO:
		client->greeted = true;
		client->protocol = reply->protocol;
		client->relay.pid = reply->pid;
		memcpy(client->relay.version, reply->version, sizeof(reply->version));
		memcpy(client->relay.world, reply->world, sizeof(reply->world));
		return 0;
	case WIRE_MODEL:
		return model_take(client, reply->json);
	case WIRE_ANSWER:
		if (client->port.answer)
			client->port.answer(client->port.user, reply->id, reply->result,
			                    reply->text);
		return 0;
	case WIRE_ERROR:
	case WIRE_BYE:
		part(client, reply->text);
		return -EPIPE;
	case WIRE_UNKNOWN:
		break;
	}
	return 0;
}

static int lines_take(struct client *client)
{
	struct wire_reply reply;
	size_t length;
	char *line;
	int error = 0;
	while (!error && (line = lines_next(&client->lines, &length))) {
		error = wire_reply_read(&reply, line, length);
		if (!error)
			error = reply_take(client, &reply);
	}
	return error;
}

int client_step(struct client *client)
{
	int error;
	if (lines_flush(&client->lines) < 0 && !*client->parting)
		part(client, "the relay is gone");
	while (!(error = lines_receive(&client->lines)))
		if ((error = lines_take(client)))
			break;
	if (error == -EAGAIN)
		return 0;
	if (!*client->parting)
		part(client, error == -EINVAL || error == -EMSGSIZE || error == -EPROTO
		                 ? "the relay sent what this version does not understand"
		                 : "the relay is gone");
	return -EPIPE;
}

const char *client_parting(const struct client *client)
{
	return client->parting;
}

int client_wait(struct client *client, int wait_ms)
{
	struct pollfd relay = {.fd = client->lines.fd, .events = POLLIN};
	if (lines_waiting(&client->lines))
		relay.events |= POLLOUT;
	int ready = poll(&relay, 1, wait_ms);
	if (ready < 0)
		return errno == EINTR ? -EINTR : -errno;
	return ready ? client_step(client) : -ETIMEDOUT;
}

/* --- attaching ----------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int hello_wait(struct client *client, int wait_ms, char *message, size_t size)
{
	int64_t until = now_ms() + wait_ms;
	int error = 0;
	while (!error && !client->greeted) {
		int64_t left = until - now_ms();
		error = client_wait(client, left > 0 ? (int)left : 0);
		if (error == -EINTR)
			error = 0;
	}
	if (client->greeted && client->protocol != WIRE_PROTOCOL) {
		snprintf(message, size,
		         "the relay that runs is echorelay %s (protocol %d), this is " VERSION
		         " (protocol %d): start it anew, 'kill %d' ends it",
		         client->relay.version, client->protocol, WIRE_PROTOCOL, client->relay.pid);
		return -EPROTO;
	}
	if (client->greeted)
		return 0;
	snprintf(message, size, "%s",
	         error == -ETIMEDOUT ? "the relay that runs does not answer" : client->parting);
	return error == -EPIPE ? -EACCES : error;
}

static int door_open(bool demo, char *message, size_t size)
{
	struct door door;
	int fd = door_find(&door, demo);
	if (fd == 0)
		fd = door_connect(&door);
	if (fd == -ECONNREFUSED)
		fd = -ENOENT;
	if (fd == -ENOENT)
		snprintf(message, size, "no relay runs");
	else if (fd == -EAGAIN)
		snprintf(message, size, "the relay that runs does not answer");
	else if (fd < 0)
		snprintf(message, size, "%s: %s", door.socket, strerror(-fd));
	return fd == -EAGAIN ? -ETIMEDOUT : fd;
}

int client_open(struct client **ret_client, bool demo, int wait_ms, const struct client_port *port,
                char *message, size_t size)
{
	int fd = door_open(demo, message, size);
	if (fd < 0)
		return fd;
	struct client *client = calloc(1, sizeof(*client));
	json_t *events = json_array();
	snprintf(message, size, "no memory");
	if (!client || !events) {
		free(client);
		json_decref(events);
		return -ENOMEM;
	}
	client->port = *port;
	client->events = events;
	lines_init(&client->lines, fd, WIRE_REPLY_MOST, OUT_MOST);
	int error = hello_wait(client, wait_ms, message, size);
	if (!error)
		error = client_send(client, wire_greet_write(VERSION));
	if (error) {
		client_free(client);
		return error;
	}
	*message = 0;
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	lines_free(&client->lines);
	json_decref(client->events);
	free(client);
}

const struct client_relay *client_relay(const struct client *client)
{
	return &client->relay;
}

int client_fd(const struct client *client)
{
	return client->lines.fd;
}

int client_watch(struct client *client, int32_t every_ms)
{
	return client_send(client, wire_watch_write(every_ms));
}

int client_command(struct client *client, uint32_t request, const char *line)
{
	return client_send(client, wire_run_write(request, line));
}

int client_stop(struct client *client, uint32_t request)
{
	return client_send(client, wire_stop_write(request));
}
