/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "audio/meter.h"

/*
 * What the engine shows of itself, some 20 times a second.  The engine's thread fills one of three
 * copies and swaps it in; the main thread swaps out the newest when it wants one.  Neither waits.
 */

#define ENGINE_OUTPUTS_MAX 32
#define SNAPSHOT_LATENESS 64 /* the last packets' lateness kept for each output */

struct output_snapshot {
	uint32_t id;
	bool parked; /* stalled or failed: it sends nothing until it is removed */
	uint8_t bitpool;
	bool lowered; /* the bitpool, because the link is congested */
	uint16_t packet_bytes;
	uint32_t packet_samples;
	int64_t delay;      /* frames, as applied now */
	int64_t stock;      /* frames in the timeline from where this output's next packet begins */
	uint32_t queued;    /* packets in the socket */
	int64_t waiting_ns; /* since the oldest of them was sent */
	uint64_t sent;      /* packets */
	uint64_t bytes;
	uint64_t dropped; /* packets that were due but never sent */
	uint64_t late;    /* packets sent OUTPUT_LATE_NS or more after they were due */
	int32_t lateness_us[SNAPSHOT_LATENESS]; /* sent − due; INT32_MIN where none yet */
	struct meter_reading meter;
};

struct source_snapshot {
	bool live;
	int64_t lead;       /* frames between the clock and the end of the timeline */
	bool paced;         /* it has found its pace, and the group's clock follows it (intake.h) */
	int64_t settles_ns; /* the instant at which it will have; 0: it has, or there is none */
	double ppm; /* the source's clock against nominal, as the group's clock follows it */
	uint32_t epochs, gaps, xruns, overruns;
	uint64_t frames;
	struct meter_reading meter;
};

struct snapshot {
	int64_t ns;
	double frame;          /* of the timeline, due at that instant */
	double frames_per_ns;  /* the pace of the group's clock */
	uint64_t steps;        /* times the thread woke */
	int64_t wake_worst_ns; /* the latest it ever woke, since the last snapshot */
	struct source_snapshot source;
	uint32_t count;
	struct output_snapshot outputs[ENGINE_OUTPUTS_MAX];
};

struct snapshot_exchange {
	struct snapshot copies[3];
	atomic_uint middle; /* the copy in between; SNAPSHOT_FRESH is set when it is new */
	unsigned back;      /* the engine's */
	unsigned front;     /* the main thread's */
};

void snapshot_exchange_init(struct snapshot_exchange *exchange);

/* Engine thread: where to write the next snapshot, and to publish it. */
struct snapshot *snapshot_back(struct snapshot_exchange *exchange);
void snapshot_publish(struct snapshot_exchange *exchange);

/* Main thread: the newest snapshot; valid until the next call. */
const struct snapshot *snapshot_front(struct snapshot_exchange *exchange);

#endif
