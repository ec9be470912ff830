/* SPDX-License-Identifier: MIT */
/* The commands that play test signals and line the speakers up. */
#include "relay/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADSTART_NS (SIGNAL_LEAD_IN_NS + SECOND_NS / 4)

/* Clicks fall on whole seconds of the timeline: two speakers tick together, whoever began later. */
static int64_t begin_of(struct relay *relay, int64_t now)
{
	uint32_t rate = relay->settings->config.rate;
	double first = engine_frame_at(relay->engine, now + HEADSTART_NS);
	return ((int64_t)first / rate + 1) * rate;
}

/* "tone" or "tone+music"; "toggle" is the tone, or off where any signal is on. */
static bool read_signal(const char *text, const struct speaker *speaker, struct signal_plan *plan)
{
	if (speaker && !strcmp(text, "toggle"))
		text = speaker->test == SIGNAL_NONE ? "tone" : "off";
	char name[32];
	const char *plus = strstr(text, "+music");
	snprintf(name, sizeof(name), "%s", text);
	plan->with_music = plus && !plus[6];
	if (plan->with_music && (size_t)(plus - text) < sizeof(name))
		name[plus - text] = 0;
	plan->kind = signal_read(name);
	return plan->kind < SIGNAL_COUNT;
}

static int test_one(struct speaker *speaker, const struct signal_plan *plan)
{
	bool off = plan->kind == SIGNAL_NONE;
	return speaker_test(speaker, plan->kind, off ? NULL : signal_overlay(plan));
}

int execute_test(struct relay *relay, struct speaker *speaker, const char *signal, char *reply,
                 size_t size)
{
	int64_t now = relay_now(relay);
	struct signal_plan plan = {.rate = relay->settings->config.rate,
	                           .begin = begin_of(relay, now)};
	int error = -ENOTCONN;
	if (!read_signal(signal, speaker, &plan)) {
		snprintf(
		    reply, size,
		    "test: click, metronome, tone, sweep, channels, silence, toggle or off, not "
		    "'%s'",
		    signal);
		return -EINVAL;
	}
	if (aligning_busy(relay)) {
		snprintf(reply, size, "a measurement runs; align cancel ends it");
		return -EBUSY;
	}
	for (int i = 0; i < relay->speaker_count; i++) {
		if (speaker && relay->speakers[i] != speaker)
			continue;
		int result = test_one(relay->speakers[i], &plan);
		error = result == 0 || error == 0 ? 0 : result;
	}
	if (error == -ENOTCONN)
		snprintf(reply, size, "%s", speaker ? "it does not play" : "no speaker plays");
	else
		snprintf(reply, size, "test signal: %s%s", signal_name(plan.kind),
		         plan.with_music ? ", over the music" : "");
	return error;
}

int execute_align(struct relay *relay, char *const *arguments, int count, char *reply, size_t size)
{
	const char *what = arguments[0];
	const char *node = count > 1 && strcmp(arguments[1], "auto") != 0 ? arguments[1] : NULL;
	if (!strcmp(what, "start"))
		return aligning_start(relay, node, count > 2 ? arguments[2] : NULL, reply, size);
	if (!strcmp(what, "keep") || !strcmp(what, "levels"))
		return aligning_keep(relay, *what == 'l', reply, size);
	if (!strcmp(what, "back")) {
		int error = aligning_put_back(relay);
		snprintf(reply, size, error ? "nothing to put back" : "as it was before");
		return error;
	}
	if (!strcmp(what, "cancel")) {
		aligning_cancel(relay);
		snprintf(reply, size, "no measurement; nothing is changed");
		return 0;
	}
	snprintf(reply, size, "align: start, keep, levels, back or cancel, not '%s'", what);
	return -EINVAL;
}
