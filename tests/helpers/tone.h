/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_TONE_H
#define TESTS_HELPERS_TONE_H

#include <stdint.h>

#include "audio/frame.h"

/* Test signals and what became of them. */

/* A sine of `hz` in both channels, frame `from` and the `count` after it, of an endless tone. */
void tone_fill(struct frame *frames, int64_t from, uint32_t count, double hz, double rate,
               double amplitude);

/* Noise in −amplitude..amplitude that depends on the frame's number only; left and right differ. */
void noise_fill(struct frame *frames, int64_t from, uint32_t count, float amplitude);

/*
 * Everything in the left channel that is not a sine of about `hz`, against the sine, in dB: the best
 * fitting sine is taken out, its frequency searched around `hz`.
 */
double tone_residue_db(const struct frame *frames, uint32_t count, double hz, double rate);

/* The largest step between neighbours, left channel. */
double largest_step(const struct frame *frames, uint32_t count);

/* Where `b` best fits onto the 8192 frames of `a` from `at` on, within ±600 frames: the shift. */
int best_shift(const float *a, const float *b, int64_t at);

#endif
