/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_OVERLAY_H
#define AUDIO_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "audio/frame.h"

/*
 * A test signal laid over what a speaker plays.  It has its place on the group's timeline, as the music
 * has: two speakers with the same overlay play it at the same instant if they are in step, and a change
 * of delay moves it as it moves the music.
 *
 *        from        begin        begin + period                  until
 *     ────┼────────────┼───────────────┼────────────────────────────┼──► timeline
 *         │   intro    │ turn          │ turn                       │
 *         └── the music has the gain `music`, 0 to 1, meanwhile ────┘
 *
 * Pure, allocates nothing: whoever made the overlay frees it once it is given back.
 */

struct overlay {
	int64_t from, until; /* timeline frames */
	int64_t begin;       /* of the first turn */
	int64_t period;      /* frames from turn to turn */
	int64_t turns;
	uint32_t intro; /* frames, ahead of the first turn */
	uint32_t count; /* frames of a turn, at most `period` */
	float music;
	struct frame frames[]; /* intro, then one turn */
};

#define OVERLAY_RAMP 882 /* frames in which the music goes and comes back: 20 ms at 44.1 kHz */

/* One speaker's: what lies over it, and how loud its music is now. */
struct overlay_player {
	struct overlay *overlay; /* or NULL */
	float music;
};

void overlay_player_init(struct overlay_player *player);

/* Returns the overlay that it had, or NULL. */
struct overlay *overlay_player_set(struct overlay_player *player, struct overlay *overlay);

/*
 * Lays it over `count` frames of music, the first of which is frame `place` of the timeline and each
 * further one `step` later.  Between two of its frames it goes in a straight line.
 */
void overlay_apply(struct overlay_player *player, struct frame *frames, uint32_t count,
                   double place, double step);

#endif
