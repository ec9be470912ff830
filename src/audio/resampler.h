/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_RESAMPLER_H
#define AUDIO_RESAMPLER_H

#include <stdint.h>

#include "audio/frame.h"
#include "audio/reader.h"

/*
 * Frames that come in pieces, at another rate.  Both sides count their frames from the same instant on, so that a
 * frame's place says where it belongs whatever was lost before it:
 *
 *     from 48000   ├──┼──┼──┼──┼──┼──┼──┼──┤            n-th frame out = place n · from/to in
 *     to 44100     ├───┼───┼───┼───┼── … READER_LOOKAHEAD behind
 *
 * The filter is the readers'.  Pure; belongs to one thread; allocates nothing.
 */

#define RESAMPLER_PIECE 1920 /* frames in at a time, at the most */
#define RESAMPLER_RATIO 2    /* to/from, at the most */
#define RESAMPLER_OUT (RESAMPLER_RATIO * RESAMPLER_PIECE + 2)

struct resampler {
	const struct reader_filter *filter;
	int64_t from, to;
	int64_t next;  /* the frame out that comes next */
	int64_t begin; /* the place in of the window's first frame */
	uint32_t held;
	struct frame window[RESAMPLER_PIECE + READER_FILTER_TAPS + 2];
};

/* `filter` must outlive it.  Rates in Hz, within RESAMPLER_RATIO. */
void resampler_init(struct resampler *resampler, const struct reader_filter *filter, uint32_t from,
                    uint32_t to);

/*
 * Takes `count` frames, the first of place `at`; what lies between them and the last ones is lost.  Writes what can
 * be told now to `out`, RESAMPLER_OUT frames, the first of number `ret_first`.  Returns how many; 0 may be.
 */
uint32_t resampler_convert(struct resampler *resampler, int64_t at, const struct frame *frames,
                           uint32_t count, struct frame *out, int64_t *ret_first);

/* Where frame `number` out belongs in. */
double resampler_place(const struct resampler *resampler, int64_t number);

#endif
