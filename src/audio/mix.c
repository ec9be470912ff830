/* SPDX-License-Identifier: MIT */
#include "audio/mix.h"

#include <math.h>
#include <string.h>

#define TONE_LEVEL 0.001f /* -60 dB */
#define TONE_STEP (2 * (float)M_PI * 30 / 44100)
#define TONE_RAMP (TONE_LEVEL / 4410) /* it comes and goes within 0.1 s */
#define SILENT 1e-5f                  /* -100 dB: less than a 16 bit step */

struct mix_matrix mix_matrix_of(enum mix_channel channel, float gain)
{
	switch (channel) {
	case MIX_LEFT:
		return (struct mix_matrix){gain, 0, gain, 0, false};
	case MIX_RIGHT:
		return (struct mix_matrix){0, gain, 0, gain, false};
	case MIX_MONO:
		return (struct mix_matrix){gain / 2, gain / 2, gain / 2, gain / 2, false};
	case MIX_STEREO:
		break;
	}
	return (struct mix_matrix){gain, 0, 0, gain, false};
}

float mix_gain_of_volume(unsigned percent)
{
	float part = (float)(percent > 100 ? 100 : percent) / 100;
	return part * part * part;
}

void mix_init(struct mix *mix, struct mix_matrix matrix)
{
	*mix = (struct mix){.now = matrix, .from = matrix, .goal = matrix};
}

void mix_set(struct mix *mix, struct mix_matrix matrix)
{
	mix->from = mix->now;
	mix->goal = matrix;
	mix->left = MIX_RAMP;
}

static float between(float from, float to, float weight)
{
	return from + (to - from) * weight;
}

static void ramp_step(struct mix *mix)
{
	if (!--mix->left) {
		mix->now = mix->goal;
		return;
	}
	float weight = 1 - (float)mix->left / MIX_RAMP;
	mix->now = (struct mix_matrix){
	    .ll = between(mix->from.ll, mix->goal.ll, weight),
	    .lr = between(mix->from.lr, mix->goal.lr, weight),
	    .rl = between(mix->from.rl, mix->goal.rl, weight),
	    .rr = between(mix->from.rr, mix->goal.rr, weight),
	    .awake = mix->goal.awake,
	};
}

static bool is_identity(const struct mix_matrix *matrix)
{
	return matrix->ll == 1 && matrix->lr == 0 && matrix->rl == 0 && matrix->rr == 1;
}

static bool is_silent(const struct frame *frames, uint32_t count)
{
	float most = 0;
	for (uint32_t i = 0; i < count; i++)
		most = fmaxf(most, fmaxf(fabsf(frames[i].left), fabsf(frames[i].right)));
	return most < SILENT;
}

/* Into silence it comes softly, before sound it goes softly. */
static void tone_apply(struct mix *mix, struct frame *frames, uint32_t count)
{
	float goal = mix->now.awake && is_silent(frames, count) ? TONE_LEVEL : 0;
	if (goal == 0 && mix->tone_level == 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		mix->tone_level =
		    fminf(fmaxf(goal, mix->tone_level - TONE_RAMP), mix->tone_level + TONE_RAMP);
		mix->tone_phase += TONE_STEP;
		float tone = mix->tone_level * sinf(mix->tone_phase);
		frames[i].left += tone;
		frames[i].right += tone;
	}
	mix->tone_phase = fmodf(mix->tone_phase, 2 * (float)M_PI);
}

static void matrix_apply(struct mix *mix, struct frame *frames, uint32_t count)
{
	if (!mix->left && is_identity(&mix->now))
		return;
	for (uint32_t i = 0; i < count; i++) {
		if (mix->left)
			ramp_step(mix);
		struct frame in = frames[i];
		frames[i].left = mix->now.ll * in.left + mix->now.lr * in.right;
		frames[i].right = mix->now.rl * in.left + mix->now.rr * in.right;
	}
}

void mix_apply(struct mix *mix, struct frame *frames, uint32_t count)
{
	matrix_apply(mix, frames, count);
	if (mix->now.awake || mix->tone_level > 0)
		tone_apply(mix, frames, count);
}

bool mix_is_one_channel(const struct mix *mix)
{
	const struct mix_matrix *now = &mix->now;
	bool silent = now->ll == 0 && now->lr == 0;
	return !mix->left && !silent && now->ll == now->rl && now->lr == now->rr;
}
