/* SPDX-License-Identifier: MIT */
#ifndef SIM_EAR_H
#define SIM_EAR_H

#include <stdint.h>

#include "audio/frame.h"
#include "engine/source.h"
#include "sim/scenario.h"

/*
 * A microphone in the simulated room, as a source: what leaves the speakers' DACs comes to it over each
 * one's distance, with echoes off the walls, and noise is added; it hands in blocks at a clock of its own.
 *
 *     DAC ─► distance ─► direct, early echoes, reverberation ─┐
 *     DAC ─► …                                               ─┴─► + noise ─► its clock ─► inlet
 *
 * It listens only while it is open.  The world's thread feeds it (ear_hear, ear_step), the main thread
 * opens and closes it (source.h).
 */

#define EAR_SOUND 343.0 /* m/s */

struct ear;

/* `axis_ns` is the instant of frame 0 of the DACs' time axis.  NULL without memory. */
struct ear *ear_new(const struct scenario *scenario, uint32_t axis_rate, int64_t axis_ns);
void ear_free(struct ear *ear);

/* The source for the relay.  Closing it leaves the ear itself to ear_free. */
struct source *ear_source(struct ear *ear);

/* The world's thread: what speaker number `speaker` lets be heard from frame `at` of the axis on. */
void ear_hear(struct ear *ear, int speaker, int64_t at, const struct frame *frames, uint32_t count);

/*
 * The world's thread: everybody has been heard up to the instant `heard_ns`: hands in the blocks up to
 * there.  Returns when to call again.
 */
int64_t ear_step(struct ear *ear, int64_t heard_ns);

#endif
