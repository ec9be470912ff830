/* SPDX-License-Identifier: MIT */
#ifndef RELAY_HEARING_H
#define RELAY_HEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/source.h"

/*
 * The last seconds of what a microphone hears, by the instants of the relay's clock.
 *
 *     microphone's thread ─► inlet ─► hearing_dispatch ─► ring of samples, and a line through the
 *                                                          times of its blocks (measure/timebase.h)
 *
 * Main thread.
 */

#define HEARING_SAMPLES (1 << 18) /* 5.9 s at 44.1 kHz */

struct hearing;

/*
 * Opens the microphone, which is the hearing's from now on, also on failure.  Returns 0, -ENOMEM, or what
 * the microphone says.
 */
int hearing_new(struct hearing **ret_hearing, struct source *microphone, uint32_t rate);

/* Closes the microphone. */
void hearing_free(struct hearing *hearing);

/* Takes in what was heard; wants to be called ten times a second. */
void hearing_dispatch(struct hearing *hearing);

/* As if nothing had been heard so far. */
void hearing_forget(struct hearing *hearing);

/* Its name, its state, what is wrong with it. */
const struct source_info *hearing_info(const struct hearing *hearing);

/* Everything up to this instant has been heard; INT64_MIN before the first sound. */
int64_t hearing_until(const struct hearing *hearing);

/* The loudest sample since the last call, full scale = 1. */
float hearing_peak(struct hearing *hearing);

/*
 * Copies the `count` samples from the instant `from_ns` on, and says which position the first has.  Returns
 * 0; -EAGAIN while they have not all been heard; -ENODATA where they are gone, or the recording has a hole.
 */
int hearing_copy(const struct hearing *hearing, int64_t from_ns, float *samples, size_t count,
                 int64_t *ret_position);

/* When a position was heard. */
int64_t hearing_time_of(const struct hearing *hearing, double position);

#endif
