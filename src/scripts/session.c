/* SPDX-License-Identifier: MIT */
#include "scripts/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

const struct argument_row session_rows[] = {
    {"demo", NULL, 'd', "of the simulated world's relay"},
    {"json", NULL, 'j', "as JSON"},
    {0},
};

int session_take(struct session_options *options, int letter)
{
	if (letter == 'd')
		options->demo = true;
	else if (letter == 'j')
		options->json = true;
	else
		return -EINVAL;
	return 0;
}

static int complain(int code, const char *text)
{
	fprintf(stderr, "echorelay: %s\n", text);
	return code;
}

static void on_model(void *user, const struct model *model)
{
	struct session *session = user;
	session->model = *model;
	session->shown = true;
}

static void on_answer(void *user, uint32_t request, int result, const char *text)
{
	struct session *session = user;
	(void)request;
	session->answered = true;
	session->result = result;
	snprintf(session->reply, sizeof(session->reply), "%s", text);
}

int session_open(struct session *session, bool demo)
{
	char message[512];
	*session = (struct session){.client = NULL};
	struct client_port port = {on_model, on_answer, session};
	signal(SIGPIPE, SIG_IGN); /* a reader that leaves is the end, and no mishap */
	int error =
	    client_open(&session->client, demo, SESSION_WAIT_MS, &port, message, sizeof(message));
	switch (error) {
	case 0:
		return EX_OK;
	case -ENOENT:
		return complain(EX_UNAVAILABLE, demo ? "no relay of the simulated world runs; "
		                                       "'echorelay daemon --demo' is one"
		                                     : "no relay runs; 'echorelay' starts one");
	case -EPROTO:
		return complain(EX_PROTOCOL, message);
	case -EACCES:
		return complain(EX_NOPERM, message);
	default:
		return complain(EX_TEMPFAIL, message);
	}
}

void session_close(struct session *session)
{
	client_free(session->client);
	session->client = NULL;
}

/* Waits for what is under way; `wait_ms` counts anew with everything that comes. */
static int wait_for(struct session *session, const bool *done, int wait_ms)
{
	int error = 0;
	while (!error && !*done) {
		error = client_wait(session->client, wait_ms);
		if (error == -EINTR)
			error = 0;
	}
	if (*done)
		return EX_OK;
	return error == -ETIMEDOUT ? EX_TEMPFAIL
	                           : complain(EX_UNAVAILABLE, client_parting(session->client));
}

int session_watch(struct session *session, int32_t every_ms)
{
	return client_watch(session->client, every_ms)
	           ? complain(EX_UNAVAILABLE, client_parting(session->client))
	           : EX_OK;
}

int session_next(struct session *session, int wait_ms)
{
	session->shown = false;
	return wait_for(session, &session->shown, wait_ms);
}

int session_model(struct session *session)
{
	int code = session_watch(session, 0);
	if (!code)
		code = session_next(session, SESSION_WAIT_MS);
	return code == EX_TEMPFAIL ? complain(code, "the relay does not answer") : code;
}

int session_code(int result)
{
	switch (-result) {
	case 0:
		return EX_OK;
	case EINVAL:
	case ERANGE:
		return EX_USAGE;
	case ENOENT:
		return EX_NOHOST;
	case ENODEV:
		return EX_UNAVAILABLE;
	case ETIMEDOUT:
	case EBUSY:
	case EAGAIN:
		return EX_TEMPFAIL;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	default:
		return EXIT_FAILURE;
	}
}

int session_run(struct session *session, const char *line)
{
	session->answered = false;
	if (client_command(session->client, 1, line) < 0)
		return complain(EX_UNAVAILABLE, "the relay is gone");
	int code = wait_for(session, &session->answered, SESSION_WAIT_MS);
	if (code == EX_TEMPFAIL)
		return complain(code, "the relay does not answer");
	if (!code && session->result)
		return complain(session_code(session->result), session->reply);
	return code;
}

const struct model_speaker *session_speaker(const struct session *session, const char *word)
{
	const struct model *model = &session->model;
	char *end;
	long number = strtol(word, &end, 10);
	if (!*end && end != word)
		return number >= 1 && number <= model->speaker_count ? &model->speakers[number - 1]
		                                                     : NULL;
	for (int i = 0; i < model->speaker_count; i++)
		if (!strcasecmp(model->speakers[i].address, word) ||
		    !strcasecmp(model->speakers[i].name, word))
			return &model->speakers[i];
	return NULL;
}

int session_word(char *line, size_t size, const char *word)
{
	size_t used = strlen(line);
	bool quote = !*word || strpbrk(word, " \t");
	int length = snprintf(line + used, size - used, "%s%s%s%s", used ? " " : "",
	                      quote ? "\"" : "", word, quote ? "\"" : "");
	return strchr(word, '"') || length < 0 || (size_t)length >= size - used ? -EINVAL : 0;
}
