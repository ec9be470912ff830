/* SPDX-License-Identifier: MIT */
/* status, watch and log: what there is. */
#include "scripts/scripts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "program/print.h"
#include "relay/command.h"
#include "scripts/session.h"

#define LOG_MS 250 /* how often a log that is followed looks */

struct look {
	struct session_options common;
	int32_t interval_ms;
	long count; /* 0: for ever */
	bool follow;
	int32_t level;
};

static const struct argument_row watch_rows[] = {
    {"interval", "TIME", 'i', "so often: 1s, 500ms"},
    {"count", "N", 'n', "end after so many"},
    {0},
};
static const struct argument_row log_rows[] = {
    {"follow", NULL, 'f', "go on with what happens; also -f"},
    {"level", "LEVEL", 'l', "from this one on: debug, info, warn, error"},
    {0},
};
const struct argument_row *const script_status_options[] = {session_rows, NULL};
const struct argument_row *const script_watch_options[] = {session_rows, watch_rows, NULL};
const struct argument_row *const script_log_options[] = {session_rows, log_rows, NULL};

static int take_interval(struct look *look, const char *value)
{
	bool step;
	int64_t ns;
	if (command_read_time(value, &step, &ns) < 0 || step || ns < 50000000 || ns > 3600000000000)
		return arguments_wrong("interval", value,
		                       "is no time from 50ms to 3600s, like 1s or 500ms");
	look->interval_ms = (int32_t)(ns / 1000000);
	return 0;
}

static int take_count(struct look *look, const char *value)
{
	char *end;
	look->count = strtol(value, &end, 10);
	return end == value || *end || look->count < 1
	           ? arguments_wrong("count", value, "is no number from 1 on")
	           : 0;
}

static int take_level(struct look *look, const char *value)
{
	look->level = model_level_read(value);
	return look->level == MODEL_UNKNOWN
	           ? arguments_wrong("level", value, "is not debug, info, warn or error")
	           : 0;
}

static int take(void *user, int letter, const char *value)
{
	struct look *look = user;
	switch (letter) {
	case 'i':
		return take_interval(look, value);
	case 'n':
		return take_count(look, value);
	case 'f':
		look->follow = true;
		return 0;
	case 'l':
		return take_level(look, value);
	default:
		return session_take(&look->common, letter);
	}
}

/* Returns EX_OK, EX_USAGE, or -1 where the help was wanted and is printed. */
static int begin(struct look *look, int argc, char *argv[],
                 const struct argument_row *const tables[])
{
	int first = argc;
	*look = (struct look){.interval_ms = 1000};
	int result = arguments_read(argc, argv, "fhn:", tables, take, look, &first);
	if (result == ARGUMENTS_HELP) {
		printf("Usage: echorelay %s [OPTION]...\n\n", argv[0]);
		arguments_help(tables);
		return -1;
	}
	if (result < 0)
		return EX_USAGE;
	if (first == argc)
		return EX_OK;
	fprintf(stderr, "echorelay: %s takes no '%s'\n", argv[0], argv[first]);
	return EX_USAGE;
}

/* --- status -------------------------------------------------------------------------------------- */

static bool all_well(const struct model *model)
{
	if (*model->problem)
		return false;
	for (int i = 0; i < model->speaker_count; i++)
		if (model->speakers[i].state >= SPEAKER_STALLED)
			return false;
	return true;
}

int script_status(int argc, char *argv[])
{
	struct look look;
	struct session session;
	int code = begin(&look, argc, argv, script_status_options);
	if (code)
		return code < 0 ? EX_OK : code;
	code = session_open(&session, look.common.demo);
	if (!code)
		code = session_model(&session);
	if (!code) {
		if (look.common.json)
			print_json(&session.model);
		else
			print_status(&session.model);
		code = all_well(&session.model) ? EX_OK : EXIT_FAILURE;
	}
	session_close(&session);
	return code;
}

/* --- watch --------------------------------------------------------------------------------------- */

static int watch(const struct look *look, struct session *session)
{
	int code = session_watch(session, look->interval_ms);
	for (long done = 0; !code && (!look->count || done < look->count); done++) {
		code = session_next(session, look->interval_ms + SESSION_WAIT_MS);
		if (code)
			break;
		if (look->common.json)
			print_json(&session->model);
		else
			print_batch(&session->model);
		if (fflush(stdout))
			break; /* nobody reads any more */
	}
	return code;
}

int script_watch(int argc, char *argv[])
{
	struct look look;
	struct session session;
	int code = begin(&look, argc, argv, script_watch_options);
	if (code)
		return code < 0 ? EX_OK : code;
	code = session_open(&session, look.common.demo);
	if (!code)
		code = watch(&look, &session);
	session_close(&session);
	return code;
}

/* --- log ----------------------------------------------------------------------------------------- */

static int64_t events_print(const struct look *look, const struct model *model, int64_t after)
{
	for (int i = 0; i < model->event_count; i++) {
		const struct model_event *event = &model->events[i];
		if (event->number <= after)
			continue;
		after = event->number;
		if (event->level < look->level)
			continue;
		if (look->common.json)
			print_event_json(model, event);
		else
			print_event(event);
	}
	return after;
}

static int log_follow(const struct look *look, struct session *session)
{
	int64_t last = 0;
	int code = session_watch(session, look->follow ? LOG_MS : 0);
	while (!code && !(code = session_next(session, SESSION_WAIT_MS))) {
		last = events_print(look, &session->model, last);
		if (fflush(stdout) || !look->follow)
			break;
	}
	return code;
}

int script_log(int argc, char *argv[])
{
	struct look look;
	struct session session;
	int code = begin(&look, argc, argv, script_log_options);
	if (code)
		return code < 0 ? EX_OK : code;
	code = session_open(&session, look.common.demo);
	if (!code)
		code = log_follow(&look, &session);
	session_close(&session);
	return code;
}
