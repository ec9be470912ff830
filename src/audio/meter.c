/* SPDX-License-Identifier: MIT */
#include "audio/meter.h"

#include <math.h>
#include <string.h>

#define FALL_DB_PER_SECOND 13.3f
#define HOLD_SECONDS 1.6f
#define RMS_SECONDS 0.6f
#define OVER_RUN 3
#define FULL_SCALE (32767.0f / 32768.0f)

void meter_init(struct meter *meter, uint32_t rate)
{
	*meter = (struct meter){.rate = rate};
}

void meter_reset(struct meter *meter)
{
	for (int i = 0; i < METER_CHANNELS; i++) {
		meter->channels[i].hold = 0;
		meter->channels[i].over = false;
	}
}

/* Peak and sum of squares of one block, for both channels. */
struct block {
	float peak[METER_CHANNELS], square_sum[METER_CHANNELS];
};

/* Left, right, left, right. */
typedef float lanes __attribute__((vector_size(16)));
#define LANES 4

static struct block block_scan(const struct frame *frames, uint32_t count)
{
	const float *samples = &frames->left;
	lanes square = {0}, peak = {0};
	for (uint32_t i = 0; i + LANES <= METER_CHANNELS * count; i += LANES) {
		lanes value;
		memcpy(&value, samples + i, sizeof(value));
		for (int k = 0; k < LANES; k++)
			peak[k] = fmaxf(peak[k], fabsf(value[k]));
		square += value * value;
	}
	struct frame last = count % 2 ? frames[count - 1] : (struct frame){0, 0};
	return (struct block){
	    .peak = {fmaxf(fmaxf(peak[0], peak[2]), fabsf(last.left)),
	             fmaxf(fmaxf(peak[1], peak[3]), fabsf(last.right))},
	    .square_sum = {square[0] + square[2] + last.left * last.left,
	                   square[1] + square[3] + last.right * last.right},
	};
}

/* Three in a row at full scale, also across blocks; looked for only where there is one at all. */
static void channel_count_over(struct meter_channel *channel, const float *samples, uint32_t count,
                               float peak)
{
	if (peak < FULL_SCALE) {
		channel->full_run = 0;
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		bool full = fabsf(samples[METER_CHANNELS * i]) >= FULL_SCALE;
		channel->full_run = full ? channel->full_run + 1 : 0;
		if (channel->full_run >= OVER_RUN)
			channel->over = true;
	}
}

/* The ballistics, once a block: a block is a few milliseconds, the eye sees 100. */
static void channel_move(struct meter_channel *channel, float peak, float square, float seconds,
                         uint32_t count, uint32_t hold_frames)
{
	float fallen = channel->peak * powf(10, -FALL_DB_PER_SECOND * seconds / 20);
	channel->peak = peak > fallen ? peak : fallen;
	channel->square += (square - channel->square) * (1 - expf(-seconds / RMS_SECONDS));
	channel->hold_left = channel->hold_left > count ? channel->hold_left - count : 0;
	if (peak >= channel->hold || !channel->hold_left) {
		channel->hold = channel->peak;
		channel->hold_left = hold_frames;
	}
}

void meter_feed(struct meter *meter, const struct frame *frames, uint32_t count)
{
	if (!count)
		return;
	float seconds = (float)count / (float)meter->rate;
	uint32_t hold_frames = (uint32_t)(HOLD_SECONDS * (float)meter->rate);
	const float *samples = &frames->left;
	struct block block = block_scan(frames, count);
	for (int i = 0; i < METER_CHANNELS; i++) {
		struct meter_channel *channel = &meter->channels[i];
		channel_count_over(channel, samples + i, count, block.peak[i]);
		channel_move(channel, block.peak[i], block.square_sum[i] / (float)count, seconds,
		             count, hold_frames);
	}
}

static float decibels(float linear)
{
	float db = linear > 0 ? 20 * log10f(linear) : METER_FLOOR_DB;
	return db > METER_FLOOR_DB ? db : METER_FLOOR_DB;
}

struct meter_reading meter_read(const struct meter *meter)
{
	struct meter_reading reading = {.over = false};
	for (int i = 0; i < METER_CHANNELS; i++) {
		const struct meter_channel *channel = &meter->channels[i];
		reading.peak_db[i] = decibels(channel->peak);
		reading.rms_db[i] = decibels(sqrtf(channel->square));
		reading.hold_db[i] = decibels(channel->hold);
		reading.over = reading.over || channel->over;
	}
	return reading;
}
