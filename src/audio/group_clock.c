/* SPDX-License-Identifier: MIT */
#include "audio/group_clock.h"

#include <math.h>

#define NS_PER_SECOND 1e9

static double frames_per_ns(const struct group_clock *clock)
{
	return clock->rate * clock->speed / NS_PER_SECOND;
}

void group_clock_init(struct group_clock *clock, uint32_t rate, int64_t now)
{
	*clock = (struct group_clock){.rate = rate, .anchor_ns = now, .speed = 1};
	spa_dll_init(&clock->dll);
}

double group_clock_frame_at(const struct group_clock *clock, int64_t ns)
{
	return clock->anchor_frame + (double)(ns - clock->anchor_ns) * frames_per_ns(clock);
}

int64_t group_clock_time_of(const struct group_clock *clock, double frame)
{
	double ns = ceil((frame - clock->anchor_frame) / frames_per_ns(clock));
	int64_t time = clock->anchor_ns + (int64_t)ns;
	while (group_clock_frame_at(clock, time) < frame) /* the last bit of the division */
		time++;
	return time;
}

/* The narrowest bandwidth of the loop: 100 ppm of jitter on the input leave 20 ppm at the output. */
static void dll_set_period(struct group_clock *clock, uint32_t period)
{
	clock->period = period;
	spa_dll_set_bw(&clock->dll, SPA_DLL_BW_MIN, period, clock->rate);
}

void group_clock_steer(struct group_clock *clock, int64_t ns, double ahead, uint32_t period)
{
	if (period != clock->period)
		dll_set_period(clock, period);
	double speed = spa_dll_update(&clock->dll, -ahead);
	double most = 1 + GROUP_CLOCK_SPEED_LIMIT, least = 1 - GROUP_CLOCK_SPEED_LIMIT;
	/* what cannot be followed is not remembered: it would have to be unlearned first */
	clock->dll.z3 = fmin(fmax(clock->dll.z3, 1 - most), 1 - least);
	clock->anchor_frame = group_clock_frame_at(clock, ns);
	clock->anchor_ns = ns;
	clock->speed = fmin(fmax(speed, least), most);
}

void group_clock_release(struct group_clock *clock)
{
	spa_dll_init(&clock->dll);
	clock->dll.z3 = 1 - clock->speed; /* the loop's integrator: start from the speed that is */
	clock->period = 0;
}

double group_clock_ppm(const struct group_clock *clock)
{
	return (clock->speed - 1) * 1e6;
}
