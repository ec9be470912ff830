/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_INLET_H
#define ENGINE_INLET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <spa/utils/ringbuffer.h>

#include "audio/frame.h"

/*
 * Where sound enters the engine: a ring of blocks between the thread of a source (PipeWire's data
 * thread, the simulated Echo) and the engine's.  It is the only place where two threads touch audio.
 *
 * One writer at a time: a source has stopped before the next one starts.  Neither side waits, locks
 * or allocates.
 */

#define INLET_BYTES (1u << 19)  /* 1.4 s of stereo at 44.1 kHz; a power of two */
#define INLET_BLOCK_FRAMES 4096 /* longer blocks are cut into such pieces */

struct inlet_block {
	int64_t ns;        /* CLOCK_MONOTONIC, when the source's clock showed `position` */
	int64_t position;  /* the source's own count of its first frame */
	uint32_t clock_id; /* another id: another clock, the positions have nothing in common */
	uint32_t count;    /* frames that follow; 0: the source has ended */
	bool paced; /* ns is the source's own clock, with no servo behind it that has to settle */
};

struct inlet {
	struct spa_ringbuffer ring;
	atomic_uint overruns; /* blocks that found no room */
	uint8_t memory[INLET_BYTES];
};

void inlet_init(struct inlet *inlet);

/*
 * The source's thread: hands in a block and its frames, at `rate` frames a second.  Returns 0, or
 * -ENOBUFS when the engine does not keep up; the rest of the block is then lost and counted.
 */
int inlet_write(struct inlet *inlet, const struct inlet_block *block, const struct frame *frames,
                uint32_t rate);

/* The source's thread: says that this was the last block. */
void inlet_finish(struct inlet *inlet);

/*
 * The engine's thread: takes the next block; `frames` holds INLET_BLOCK_FRAMES.  Returns 1, or 0 when
 * there is none.
 */
int inlet_read(struct inlet *inlet, struct inlet_block *block, struct frame *frames);

#endif
