/* SPDX-License-Identifier: MIT */
/* The head of an A2DP packet: what can be read comes out as it went in. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "a2dp/rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtp_header header, again;
	uint8_t bytes[RTP_HEADER_BYTES];
	if (rtp_read(&header, data, size))
		return 0;
	fuzz_require(header.frames >= 1 && header.frames <= RTP_FRAMES_MAX, "there are frames");
	rtp_write(bytes, &header);
	fuzz_require(!rtp_read(&again, bytes, sizeof(bytes)), "what was written can be read");
	fuzz_require(again.sequence == header.sequence && again.timestamp == header.timestamp &&
	                 again.ssrc == header.ssrc && again.frames == header.frames,
	             "nothing changes on the way");
	return 0;
}
