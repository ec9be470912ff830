/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_METER_H
#define AUDIO_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/frame.h"

/*
 * A level meter for two channels.  Peak rises at once and falls by 13.3 dB/s (20 dB in 1.5 s); hold is
 * the greatest peak of the last 1.6 s; RMS is averaged over 600 ms; "over" latches after three
 * samples in a row at full scale, until it is reset.  Pure; belongs to one thread.
 */

#define METER_FLOOR_DB (-90.0f) /* shown for silence, and for anything below */
#define METER_CHANNELS 2

struct meter_channel {
	float peak; /* linear, falling */
	float hold;
	uint32_t hold_left; /* frames */
	float square;       /* mean square */
	uint32_t full_run;  /* samples in a row at full scale */
	bool over;
};

struct meter {
	uint32_t rate;
	struct meter_channel channels[METER_CHANNELS];
};

/* What a meter shows, in dBFS. */
struct meter_reading {
	float peak_db[METER_CHANNELS];
	float rms_db[METER_CHANNELS];
	float hold_db[METER_CHANNELS];
	bool over;
};

void meter_init(struct meter *meter, uint32_t rate);
void meter_feed(struct meter *meter, const struct frame *frames, uint32_t count);
void meter_reset(struct meter *meter); /* holds and "over" */
struct meter_reading meter_read(const struct meter *meter);

#endif
