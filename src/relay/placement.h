/* SPDX-License-Identifier: MIT */
#ifndef RELAY_PLACEMENT_H
#define RELAY_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"

/*
 * Which adapter carries which speaker, and what an adapter's air bears: pure.  Air is counted in percent as
 * a2dp/airtime.h does, packets that are sent again included.
 */

/* A speaker that is to be placed, or is. */
struct placement_speaker {
	double percent;  /* of an adapter's air */
	uint32_t places; /* a bit for each adapter with which it is paired and that can be used */
	int at;          /* its adapter; −1: none */
	bool linked;     /* there: it is not moved */
};

/*
 * Gives each speaker an adapter, or −1 where `places` has none: whoever is linked stays, then those with the
 * fewest places, the dearest first, each to the adapter with the least in its air.  Of two that are the same
 * the one it is at, else the first.  `taken` has what each adapter bears without them, an Echo's stream; the
 * speakers are added to it.
 */
void placement_solve(struct placement_speaker *speakers, int count, double *taken, int adapters);

/* A stream on an adapter. */
struct placement_stream {
	struct sbc_config config;
	size_t mtu;
	unsigned bitpool; /* that it is sent at on a free link */
};

/* What nearly every speaker agrees on, for one whose stream is not known yet. */
struct placement_stream placement_usual(void);

/* What a stream costs at a bitpool, or at its own if that is less. */
double placement_percent(const struct placement_stream *stream, unsigned bitpool);

/* The same with packets of so many SBC frames, were every one to arrive. */
double placement_short_percent(const struct placement_stream *stream, unsigned frames);

/* What is on one adapter, or would be. */
struct placement_air {
	double inbound; /* the Echo's stream, percent; 0: it is not there */
	const struct placement_stream *streams;
	int count;
	int movable; /* the number of a speaker that another adapter has room for; 0: none */
	const char *elsewhere; /* that adapter */
};

/* The sum, none of the streams above `bitpool`. */
double placement_load(const struct placement_air *air, unsigned bitpool);

/*
 * The largest bitpool at which the adapter holds all of it: 53, or the step below that saves enough, or the
 * smallest, which may not be enough.
 */
unsigned placement_bitpool(const struct placement_air *air);

/* Writes what is too much and what would make it fit into `text`, or nothing where it fits.  Says whether it does. */
bool placement_fits(const struct placement_air *air, char *text, size_t size);

/* Is it more than there is, even at the smallest bitpool and were every packet to arrive, or more than seven links? */
bool placement_full(const struct placement_air *air);

#endif
