/* SPDX-License-Identifier: MIT */
#ifndef RIG_AIR_H
#define RIG_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A model of the air between Bluetooth Classic controllers, as far as ACL packets feel it.
 *
 *   sender's host ─► queue of the link ─► on the air: both radios are busy ─► latency ─► receiver's host
 *                          ▲                        │        │
 *                          └── sent again ── lost ──┘        └─► "completed" to the sender's host
 *
 *   air time   one packet at a time per radio, so all links of a radio share its time: (bytes + 8) × 8 /
 *              rate. 1400 kbit/s is what an EDR 2 Mbit/s link carries net of slots and acknowledgements
 *   turns      the link that has waited longest goes first
 *   latency    from the end of the air time until the receiving host has the packet
 *   loss       a lost packet has used its air time and is sent again, before all others of its link
 *   fade       nothing to or from a radio gets through for a while; packets wait, and use no air time
 *   flush      a flushable packet older than its link's time-out is dropped, and completed all the same
 *              (automatic flush timeout: Bluetooth Core 5.3, volume 2, part E, 7.3.29)
 *
 * A real radio also hops, retries within a slot pair and stops for inquiry; none of it is here.
 * Repeats exactly for a seed.  Knows no clock but its arguments.  One thread.
 */

#define AIR_RADIOS 16
#define AIR_LINKS 128 /* directed: a connection has two */

struct air_config {
	uint32_t kbit_per_second;
	int64_t latency_ns;
	uint32_t loss_percent; /* of every packet of every radio */
	uint64_t seed;
};

enum air_kind {
	AIR_STAYS,     /* starts a packet of the upper layer; never flushed */
	AIR_CONTINUES, /* goes on with the one before, and shares its fate */
	AIR_FLUSHABLE, /* starts one, and may be flushed */
};

struct air_counters {
	uint64_t sent, lost, flushed;
};

struct air_events {
	/* The sender's controller has a buffer free again. */
	void (*completed)(void *user, int link);
	/* It has dropped a packet that was too old. */
	void (*flushed)(void *user, int link);
	/* `bytes` are those of air_send, and may be changed. */
	void (*arrived)(void *user, int link, uint8_t *bytes, size_t size);
	void *user;
};

struct air;

/* NULL without memory. */
struct air *air_new(const struct air_config *config, const struct air_events *events);
void air_free(struct air *air);

/* A directed link between two radios, numbered from 0.  Returns its number, or -ENOSPC. */
int air_open(struct air *air, int from, int to);

/* The link is gone, with all that was on its way. */
void air_close(struct air *air, int link);

/* Hands a packet to the link.  Returns 0 or -ENOMEM. */
int air_send(struct air *air, int link, enum air_kind kind, const uint8_t *bytes, size_t size,
             int64_t now);

/* 0: packets of the link are never flushed. */
void air_set_flush(struct air *air, int link, int64_t timeout_ns);
void air_set_rate(struct air *air, uint32_t kbit_per_second);
void air_set_latency(struct air *air, int64_t latency_ns);
void air_set_loss(struct air *air, int radio, uint32_t percent);
void air_fade(struct air *air, int radio, int64_t until);

/* Does what is due by `now`.  Returns when it wants to be called again; INT64_MAX: after air_send. */
int64_t air_step(struct air *air, int64_t now);

const struct air_counters *air_counters(const struct air *air);

#endif
