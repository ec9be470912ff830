/* SPDX-License-Identifier: MIT */
#ifndef RELAY_POLICY_H
#define RELAY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/settings.h"

/*
 * What to do when, as pure functions: from what is known to what is to be done.
 */

/* What is known of a device. */
struct policy_device {
	enum settings_role kept; /* decided earlier, by how it was paired or by the user */
	bool offers_source, offers_sink;
	uint32_t class;
	const char *name, *modalias;
};

/*
 * Speaker, source, neither, or not to be told without asking.  A device that was paired before us and
 * offers only A2DP sink is a speaker, unless its class says headphones, headset, television or car: those
 * are listed, and off.  One that offers both is a source if it is Amazon's.
 */
enum settings_role policy_role(const struct policy_device *device);

/* What is known of a speaker's link. */
struct policy_link {
	bool wanted;        /* the user wants it to play */
	bool reachable;     /* its adapter is on, and has our endpoints */
	bool calling;       /* an answer of BlueZ is awaited */
	bool transport;     /* a stream of ours is configured */
	bool foreign;       /* another program has a stream of it */
	bool playing;       /* the engine has it */
	bool connected;     /* the link is up */
	bool paging;        /* another speaker of the adapter is being connected */
	int64_t not_before; /* after a failure */
};

enum policy_action {
	POLICY_WAIT,
	POLICY_CONNECT,
	POLICY_HELD, /* nothing can be done but say who has it */
	POLICY_ACQUIRE,
	POLICY_STOP, /* take it out of the engine and suspend it */
	POLICY_DISCONNECT,
};

enum policy_action policy_next(const struct policy_link *link, int64_t now);

/*
 * What is wrong and what cures it where another program keeps a speaker's stream, by what the source's
 * server calls itself: bluez5.roles came with PipeWire 0.3.68.
 */
const char *policy_held_text(const char *server);

/* How long to wait before attempt number `attempt` (the first is 1): 2, 4, 8, … 60 s. */
int64_t policy_backoff(int attempt);

/*
 * The same after a stall: 0.25, 0.5, 1, … 60 s.  The link is up, and suspending the stream takes as long
 * as the speaker is out of reach: when that is answered, it is most likely there again.
 */
int64_t policy_backoff_stall(int attempt);

/* Endpoints that an adapter needs for so many paired speakers: one more, at most 7. */
int policy_endpoints(int speakers);

#endif
