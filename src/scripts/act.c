/* SPDX-License-Identifier: MIT */
#include "scripts/act.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include <jansson.h>

const struct argument_row act_timeout_rows[] = {
    {"timeout", "SECONDS", 't', "wait no longer than that"},
    {0},
};
const struct argument_row act_scan_rows[] = {
    {"all", NULL, 'a', "also what is no audio device, or has no name"},
    {0},
};
const struct argument_row act_pair_rows[] = {
    {"answer", "TEXT", 'w', "what it is told when it asks: a PIN, a passkey, yes"},
    {0},
};
const struct argument_row act_unpair_rows[] = {
    {"yes", NULL, 'y', "it is meant"},
    {0},
};

static int take_timeout(struct act *act, const char *value)
{
	char *end;
	act->timeout_s = strtod(value, &end);
	return end == value || *end || !(act->timeout_s > 0 && act->timeout_s < 1e6)
	           ? arguments_wrong("timeout", value, "is no number of seconds")
	           : 0;
}

static int take(void *user, int letter, const char *value)
{
	struct act *act = user;
	switch (letter) {
	case 't':
		return take_timeout(act, value);
	case 'w':
		act->answer = value;
		return 0;
	case 'a':
		act->all = true;
		return 0;
	case 'y':
		act->yes = true;
		return 0;
	default:
		return session_take(&act->common, letter);
	}
}

int act_begin(struct act *act, int argc, char *argv[], const char *letters,
              const struct argument_row *const tables[], const char *usage, double timeout_s)
{
	int first = argc;
	*act = (struct act){.timeout_s = timeout_s};
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

int act_usage(const char *name, const char *words)
{
	fprintf(stderr, "echorelay: usage: echorelay %s %s\n", name, words);
	return EX_USAGE;
}

void act_reply_print(const struct act *act, const struct session *session)
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

double act_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
