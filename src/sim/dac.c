/* SPDX-License-Identifier: MIT */
#include "sim/dac.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <sbc/sbc.h>

#include "a2dp/rtp.h"

#define BUFFER_FRAMES (1u << 17)
#define MASK (BUFFER_FRAMES - 1)
#define RUN_FRAMES 512

struct dac {
	struct dac_config config;
	dac_heard heard;
	void *user;

	sbc_t sbc;
	bool sbc_ready;
	struct sbc_config stream;

	bool streaming;
	bool playing;
	double base_ns; /* earliest arrival of frame 0, as the packets so far tell */
	bool base_known;
	double start;     /* axis frame at which the DAC began, may be between two */
	int64_t ticks;    /* of its clock since then */
	int64_t received; /* stream frames in the buffer or played: the next one's number */
	int64_t played;
	bool dry;
	uint16_t sequence;  /* expected */
	uint32_t timestamp; /* of stream frame 0 */
	bool first_packet;

	int64_t sample_lasts, sample_every; /* ns; 0: all is decoded */
	int64_t heard_until;                /* axis frames */
	struct frame last;                  /* what the DAC holds until its next tick */
	bool last_sent;                     /* that came in a packet, and fills no gap */
	float gain;
	struct dac_counters counters;
	struct frame buffer[BUFFER_FRAMES];
	bool sent[BUFFER_FRAMES]; /* came in a packet, in time */
};

struct dac *dac_new(const struct dac_config *config, dac_heard heard, void *user)
{
	struct dac *dac = calloc(1, sizeof(*dac));
	if (!dac)
		return NULL;
	dac->config = *config;
	dac->heard = heard;
	dac->user = user;
	dac->gain = 1;
	return dac;
}

void dac_free(struct dac *dac)
{
	if (!dac)
		return;
	if (dac->sbc_ready)
		sbc_finish(&dac->sbc);
	free(dac);
}

int dac_start(struct dac *dac, const uint8_t configuration[SBC_CONFIG_BYTES])
{
	if (sbc_config_parse(&dac->stream, configuration, SBC_CONFIG_BYTES) < 0)
		return -EINVAL;
	if (dac->sbc_ready)
		sbc_finish(&dac->sbc);
	dac->sbc_ready = sbc_init_a2dp(&dac->sbc, 0, configuration, SBC_CONFIG_BYTES) == 0;
	if (!dac->sbc_ready)
		return -EINVAL;
	dac->streaming = true;
	dac->playing = dac->base_known = dac->dry = false;
	dac->received = dac->played = 0;
	dac->first_packet = true;
	memset(dac->buffer, 0, sizeof(dac->buffer));
	memset(dac->sent, 0, sizeof(dac->sent));
	return 0;
}

void dac_stop(struct dac *dac)
{
	dac->streaming = dac->playing = false;
}

static void put(struct dac *dac, int64_t place, struct frame frame, bool sent)
{
	dac->buffer[(uint64_t)place & MASK] = frame;
	dac->sent[(uint64_t)place & MASK] = sent;
}

/* Decodes the packet's frames to the place `at` on; returns how many, or -1 for garbage. */
static int packet_decode(struct dac *dac, const uint8_t *bytes, size_t size, unsigned frames,
                         int64_t at)
{
	int count = 0;
	size_t channels = sbc_config_channels(&dac->stream);
	for (unsigned i = 0; i < frames; i++) {
		int16_t pcm[256];
		size_t written = 0;
		ssize_t used = sbc_decode(&dac->sbc, bytes, size, pcm, sizeof(pcm), &written);
		if (used <= 0)
			return -1;
		for (size_t k = 0; k < written / sizeof(*pcm); k += channels, count++)
			put(dac, at + count,
			    (struct frame){pcm[k] / 32768.0f, pcm[k + channels - 1] / 32768.0f},
			    true);
		bytes += used;
		size -= (size_t)used;
	}
	return count;
}

static bool packet_wanted(const struct dac *dac, int64_t arrival_ns)
{
	int64_t age = arrival_ns - dac->config.axis_ns;
	return !dac->sample_every || age % dac->sample_every < dac->sample_lasts;
}

static int packet_skip(struct dac *dac, unsigned frames, int64_t at)
{
	int count = (int)(frames * sbc_config_frame_samples(&dac->stream));
	for (int i = 0; i < count; i++)
		put(dac, at + i, (struct frame){0, 0}, true);
	return count;
}

static void put_silence(struct dac *dac, int64_t count)
{
	for (; count > 0; count--)
		put(dac, dac->received++, (struct frame){0, 0}, false);
}

/* Where the packet's first frame belongs, by the kind of speaker. */
static int64_t packet_place(struct dac *dac, const struct rtp_header *header)
{
	uint16_t missing = (uint16_t)(header->sequence - dac->sequence);
	if (!dac->first_packet && missing && missing < 1000) {
		dac->counters.missing_packets += missing;
		if (dac->config.kind == DAC_CONCEAL)
			put_silence(dac, (int64_t)missing * header->frames *
			                     sbc_config_frame_samples(&dac->stream));
	}
	if (dac->config.kind != DAC_RTP)
		return dac->received;
	int64_t place = (int32_t)(header->timestamp - dac->timestamp);
	if (place > dac->received && place < dac->received + BUFFER_FRAMES)
		put_silence(dac, place - dac->received);
	return place;
}

