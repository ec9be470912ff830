/* SPDX-License-Identifier: MIT */
#ifndef UI_OVERVIEW_H
#define UI_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/model.h"

/* The house in a few figures, out of a model.  Pure. */

struct overview {
	int speakers, playing;
	bool runs;           /* sound comes in and goes out */
	const char *missing; /* what those that do not play are, in a word: "lost"; "" where they
	                        differ, NULL where all play */
	int32_t latency_us;  /* Echo to ear, trims aside: the same for all that are aligned */
	int32_t spread_us;   /* between the playing speakers, as far as it is known here */
	bool guess;          /* a speaker's own latency in it is assumed */
};

struct overview overview_of(const struct model *model);

#endif
