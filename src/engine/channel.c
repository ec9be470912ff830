/* SPDX-License-Identifier: MIT */
#include "engine/channel.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
 * On L2CAP TIOCOUTQ is the *free* space (net/bluetooth/af_bluetooth.c, bt_sock_ioctl), everywhere else
 * what is queued.
 */
int channel_init(struct channel *channel, int fd, size_t most)
{
	int domain = socket_domain(fd);
	if (domain < 0)
		return domain;
	*channel = (struct channel){
	    .fd = fd,
	    .shows_free = domain == AF_BLUETOOTH,
	    .truesize = packet_truesize(most),
	};
	int half = CHANNEL_PACKETS * channel->truesize / 2; /* the kernel doubles it */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof(half));
	int priority = 6; /* before everything else on the link; the highest without privilege */
	setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	socklen_t size = sizeof(channel->bytes);
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &channel->bytes, &size) < 0)
		return -errno;
	return 0;
}

static bool socket_full(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == EINTR;
}

int channel_send(struct channel *channel, const void *packet, size_t size, int64_t due, int64_t now)
{
	if (send(channel->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return socket_full(errno) ? -EAGAIN : -errno;
	uint64_t place = channel->sent++ % CHANNEL_MEMORY;
	channel->memory[place].due = due;
	channel->memory[place].sent = now;
	return 0;
}

static uint32_t packets_queued(const struct channel *channel)
{
	int value = 0;
	if (ioctl(channel->fd, SIOCOUTQ, &value) < 0)
		return 0;
	int queued = channel->shows_free ? channel->bytes - value : value;
	return queued > 0 ? (uint32_t)((queued + channel->truesize - 1) / channel->truesize) : 0;
}

struct channel_queue channel_look(const struct channel *channel, int64_t now)
{
	struct channel_queue queue = {.packets = packets_queued(channel)};
	uint64_t known = channel->sent < CHANNEL_MEMORY ? channel->sent : CHANNEL_MEMORY;
	uint64_t back = queue.packets < known ? queue.packets : known;
	if (!back)
		return queue;
	uint64_t oldest = (channel->sent - back) % CHANNEL_MEMORY;
	queue.waiting = now - channel->memory[oldest].sent;
	queue.late = now - channel->memory[oldest].due;
	return queue;
}
