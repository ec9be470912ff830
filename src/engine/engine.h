/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/inlet.h"
#include "engine/messages.h"
#include "engine/output.h"
#include "engine/snapshot.h"
#include "engine/tap.h"

/*
 * The relay engine as the main thread sees it.  Every function here is for the main thread only.
 *
 * The engine runs on a real-time thread of its own (engine_start), or is stepped by hand under a clock
 * of the caller's (engine_step): the simulated world in virtual time, and the tests.
 */

struct engine;

struct engine_config {
	uint32_t rate;   /* group rate, Hz */
	int64_t lead_ns; /* how far ahead of its due time the source's sound is put (intake.h) */
	int64_t now;     /* ns, of the clock that the engine is to live by */
};

/* What the engine reports, from engine_dispatch. */
struct engine_events {
	/* The speaker has run dry, or the socket failed: the output must be removed. */
	void (*output_stalled)(void *user, uint32_t id);
	void (*output_failed)(void *user, uint32_t id, int error); /* errno */
	/* The output is gone, its fd is closed.  `dropped` and so on are its last figures. */
	void (*output_removed)(void *user, const struct output_snapshot *last);
	void (*source_changed)(void *user, bool live);
};

/* Returns NULL without memory.  `events` must outlive the engine. */
struct engine *engine_new(const struct engine_config *config, const struct engine_events *events,
                          void *user);

/* Stops the thread if it runs, frees every output. */
void engine_free(struct engine *engine);

/*
 * Starts the thread.  Returns 0 or -errno.  Where the kernel refuses SCHED_FIFO or locked memory the
 * thread runs without; engine_refusal() then says what was refused and what would grant it.
 */
int engine_start(struct engine *engine);
const char *engine_refusal(const struct engine *engine); /* NULL: all granted */

/*
 * For who gives it priority by other means: whether it lacks it, its id (0: it does not run yet), and that
 * it was given.
 */
bool engine_lacks_priority(const struct engine *engine);
pid_t engine_thread(const struct engine *engine);
void engine_give_priority(struct engine *engine);

/* One step without a thread; returns when the next is wanted. */
int64_t engine_step(struct engine *engine, int64_t now);

/* Readable when engine_dispatch has something to report. */
int engine_fd(const struct engine *engine);
void engine_dispatch(struct engine *engine);

/* Where the source hands in its sound. */
struct inlet *engine_inlet(struct engine *engine);

/*
 * Has the engine read a source's media channel itself, instead of the one that it read; NULL: none.  The tap is
 * the engine's from now on, also on failure, as -ENOTSUP for one of a rate that is too far from the engine's.
 * Meanwhile nobody is to write into the inlet.
 */
int engine_set_tap(struct engine *engine, struct tap *tap);

/*
 * Adds an output.  `config->lead` is ignored.  Returns 0 and the output's id, and owns the fd; or -errno
 * (output.h), -ENOSPC at ENGINE_OUTPUTS_MAX, the fd still the caller's.
 */
int engine_add_output(struct engine *engine, const struct output_config *config, uint32_t *ret_id);

/* Asks for its removal; output_removed follows. */
int engine_remove_output(struct engine *engine, uint32_t id);

/* Moves the listed outputs' delays together, beginning at one frame. */
int engine_set_delays(struct engine *engine, const struct output_delay *delays, uint32_t count);
int engine_set_mix(struct engine *engine, uint32_t id, struct mix_matrix mix);
int engine_reset_meters(struct engine *engine);

/*
 * Lays a test signal over what an output plays, instead of the one it had; NULL takes that away.  The
 * overlay is malloc'ed and the engine's from now on, also on failure.
 */
int engine_set_overlay(struct engine *engine, uint32_t id, struct overlay *overlay);

/* The newest figures; valid until the next call. */
const struct snapshot *engine_snapshot(struct engine *engine);

/*
 * The frame of the timeline that is due at an instant, without anybody's delay line, and the instant of a
 * frame: as the newest snapshot shows the group's clock, so the nearer the better.
 */
double engine_frame_at(struct engine *engine, int64_t ns);
int64_t engine_time_of(struct engine *engine, double frame);

const struct output_snapshot *snapshot_output(const struct snapshot *snapshot, uint32_t id);

#endif
