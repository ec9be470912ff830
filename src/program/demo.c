/* SPDX-License-Identifier: MIT */
#include "program/demo.h"

#define LOOK_US 500000
#define LATE_NS 15000000 /* a packet that waits for 20 ms is a sign (a2dp/congestion.h) */
#define TELL_US 60000000

static int on_look(sd_event_source *timer, uint64_t us, void *user)
{
	struct program *program = user;
	int64_t late_ns = sim_late_ns(program->sim);
	bool tells = late_ns >= LATE_NS && us >= program->demo_tells_us;
	if (tells) {
		journal_write(&program->journal, JOURNAL_WARNING, "demo",
		              "this machine is busy: the simulated radios stood still for %d ms; a "
		              "full air may be no more than that",
		              (int)(late_ns / 1000000));
		program->demo_tells_us = us + TELL_US;
	}
	sd_event_source_set_time_relative(timer, LOOK_US);
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

int demo_watch(struct program *program)
{
	int error = sd_event_add_time_relative(program->event, NULL, CLOCK_MONOTONIC, LOOK_US, 0,
	                                       on_look, program);
	return error < 0 ? error : 0;
}
