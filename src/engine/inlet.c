/* SPDX-License-Identifier: MIT */
#include "engine/inlet.h"

#include <errno.h>

#define MASK (INLET_BYTES - 1)

void inlet_init(struct inlet *inlet)
{
	spa_ringbuffer_init(&inlet->ring);
	atomic_init(&inlet->overruns, 0);
}

/* Header and frames become visible to the reader in one step. */
static int piece_write(struct inlet *inlet, const struct inlet_block *block,
                       const struct frame *frames)
{
	uint32_t index, bytes = block->count * (uint32_t)sizeof(*frames);
	int32_t filled = spa_ringbuffer_get_write_index(&inlet->ring, &index);
	if ((uint32_t)filled + sizeof(*block) + bytes > INLET_BYTES) {
		atomic_fetch_add_explicit(&inlet->overruns, 1, memory_order_relaxed);
		return -ENOBUFS;
	}
	spa_ringbuffer_write_data(&inlet->ring, inlet->memory, INLET_BYTES, index & MASK, block,
	                          sizeof(*block));
	index += (uint32_t)sizeof(*block);
	if (frames)
		spa_ringbuffer_write_data(&inlet->ring, inlet->memory, INLET_BYTES, index & MASK,
		                          frames, bytes);
	spa_ringbuffer_write_update(&inlet->ring, (int32_t)(index + bytes));
	return 0;
}

int inlet_write(struct inlet *inlet, const struct inlet_block *block, const struct frame *frames,
                uint32_t rate)
{
	for (uint32_t done = 0; done < block->count;) {
		struct inlet_block piece = *block;
		piece.position += done;
		piece.ns += (int64_t)done * 1000000000 / rate;
		piece.count = SPA_MIN(block->count - done, (uint32_t)INLET_BLOCK_FRAMES);
		int error = piece_write(inlet, &piece, frames + done);
		if (error)
			return error;
		done += piece.count;
	}
	return 0;
}

void inlet_finish(struct inlet *inlet)
{
	static const struct frame none;
	piece_write(inlet, &(struct inlet_block){.count = 0}, &none);
}

int inlet_read(struct inlet *inlet, struct inlet_block *block, struct frame *frames)
{
	uint32_t index;
	if (spa_ringbuffer_get_read_index(&inlet->ring, &index) < (int32_t)sizeof(*block))
		return 0;
	spa_ringbuffer_read_data(&inlet->ring, inlet->memory, INLET_BYTES, index & MASK, block,
	                         sizeof(*block));
	index += (uint32_t)sizeof(*block);
	uint32_t bytes = block->count * (uint32_t)sizeof(*frames);
	if (bytes)
		spa_ringbuffer_read_data(&inlet->ring, inlet->memory, INLET_BYTES, index & MASK,
		                         frames, bytes);
	spa_ringbuffer_read_update(&inlet->ring, (int32_t)(index + bytes));
	return 1;
}
