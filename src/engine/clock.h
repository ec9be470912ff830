/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CLOCK_H
#define ENGINE_CLOCK_H

#include <stdint.h>

/* What time it is, in ns, for whoever would otherwise ask the system: tests and the simulation give
 * another answer. */
struct clock {
	int64_t (*now)(void *user);
	void *user;
};

static inline int64_t clock_now(const struct clock *clock)
{
	return clock->now(clock->user);
}

/* CLOCK_MONOTONIC. */
extern const struct clock clock_monotonic;

#endif
