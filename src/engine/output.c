/* SPDX-License-Identifier: MIT */
#include "engine/output.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <math.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Packets that may wait in the socket.  What waits there can no longer be taken back. */
#define SOCKET_PACKETS 6

/*
 * What the kernel accounts for a packet: struct sk_buff, and data with struct skb_shared_info behind it
 * in the next power of two (include/linux/skbuff.h, SKB_TRUESIZE): 1280 for 608 bytes.
 */
static int packet_truesize(size_t bytes)
{
	size_t bucket = 512;
	while (bucket < bytes + 320)
		bucket *= 2;
	return (int)bucket + 256;
}

static int socket_domain(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
		return -errno;
	return domain;
}

/*
 * Bounds the socket's queue and learns how it shows it: on L2CAP TIOCOUTQ is the *free* space
 * (net/bluetooth/af_bluetooth.c, bt_sock_ioctl), everywhere else what is queued.
 */
static int socket_prepare(struct output *output)
{
	int domain = socket_domain(output->fd);
	if (domain < 0)
		return domain;
	output->socket_shows_free = domain == AF_BLUETOOTH;
	output->packet_truesize = packet_truesize(sbc_stream_packet_bytes(&output->stream));
	int half = SOCKET_PACKETS * output->packet_truesize / 2; /* the kernel doubles it */
	setsockopt(output->fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half));
	int priority = 6; /* before everything else on the link; the highest without privilege */
	setsockopt(output->fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	socklen_t size = sizeof(output->socket_bytes);
	if (getsockopt(output->fd, SOL_SOCKET, SO_SNDBUF, &output->socket_bytes, &size) < 0)
		return -errno;
	return 0;
}

static void output_start_silent(struct output *output, struct mix_matrix mix)
{
	mix_init(&output->mix, (struct mix_matrix){0, 0, 0, 0});
	mix_set(&output->mix, mix);
	for (int i = 0; i < SNAPSHOT_LATENESS; i++)
		output->lateness_us[i] = INT32_MIN;
}

int output_new(struct output **ret_output, uint32_t id, const struct output_config *config,
               const struct reader_filter *filter)
{
	struct output *output = calloc(1, sizeof(*output));
	if (!output)
		return -ENOMEM;
	output->id = id;
	output->fd = config->fd;
	output->phase = config->phase;
	output->slack_ns = config->slack_ns;
	int error = sbc_stream_init(&output->stream, config->configuration, config->mtu);
	if (error) {
		free(output);
		return error;
	}
	error = socket_prepare(output);
	if (error) {
		output->fd = -1;
		output_free(output);
		return error;
	}
	uint32_t rate = output->stream.config.rate;
	reader_init(&output->reader, filter, (double)config->group_rate / rate,
	            (double)config->delay);
	meter_init(&output->meter, rate);
	output_start_silent(output, config->mix);
	*ret_output = output;
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	sbc_stream_finish(&output->stream);
	if (output->fd >= 0)
		close(output->fd);
	free(output);
}

/* Group frames in the next packet. */
static double packet_length(const struct output *output)
{
	return sbc_stream_packet_samples(&output->stream) * output->reader.ratio;
}

/* The group frame at which the next packet is due. */
static double output_place(const struct output *output)
{
	return output->base + (double)output->next * output->reader.ratio;
}

/* The stream begins at the next instant that has this output's phase. */
static void output_start(struct output *output, const struct group_clock *clock, int64_t now)
{
	double length = packet_length(output);
	double frame = group_clock_frame_at(clock, now) + 1;
	double turn = ceil((frame - output->phase * length) / length);
	output->base = ceil((turn + output->phase) * length);
	output->started = true;
}

static int64_t park(struct output *output, enum output_fate fate, int error)
{
	output->fate = fate;
	output->error = error;
	return INT64_MAX;
}

