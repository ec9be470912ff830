/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include <stdint.h>

/* What time it is, in ns, for whoever would otherwise ask the system: tests and the simulation give
 * another answer. */
struct clock {
	int64_t (*now)(void *user);
	void *user;
	int64_t (*slept)(void *user); /* the host, since it was booted; NULL: it never does */
};

static inline int64_t clock_now(const struct clock *clock)
{
	return clock->now(clock->user);
}

static inline int64_t clock_slept(const struct clock *clock)
{
	return clock->slept ? clock->slept(clock->user) : 0;
}

/* CLOCK_MONOTONIC, and by how much CLOCK_BOOTTIME is ahead of it. */
extern const struct clock clock_monotonic;

#endif
