/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_HOUSE_TIME_H
#define TESTS_HELPERS_HOUSE_TIME_H

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/helpers/house.h"

/*
 * For a program whose time-outs of sd-bus are to be the house's: it has its clock_gettime from here, so one file of it
 * includes this.
 */
static const struct house *clocked; /* whose time it is; NULL: this machine's */
static int64_t wall_step;           /* s, by which somebody has set the wall clock */

int clock_gettime(clockid_t id, struct timespec *time)
{
	if (clocked && (id == CLOCK_MONOTONIC || id == CLOCK_BOOTTIME)) {
		time->tv_sec = clocked->now / HOUSE_SECOND;
		time->tv_nsec = clocked->now % HOUSE_SECOND;
		return 0;
	}
	int result = (int)syscall(SYS_clock_gettime, id, time);
	if (id == CLOCK_REALTIME)
		time->tv_sec += wall_step;
	return result;
}

#endif
