/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_FRONTEND_H
#define PROGRAM_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "program/options.h"
#include "relay/model.h"
#include "ui/keymap.h"

/*
 * What stands between the loop and whoever looks: the screen, or lines on stdout.  It shows a relay's
 * model and hands commands over, and does not know whether the relay is in this process.  Main thread only.
 */

struct frontend;

/* How it reaches the relay. */
struct frontend_port {
	/* As of now; good until the loop goes on.  NULL: none has come yet. */
	const struct model *(*model)(void *user);
	/* A command line; its answer comes through frontend_answer, now or later. */
	void (*command)(void *user, uint32_t request, const char *line);
	/* The music is to end: the user was asked. */
	void (*stop)(void *user);
	void *user;
};

struct frontend_config {
	const struct options *options; /* outlives it */
	const char *title;             /* "echorelay", "echorelay demo" */
	bool attached;                 /* the relay is elsewhere, and plays on when this ends */
	sd_event *event;
	const struct keymap *keymap; /* outlives it */
	struct frontend_port port;
};

/*
 * Hooks itself into the loop, and ends the loop when its reader is gone or the user leaves.  Returns 0;
 * -ENOTTY and a reason on stderr where the terminal cannot show a screen.
 */
int frontend_new(struct frontend **ret_frontend, const struct frontend_config *config);
void frontend_free(struct frontend *frontend);

/* A newer model has come from elsewhere. */
void frontend_news(struct frontend *frontend);

/* The answer to a command; to request 0: something to tell the user. */
void frontend_answer(struct frontend *frontend, uint32_t request, int result, const char *text);

#endif
