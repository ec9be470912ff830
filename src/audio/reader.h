/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_READER_H
#define AUDIO_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/frame.h"
#include "audio/timeline.h"

/*
 * A reader plays the timeline at a delay of its own.  At rest that delay is a whole number of frames
 * and reading is a plain copy.  A change of delay is made in one of two ways, neither of which
 * clicks:
 *
 *   up to READER_SLEW_FRAMES   slew: time is stretched by READER_SLEW until the delay is reached,
 *                              through a windowed sinc, so that the pitch is 5 cents off meanwhile
 *   further                    fade: the old place fades into the new one within READER_FADE frames
 *
 * A speaker that runs at another rate than the group has a reader whose `ratio` is not 1; it always
 * goes through the sinc.  Pure; belongs to one thread; allocates nothing.
 */

#define READER_SLEW 0.003      /* frames of delay per frame */
#define READER_SLEW_FRAMES 132 /* 3 ms: at that pace done in a second */
#define READER_FADE 1024       /* 23 ms */
#define READER_LOOKAHEAD 25    /* frames that the sinc wants to see beyond its place */

#define READER_FILTER_TAPS 48
#define READER_FILTER_PHASES 512

/*
 * The sinc, Kaiser window (beta 10), cut off at 0.9 of half the rate: THD+N of a 1, 10 and 17 kHz
 * tone below -100 dB.  Row p holds the taps for a place p/512 of the way between two frames.
 */
struct reader_filter {
	float taps[READER_FILTER_PHASES + 1][READER_FILTER_TAPS];
};

struct reader {
	const struct reader_filter *filter;
	double ratio; /* group frames per frame read; 100 at the most */
	double delay; /* frames, now */
	double goal;  /* whole frames, where the delay is to be */
	double begin; /* the place, in group frames before delay, at which the change may begin */
	double fade_to;
	uint32_t fade_left; /* frames of the fade still to come; 0 = none is under way */
};

/* Computes the table, once; some milliseconds. */
void reader_filter_init(struct reader_filter *filter);

/*
 * The sound `fraction`, 0 to 1, of the way from frame READER_FILTER_TAPS / 2 − 1 of `window` to the next one; the
 * window has READER_FILTER_TAPS frames.
 */
struct frame reader_between(const struct reader_filter *filter, const struct frame *window,
                            double fraction);

/* `filter` must outlive the reader.  `delay` in whole frames. */
void reader_init(struct reader *reader, const struct reader_filter *filter, double ratio,
                 double delay);

/*
 * Asks for another delay, in whole frames, from the place `begin` on.  Readers that are given the
 * same `begin` start together.  While a fade is under way the new goal waits for its end.
 */
void reader_move(struct reader *reader, double goal, double begin);

bool reader_at_rest(const struct reader *reader);

/* One past the last frame of the timeline that reader_read(place, count) may look at. */
int64_t reader_needs(const struct reader *reader, double place, uint32_t count);

/*
 * Reads `count` frames; the first is due when the group's clock shows `place`, so it is the
 * timeline's frame place − delay.
 */
void reader_read(struct reader *reader, const struct timeline *timeline, double place,
                 struct frame *frames, uint32_t count);

#endif
