/* SPDX-License-Identifier: MIT */
#ifndef A2DP_RTP_H
#define A2DP_RTP_H

#include <stddef.h>
#include <stdint.h>

/*
 * The 13 bytes in front of the SBC frames of an A2DP packet: an RTP header (RFC 3550, 5.1) and the
 * SBC payload header (A2DP 1.3, 4.3.4).  Pure: any thread may call anything here.
 *
 *   0x80 0x60  sequence(2)  timestamp(4)  SSRC(4)  | frame count(1) | SBC frames ...
 */

#define RTP_HEADER_BYTES 13
#define RTP_FRAMES_MAX 15 /* the payload header counts in four bits */

struct rtp_header {
	uint16_t sequence;
	uint32_t timestamp; /* audio frames, at the stream's own rate */
	uint32_t ssrc;
	uint8_t frames; /* whole SBC frames that follow, 1..15 */
};

void rtp_write(uint8_t bytes[RTP_HEADER_BYTES], const struct rtp_header *header);

/*
 * Reads the header of a packet of `size` bytes.  Returns 0; -EBADMSG when it is shorter than a
 * header, not RTP version 2, carries extensions or CSRCs, no SBC frame at all, or a fragmented one
 * (which nobody sends where one frame fits); *header is then untouched.
 */
int rtp_read(struct rtp_header *header, const uint8_t *bytes, size_t size);

#endif
