/* SPDX-License-Identifier: MIT */
#ifndef AUDIO_TIMELINE_H
#define AUDIO_TIMELINE_H

#include <stdint.h>

#include "audio/frame.h"

/*
 * One ring of frames at the group rate, numbered from the start of the program: the ring *is* the
 * delay line of every speaker.
 *
 *     end - 2^17                 a reader, its delay behind the clock     clock       end
 *    ─────┴──────────────────────────────┴──────────────────────────────────┴──────────┴─ ─ ─
 *      forgotten            being played, each speaker at its own place         in stock   not yet
 *
 * Whatever is read outside of what the ring holds is silence.  A seam between two pieces of sound, or
 * between sound and silence, is blended over TIMELINE_SEAM frames, so that it cannot click.
 * Pure; belongs to one thread; allocates nothing.
 */

#define TIMELINE_FRAMES (1u << 17) /* 2.97 s at 44.1 kHz */
#define TIMELINE_SEAM 256          /* 5.8 ms */

struct timeline {
	struct frame *ring; /* TIMELINE_FRAMES, the caller's */
	int64_t end;        /* the first frame not yet written */
	struct frame last;  /* the sound that a silence has to fade out from */
	uint32_t tail;      /* frames of that fade still to be written */
	uint32_t blend;     /* frames of a seam still to be blended in */
};

/* `ring` holds TIMELINE_FRAMES and stays the caller's. */
void timeline_init(struct timeline *timeline, struct frame *ring, int64_t start);

/*
 * Writes frames at their place.  Before the end: they replace what is there (nobody may have read it
 * yet).  Beyond the end: the hole is filled with silence.
 */
void timeline_write(struct timeline *timeline, int64_t at, const struct frame *frames,
                    uint32_t count);

/* The next write begins another piece: it is blended into what stands at its place. */
void timeline_seam(struct timeline *timeline, int64_t at);

/* Silence up to `until`, faded out of the sound before it.  Nothing to do if the end is beyond. */
void timeline_silence(struct timeline *timeline, int64_t until);

/* Copies `count` frames from `from` on; those that the ring does not hold are silence. */
void timeline_read(const struct timeline *timeline, int64_t from, struct frame *frames,
                   uint32_t count);

#endif
