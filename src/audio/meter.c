/* SPDX-License-Identifier: MIT */
#include "audio/meter.h"

#include <math.h>

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

struct block {
	float peak, square_sum;
};

static void channel_count_over(struct meter_channel *channel, float magnitude)
{
	channel->full_run = magnitude >= FULL_SCALE ? channel->full_run + 1 : 0;
	if (channel->full_run >= OVER_RUN)
		channel->over = true;
}

static struct block channel_scan(struct meter_channel *channel, const float *samples,
                                 uint32_t count)
{
	struct block block = {0, 0};
	for (uint32_t i = 0; i < count; i++) {
		float magnitude = fabsf(samples[METER_CHANNELS * i]);
		block.square_sum += magnitude * magnitude;
		if (magnitude > block.peak)
			block.peak = magnitude;
		if (magnitude >= FULL_SCALE || channel->full_run)
			channel_count_over(channel, magnitude);
	}
	return block;
}

/* The ballistics, once a block: a block is a few milliseconds, the eye sees 100. */
static void channel_move(struct meter_channel *channel, struct block block, float seconds,
                         uint32_t count, uint32_t hold_frames)
{
	float fallen = channel->peak * powf(10, -FALL_DB_PER_SECOND * seconds / 20);
	channel->peak = block.peak > fallen ? block.peak : fallen;
	channel->square += (block.square_sum / (float)count - channel->square) *
	                   (1 - expf(-seconds / RMS_SECONDS));
	channel->hold_left = channel->hold_left > count ? channel->hold_left - count : 0;
	if (block.peak >= channel->hold || !channel->hold_left) {
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
	for (int i = 0; i < METER_CHANNELS; i++) {
		struct meter_channel *channel = &meter->channels[i];
		struct block block = channel_scan(channel, samples + i, count);
		channel_move(channel, block, seconds, count, hold_frames);
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
