/* SPDX-License-Identifier: MIT */
#ifndef A2DP_CONGESTION_H
#define A2DP_CONGESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"

/*
 * How large a bitpool one speaker's radio link bears, judged by how long its packets wait in the socket.
 *
 *   waiting     . . . ▃ ▆ █ ▅ ▂ . . . . . . . . . . . . . . .
 *   bitpool   53 53 53 45 40 40 40 · · 5 s of calm · · 45 · · 53
 *
 * A step down is worth taking only where it saves air: each of the steps puts one more SBC frame at the
 * least into a baseband packet (53, 45, 40, 33, 29, 25 in joint stereo).  Down at once, one step for each
 * CONGESTION_SETTLE_NS, so that its effect can be seen before the next; up one step at a time after a
 * calm, and after a longer one if the last step up was one too many.  Pure; belongs to one thread.
 */

#define CONGESTION_STEPS_MAX 8
#define CONGESTION_WAIT_NS 20000000      /* a packet that waits longer than this is a sign */
#define CONGESTION_SETTLE_NS 60000000    /* between two steps down */
#define CONGESTION_CALM_NS 5000000000    /* before a step up, at the least */
#define CONGESTION_CALM_MOST 80000000000 /* and at the most */

struct congestion {
	uint8_t steps[CONGESTION_STEPS_MAX]; /* bitpools, the largest first */
	uint8_t count, at;
	int64_t lowered_ns, raised_ns; /* when it was last done; 0: never */
	int64_t calm_since;
	int64_t calm_wanted;
};

/* `config` and `mtu` of the stream; it begins at the largest bitpool. */
void congestion_init(struct congestion *congestion, const struct sbc_config *config, size_t mtu);

/*
 * To be told before each packet: at `now`, the oldest packet has waited for `waiting` ns, and the speaker
 * can wait for `slack` ns before it runs dry.  Close to that there is no more time to go step by step.
 * `ceiling` is what the stream would be sent at on a free link.
 */
void congestion_feed(struct congestion *congestion, int64_t now, int64_t waiting, int64_t slack,
                     unsigned ceiling);

/* The bitpool to send at, `ceiling` at the most. */
unsigned congestion_bitpool(const struct congestion *congestion, unsigned ceiling);

/* Is that less than the ceiling? */
bool congestion_lowers(const struct congestion *congestion, unsigned ceiling);

#endif
