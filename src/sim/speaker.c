/* SPDX-License-Identifier: MIT */
/* The sound of a simulated speaker: from its end of the media channel to its DAC and a file. */
#include "sim/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "a2dp/rtp.h"

#define NS_PER_SECOND 1000000000ll

static void on_heard(void *user, int64_t at, const struct frame *frames, uint32_t count)
{
	struct device *device = user;
	ear_hear(device->world->ear, device->index, at, frames, count);
	if (device->listener)
		device->listener(device->listener_user, at, frames, count);
	if (device->record)
		sf_writef_float(device->record, &frames->left, count);
}

/*
 * <folder>/<address>.wav, what the room heard, and <address>.packets, what came in: a line of its instant in
 * nanoseconds, its sequence number, its bytes and its RTP time.
 */
static int record_open(struct device *device, char *message, size_t size)
{
	SF_INFO info = {.samplerate = WORLD_AXIS_RATE,
	                .channels = 2,
	                .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT};
	const char *folder = device->world->scenario->record;
	char path[4200], address[18];
	if (!*folder)
		return 0;
	for (int i = 0; i < 18; i++)
		address[i] = device->address[i] == ':' ? '-' : device->address[i];
	snprintf(path, sizeof(path), "%s/%s.wav", folder, address);
	device->record = sf_open(path, SFM_WRITE, &info);
	if (!device->record) {
		snprintf(message, size, "record: %s: %s", path, sf_strerror(NULL));
		return -EIO;
	}
	snprintf(path, sizeof(path), "%s/%s.packets", folder, address);
	device->packet_log = fopen(path, "w");
	if (device->packet_log)
		return 0;
	snprintf(message, size, "record: %s: %s", path, strerror(errno));
	return -errno;
}

/* The kernel stamps a packet when it is sent, on the wall clock. */
static int64_t stamp_of(const struct world *world, struct msghdr *header)
{
	struct timespec wall, monotonic, stamp;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c && !world->virtual_time;
	     c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
		clock_gettime(CLOCK_REALTIME, &wall);
		clock_gettime(CLOCK_MONOTONIC, &monotonic);
		return (monotonic.tv_sec - wall.tv_sec + stamp.tv_sec) * NS_PER_SECOND +
		       monotonic.tv_nsec - wall.tv_nsec + stamp.tv_nsec;
	}
	return world->now;
}

static void packet_log(struct device *device, const uint8_t *packet, ssize_t size, int64_t arrival)
{
	struct rtp_header header = {0};
	if (!device->packet_log)
		return;
	rtp_read(&header, packet, (size_t)size);
	fprintf(device->packet_log, "%lld %u %zd %u\n", (long long)(arrival - device->world->start),
	        header.sequence, size, header.timestamp);
}

/* The next packet in the socket, and when it was sent.  Returns its size, or 0. */
static ssize_t packet_receive(struct device *device, uint8_t *packet, size_t size, int64_t *sent)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct iovec io = {packet, size};
	struct msghdr header = {.msg_iov = &io,
	                        .msg_iovlen = 1,
	                        .msg_control = control.bytes,
	                        .msg_controllen = sizeof(control.bytes)};
	if (device->transport.speaker_fd < 0 || !device->transport.readable)
		return 0;
	ssize_t received = recvmsg(device->transport.speaker_fd, &header, MSG_DONTWAIT);
	device->transport.readable = received > 0;
	if (received <= 0)
		return 0;
	*sent = stamp_of(device->world, &header);
	return received;
}

static void packet_hear(struct device *device, const uint8_t *packet, ssize_t size, int64_t arrival)
{
	packet_log(device, packet, size, arrival);
	if (device->last_arrival && arrival - device->last_arrival > device->spacing_worst)
		device->spacing_worst = arrival - device->last_arrival;
	device->last_arrival = arrival;
	dac_packet(device->dac, packet, (size_t)size, arrival);
}

/* --- the radio's end --------------------------------------------------------------------------- */

static ssize_t link_fetch(void *user, uint8_t *packet, size_t size, int64_t *sent)
{
	return packet_receive(user, packet, size, sent);
}

static void link_arrived(void *user, const uint8_t *packet, size_t size, int64_t ns)
{
	packet_hear(user, packet, (ssize_t)size, ns);
}

static void link_flushed(void *user)
{
	peer_flush_occurred(user);
}

static const struct radio_ops link_ops = {link_fetch, link_arrived, link_flushed};

static void link_open(struct device *device)
{
	device->link = (struct radio_link){
	    .ops = &link_ops,
	    .user = device,
	    .mtu = device->speaker->mtu,
	    .loss = device->speaker->loss,
	};
	if (device->adapter->shared)
		radio_add(&device->adapter->radio, &device->link);
}

/* --- a radio for itself: a packet arrives when it is sent ---------------------------------------- */

static void packets_take(struct device *device)
{
	uint8_t packet[2048];
	int64_t sent;
	ssize_t size;
	while ((size = packet_receive(device, packet, sizeof(packet), &sent)) > 0) {
		/* it waited in the socket until the speaker listened */
		int64_t arrival = sent > device->stalled_until ? sent : device->stalled_until;
		packet_hear(device, packet, size, arrival);
	}
}

/* --- the whole ------------------------------------------------------------------------------------ */

int speaker_open(struct device *device, char *message, size_t size)
{
	struct dac_config config = device->speaker->dac;
	config.axis_ns = device->world->start;
	config.axis_rate = WORLD_AXIS_RATE;
	device->dac = dac_new(&config, on_heard, device);
	link_open(device);
	return device->dac ? record_open(device, message, size) : -ENOMEM;
}

void speaker_close(struct device *device)
{
	if (device->record)
		sf_close(device->record);
	if (device->packet_log)
		fclose(device->packet_log);
	dac_free(device->dac);
	device->record = NULL;
	device->packet_log = NULL;
	device->dac = NULL;
}

static void channel_drain(struct device *device)
{
	uint8_t packet[2048];
	int fd = device->transport.speaker_fd;
	while (fd >= 0 && recv(fd, packet, sizeof(packet), MSG_DONTWAIT) > 0)
		;
}

void speaker_stream(struct device *device, bool on)
{
	if (!device->dac)
		return;
	radio_forget(&device->adapter->radio, &device->link);
	if (on) {
		channel_drain(device);
		dac_start(device->dac, device->transport.configuration);
		device->last_arrival = 0;
	} else {
		dac_stop(device->dac);
	}
}

void speaker_stall(struct device *device, int64_t until)
{
	device->stalled_until = until;
	device->link.faded_until = until;
}

void speaker_listen(struct device *device)
{
	int64_t now = device->world->now;
	if (!device->adapter->shared && now >= device->stalled_until)
		packets_take(device);
	dac_run(device->dac, world_heard_until(device->world));
}
