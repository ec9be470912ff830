/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_CHANNEL_H
#define ENGINE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The media channel of one speaker: a socket that takes one packet at a time and must not hold many,
 * for what waits in it can no longer be taken back.  The channel remembers when the last packets were
 * due, so that it can say how late the oldest is that the socket still has.
 *
 * The main thread opens it; from then on it is the engine thread's alone.
 */

#define CHANNEL_PACKETS 6 /* that may wait in the socket */
#define CHANNEL_MEMORY 16 /* packets remembered: more than any socket so bounded holds */

struct channel {
	int fd;
	bool shows_free; /* TIOCOUTQ of this socket tells free space, not the queue */
	int bytes;       /* SO_SNDBUF */
	int truesize;    /* what one packet takes of it */
	uint64_t sent;   /* packets */
	struct {
		int64_t due, sent;
	} memory[CHANNEL_MEMORY];
};

/* What the socket still has, at one moment. */
struct channel_queue {
	uint32_t packets;
	int64_t waiting; /* ns since the oldest of them was sent; 0: none */
	int64_t late;    /* ns since it was due; 0: none */
};

/*
 * Main thread: bounds the socket's queue for packets of up to `most` bytes.  Returns 0 or what the
 * socket says, as -errno.  The fd stays the caller's.
 */
int channel_init(struct channel *channel, int fd, size_t most);

/* Engine thread.  Returns 0; -EAGAIN when the socket is full; -errno when it is dead. */
int channel_send(struct channel *channel, const void *packet, size_t size, int64_t due,
                 int64_t now);

/* Any thread that owns it. */
struct channel_queue channel_look(const struct channel *channel, int64_t now);

#endif
