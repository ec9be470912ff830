/* SPDX-License-Identifier: MIT */
#include "program/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#define STATUS_US 2000000 /* how often it is told what plays, at the most */
#define SIGNS 4           /* of life, in the time that systemd waits for one */

static void status_tell(struct notify *notify)
{
	const struct model *model = relay_model(notify->relay);
	char status[sizeof(notify->status)];
	int playing = 0;
	for (int i = 0; i < model->speaker_count; i++)
		playing += model_speaker_plays(&model->speakers[i]);
	snprintf(status, sizeof(status), "%d speakers, %d playing%s%.60s", model->speaker_count,
	         playing, *model->problem ? "; " : "", model->problem);
	if (!strcmp(status, notify->status))
		return;
	memcpy(notify->status, status, sizeof(status));
	sd_notifyf(0, "STATUS=%s", status);
}

static int timer_again(sd_event_source *timer, uint64_t us)
{
	int error = sd_event_source_set_time_relative(timer, us);
	return error < 0 ? error : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int on_status(sd_event_source *timer, uint64_t us, void *user)
{
	(void)us;
	status_tell(user);
	return timer_again(timer, STATUS_US);
}

static int on_watchdog(sd_event_source *timer, uint64_t us, void *user)
{
	struct notify *notify = user;
	uint64_t steps = relay_engine_steps(notify->relay);
	(void)us;
	if (steps != notify->steps)
		sd_notify(0, "WATCHDOG=1");
	notify->steps = steps;
	return timer_again(timer, notify->watchdog_us);
}

static int watchdog_begin(struct notify *notify, sd_event *event)
{
	uint64_t us;
	int wanted = sd_watchdog_enabled(0, &us);
	if (wanted <= 0)
		return wanted;
	notify->watchdog_us = us / SIGNS;
	return sd_event_add_time_relative(event, &notify->watchdog_timer, CLOCK_MONOTONIC,
	                                  notify->watchdog_us, 0, on_watchdog, notify);
}

int notify_begin(struct notify *notify, struct relay *relay, sd_event *event)
{
	notify->relay = relay;
	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	int error = watchdog_begin(notify, event);
	if (error >= 0)
		error = sd_event_add_time_relative(event, &notify->status_timer, CLOCK_MONOTONIC, 0,
		                                   0, on_status, notify);
	sd_notify(0, "READY=1");
	return error < 0 ? error : 0;
}

void notify_end(struct notify *notify)
{
	sd_event_source_unref(notify->status_timer);
	sd_event_source_unref(notify->watchdog_timer);
	sd_notify(0, "STOPPING=1");
}
