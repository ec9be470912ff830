/* SPDX-License-Identifier: MIT */
#include "a2dp/rtp.h"

#include <errno.h>

#define VERSION_2 0x80
#define PAYLOAD_TYPE 96 /* dynamic, as every A2DP source uses it */
#define FRAGMENTED 0x80
#define COUNT_MASK 0x0f

static void put_big_endian(uint8_t *bytes, uint32_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(value >> (8 * (count - 1 - i)));
}

static uint32_t get_big_endian(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;
	for (unsigned i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

void rtp_write(uint8_t bytes[RTP_HEADER_BYTES], const struct rtp_header *header)
{
	bytes[0] = VERSION_2;
	bytes[1] = PAYLOAD_TYPE;
	put_big_endian(bytes + 2, header->sequence, 2);
	put_big_endian(bytes + 4, header->timestamp, 4);
	put_big_endian(bytes + 8, header->ssrc, 4);
	bytes[12] = header->frames & COUNT_MASK;
}

int rtp_read(struct rtp_header *header, const uint8_t *bytes, size_t size)
{
	if (size < RTP_HEADER_BYTES || bytes[0] != VERSION_2 || (bytes[12] & FRAGMENTED) ||
	    !(bytes[12] & COUNT_MASK))
		return -EBADMSG;
	*header = (struct rtp_header){
	    .sequence = (uint16_t)get_big_endian(bytes + 2, 2),
	    .timestamp = get_big_endian(bytes + 4, 4),
	    .ssrc = get_big_endian(bytes + 8, 4),
	    .frames = bytes[12] & COUNT_MASK,
	};
	return 0;
}
