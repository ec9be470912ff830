/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_WIRE_H
#define DAEMON_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "relay/model.h"

/*
 * What goes over the socket: one JSON object a line.  JSON, because the model has that form already and
 * every shell, browser and home automation reads it; a plain Unix socket, because a box without a login
 * may have no session bus, and the music must not depend on one.
 *
 *     relay   {"hello":"echorelay","version":"0.1.0","protocol":1,"world":null,"pid":4711}
 *     guest   {"protocol":1,"version":"0.1.0"}       optional; another protocol is refused in words
 *     guest   {"watch":100}                          the model, every 100 ms; 0: once; null: no more
 *     relay   {"model":{…},"events":[…]}             all of the model; of the events those not sent yet
 *     guest   {"request":7,"command":"delay 2 +10ms"}
 *     relay   {"answer":7,"code":null,"text":"delay +0 -> +10 ms"}      or "code":"ENOENT"
 *     guest   {"request":8,"stop":true}              ends the relay
 *     relay   {"bye":"the relay was stopped"}        and the end of the connection
 *     relay   {"error":"…"}                          what the guest did wrong, and the end
 *
 * "hello", "stop", "bye" and "error" stay as they are in every protocol to come, so that programs of
 * different versions can tell each other so.  Pure; any thread.
 */

#define WIRE_PROTOCOL 1
#define WIRE_REQUEST_MOST 4096        /* bytes of a guest's line */
#define WIRE_REPLY_MOST (1024 * 1024) /* bytes of a relay's line */
#define WIRE_COMMAND 512
#define WIRE_TEXT 256
#define WIRE_NOT_WATCHING -1

enum wire_request_kind { WIRE_GREET, WIRE_WATCH, WIRE_RUN, WIRE_STOP };

struct wire_request {
	enum wire_request_kind kind;
	uint32_t id;
	int32_t every_ms; /* WIRE_WATCH */
	char command[WIRE_COMMAND];
};

/*
 * Reads a guest's line.  Returns 0; -EPROTO for another protocol, -EINVAL for what is no request, and why
 * in `problem`.
 */
int wire_request_read(struct wire_request *request, const char *line, size_t length, char *problem,
                      size_t size);

/* A guest's line with its newline; to be freed; NULL without memory. */
char *wire_greet_write(const char *version);
char *wire_watch_write(int32_t every_ms);
char *wire_run_write(uint32_t id, const char *command);
char *wire_stop_write(uint32_t id);

enum wire_reply_kind { WIRE_HELLO, WIRE_MODEL, WIRE_ANSWER, WIRE_ERROR, WIRE_BYE, WIRE_UNKNOWN };

struct wire_reply {
	enum wire_reply_kind kind;
	json_t *json; /* of WIRE_MODEL: the reader's, to be released */
	int protocol, pid;
	char version[32], world[64];
	uint32_t id;
	int result; /* 0 or -errno */
	char text[WIRE_TEXT];
};

/* Reads a relay's line.  Returns 0; -EINVAL for what is no line of a relay.  Texts are cleaned. */
int wire_reply_read(struct wire_reply *reply, const char *line, size_t length);

/* A relay's line, likewise; `world` NULL is the real one. */
char *wire_hello_write(const char *version, const char *world, int pid);
char *wire_answer_write(uint32_t id, int result, const char *text);
char *wire_error_write(const char *text);
char *wire_bye_write(const char *text);

/* The two halves of a model's line: what all guests get, and what only this one lacks. */
char *wire_model_write(const struct model *model);
char *wire_events_write(const struct model *model, int64_t after);

#endif
