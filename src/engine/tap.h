/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_TAP_H
#define ENGINE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include <sbc/sbc.h>

#include "a2dp/rtp.h"
#include "a2dp/sbc_config.h"
#include "audio/frame.h"
#include "audio/resampler.h"
#include "engine/inlet.h"

/*
 * A source's media channel, read by the engine's own thread: packets in, blocks of sound out, without anybody's
 * buffer in between.
 *
 * A packet comes when the air lets it, never sooner; so the earliest ones show the source's clock:
 *
 *     packets      │    │     │   │      │    │    │         late by what they waited for
 *     clock        ├────┼────┼────┼────┼────┼────┼────       a block's ns: none is earlier
 *
 * What comes early moves that clock at once, the least lateness of each TAP_WINDOW_NS moves it back.  A late
 * packet's block so keeps its place, and finds the outputs waiting for it (intake.h).
 *
 * A source of another rate than is wanted goes through a resampler; positions are counted at the rate that is wanted.
 *
 * The main thread makes and frees a tap; in between it is the engine thread's alone.
 */

#define TAP_PACKET_BYTES 4096 /* the longest that a channel may carry */
#define TAP_BLOCK_FRAMES RESAMPLER_OUT
#define TAP_WINDOW_NS 1000000000
#define TAP_JUMP_NS 100000000 /* so late, or early: the source has begun anew */
#define TAP_STEP_MOST 128     /* packets at a time: more than the air brings */
#define TAP_LOST_MOST 64      /* packets that can be missing; more, and it has begun anew */

struct tap {
	int fd;
	uint32_t clock_id;
	struct sbc_config config;
	sbc_t sbc;
	bool began, ended;
	uint16_t sequence;           /* of the next packet */
	int64_t position;            /* of its first frame */
	int64_t next_ns;             /* when it comes at the earliest */
	int64_t step_ns;             /* the engine's step, */
	unsigned step_packets;       /* and what was taken in it */
	int64_t least_ns, window_ns; /* the least lateness in this window, and the window's end */
	uint8_t packet[TAP_PACKET_BYTES];
	uint32_t rate; /* that is wanted; another than its own: */
	struct resampler resampler;
	struct frame sound[RESAMPLER_PIECE];
};

/*
 * Main thread.  `fd` is a SOCK_SEQPACKET socket, the tap's from now on, or −1 where tap_open is to bring it; `clock_id`
 * differs from that of every other source.  Returns 0; -EINVAL for a configuration that is none; -ENOMEM.  On failure
 * the fd stays the caller's.
 */
int tap_new(struct tap **ret_tap, int fd, const uint8_t configuration[SBC_CONFIG_BYTES],
            uint32_t clock_id);

/* Main thread, before the engine has it: the socket of one that was made without.  It is the tap's from now on. */
void tap_open(struct tap *tap, int fd);

/*
 * Main thread, before the engine has it: what comes is wanted at `rate`, through `filter`, which must outlive it.
 * Returns 0, or -ENOTSUP when it is further than RESAMPLER_RATIO from the source's own.
 */
int tap_set_rate(struct tap *tap, const struct reader_filter *filter, uint32_t rate);

/* Main thread, when the engine has let go of it.  Closes the fd. */
void tap_free(struct tap *tap);

/*
 * Engine thread: takes the next packet that has come by `now`.  Returns 1 and its sound, up to TAP_BLOCK_FRAMES;
 * 0 when there is none, or TAP_STEP_MOST were taken at that `now`.  What makes no sense is passed over; once the channel
 * has ended nothing comes any more.
 */
int tap_read(struct tap *tap, struct inlet_block *block, struct frame *frames, int64_t now);

/* Engine thread: what to wait for, −1 when it has ended. */
int tap_fd(const struct tap *tap);

#endif