static void base_learn(struct dac *dac, int64_t arrival_ns, int64_t place)
{
	double base = (double)arrival_ns - (double)place * 1e9 / dac->stream.rate;
	if (dac->playing || (dac->base_known && base >= dac->base_ns))
		return;
	dac->base_ns = base;
	dac->base_known = true;
}

void dac_packet(struct dac *dac, const uint8_t *packet, size_t size, int64_t arrival_ns)
{
	struct rtp_header header;
	if (!dac->streaming || rtp_read(&header, packet, size) < 0) {
		dac->counters.bad++;
		return;
	}
	dac_run(dac, arrival_ns);
	if (dac->first_packet)
		dac->timestamp = header.timestamp;
	int64_t place = packet_place(dac, &header);
	if (place + RTP_FRAMES_MAX * 128 - dac->played > BUFFER_FRAMES) {
		dac->counters.overruns++;
		return;
	}
	int count = packet_wanted(dac, arrival_ns)
	                ? packet_decode(dac, packet + RTP_HEADER_BYTES, size - RTP_HEADER_BYTES,
	                                header.frames, place)
	                : packet_skip(dac, header.frames, place);
	if (count < 0) {
		dac->counters.bad++;
		return;
	}
	dac->counters.packets++;
	dac->counters.bytes += size;
	if (dac->config.kind == DAC_RTP && place < dac->played)
		dac->counters.late +=
		    (uint64_t)(dac->played - place < count ? dac->played - place : count);
	dac->received = place + count > dac->received ? place + count : dac->received;
	dac->sequence = (uint16_t)(header.sequence + 1);
	dac->first_packet = false;
	base_learn(dac, arrival_ns, place);
}

static double axis_of(const struct dac *dac, double ns)
{
	return (ns - (double)dac->config.axis_ns) * dac->config.axis_rate / 1e9;
}

/* Frames that the DAC has clocked out when the axis shows `frame`. */
static int64_t ticks_at(const struct dac *dac, int64_t frame)
{
	double pace = (1 + dac->config.ppm * 1e-6) * dac->stream.rate / dac->config.axis_rate;
	return (int64_t)floor(((double)frame - dac->start) * pace + 1e-7);
}

static struct frame play_one(struct dac *dac)
{
	if (dac->played >= dac->received) {
		if (!dac->dry)
			dac->counters.underruns++;
		dac->dry = true;
		if (dac->config.kind == DAC_RTP) /* its clock goes on */
			put(dac, dac->played++, (struct frame){0, 0}, false);
		dac->last_sent = false;
		return (struct frame){0, 0};
	}
	dac->dry = false;
	struct frame frame = dac->buffer[(uint64_t)dac->played & MASK];
	dac->last_sent = dac->sent[(uint64_t)dac->played & MASK];
	put(dac, dac->played++, (struct frame){0, 0}, false);
	return (struct frame){frame.left * dac->gain, frame.right * dac->gain};
}

/* What the room hears at one tick of the axis: usually one frame later than at the last. */
static struct frame hear_one(struct dac *dac, int64_t at)
{
	if (dac->streaming && !dac->playing && dac->base_known &&
	    (double)at >= axis_of(dac, dac->base_ns + (double)dac->config.latency_ns)) {
		dac->playing = true;
		dac->start = axis_of(dac, dac->base_ns + (double)dac->config.latency_ns);
		dac->ticks = ticks_at(dac, at);
		dac->last = play_one(dac);
	}
	if (!dac->playing)
		return (struct frame){0, 0};
	for (int64_t ticks = ticks_at(dac, at); dac->ticks < ticks; dac->ticks++)
		dac->last = play_one(dac);
	dac->counters.sounded += dac->last_sent;
	return dac->last;
}

void dac_run(struct dac *dac, int64_t now)
{
	int64_t until = (int64_t)floor(axis_of(dac, (double)now));
	while (dac->heard_until < until) {
		struct frame frames[RUN_FRAMES] = {{0, 0}};
		int64_t left = until - dac->heard_until;
		uint32_t count = left < RUN_FRAMES ? (uint32_t)left : RUN_FRAMES;
		for (uint32_t i = 0; dac->streaming && i < count; i++)
			frames[i] = hear_one(dac, dac->heard_until + i);
		if (dac->heard)
			dac->heard(dac->user, dac->heard_until, frames, count);
		dac->heard_until += count;
	}
}

void dac_sample(struct dac *dac, int64_t lasts_ns, int64_t every_ns)
{
	dac->sample_lasts = lasts_ns;
	dac->sample_every = every_ns;
}

void dac_set_gain(struct dac *dac, float gain)
{
	dac->gain = gain;
}

bool dac_playing(const struct dac *dac)
{
	return dac->playing;
}

const struct dac_counters *dac_counters(const struct dac *dac)
{
	return &dac->counters;
}
