/* SPDX-License-Identifier: MIT */
/* What an Echo sends as its stream: four bytes of configuration, the rate that is wanted, then packets with the time between them. */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/tap.h"

#define PACKETS_MOST 64

static struct frame frames[TAP_BLOCK_FRAMES];

static void block_holds(const struct inlet_block *block, int64_t position)
{
	fuzz_require(block->count > 0 && block->count <= TAP_BLOCK_FRAMES, "a block is no longer");
	fuzz_require(block->position >= position, "the source does not run backwards");
	for (uint32_t i = 0; i < block->count; i++)
		fuzz_require(fabsf(frames[i].left) <= 2 && fabsf(frames[i].right) <= 2,
		             "sound is between -1 and 1, and what a filter makes of that");
}

static void packets_send(struct fuzz_input *input, struct tap *tap, int peer)
{
	int64_t now = 0, position = 0;
	for (int i = 0; i < PACKETS_MOST && input->left; i++) {
		struct inlet_block block;
		size_t size = fuzz_byte(input) * 4u;
		now += fuzz_byte(input) * 1000000ll;
		size = size < input->left ? size : input->left;
		if (send(peer, input->data, size, MSG_DONTWAIT) < 0)
			return;
		input->data += size;
		input->left -= size;
		while (tap_read(tap, &block, frames, now)) {
			block_holds(&block, position);
			position = block.position + block.count;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint8_t configuration[SBC_CONFIG_BYTES];
	static struct reader_filter filter;
	struct tap *tap;
	int fds[2];
	if (filter.taps[0][0] == 0)
		reader_filter_init(&filter);
	for (int i = 0; i < SBC_CONFIG_BYTES; i++)
		configuration[i] = fuzz_byte(&input);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return 0;
	if (tap_new(&tap, fds[0], configuration, 1)) {
		close(fds[0]);
	} else {
		tap_set_rate(tap, &filter, fuzz_byte(&input) & 1 ? 44100 : 48000);
		packets_send(&input, tap, fds[1]);
		tap_free(tap);
	}
	close(fds[1]);
	return 0;
}
