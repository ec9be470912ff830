/* SPDX-License-Identifier: MIT */
#ifndef UI_PACE_H
#define UI_PACE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * How often a picture is worth painting.  A terminal that has not taken the last one is not given another;
 * where that happens often, or where it holds up the one that it takes, the rate falls by half, and rises
 * again when all is well.  So a slow link shows fewer pictures and no old ones.  Pure.
 */

struct pace {
	int wanted;    /* pictures a second, as configured */
	int rate;      /* … as it goes: wanted, or less */
	int frames;    /* since they were last counted */
	int skipped;   /* of them */
	int64_t since; /* ns: of the last skipped one, or of the last change */
};

#define PACE_RATE 10 /* unless configured */
#define PACE_MOST 30

void pace_init(struct pace *pace, int wanted);

/* A picture was due at `now` ns, and it was skipped or painted. */
void pace_count(struct pace *pace, bool skipped, int64_t now);

/* A picture was held up: by half at once. */
void pace_fall(struct pace *pace, int64_t now);

/* ns from one picture to the next. */
int64_t pace_interval(const struct pace *pace);

/* Is the link slower than what was wished for? */
bool pace_slow(const struct pace *pace);

#endif
