/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_FINDING_H
#define MEASURE_FINDING_H

#include <stdint.h>

#include "measure/take.h"

/*
 * Several takes of one speaker, made into one answer, or into none.
 *
 *     delay │        ×        A speaker's clock is its own: its delay moves by up to 50 µs a second.  A
 *           │    ×   ┊        line through the takes, read at one instant for all speakers, takes that
 *           │×       ┊        out; what is left over is the spread.
 *           └────────┴───►
 *
 * No confident wrong answer: takes that do not agree with each other give none at all.  Pure.
 */

#define FINDING_TAKES 8
#define FINDING_SPREAD_MS 0.4   /* takes further apart do not agree */
#define FINDING_DRIFT_PPM 150.0 /* no crystal is further off; what moves faster was moved */

struct finding_take {
	int64_t at_ns;    /* when it was heard */
	int64_t delay_ns; /* from the instant at which it was due to that */
	struct measure_take take;
};

struct finding {
	enum measure_verdict verdict;
	int takes;        /* good ones */
	int64_t delay_ns; /* at the instant asked for; only with MEASURE_OK */
	double spread_ms; /* of the takes, their drift taken out; 0 with fewer than two */
	double drift_ppm;
	double level_db;
	double confidence; /* 0..1; MEASURE_SURE and more: it is so */
};

/* From up to FINDING_TAKES takes, in their order, the delay as it was at `at_ns`. */
struct finding finding_conclude(const struct finding_take *takes, int count, int64_t at_ns);

#endif
