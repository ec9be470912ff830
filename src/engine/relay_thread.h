/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_RELAY_THREAD_H
#define ENGINE_RELAY_THREAD_H

#include <stdint.h>

#include "audio/group_clock.h"
#include "audio/reader.h"
#include "audio/timeline.h"
#include "engine/intake.h"
#include "engine/messages.h"
#include "engine/output.h"
#include "engine/snapshot.h"
#include "engine/tap.h"

/*
 * Everything the engine's thread may touch.  A step of it
 *
 *     takes messages → takes in the source's blocks → sends what is due → shows itself
 *
 * and says when it wants the next one.  A step never allocates, frees, locks, logs or blocks, and
 * knows the time only from its argument: it runs under a fake clock as well as under a real one.
 */

#define RELAY_THREAD_SHOW_NS 50000000 /* between two snapshots */
#define RELAY_THREAD_IDLE_NS 20000000 /* the longest pause between two steps */

struct relay_thread {
	struct group_clock clock;
	struct timeline timeline;
	struct intake intake;
	struct tap *tap; /* the source's media channel, if it is read here; else NULL */
	struct reader_filter filter;
	uint32_t count;
	struct output *outputs[ENGINE_OUTPUTS_MAX];

	struct mailbox orders; /* from the main thread */
	struct mailbox news;   /* to the main thread */
	struct snapshot_exchange shown;
	int64_t show_ns; /* when the next snapshot is due */
	uint64_t steps;
	int64_t due_ns; /* when this step was asked for; 0 = it came by other means */
	int64_t wake_worst_ns;
	uint64_t news_lost; /* the main thread's ring was full */

	struct frame ring[TIMELINE_FRAMES];
};

/* Main thread, before the engine's starts.  `lead` in frames (intake.h). */
void relay_thread_init(struct relay_thread *thread, uint32_t rate, int64_t lead, int64_t now);

/* One step at the instant `now`.  Returns when the next is wanted, always later than `now`. */
int64_t relay_thread_step(struct relay_thread *thread, int64_t now);

#endif
