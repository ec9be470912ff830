/* SPDX-License-Identifier: MIT */
#ifndef SIM_RADIO_H
#define SIM_RADIO_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The radio of one simulated adapter: what lies between the relay's sockets and its speakers.
 *
 *   host queues ─► controller: `buffers` packets, of all links together ─► air: one at a time ─► speakers
 *
 * As in the kernel (net/bluetooth/hci_core.c, hci_chan_sent) the link with the fewest packets in the
 * controller is served first, and a packet keeps its buffer until it is acknowledged: so a link that
 * nobody answers takes one buffer after the other, until the others find none.  Only a flush timeout,
 * after which the controller drops what it could not deliver, ends that.  A packet takes its slots of
 * air (a2dp/airtime.h), again for each time that it is lost.
 *
 * Knows no clock but its arguments.  One thread.
 */

#define RADIO_LINKS 16
#define RADIO_BUFFERS 16 /* at the most */
#define RADIO_PACKET_BYTES 2048

struct radio_ops {
	/* The next packet of the link's host queue and the instant it was sent; 0: none waits. */
	ssize_t (*fetch)(void *user, uint8_t *packet, size_t size, int64_t *ret_sent_ns);
	void (*arrived)(void *user, const uint8_t *packet, size_t size, int64_t ns);
	void (*flushed)(void *user); /* a packet was dropped; may be NULL */
};

struct radio_link {
	const struct radio_ops *ops;
	void *user;
	size_t mtu;
	double loss;         /* of its packets, 0..1 */
	int64_t faded_until; /* nothing gets through before */
	int64_t flush_ns;    /* the controller keeps a packet no longer; 0: for ever */
	unsigned held;       /* buffers */
	uint64_t lost, dropped;
};

struct radio_packet {
	struct radio_link *link; /* NULL: the buffer is free */
	uint64_t number;
	int64_t sent_ns;
	size_t size;
	uint8_t bytes[RADIO_PACKET_BYTES];
};

struct radio {
	int buffers;
	uint64_t random, numbers;
	int link_count, turn;
	struct radio_link *links[RADIO_LINKS];
	struct radio_packet packets[RADIO_BUFFERS];
	struct radio_packet *flying; /* NULL: the air is free */
	int64_t free_at;
	double burst_loss; /* of its packets, 0..1, … */
	int64_t burst_until;
};

void radio_init(struct radio *radio, int buffers, uint32_t seed);

/* The link stays the caller's and outlives the radio.  More than RADIO_LINKS are not heard. */
void radio_add(struct radio *radio, struct radio_link *link);

/* What the controller holds for a link is gone, as when it is closed. */
void radio_forget(struct radio *radio, struct radio_link *link);

/* Somebody else fills the air until then: `burst_loss` of all packets are lost. */
void radio_burst(struct radio *radio, int64_t until);

/* Lets everything happen up to `now`.  Returns when there is more; INT64_MAX: not by itself. */
int64_t radio_run(struct radio *radio, int64_t now);

#endif
