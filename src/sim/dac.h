/* SPDX-License-Identifier: MIT */
#ifndef SIM_DAC_H
#define SIM_DAC_H

#include <stdbool.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"
#include "audio/frame.h"

/*
 * The inside of a simulated speaker: packets in; decoder, jitter buffer, and a digital-to-analogue
 * converter that runs on a clock of its own; out comes what the room hears, on the time axis of the
 * whole world.
 *
 *   packets ─► SBC decoder ─► buffer ────────► DAC, (1 + ppm) × its rate ─► one frame per axis tick
 *                             `latency` deep
 *
 * The DAC starts `latency` after the packets' own time base, which a speaker takes, as jitter buffers
 * do, from those of the packets before the start that came earliest for their place.
 *
 * Three kinds are on the market:
 *   DAC_FIFO     plays what came, one after the other; knows nothing of gaps
 *   DAC_CONCEAL  puts silence in for packets that the sequence numbers say are missing
 *   DAC_RTP      plays each frame at the place its RTP timestamp names, drops what comes too late
 *
 * Knows no clock but its arguments.  One thread.
 */

enum dac_kind { DAC_FIFO, DAC_CONCEAL, DAC_RTP };

struct dac_config {
	enum dac_kind kind;
	int64_t latency_ns;
	double ppm;      /* of its clock against the world's */
	int64_t axis_ns; /* instant of frame 0 of the time axis */
	uint32_t axis_rate;
};

struct dac_counters {
	uint64_t packets, bytes, bad, missing_packets;
	uint64_t underruns; /* times that the buffer ran dry while playing */
	uint64_t overruns;  /* times that it was full */
	uint64_t late;      /* frames that came after their place had been played (DAC_RTP) */
	uint64_t sounded; /* frames of the axis in which it let something be heard that was sent */
};

struct dac;

/* What leaves the DAC; `frames` begin at frame `at` of the axis. */
typedef void (*dac_heard)(void *user, int64_t at, const struct frame *frames, uint32_t count);

/* Returns NULL without memory. */
struct dac *dac_new(const struct dac_config *config, dac_heard heard, void *user);
void dac_free(struct dac *dac);

/* A stream begins, with an empty buffer.  Returns 0, or -EINVAL for bytes that are no configuration. */
int dac_start(struct dac *dac, const uint8_t configuration[SBC_CONFIG_BYTES]);
void dac_stop(struct dac *dac);

/* A packet arrived at the instant `arrival_ns`. */
void dac_packet(struct dac *dac, const uint8_t *packet, size_t size, int64_t arrival_ns);

/* Lets the world hear everything up to the instant `now`. */
void dac_run(struct dac *dac, int64_t now);

/*
 * Decodes only what arrives within the first `lasts` ns of each `every`, and takes the rest for silence of
 * the same length: for long runs, where decoding costs more than all the rest.
 */
void dac_sample(struct dac *dac, int64_t lasts_ns, int64_t every_ns);

/* Gain of the speaker's own volume control, linear. */
void dac_set_gain(struct dac *dac, float gain);

bool dac_playing(const struct dac *dac);

const struct dac_counters *dac_counters(const struct dac *dac);

#endif
