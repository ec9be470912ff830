/* SPDX-License-Identifier: MIT */
#include "relay/hearing.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "engine/inlet.h"
#include "measure/timebase.h"

struct hearing {
	struct source *microphone;
	struct source_info info;
	uint32_t rate;
	uint32_t clock_id;
	int64_t first,
	    next; /* positions: the oldest of the unbroken recording, and one past the newest */
	struct timebase timebase;
	float peak;
	struct inlet inlet;
	struct frame block[INLET_BLOCK_FRAMES];
	float samples[HEARING_SAMPLES];
};

static void on_changed(void *user, const struct source_info *info)
{
	struct hearing *hearing = user;
	hearing->info = *info;
}

static const struct source_events events = {.changed = on_changed};

int hearing_new(struct hearing **ret_hearing, struct source *microphone, uint32_t rate)
{
	struct hearing *hearing = calloc(1, sizeof(*hearing));
	if (!hearing) {
		microphone->ops->close(microphone);
		return -ENOMEM;
	}
	hearing->microphone = microphone;
	hearing->rate = rate;
	hearing->info.latency_ns = -1;
	inlet_init(&hearing->inlet);
	timebase_init(&hearing->timebase, rate);
	int error = microphone->ops->open(microphone, &hearing->inlet, rate, &events, hearing);
	if (error) {
		hearing_free(hearing);
		return error;
	}
	*ret_hearing = hearing;
	return 0;
}

void hearing_free(struct hearing *hearing)
{
	if (!hearing)
		return;
	hearing->microphone->ops->close(hearing->microphone);
	free(hearing);
}

/* A hole or another clock: what came before is no part of this recording. */
static void begin_anew(struct hearing *hearing, const struct inlet_block *block)
{
	timebase_init(&hearing->timebase, hearing->rate);
	hearing->clock_id = block->clock_id;
	hearing->first = hearing->next = block->position;
}

static void take_block(struct hearing *hearing, const struct inlet_block *block)
{
	if (!hearing->timebase.count || block->clock_id != hearing->clock_id ||
	    block->position != hearing->next)
		begin_anew(hearing, block);
	timebase_feed(&hearing->timebase, block->position, block->ns);
	for (uint32_t i = 0; i < block->count; i++) {
		float sample = (hearing->block[i].left + hearing->block[i].right) / 2;
		sample = isfinite(sample) ? sample : 0;
		hearing->samples[hearing->next++ % HEARING_SAMPLES] = sample;
		hearing->peak = fmaxf(hearing->peak, fabsf(sample));
	}
	if (hearing->next - hearing->first > HEARING_SAMPLES)
		hearing->first = hearing->next - HEARING_SAMPLES;
}

void hearing_dispatch(struct hearing *hearing)
{
	struct inlet_block block;
	hearing->microphone->ops->dispatch(hearing->microphone);
	while (inlet_read(&hearing->inlet, &block, hearing->block))
		if (block.count)
			take_block(hearing, &block);
}

void hearing_forget(struct hearing *hearing)
{
	timebase_init(&hearing->timebase, hearing->rate);
}

const struct source_info *hearing_info(const struct hearing *hearing)
{
	return &hearing->info;
}

/* What the microphone needs from the air to its blocks, as far as it says so. */
static int64_t latency(const struct hearing *hearing)
{
	return hearing->info.latency_ns > 0 ? hearing->info.latency_ns : 0;
}

int64_t hearing_time_of(const struct hearing *hearing, double position)
{
	return timebase_time_of(&hearing->timebase, position) - latency(hearing);
}

int64_t hearing_until(const struct hearing *hearing)
{
	return hearing->timebase.count ? hearing_time_of(hearing, (double)hearing->next)
	                               : INT64_MIN;
}

float hearing_peak(struct hearing *hearing)
{
	float peak = hearing->peak;
	hearing->peak = 0;
	return peak;
}

int hearing_copy(const struct hearing *hearing, int64_t from_ns, float *samples, size_t count,
                 int64_t *ret_position)
{
	if (!hearing->timebase.count)
		return -EAGAIN;
	double place = timebase_position_at(&hearing->timebase, from_ns + latency(hearing));
	int64_t position = llround(place);
	if (position < hearing->first)
		return -ENODATA;
	if (position + (int64_t)count > hearing->next)
		return -EAGAIN;
	for (size_t i = 0; i < count; i++)
		samples[i] = hearing->samples[(position + (int64_t)i) % HEARING_SAMPLES];
	*ret_position = position;
	return 0;
}
