/* SPDX-License-Identifier: MIT */
#include "engine/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t monotonic(void *user)
{
	struct timespec time;
	(void)user;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

const struct clock clock_monotonic = {monotonic, NULL};
