/* SPDX-License-Identifier: MIT */
#include "engine/intake.h"

#include <float.h>
#include <math.h>

/* A source further than this from where its clock should have it has jumped. */
#define JUMP_SECONDS 0.1
/* The average by which it is told whether a source stands wrong: of so many blocks, or thereabouts. */
#define WANDER_BLOCKS 16

void intake_init(struct intake *intake, uint32_t rate, int64_t lead)
{
	*intake = (struct intake){.lead = lead};
	inlet_init(&intake->inlet);
	meter_init(&intake->meter, rate);
}

/* How many frames further than it should be the block's first frame would come to stand. */
static double block_ahead(const struct intake *intake, const struct group_clock *clock,
                          const struct inlet_block *block)
{
	double place = (double)(block->position + intake->offset);
	return place - (double)intake->lead - intake->rest - group_clock_frame_at(clock, block->ns);
}

static bool block_continues(const struct intake *intake, const struct group_clock *clock,
                            const struct inlet_block *block)
{
	return intake->live && block->clock_id == intake->clock_id &&
	       block->position >= intake->expected &&
	       fabs(block_ahead(intake, clock, block)) < JUMP_SECONDS * clock->rate;
}

/* The block's first frame comes to stand a lead ahead of the clock, whatever stands there. */
static void anchor(struct intake *intake, struct timeline *timeline, struct group_clock *clock,
                   const struct inlet_block *block)
{
	double start = ceil(group_clock_frame_at(clock, block->ns)) + (double)intake->lead;
	intake->offset = (int64_t)start - block->position;
	intake->rest = intake->wander = 0;
	group_clock_release(clock);
	timeline_seam(timeline, (int64_t)start);
}

static void epoch_begin(struct intake *intake, struct timeline *timeline, struct group_clock *clock,
                        const struct inlet_block *block)
{
	intake->live = intake->unheard = true;
	intake->epochs++;
	intake->clock_id = block->clock_id;
	intake->silenced = 0;
	intake->settles_ns = block->ns + (block->paced ? INTAKE_SETTLE_PACED_NS : INTAKE_SETTLE_NS);
	anchor(intake, timeline, clock, block);
}

static double clock_frames(const struct group_clock *clock, int64_t ns)
{
	return (double)ns / 1e9 * clock->rate;
}

/* What is left of `ahead`, both in frames, if so much of it is no matter. */
static double beyond(double ahead, double most)
{
	return ahead > most ? ahead - most : ahead < -most ? ahead + most : 0;
}

/*
 * Its first packets may be late, and what they were late is known once the source has found its pace: so much further
 * from the clock it stays, for steering it away would take it out of the buffers of the speakers that play on.
 */
static bool epoch_rests(struct intake *intake, const struct inlet_block *block, double most)
{
	if (!block->paced || intake->wander <= 0 || intake->wander > most)
		return false;
	intake->rest = intake->wander;
	intake->wander = 0;
	return true;
}

/* The clock goes after the source, from where the source has found its pace; one that stands wrong begins anew. */
static void epoch_follow(struct intake *intake, struct timeline *timeline,
                         struct group_clock *clock, const struct inlet_block *block)
{
	double ahead = block_ahead(intake, clock, block);
	double wandered = clock_frames(clock, INTAKE_WANDER_NS);
	double astray =
	    clock_frames(clock, block->paced ? INTAKE_ASTRAY_PACED_NS : INTAKE_ASTRAY_NS);
	bool settles = intake->settles_ns && block->ns >= intake->settles_ns; /* just now */
	intake->wander += (ahead - intake->wander) / WANDER_BLOCKS;
	if (settles)
		intake->settles_ns = 0;
	if (settles && epoch_rests(intake, block, wandered))
		return;
	if (fabs(intake->wander) > (settles ? astray : wandered)) {
		intake->anchors++;
		anchor(intake, timeline, clock, block);
	} else if (!intake->settles_ns) {
		group_clock_steer(clock, block->ns, beyond(ahead, astray), block->count);
	}
}

bool intake_end(struct intake *intake)
{
	bool was_live = intake->live;
	intake->live = false;
	return was_live;
}

