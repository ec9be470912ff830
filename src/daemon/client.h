/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_CLIENT_H
#define DAEMON_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/model.h"

/*
 * A guest's side of the socket: the relay's model as it comes, command lines and their answers.  Main
 * thread only.
 */

struct client;

struct client_port {
	/* A newer model; the client's, good until the next call of any function here. */
	void (*model)(void *user, const struct model *model);
	/* The answer to a command: 0 or -errno, and the words for the user. */
	void (*answer)(void *user, uint32_t request, int result, const char *text);
	void *user;
};

/* What the relay said of itself. */
struct client_relay {
	char version[32], world[64]; /* world: empty for the real one */
	int pid;
};

/*
 * Attaches to this user's relay, that of the simulated world if `demo`; waits for it up to `wait_ms`.
 * Returns 0; -ENOENT where none runs; -EPROTO where it speaks another protocol; -EACCES where it is not
 * for us; -ETIMEDOUT where it does not answer; `message` then says it.
 */
int client_open(struct client **ret_client, bool demo, int wait_ms, const struct client_port *port,
                char *message, size_t size);
void client_free(struct client *client);

const struct client_relay *client_relay(const struct client *client);

/* Readable when client_step has something to do. */
int client_fd(const struct client *client);

/*
 * Handles what has come.  Returns 0, or -EPIPE when the relay is gone or took leave; client_parting then
 * has its words.
 */
int client_step(struct client *client);
const char *client_parting(const struct client *client);

/* Waits up to `wait_ms` (-1: for ever) for something to come, and handles it.  -ETIMEDOUT, else as step. */
int client_wait(struct client *client, int wait_ms);

/* Asks for models every so often; 0: for one. */
int client_watch(struct client *client, int32_t every_ms);

/* Sends a command line; sends the wish that the relay ends.  The answer comes.  0 or -errno. */
int client_command(struct client *client, uint32_t request, const char *line);
int client_stop(struct client *client, uint32_t request);

#endif
