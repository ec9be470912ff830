/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_ACOUSTICS_H
#define TESTS_HELPERS_ACOUSTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "measure/finding.h"

/*
 * A box of a room by the method of images (Allen and Berkley, JASA 65, 1979), a speaker and a microphone
 * in it, and what the microphone records of a sweep.  Everything comes from the seed.
 */

#define ACOUSTICS_RATE 44100
#define ACOUSTICS_TAKES 3

struct acoustics_room {
	uint64_t random;
	double size[3], speaker[3], microphone[3]; /* m */
	double rt60;                               /* s */
	double delay_ms;                           /* hidden: the speaker's own */
	double snr_db; /* RMS of the sweep as it arrives over the noise */
	double gain;   /* of the microphone */
	double speaker_ppm, microphone_ppm;
	double low_hz, high_hz; /* what the speaker can do */
	double direct_gain;     /* 1; less: something stands in the way of the direct sound */
	double hum;             /* mains, part of the noise, 0..1 */
	double bursts;          /* noise comes in claps, so many dB above its mean */
	double moved_m;         /* the microphone is moved so far before the last take */
	bool silent;            /* the speaker does not play */
	bool rival;             /* another sweep, of a speaker elsewhere, runs into this one */
};

/* A room as there are many: everything within the bounds of the issue. */
struct acoustics_room acoustics_room_random(uint64_t seed, double snr_db);

/* What is to be found, ms: at the instant in the middle of the takes. */
double acoustics_truth_ms(const struct acoustics_room *room);

/* Takes and conclusion, as a session does it. */
struct finding acoustics_measure(struct acoustics_room *room);

/* One recording: `take` of the takes; to be freed.  *ret_begin_ns: when it began, by the microphone. */
float *acoustics_record(struct acoustics_room *room, int take, uint32_t *ret_count);

#endif
