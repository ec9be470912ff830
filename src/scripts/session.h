/* SPDX-License-Identifier: MIT */
#ifndef SCRIPTS_SESSION_H
#define SCRIPTS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "program/arguments.h"
#include "daemon/client.h"

/*
 * A script's talk with the relay: one thing after the other, waiting for each.  What returns an int returns
 * an exit code, and has said on stderr why it is not 0.  Main thread only.
 */

#define SESSION_WAIT_MS 10000 /* for an answer; it takes a millisecond */

struct session {
	struct client *client;
	struct model model;
	bool shown; /* a model has come since session_next was called */
	bool answered;
	int result;
	char reply[256];
};

/* What all scripts take: --demo and --json. */
struct session_options {
	bool demo, json;
};
extern const struct argument_row session_rows[];

/* Takes one of them.  Returns 0, or -EINVAL for another letter. */
int session_take(struct session_options *options, int letter);

int session_open(struct session *session, bool demo);
void session_close(struct session *session);

/* The model, now, in session->model. */
int session_model(struct session *session);

/* Models every so often; then the next one, waiting up to `wait_ms`, EX_TEMPFAIL without words after that. */
int session_watch(struct session *session, int32_t every_ms);
int session_next(struct session *session, int wait_ms);

/* Runs a command line.  The reply is in session->reply, and on stderr if it was refused. */
int session_run(struct session *session, const char *line);

/* The exit code for the result of a command. */
int session_code(int result);

/* A speaker of the model by number, address or name; NULL. */
const struct model_speaker *session_speaker(const struct session *session, const char *word);

/*
 * Adds a word to a command line, in quotes where it needs them.  Returns 0, or -EINVAL for a word that
 * cannot be one.
 */
int session_word(char *line, size_t size, const char *word);

#endif
