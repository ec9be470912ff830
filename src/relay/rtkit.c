/* SPDX-License-Identifier: MIT */
/*
 *   Get MaxRealtimePriority ─► Get RTTimeUSecMax ─► setrlimit(RLIMIT_RTTIME) ─► MakeThreadRealtime
 *
 * One by one: rtkit-daemon has Get and no GetAll (rtkit-daemon.c, dbus_handler).
 */
#include "relay/rtkit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SERVICE "org.freedesktop.RealtimeKit1"
#define PATH "/org/freedesktop/RealtimeKit1"
#define TIMEOUT_US 5000000

struct rtkit {
	sd_bus *bus;
	sd_bus_slot *slot;
	pid_t thread;
	int32_t priority; /* the highest there is */
	rtkit_answer answer;
	void *user;
};

static void answer(struct rtkit *rtkit, const char *problem)
{
	rtkit->answer(rtkit->user, problem); /* it may be the last that is seen of it */
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
static int make_real_time(struct rtkit *rtkit, int64_t time_us)
{
	sd_bus_message *call = NULL;
	uint32_t priority = (uint32_t)(rtkit->priority > 1 ? rtkit->priority - 1 : 1);
	int error = time_limit(time_us);
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

static int property_get(struct rtkit *rtkit, const char *name, sd_bus_message_handler_t done)
{
	sd_bus_message *call = NULL;
	int error = sd_bus_message_new_method_call(rtkit->bus, &call, SERVICE, PATH,
	                                           "org.freedesktop.DBus.Properties", "Get");
	if (error >= 0)
		error = sd_bus_message_append(call, "ss", SERVICE, name);
	if (error >= 0)
		error = call_send(rtkit, call, done);
	sd_bus_message_unref(call);
	return error;
}

/* A limit of 0, as a portal without rtkit behind it tells, would be the end of us at once. */
static int on_time(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct rtkit *rtkit = user;
	int64_t time_us = 0;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_read(reply, "v", "x", &time_us) < 0 || time_us < 1)
		answer(rtkit, "rtkit tells no limits");
	else if (make_real_time(rtkit, time_us) < 0)
		answer(rtkit, "rtkit cannot be asked");
	return 0;
}

static int on_priority(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct rtkit *rtkit = user;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		answer(rtkit, "there is no rtkit");
	else if (sd_bus_message_read(reply, "v", "i", &rtkit->priority) < 0 || rtkit->priority < 1)
		answer(rtkit, "rtkit tells no limits");
	else if (property_get(rtkit, "RTTimeUSecMax", on_time) < 0)
		answer(rtkit, "rtkit cannot be asked");
	return 0;
}

int rtkit_ask(struct rtkit **ret_rtkit, sd_bus *bus, pid_t thread, rtkit_answer answered,
              void *user)
{
	struct rtkit *rtkit = calloc(1, sizeof(*rtkit));
	if (!rtkit)
		return -ENOMEM;
	*rtkit = (struct rtkit){
	    .bus = sd_bus_ref(bus), .thread = thread, .answer = answered, .user = user};
	int error = property_get(rtkit, "MaxRealtimePriority", on_priority);
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
