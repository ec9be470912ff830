/* SPDX-License-Identifier: MIT */
#include "engine/tap.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int tap_new(struct tap **ret_tap, int fd, const uint8_t configuration[SBC_CONFIG_BYTES],
            uint32_t clock_id)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	if (!tap)
		return -ENOMEM;
	int error = sbc_config_parse(&tap->config, configuration, SBC_CONFIG_BYTES);
	if (!error)
		error = sbc_init_a2dp(&tap->sbc, 0, configuration, SBC_CONFIG_BYTES);
	if (error) {
		free(tap);
		return error;
	}
	tap->sbc.endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? SBC_BE : SBC_LE;
	tap->fd = fd;
	tap->clock_id = clock_id;
	tap->rate = tap->config.rate;
	*ret_tap = tap;
	return 0;
}

void tap_open(struct tap *tap, int fd)
{
	tap->fd = fd;
}

int tap_set_rate(struct tap *tap, const struct reader_filter *filter, uint32_t rate)
{
	uint32_t own = tap->config.rate;
	if (rate > RESAMPLER_RATIO * own || own > RESAMPLER_RATIO * rate)
		return -ENOTSUP;
	tap->rate = rate;
	resampler_init(&tap->resampler, filter, own, rate);
	return 0;
}

void tap_free(struct tap *tap)
{
	if (!tap)
		return;
	sbc_finish(&tap->sbc);
	if (tap->fd >= 0)
		close(tap->fd);
	free(tap);
}

int tap_fd(const struct tap *tap)
{
	return tap->ended ? -1 : tap->fd;
}

/* One SBC frame; silence where it is broken.  Returns the bytes that it took. */
static size_t frame_decode(struct tap *tap, const uint8_t *bytes, size_t size, struct frame *frames)
{
	int16_t pcm[256];
	size_t written = 0, channels = sbc_config_channels(&tap->config);
	unsigned samples = sbc_config_frame_samples(&tap->config);
	ssize_t used = size ? sbc_decode(&tap->sbc, bytes, size, pcm, sizeof(pcm), &written) : 0;
	bool whole = used > 0 && written == samples * channels * sizeof(*pcm);
	for (unsigned i = 0; i < samples; i++)
		frames[i] = whole ? (struct frame){pcm[i * channels] / 32768.0f,
		                                   pcm[(i + 1) * channels - 1] / 32768.0f}
		                  : (struct frame){0, 0};
	return whole ? (size_t)used : size;
}

static uint32_t packet_decode(struct tap *tap, unsigned count, size_t size, struct frame *frames)
{
	size_t at = RTP_HEADER_BYTES;
	unsigned samples = sbc_config_frame_samples(&tap->config);
	for (unsigned i = 0; i < count; i++)
		at += frame_decode(tap, tap->packet + at, size - at, frames + i * samples);
	return count * samples;
}

static int64_t frames_ns(const struct tap *tap, int64_t frames)
{
	return frames * 1000000000 / tap->config.rate;
}

static void window_begin(struct tap *tap, int64_t now)
{
	tap->least_ns = INT64_MAX;
	tap->window_ns = now + TAP_WINDOW_NS;
}

/* Where the source's clock stands with a packet that has come now. */
static void clock_follow(struct tap *tap, int64_t now)
{
	int64_t late = now - tap->next_ns;
	if (!tap->began || late < -TAP_JUMP_NS || late > TAP_JUMP_NS) {
		tap->next_ns = now;
		window_begin(tap, now);
		return;
	}
	if (late < 0)
		tap->next_ns = now;
	if (late < tap->least_ns)
		tap->least_ns = late > 0 ? late : 0;
	if (now < tap->window_ns)
		return;
	tap->next_ns += tap->least_ns;
	window_begin(tap, now);
}

/* What was lost on the way has its place, too. */
static void packets_missed(struct tap *tap, uint16_t sequence, uint32_t count)
{
	uint16_t missed = (uint16_t)(sequence - tap->sequence);
	if (!tap->began || missed > TAP_LOST_MOST)
		missed = 0;
	tap->position += (int64_t)missed * count;
	tap->next_ns += frames_ns(tap, (int64_t)missed * count);
	tap->sequence = (uint16_t)(sequence + 1);
}

/* An empty packet and the end look alike to recv; who has sent the former is still there.  Waits for nothing. */
static bool channel_ended(int fd)
{
	struct pollfd channel = {.fd = fd, .events = POLLRDHUP};
	return ppoll(&channel, 1, &(struct timespec){0}, NULL) != 0;
}

/* Says whether there was a packet; its size is 0 where it was empty. */
static bool packet_receive(struct tap *tap, size_t *ret_size)
{
	ssize_t size = recv(tap->fd, tap->packet, sizeof(tap->packet), MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (size < 0 || (size == 0 && channel_ended(tap->fd)))
		tap->ended = true;
	*ret_size = size > 0 ? (size_t)size : 0;
	return !tap->ended;
}

/* Who sends faster than can be read must not keep the engine from the speakers. */
static bool step_allows(struct tap *tap, int64_t now)
{
	if (now != tap->step_ns)
		tap->step_packets = 0;
	tap->step_ns = now;
	return tap->step_packets++ < TAP_STEP_MOST;
}

/* The next packet that makes sense; its frames, not counted yet. */
static uint32_t packet_take(struct tap *tap, int64_t now, struct frame *frames)
{
	struct rtp_header header;
	size_t size;
	do {
		if (tap->ended || !step_allows(tap, now) || !packet_receive(tap, &size))
			return 0;
	} while (rtp_read(&header, tap->packet, size) < 0);
	uint32_t count = packet_decode(tap, header.frames, size, frames);
	packets_missed(tap, header.sequence, count);
	clock_follow(tap, now);
	tap->began = true;
	return count;
}

static void block_convert(struct tap *tap, struct inlet_block *block, struct frame *frames)
{
	block->count = resampler_convert(&tap->resampler, tap->position, tap->sound, block->count,
	                                 frames, &block->position);
	double ahead = resampler_place(&tap->resampler, block->position) - (double)tap->position;
	block->ns += (int64_t)(ahead * 1e9 / tap->config.rate);
}

int tap_read(struct tap *tap, struct inlet_block *block, struct frame *frames, int64_t now)
{
	bool converts = tap->rate != tap->config.rate;
	do {
		uint32_t count = packet_take(tap, now, converts ? tap->sound : frames);
		if (!count)
			return 0;
		*block = (struct inlet_block){.ns = tap->next_ns,
		                              .position = tap->position,
		                              .clock_id = tap->clock_id,
		                              .count = count,
		                              .paced = true};
		if (converts)
			block_convert(tap, block, frames);
		tap->position += count;
		tap->next_ns += frames_ns(tap, count);
	} while (!block->count); /* all of it waits for what comes after */
	return 1;
}
