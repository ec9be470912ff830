/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_MIX_H
#define AUDIO_MIX_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/frame.h"

/*
 * Which channel a speaker plays and how loud: one 2 × 2 matrix for volume, mute and channel.
 *
 *     left  out │ ll  lr │ left  in
 *     right out │ rl  rr │ right in
 *
 * With `awake` a tone of 30 Hz at -60 dB, which no small speaker lets hear, is played while there is
 * silence: digital silence lets many of them switch themselves off, that tone does not.
 *
 * A change is a straight ramp of the four numbers over MIX_RAMP frames: never a step, and at rest
 * with gain 1 in stereo the frames stay as they are, bit by bit.  Pure; belongs to one thread.
 */

#define MIX_RAMP 882 /* 20 ms at 44.1 kHz */

enum mix_channel { MIX_STEREO, MIX_LEFT, MIX_RIGHT, MIX_MONO };

struct mix_matrix {
	float ll, lr, rl, rr;
	bool awake;
};

struct mix {
	struct mix_matrix now, from, goal;
	uint32_t left; /* frames of the ramp still to come */
	float tone_phase, tone_level;
};

/* The matrix of a channel choice at a linear gain. */
struct mix_matrix mix_matrix_of(enum mix_channel channel, float gain);

/* Linear gain of a volume of 0 to 100 %: its cube, so that equal steps sound equal; 0 = silence. */
float mix_gain_of_volume(unsigned percent);

void mix_init(struct mix *mix, struct mix_matrix matrix);
void mix_set(struct mix *mix, struct mix_matrix matrix);
void mix_apply(struct mix *mix, struct frame *frames, uint32_t count);

/* Do both channels come out the same, bit by bit?  Not while a ramp runs, and not of silence. */
bool mix_is_one_channel(const struct mix *mix);

#endif
