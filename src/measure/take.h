/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_TAKE_H
#define MEASURE_TAKE_H

#include <stddef.h>
#include <stdint.h>

#include "measure/response.h"

/*
 * One take: one speaker has played the sweep once, the microphone has recorded it.  Where does it begin,
 * how loud is it, and can that be believed?
 *
 *     envelope │            direct
 *              │              ▌   louder echo
 *              │              ▌     ▌ ▖            The direct sound is the first arrival that stands out,
 *              │              ▌ ▖   ▌ ▌▖▖          not the loudest: an echo may be louder.  Its place is
 *              │▁▁▁▂▁▁▁▂▁▁▂▁▁▁▌▁▌▂▁▁▌▂▌▌▌▖▖▁▁▁     read between the frames, from a parabola through the
 *              └──noise───────┴──────────────►     top of the bump.
 *
 * Pure.
 */

enum measure_verdict {
	MEASURE_OK,
	MEASURE_NOT_HEARD, /* silence where the sweep should be */
	MEASURE_TOO_QUIET, /* something is there, but too weak to tell where it begins */
	MEASURE_TOO_NOISY, /* it drowns in other sounds */
	MEASURE_CLIPPED,   /* the microphone is overdriven */
	MEASURE_UNCLEAR,   /* two sounds compete: a blocked way, another sweep, a strange room */
	MEASURE_MOVED, /* the takes disagree: microphone or speaker moved, or its delay changed */
};

struct measure_take {
	enum measure_verdict verdict;
	double place;    /* frames of the recording before the sweep's begin; not where not found */
	double level_db; /* gain of the whole way, direct sound and first 80 ms of echoes */
	double clear_db; /* how far the arrival stands above the noise */
	double noise_db; /* of the recording, RMS, full scale = 0: between the sweep's sounds */
	double confidence; /* 0..1; below MEASURE_SURE it is not sure, and says why */
};

#define MEASURE_SURE 0.5

/*
 * Looks at a recording, mono, full scale ±1, with at least 0.2 s before the earliest arrival: there the
 * noise is measured.  `response` at the recording's rate.
 */
struct measure_take measure_take(struct response *response, const float *recording, size_t count,
                                 double rate);

/* "too quiet", and what the user can do about it; "" for MEASURE_OK.  Static texts. */
const char *measure_verdict_name(enum measure_verdict verdict);
const char *measure_verdict_advice(enum measure_verdict verdict);

#endif
