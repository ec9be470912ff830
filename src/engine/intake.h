/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_INTAKE_H
#define ENGINE_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/group_clock.h"
#include "audio/meter.h"
#include "audio/timeline.h"
#include "engine/inlet.h"
#include "engine/tap.h"

/*
 * Puts the source's blocks into the timeline, each frame at its place.
 *
 * From a source's first block to its end, or to a jump in its positions, is an *epoch*.  An epoch's
 * first frame goes `lead` ahead of the group's clock; from then on a frame's place is its position
 * plus the epoch's offset, and the clock is steered so that the lead stays what it was:
 *
 *           clock ─┐◄──── lead ────►┌─ next block
 *    ──────────────┴────────────────┴────────────►
 *
 * Steering is for clocks, not for places: what is steered away ends up in the buffers of the speakers that
 * play, and one that starts anew after it is not where they are.  PipeWire 0.3.65, whose jitter buffer settles,
 * is up to 1600 ppm fast for the first 28 s, 17 ms in all, whatever the Echo's clock does.  So for
 * INTAKE_SETTLE_NS the clock goes on at the speed that it has; a source that stands INTAKE_WANDER_NS wrong is
 * anchored anew, and at the end one that stands INTAKE_ASTRAY_NS wrong.  The seam is blended.  Later its stock
 * still moves by some frames; so nothing is steered that is nearer than that, and with it no speaker's buffer.
 * A source that shows its own clock (`paced`) has shown it after INTAKE_SETTLE_PACED_NS: its first packet may have been
 * late, and what the others are ahead of it is no matter.  They stay so far ahead, and it is followed from there.
 *
 * PipeWire's first blocks of an epoch may be silent to their middle. The seam is where the sound begins.
 *
 * A block that comes late finds the speakers waiting for INTAKE_PATIENCE_NS; after that its place has
 * been declared silent and stays so.  Engine thread only; allocates nothing.
 */

#define INTAKE_PATIENCE_NS                                                                         \
	60000000 /* at the most; a speaker with little slack (output.h) has less */
#define INTAKE_WANDER_NS 6000000
#define INTAKE_ASTRAY_NS 1000000
#define INTAKE_ASTRAY_PACED_NS 250000 /* of a source that shows its own clock */
#define INTAKE_SETTLE_NS 30000000000
#define INTAKE_SETTLE_PACED_NS 2000000000 /* two windows of a tap's (tap.h) */
#define INTAKE_ABSENT_NS 500000000        /* nothing for so long: the epoch is over */

struct intake {
	struct inlet inlet;
	struct meter meter;
	int64_t lead; /* frames */
	bool live;    /* an epoch is open */
	bool unheard; /* all of it was silent so far */
	uint32_t clock_id;
	int64_t offset;     /* timeline frame = position + offset */
	int64_t expected;   /* position of the next block */
	int64_t settles_ns; /* then the source has found its pace, and is followed; 0: it has */
	double rest;        /* frames beyond the lead, at which the epoch stands */
	double wander;      /* how far off that, averaged over some blocks */
	int64_t heard_ns;   /* when the last block came */
	int64_t silenced;   /* timeline frame up to which lateness was declared silence */
	uint64_t frames;    /* all that came */
	uint32_t epochs;
	uint32_t anchors; /* times that an epoch was anchored anew */
	uint32_t gaps;    /* positions skipped inside an epoch */
	uint32_t xruns;   /* times that the speakers waited in vain */
	struct frame scratch[INLET_BLOCK_FRAMES];
};

void intake_init(struct intake *intake, uint32_t rate, int64_t lead);

/* Takes all that has come in, by the inlet and by the tap, if there is one.  Returns true when an epoch began or ended. */
bool intake_take(struct intake *intake, struct tap *tap, struct timeline *timeline,
                 struct group_clock *clock, int64_t now);

/* The source has ended.  Returns whether an epoch did. */
bool intake_end(struct intake *intake);

/*
 * Makes sure that the timeline reaches `ahead` frames beyond the clock wherever the sound for that is
 * not coming any more: at once without a source, after `patience` ns with one.
 */
void intake_fill(struct intake *intake, struct timeline *timeline, const struct group_clock *clock,
                 int64_t now, int64_t ahead, int64_t patience);

#endif
