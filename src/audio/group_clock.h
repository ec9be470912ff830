/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_GROUP_CLOCK_H
#define AUDIO_GROUP_CLOCK_H

#include <stdint.h>

#include <spa/utils/dll.h>

/*
 * The group's clock: which frame of the timeline is due at which instant.
 *
 *        frame                    . '        slope: frames a second, nominal rate × speed
 *          |                  . '
 *   anchor +              . '
 *          |          . '
 *          +-----------+------------ CLOCK_MONOTONIC, ns
 *                  anchor_ns
 *
 * All speakers are sent their frames by this one clock.  It never stops and never jumps.  While a
 * source plays, a delay-locked loop (spa/utils/dll.h) bends its speed towards the source's own
 * clock, so that neither the audio in stock nor its lack can grow; without a source it keeps the
 * last speed.  Pure; belongs to one thread.
 */

#define GROUP_CLOCK_SPEED_LIMIT 300e-6 /* a source further off than ±300 ppm is not followed */

struct group_clock {
	uint32_t rate; /* frames a second, nominal */
	int64_t anchor_ns;
	double anchor_frame;
	double speed; /* 1 = nominal */
	struct spa_dll dll;
	uint32_t period; /* frames between two calls of steer, as the DLL was set up for */
};

void group_clock_init(struct group_clock *clock, uint32_t rate, int64_t now);

double group_clock_frame_at(const struct group_clock *clock, int64_t ns);

/* The first instant at which `frame` is due: group_clock_frame_at(that) >= frame. */
int64_t group_clock_time_of(const struct group_clock *clock, double frame);

/*
 * Tells the clock what a source showed at the instant `ns`: the source was `ahead` frames further
 * than this clock wants it to be (negative: behind).  To be called once every `period` frames.
 */
void group_clock_steer(struct group_clock *clock, int64_t ns, double ahead, uint32_t period);

/* Forgets what the loop was about to correct, for a new source; the speed stays as it is. */
void group_clock_release(struct group_clock *clock);

/* Deviation of the clock from nominal, in ppm: what the source's clock does, once locked. */
double group_clock_ppm(const struct group_clock *clock);

#endif
