/* SPDX-License-Identifier: MIT */
#include "audio/timeline.h"

#include <string.h>

#define MASK (TIMELINE_FRAMES - 1)

static const struct frame silence;

static struct frame *frame_at(const struct timeline *timeline, int64_t at)
{
	return &timeline->ring[(uint64_t)at & MASK];
}

/* How many of `count` frames stand in one piece, before the ring begins anew. */
static uint32_t straight_from(int64_t at, uint32_t count)
{
	uint32_t left = TIMELINE_FRAMES - (uint32_t)((uint64_t)at & MASK);
	return left < count ? left : count;
}

void timeline_init(struct timeline *timeline, struct frame *ring, int64_t start)
{
	*timeline = (struct timeline){.ring = ring, .end = start};
	memset(ring, 0, TIMELINE_FRAMES * sizeof(*ring));
}

static struct frame frame_mix(struct frame from, struct frame to, float weight)
{
	return (struct frame){
	    .left = from.left + (to.left - from.left) * weight,
	    .right = from.right + (to.right - from.right) * weight,
	};
}

void timeline_silence(struct timeline *timeline, int64_t until)
{
	for (; timeline->end < until; timeline->end++) {
		float weight = (float)timeline->tail / TIMELINE_SEAM;
		*frame_at(timeline, timeline->end) = frame_mix(silence, timeline->last, weight);
		if (timeline->tail)
			timeline->tail--;
		else if (until - timeline->end > TIMELINE_FRAMES)
			timeline->end = until -
			                TIMELINE_FRAMES; /* a long gap: once round is enough */
	}
}

void timeline_seam(struct timeline *timeline, int64_t at)
{
	timeline_silence(timeline, at + TIMELINE_SEAM);
	timeline->blend = TIMELINE_SEAM;
}

/* As one or two straight copies. */
static void copy_in(struct timeline *timeline, int64_t at, const struct frame *frames,
                    uint32_t count)
{
	uint32_t straight = straight_from(at, count);
	memcpy(frame_at(timeline, at), frames, straight * sizeof(*frames));
	memcpy(timeline->ring, frames + straight, (count - straight) * sizeof(*frames));
}

void timeline_write(struct timeline *timeline, int64_t at, const struct frame *frames,
                    uint32_t count)
{
	if (!count)
		return;
	timeline_silence(timeline, at);
	uint32_t done = 0;
	for (; done < count && timeline->blend; done++) {
		struct frame *place = frame_at(timeline, at + done);
		float weight = 1 - (float)timeline->blend-- / (TIMELINE_SEAM + 1);
		*place = frame_mix(*place, frames[done], weight);
	}
	copy_in(timeline, at + done, frames + done, count - done);
	if (at + count > timeline->end) {
		timeline->end = at + count;
		timeline->last = *frame_at(timeline, timeline->end - 1);
		timeline->tail = TIMELINE_SEAM;
	}
}

/* The part of a read that stands in the ring, as one or two straight copies. */
static void copy_held(const struct timeline *timeline, int64_t from, struct frame *frames,
                      uint32_t count)
{
	uint32_t straight = straight_from(from, count);
	memcpy(frames, frame_at(timeline, from), straight * sizeof(*frames));
	memcpy(frames + straight, timeline->ring, (count - straight) * sizeof(*frames));
}

void timeline_read(const struct timeline *timeline, int64_t from, struct frame *frames,
                   uint32_t count)
{
	int64_t oldest = timeline->end - TIMELINE_FRAMES;
	int64_t first = from < oldest ? oldest : from;
	int64_t last = from + count < timeline->end ? from + count : timeline->end;
	if (first >= last) {
		memset(frames, 0, count * sizeof(*frames));
		return;
	}
	uint32_t before = (uint32_t)(first - from), held = (uint32_t)(last - first);
	memset(frames, 0, before * sizeof(*frames));
	copy_held(timeline, first, frames + before, held);
	memset(frames + before + held, 0, (count - before - held) * sizeof(*frames));
}
