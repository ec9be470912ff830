/* SPDX-License-Identifier: MIT */
/*
 *   GetAll ─► MaxRealtimePriority, RTTimeUSecMax ─► setrlimit(RLIMIT_RTTIME) ─► MakeThreadRealtime
 */
#include "relay/rtkit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SERVICE "org.freedesktop.RealtimeKit1"
#define PATH "/org/freedesktop/RealtimeKit1"
#define TIMEOUT_US 5000000

struct rtkit {
	sd_bus *bus;
	sd_bus_slot *slot;
	pid_t thread;
	rtkit_answer answer;
	void *user;
};

struct limits {
	int32_t priority; /* the highest there is */
	int64_t time_us;
};

static void answer(struct rtkit *rtkit, const char *problem)
{
	rtkit->answer(rtkit->user, problem); /* it may be the last that is seen of it */
}

/* Returns 1 where the value was one of ours, 0 where it has another type, or -errno. */
static int value_read(sd_bus_message *message, const char *type, void *value)
{
	const char *contents;
	int error = sd_bus_message_peek_type(message, NULL, &contents);
	if (error < 0 || strcmp(contents, type) != 0)
		return error < 0 ? error : 0;
	return sd_bus_message_read(message, "v", type, value);
}

static int limit_read(sd_bus_message *message, struct limits *limits)
{
	const char *name;
	int taken = sd_bus_message_read(message, "s", &name);
	if (taken < 0)
		return taken;
	taken = 0;
	if (!strcmp(name, "MaxRealtimePriority"))
		taken = value_read(message, "i", &limits->priority);
	else if (!strcmp(name, "RTTimeUSecMax"))
		taken = value_read(message, "x", &limits->time_us);
	return taken ? taken : sd_bus_message_skip(message, "v");
}

static int limits_read(sd_bus_message *message, struct limits *limits)
{
	int error = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (error >= 0 && (error = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		error = limit_read(message, limits);
		if (error >= 0)
			error = sd_bus_message_exit_container(message);
	}
	return error;
}

/* Only down: a shorter one, set by somebody else, is a promise, too. */
static int time_limit(int64_t us)
{
	struct rlimit limit;
	rlim_t most = (rlim_t)us;
	if (getrlimit(RLIMIT_RTTIME, &limit) < 0)
		return -errno;
	if (limit.rlim_max > most) /* RLIM_INFINITY is the highest number */
		limit.rlim_max = most;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_RTTIME, &limit) < 0 ? -errno : 0;
}

static int on_made(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)error;
	answer(user, sd_bus_message_is_method_error(reply, NULL) ? "rtkit refuses" : NULL);
	return 0;
}

static int call_send(struct rtkit *rtkit, sd_bus_message *call, sd_bus_message_handler_t done)
{
	sd_bus_slot_unref(rtkit->slot);
	rtkit->slot = NULL;
	return sd_bus_call_async(rtkit->bus, &rtkit->slot, call, done, rtkit, TIMEOUT_US);
}

/* One below the highest, where there is one: that is PipeWire's, which feeds us. */
static int make_real_time(struct rtkit *rtkit, const struct limits *limits)
{
	sd_bus_message *call = NULL;
	uint32_t priority = (uint32_t)(limits->priority > 1 ? limits->priority - 1 : 1);
	int error = time_limit(limits->time_us);
	if (error >= 0)
		error = sd_bus_message_new_method_call(rtkit->bus, &call, SERVICE, PATH, SERVICE,
		                                       "MakeThreadRealtime");
	if (error >= 0)
		error = sd_bus_message_append(call, "tu", (uint64_t)rtkit->thread, priority);
	if (error >= 0)
		error = call_send(rtkit, call, on_made);
	sd_bus_message_unref(call);
	return error;
}

/* A limit of 0, as a portal without rtkit behind it tells, would be the end of us at once. */
static int on_limits(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct rtkit *rtkit = user;
	struct limits limits = {0};
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		answer(rtkit, "there is no rtkit");
	else if (limits_read(reply, &limits) < 0 || limits.priority < 1 || limits.time_us < 1)
		answer(rtkit, "rtkit tells no limits");
	else if (make_real_time(rtkit, &limits) < 0)
		answer(rtkit, "rtkit cannot be asked");
	return 0;
}

int rtkit_ask(struct rtkit **ret_rtkit, sd_bus *bus, pid_t thread, rtkit_answer answered,
              void *user)
{
	struct rtkit *rtkit = calloc(1, sizeof(*rtkit));
	sd_bus_message *call = NULL;
	if (!rtkit)
		return -ENOMEM;
	*rtkit = (struct rtkit){
	    .bus = sd_bus_ref(bus), .thread = thread, .answer = answered, .user = user};
	int error = sd_bus_message_new_method_call(bus, &call, SERVICE, PATH,
	                                           "org.freedesktop.DBus.Properties", "GetAll");
	if (error >= 0)
		error = sd_bus_message_append(call, "s", SERVICE);
	if (error >= 0)
		error = call_send(rtkit, call, on_limits);
	sd_bus_message_unref(call);
	if (error < 0) {
		rtkit_free(rtkit);
		return error;
	}
	*ret_rtkit = rtkit;
	return 0;
}

void rtkit_free(struct rtkit *rtkit)
{
	if (!rtkit)
		return;
	sd_bus_slot_unref(rtkit->slot);
	sd_bus_unref(rtkit->bus);
	free(rtkit);
}
