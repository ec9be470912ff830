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

static int64_t slept(void *user)
{
	struct timespec awake, all;
	(void)user;
	clock_gettime(CLOCK_MONOTONIC, &awake);
	clock_gettime(CLOCK_BOOTTIME, &all);
	return (int64_t)(all.tv_sec - awake.tv_sec) * 1000000000 + all.tv_nsec - awake.tv_nsec;
}

const struct clock clock_monotonic = {.now = monotonic, .slept = slept};
