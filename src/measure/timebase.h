/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_TIMEBASE_H
#define MEASURE_TIMEBASE_H

#include <stdint.h>

/*
 * When was a frame of the recording heard?  A microphone hands in blocks, each with its position and the
 * time of that; its clock is off by up to 100 ppm, and the times jitter.  A straight line through all of
 * them, fed block by block, tells both away.  Pure.
 */

struct timebase {
	double rate; /* nominal, frames a second */
	int64_t count;
	int64_t first_ns, first_position;
	/* sums over the blocks, of seconds after the first and of what they are ahead of nominal */
	double x, y, xx, xy;
};

void timebase_init(struct timebase *timebase, double rate);
void timebase_feed(struct timebase *timebase, int64_t position, int64_t ns);

/* The instant at which the frame, also a broken one, was heard. */
int64_t timebase_time_of(const struct timebase *timebase, double position);

/* The frame that was heard at an instant. */
double timebase_position_at(const struct timebase *timebase, int64_t ns);

#endif
