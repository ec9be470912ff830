/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "relay/model.h"

/*
 * The relay's side of the socket: shows the model to every guest that watches, and hands over their
 * command lines.  While nobody watches it sleeps.  A guest that does not read gets no more frames, and
 * holds up nobody: what may wait for it is bounded, nothing here blocks.  Main thread only.
 */

struct server;

/* How the server reaches the relay. */
struct server_port {
	const struct model *(*model)(void *user);
	/* As relay_command. */
	int (*command)(void *user, const char *line, char *reply, size_t size);
	/* A guest wants the relay to end; its answer has been sent. */
	void (*stop)(void *user);
	void *user;
};

struct server_config {
	struct server_port port;
	int listener;      /* the server's from now on, even on failure */
	const char *world; /* NULL: the real one; else the scenario.  Outlives the server */
	uid_t user;        /* whose processes may come, beside root's */
};

#define SERVER_GUESTS 16

/* Returns 0 or -errno. */
int server_new(struct server **ret_server, const struct server_config *config);

/* Takes leave of every guest with `words`. */
void server_free(struct server *server, const char *words);

/*
 * Handles what has come and sends what is due at `now` (ns of a clock that only runs forward).  Returns
 * when to call again at the latest; INT64_MAX: when a guest comes or says something.
 */
int64_t server_step(struct server *server, int64_t now);

/* Hooks the server into a loop, behind all the relay's own work.  Returns 0 or -errno. */
int server_attach(struct server *server, sd_event *event);

/* How many guests there are. */
int server_guests(const struct server *server);

#endif
