/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_NOTIFY_H
#define PROGRAM_NOTIFY_H

#include <systemd/sd-event.h>

#include "relay/relay.h"

/*
 * What systemd is told of a service (sd_notify(3)): that it is ready, what plays, that it ends; and, where
 * the unit has a WatchdogSec, that it lives.  Alive is a relay whose loop runs and whose engine has moved
 * since it was told last: an engine that is stuck is silent, and only a new start helps.  Without systemd
 * none of it costs anything.  Main thread only.
 */

struct notify {
	struct relay *relay;
	sd_event_source *status_timer, *watchdog_timer;
	uint64_t watchdog_us; /* from one sign of life to the next */
	uint64_t steps;       /* of the engine, when the last one was given */
	char status[96];      /* as systemd knows it */
};

/* Says that the relay is ready, and hooks the rest into the loop.  Returns 0 or -errno. */
int notify_begin(struct notify *notify, struct relay *relay, sd_event *event);

/* Says that it ends; also where it has not begun. */
void notify_end(struct notify *notify);

#endif
