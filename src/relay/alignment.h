/* SPDX-License-Identifier: MIT */
#ifndef RELAY_ALIGNMENT_H
#define RELAY_ALIGNMENT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How long each speaker's sound must wait, so that all of them are heard at one instant.
 *
 *     effective  = latency − trim                 trim + means: this speaker plays later
 *     target     = the largest effective + waits of all
 *     delay line = target − effective             never below 0, nor below waits
 *
 * The target rises when it has to, and then everybody else moves; it falls only in silence, because a
 * fall would move everybody for nothing.  Pure.
 */

#define ALIGNMENT_TRIM_MAX_NS 1000000000 /* ±1 s */

struct alignment_speaker {
	int64_t latency_ns; /* of the speaker alone, from its packet to its sound */
	int64_t trim_ns;
	int64_t waits_ns;     /* the least delay: its packets are that much longer than the lead */
	int64_t delay_frames; /* result */
};

/*
 * Fills in the delays.  `target_ns` is the target so far and becomes the new one; with `may_fall` it is
 * taken anew from the speakers given.  Returns 0; -ERANGE where a speaker would have to wait longer than
 * `longest_frames`: nothing is changed then.
 */
int alignment_solve(struct alignment_speaker *speakers, int count, uint32_t rate,
                    int64_t longest_frames, bool may_fall, int64_t *target_ns);

#endif
