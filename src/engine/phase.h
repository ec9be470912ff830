/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_PHASE_H
#define ENGINE_PHASE_H

#include <stdint.h>

/*
 * When an output sends among those that share its adapter's air.  All is told as a part, 0..1, of the time from
 * one packet to the next:
 *
 *     0          1/3          2/3           1
 *     ├▓▓▓▓▓▓▓▓───┼▓▓▓▓▓▓▓▓────┼▓▓▓▓▓▓▓▓────┤      ▓ the air that a packet takes: 0.26 at 2 Mbit/s and bitpool 53
 *              ▲
 *              └ a fourth one begins here: its packets go at once, the neighbour's wait
 *
 * A speaker takes its time base from its first packets.  So those must not wait; later ones may.
 */

struct phase_taken {
	double at, share; /* when its packet begins, and how much of the air it takes */
};

/*
 * The phase for one more, whose packets take `share`: the thirds first, then the sixths, where no packet
 * touches another; else where it waits for nobody, and most room is left; else the middle of the widest gap.
 * Pure.
 */
double phase_pick(const struct phase_taken *taken, uint32_t count, double share);

#endif
