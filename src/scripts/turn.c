/* SPDX-License-Identifier: MIT */
/* set, connect and stop: what is to be. */
#include "scripts/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "relay/command.h"
#include "scripts/act.h"

#define CONNECT_S                                                                                  \
	20 /* BlueZ gives up on a speaker after some 10 s, and there is a second attempt */
#define STOP_S 10

const struct argument_row *const script_set_options[] = {session_rows, NULL};
const struct argument_row *const script_connect_options[] = {session_rows, act_timeout_rows, NULL};
const struct argument_row *const script_stop_options[] = {session_rows, NULL};

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
	int code = act_begin(&act, argc, argv, "+h", script_set_options, words, 0);
	if (code)
		return code < 0 ? EX_OK : code;
	if (!act.count)
		return act_usage("set", words);
	if (set_line(&act, line, sizeof(line)) < 0) {
		fprintf(stderr, "echorelay: a quote in a word, or too many words\n");
		return EX_USAGE;
	}
	code = session_open(&session, act.common.demo);
	if (!code) {
		code = session_run(&session, line);
		if (session.answered)
			act_reply_print(&act, &session);
	}
	session_close(&session);
	return code;
}

/* --- connect ------------------------------------------------------------------------------------- */

/* Watches until the speaker is there, or will not be. */
static int connect_wait(const struct act *act, struct session *session)
{
	double until = act_now() + act->timeout_s;
	int code = session_watch(session, ACT_LOOK_MS);
	while (!code && act_now() < until) {
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
		return act_usage("connect", "SPEAKER [on|off]");
	code = session_run(session, line);
	if (!code && !strcmp(wanted, "on"))
		code = connect_wait(act, session);
	if (!code)
		act_reply_print(act, session);
	return code;
}

int script_connect(int argc, char *argv[])
{
	static const char words[] = "SPEAKER [on|off]";
	struct act act;
	struct session session;
	int code = act_begin(&act, argc, argv, "h", script_connect_options, words, CONNECT_S);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count < 1 || act.count > 2)
		return act_usage("connect", words);
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
	double until = act_now() + STOP_S;
	if (client_stop(session->client, 1) < 0)
		return EX_OK;
	while (act_now() < until) {
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
	int code = act_begin(&act, argc, argv, "h", script_stop_options, "", STOP_S);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count)
		return act_usage("stop", "");
	code = session_open(&session, act.common.demo);
	if (!code)
		code = stop(&session);
	session_close(&session);
	return code;
}
