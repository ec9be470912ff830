/* SPDX-License-Identifier: MIT */
#include "measure/timebase.h"

#include <math.h>

#define STEADY_SECONDS 1.0 /* below that a slope would be the jitter's */
#define OFF_MOST 500e-6    /* no sound card is further off */

void timebase_init(struct timebase *timebase, double rate)
{
	*timebase = (struct timebase){.rate = rate};
}

void timebase_feed(struct timebase *timebase, int64_t position, int64_t ns)
{
	if (!timebase->count) {
		timebase->first_ns = ns;
		timebase->first_position = position;
	}
	double x = (double)(position - timebase->first_position) / timebase->rate;
	double y = (double)(ns - timebase->first_ns) / 1e9 - x;
	timebase->count++;
	timebase->x += x;
	timebase->y += y;
	timebase->xx += x * x;
	timebase->xy += x * y;
}

/* seconds passed = x + offset + slope × x, for x seconds of nominal frames */
static void solve(const struct timebase *timebase, double *offset, double *slope)
{
	double n = (double)timebase->count;
	*offset = *slope = 0;
	if (!timebase->count)
		return;
	double variance = timebase->xx / n - timebase->x / n * (timebase->x / n);
	if (timebase->x / n * 2 > STEADY_SECONDS && variance > 0)
		*slope = (timebase->xy / n - timebase->x / n * (timebase->y / n)) / variance;
	*slope = fmax(-OFF_MOST, fmin(OFF_MOST, *slope));
	*offset = (timebase->y - *slope * timebase->x) / n;
}

int64_t timebase_time_of(const struct timebase *timebase, double position)
{
	double offset, slope, x = (position - (double)timebase->first_position) / timebase->rate;
	solve(timebase, &offset, &slope);
	return timebase->first_ns + llround((x + offset + slope * x) * 1e9);
}

double timebase_position_at(const struct timebase *timebase, int64_t ns)
{
	double offset, slope, t = (double)(ns - timebase->first_ns) / 1e9;
	solve(timebase, &offset, &slope);
	return (double)timebase->first_position + (t - offset) / (1 + slope) * timebase->rate;
}