/* Too late for the speaker: what is due by now is given up. */
static int64_t park_stalled(struct output *output, const struct group_clock *clock, int64_t now)
{
	double behind = group_clock_frame_at(clock, now) - output_place(output);
	output->dropped += (uint64_t)(behind / packet_length(output)) + 1;
	return park(output, OUTPUT_STALLED, 0);
}

static int packet_build(struct output *output, const struct timeline *timeline)
{
	uint32_t count = sbc_stream_packet_samples(&output->stream);
	reader_read(&output->reader, timeline, output_place(output), output->frames, count);
	mix_apply(&output->mix, output->frames, count);
	meter_feed(&output->meter, output->frames, count);
	ssize_t size = sbc_stream_encode(&output->stream, output->frames, output->packet);
	if (size < 0)
		return (int)size;
	output->packet_size = (size_t)size;
	output->packet_frames = count;
	return 0;
}

static void packet_account(struct output *output, int64_t lateness)
{
	output->sent++;
	output->bytes += output->packet_size;
	output->next += output->packet_frames;
	output->packet_size = 0;
	if (lateness >= OUTPUT_LATE_NS)
		output->late++;
	output->lateness_us[output->lateness_next++ % SNAPSHOT_LATENESS] =
	    (int32_t)(lateness / 1000);
}

static bool socket_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == EINTR;
}

int64_t output_step(struct output *output, const struct timeline *timeline,
                    const struct group_clock *clock, int64_t now)
{
	if (output->fate != OUTPUT_PLAYS)
		return INT64_MAX;
	if (!output->started)
		output_start(output, clock, now);
	for (;;) {
		double place = output_place(output);
		int64_t due = group_clock_time_of(clock, place);
		if (due > now)
			return due;
		if (now - due > output->slack_ns)
			return park_stalled(output, clock, now);
		uint32_t count = sbc_stream_packet_samples(&output->stream);
		if (!output->packet_size &&
		    reader_needs(&output->reader, place, count) > timeline->end)
			return now + OUTPUT_RETRY_NS;
		if (!output->packet_size && packet_build(output, timeline) < 0)
			return park(output, OUTPUT_FAILED, EIO);
		if (send(output->fd, output->packet, output->packet_size,
		         MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			packet_account(output, now - due);
		else if (socket_full(errno))
			return now + OUTPUT_RETRY_NS;
		else
			return park(output, OUTPUT_FAILED, errno);
	}
}

int64_t output_ahead(const struct output *output)
{
	double least = fmin(output->reader.delay, output->reader.goal);
	return (int64_t)ceil(packet_length(output) - least) + READER_LOOKAHEAD;
}

static uint32_t packets_queued(const struct output *output)
{
	int value = 0;
	if (ioctl(output->fd, SIOCOUTQ, &value) < 0)
		return 0;
	int queued = output->socket_shows_free ? output->socket_bytes - value : value;
	return queued > 0
	           ? (uint32_t)((queued + output->packet_truesize - 1) / output->packet_truesize)
	           : 0;
}

void output_show(const struct output *output, const struct timeline *timeline,
                 struct output_snapshot *shown)
{
	*shown = (struct output_snapshot){
	    .id = output->id,
	    .parked = output->fate != OUTPUT_PLAYS,
	    .bitpool = output->stream.bitpool,
	    .packet_bytes = (uint16_t)sbc_stream_packet_bytes(&output->stream),
	    .packet_samples = sbc_stream_packet_samples(&output->stream),
	    .delay = (int64_t)output->reader.delay,
	    .stock = timeline->end - (int64_t)output_place(output),
	    .queued = packets_queued(output),
	    .sent = output->sent,
	    .bytes = output->bytes,
	    .dropped = output->dropped,
	    .late = output->late,
	    .meter = meter_read(&output->meter),
	};
	for (int i = 0; i < SNAPSHOT_LATENESS; i++)
		shown->lateness_us[i] = output->lateness_us[i];
}
