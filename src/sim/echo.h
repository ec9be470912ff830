/* SPDX-License-Identifier: MIT */
#ifndef SIM_ECHO_H
#define SIM_ECHO_H

#include "a2dp/sbc_config.h"
#include "engine/source.h"
#include "sim/music.h"
#include "sim/scenario.h"

/*
 * The simulated Echo as a source: it hands in blocks of its quantum, at its own clock, late by some
 * jitter, and behaves at a pause as PipeWire's bluez_input does: the node vanishes, and its positions
 * start over when it is back.  Or it sends A2DP packets, to the relay's own sink; then PipeWire has nothing of it.
 *
 * It is written to by the world's thread (echo_step, echo_pause) and asked by the main one (source.h).
 */

struct echo;

/* `music` belongs to the echo from now on.  NULL without memory. */
struct echo *echo_new(const struct scenario_echo *config, struct music *music, uint32_t seed);

/* The source for the relay.  Closing it leaves the echo itself to echo_free. */
struct source *echo_source(struct echo *echo);
void echo_free(struct echo *echo);

/* The world's thread: hands in what is due by `now`, returns when it wants to be called again. */
int64_t echo_step(struct echo *echo, int64_t now);

/* The world's thread: the stream is suspended, or goes on. */
void echo_pause(struct echo *echo, bool pause, int64_t now);

/*
 * The world's thread: from now on packets go out by `fd`, a media channel that was configured so, instead of blocks to
 * PipeWire; −1: no more.  The fd stays the caller's.  Returns 0 or -errno.
 */
int echo_set_channel(struct echo *echo, int fd, const uint8_t configuration[SBC_CONFIG_BYTES]);

/* The world's thread: whether WirePlumber is there. */
void echo_set_managed(struct echo *echo, bool managed);

/*
 * The world's thread: PipeWire multiplies the Echo's volume into the samples from now on, as it does
 * unless WirePlumber forbids it; 1 = it does not.
 */
void echo_set_gain(struct echo *echo, float gain);

/*
 * The world's thread: somebody who is told of each block as it is handed in, with the instant that the
 * Echo's own clock gives it; NULL: nobody.
 */
typedef void (*echo_witness)(void *user, int64_t ns, const struct frame *frames, uint32_t count);
void echo_watch(struct echo *echo, echo_witness witness, void *user);

#endif
