/* SPDX-License-Identifier: MIT */
/* set, connect and stop: what is to be. */
#include "scripts/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include <jansson.h>

#include "relay/command.h"
#include "scripts/session.h"

#define LOOK_MS 200
#define CONNECT_S                                                                                  \
	20 /* BlueZ gives up on a speaker after some 10 s, and there is a second attempt */
#define STOP_S 10

struct act {
	struct session_options common;
	double timeout_s;
	int count;
	char **words; /* beside the options */
};

static const struct argument_row timeout_rows[] = {
    {"timeout", "SECONDS", 't', "wait no longer than that"},
    {0},
};
const struct argument_row *const script_set_options[] = {session_rows, NULL};
const struct argument_row *const script_connect_options[] = {session_rows, timeout_rows, NULL};
const struct argument_row *const script_stop_options[] = {session_rows, NULL};

static int take(void *user, int letter, const char *value)
{
	struct act *act = user;
	char *end;
	if (letter != 't')
		return session_take(&act->common, letter);
	act->timeout_s = strtod(value, &end);
	return end == value || *end || !(act->timeout_s > 0 && act->timeout_s < 1e6)
	           ? arguments_wrong("timeout", value, "is no number of seconds")
	           : 0;
}

/* Returns EX_OK, EX_USAGE, or -1 where the help was wanted and is printed. */
static int begin(struct act *act, int argc, char *argv[], const char *letters,
                 const struct argument_row *const tables[], const char *usage)
{
	int first = argc;
	*act = (struct act){.timeout_s = CONNECT_S};
	int result = arguments_read(argc, argv, letters, tables, take, act, &first);
	if (result == ARGUMENTS_HELP) {
		printf("Usage: echorelay %s [OPTION]... %s\n\n", argv[0], usage);
		arguments_help(tables);
		return -1;
	}
	act->count = argc - first;
	act->words = argv + first;
	return result < 0 ? EX_USAGE : EX_OK;
}

static int usage(const char *name, const char *words)
{
	fprintf(stderr, "echorelay: usage: echorelay %s %s\n", name, words);
	return EX_USAGE;
}

static void reply_print(const struct act *act, const struct session *session)
{
	if (!act->common.json) {
		if (!session->result)
			puts(session->reply);
		return;
	}
	json_t *json = json_pack("{s:b, s:s}", "ok", session->result == 0, "text", session->reply);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(json);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- set ----------------------------------------------------------------------------------------- */

/* "1 delay +10ms", as one speaks, is "delay 1 +10ms" to the relay; that order does as well. */
static int set_line(const struct act *act, char *line, size_t size)
{
	const struct command *command = command_find(act->words[0]);
	bool turned = act->count > 1 && !(command && command->place == COMMAND_OF_RELAY);
	int error = 0;
	*line = 0;
	for (int i = 0; i < act->count && !error; i++)
		error = session_word(line, size, act->words[turned && i < 2 ? 1 - i : i]);
	return error;
}

int script_set(int argc, char *argv[])
{
	static const char words[] = "[SPEAKER] COMMAND [ARGUMENT]";
	struct act act;
	struct session session;
	char line[512];
	int code = begin(&act, argc, argv, "+h", script_set_options, words);
	if (code)
		return code < 0 ? EX_OK : code;
	if (!act.count)
		return usage("set", words);
	if (set_line(&act, line, sizeof(line)) < 0) {
		fprintf(stderr, "echorelay: a quote in a word, or too many words\n");
		return EX_USAGE;
	}
	code = session_open(&session, act.common.demo);
	if (!code) {
		code = session_run(&session, line);
		if (session.answered)
			reply_print(&act, &session);
	}
	session_close(&session);
	return code;
}

/* --- connect ------------------------------------------------------------------------------------- */

/* Watches until the speaker is there, or will not be. */
static int connect_wait(const struct act *act, struct session *session)
{
	double until = now_s() + act->timeout_s;
	int code = session_watch(session, LOOK_MS);
	while (!code && now_s() < until) {
		code = session_next(session, SESSION_WAIT_MS);
		const struct model_speaker *speaker =
		    code ? NULL : session_speaker(session, act->words[0]);
		if (!speaker)
			break;
		if (speaker->state == SPEAKER_IDLE || model_speaker_plays(speaker)) {
			snprintf(session->reply, sizeof(session->reply), "connected");
			return EX_OK;
		}
		if (speaker->state == SPEAKER_FAILED) {
			fprintf(stderr, "echorelay: %s: %s\n", speaker->name, speaker->problem);
			return EXIT_FAILURE;
		}
	}
	if (code)
		return code;
	fprintf(stderr, "echorelay: not connected within %.0f s; it goes on trying\n",
	        act->timeout_s);
	return EX_TEMPFAIL;
}

static int connect(const struct act *act, struct session *session)
{
	const char *wanted = act->count > 1 ? act->words[1] : "on";
	char line[512] = "connect";
	int code = session_model(session);
	if (code)
		return code;
	if (session_word(line, sizeof(line), act->words[0]) < 0 ||
	    session_word(line, sizeof(line), wanted) < 0)
		return usage("connect", "SPEAKER [on|off]");
	code = session_run(session, line);
	if (!code && !strcmp(wanted, "on"))
		code = connect_wait(act, session);
	if (!code)
		reply_print(act, session);
	return code;
}

int script_connect(int argc, char *argv[])
{
	static const char words[] = "SPEAKER [on|off]";
	struct act act;
	struct session session;
	int code = begin(&act, argc, argv, "h", script_connect_options, words);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count < 1 || act.count > 2)
		return usage("connect", words);
	code = session_open(&session, act.common.demo);
	if (!code)
		code = connect(&act, &session);
	session_close(&session);
	return code;
}

/* --- stop ---------------------------------------------------------------------------------------- */

/* Asked to stop, the relay answers, and is gone when the connection ends. */
static int stop(struct session *session)
{
	double until = now_s() + STOP_S;
	if (client_stop(session->client, 1) < 0)
		return EX_OK;
	while (now_s() < until) {
		int error = client_wait(session->client, 1000);
		if (error && error != -ETIMEDOUT && error != -EINTR)
			return EX_OK;
	}
	fprintf(stderr, "echorelay: the relay does not end\n");
	return EX_TEMPFAIL;
}

int script_stop(int argc, char *argv[])
{
	struct act act;
	struct session session;
	int code = begin(&act, argc, argv, "h", script_stop_options, "");
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count)
		return usage("stop", "");
	code = session_open(&session, act.common.demo);
	if (!code)
		code = stop(&session);
	session_close(&session);
	return code;
}