static uint32_t frames_silent(const struct frame *frames, uint32_t count)
{
	uint32_t silent = 0;
	while (silent < count && frames[silent].left == 0 && frames[silent].right == 0)
		silent++;
	return silent;
}

/* The first sound of an epoch may begin at any frame, at full height: it is blended in. */
static void frames_write(struct intake *intake, struct timeline *timeline, int64_t place,
                         const struct frame *frames, uint32_t count)
{
	uint32_t silent = intake->unheard ? frames_silent(frames, count) : 0;
	timeline_write(timeline, place, frames, silent);
	if (silent && silent < count)
		timeline_seam(timeline, place + silent);
	timeline_write(timeline, place + silent, frames + silent, count - silent);
	intake->unheard &= silent == count;
}

/* The part of the block whose place is not yet declared silent. */
static void block_place(struct intake *intake, struct timeline *timeline,
                        const struct inlet_block *block, const struct frame *frames)
{
	int64_t place = block->position + intake->offset;
	int64_t late = intake->silenced - place;
	if (late >= block->count)
		return;
	if (late < 0)
		late = 0;
	bool hole = block->position != intake->expected || late > 0;
	if (hole && timeline->end <= place + late)
		timeline_seam(timeline, place + late);
	frames_write(intake, timeline, place + late, frames + late, block->count - (uint32_t)late);
}

/* A source's float may be infinite or no number: that would never leave a filter or a meter again. */
static void frames_make_finite(struct frame *frames, uint32_t count)
{
	float *values = &frames->left;
	for (uint32_t i = 0; i < 2 * count; i++)
		values[i] = fabsf(values[i]) <= FLT_MAX ? values[i] : 0;
}

static bool block_take(struct intake *intake, struct timeline *timeline, struct group_clock *clock,
                       const struct inlet_block *block)
{
	bool begins = !block_continues(intake, clock, block);
	if (begins)
		epoch_begin(intake, timeline, clock, block);
	else
		epoch_follow(intake, timeline, clock, block);
	if (!begins && block->position != intake->expected)
		intake->gaps++;
	if (begins)
		intake->expected = block->position;
	frames_make_finite(intake->scratch, block->count);
	block_place(intake, timeline, block, intake->scratch);
	meter_feed(&intake->meter, intake->scratch, block->count);
	intake->expected = block->position + block->count;
	intake->frames += block->count;
	return begins;
}

bool intake_take(struct intake *intake, struct tap *tap, struct timeline *timeline,
                 struct group_clock *clock, int64_t now)
{
	struct inlet_block block;
	bool changed = false;
	while (inlet_read(&intake->inlet, &block, intake->scratch)) {
		intake->heard_ns = now;
		if (block.count) {
			changed |= block_take(intake, timeline, clock, &block);
		} else {
			changed |= intake_end(intake);
		}
	}
	while (tap && tap_read(tap, &block, intake->scratch, now)) {
		intake->heard_ns = now;
		changed |= block_take(intake, timeline, clock, &block);
	}
	if (now - intake->heard_ns > INTAKE_ABSENT_NS)
		changed |= intake_end(intake);
	return changed;
}

static void meter_feed_silence(struct intake *intake, uint32_t count)
{
	static const struct frame silence[256];
	for (; count > 256; count -= 256)
		meter_feed(&intake->meter, silence, 256);
	meter_feed(&intake->meter, silence, count);
}

void intake_fill(struct intake *intake, struct timeline *timeline, const struct group_clock *clock,
                 int64_t now, int64_t ahead, int64_t patience)
{
	int64_t late = intake->live ? patience : 0;
	int64_t until = (int64_t)ceil(group_clock_frame_at(clock, now - late)) + ahead;
	if (timeline->end >= until)
		return;
	if (intake->live) {
		if (intake->silenced < timeline->end)
			intake->xruns++;
		intake->silenced = until;
	} else {
		int64_t missing = until - timeline->end;
		meter_feed_silence(intake, missing > 4096 ? 4096 : (uint32_t)missing);
	}
	timeline_silence(timeline, until);
}
