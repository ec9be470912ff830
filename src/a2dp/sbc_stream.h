/* SPDX-License-Identifier: MIT */
#ifndef A2DP_SBC_STREAM_H
#define A2DP_SBC_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sbc/sbc.h>

#include "a2dp/rtp.h"
#include "a2dp/sbc_config.h"
#include "audio/frame.h"

/*
 * One speaker's SBC stream: audio frames in, A2DP media packets out.
 *
 * A packet is sized for the radio (airtime.h), not for the MTU.  The RTP timestamp counts the
 * stream's own audio frames and never jumps: a stream that has lost its place is ended, and a new one
 * started at the right one.
 * A stream belongs to one thread at a time.  Only init and finish allocate and free.
 */

#define SBC_STREAM_PACKET_BYTES 1024                     /* no baseband packet holds more */
#define SBC_STREAM_PACKET_SAMPLES (RTP_FRAMES_MAX * 128) /* the longest packet, audio frames */

struct sbc_stream {
	sbc_t sbc;
	struct sbc_config config;
	size_t mtu;
	uint8_t bitpool;
	uint8_t frames_per_packet; /* SBC frames in a full one */
	uint16_t sequence;         /* of the next packet */
	uint32_t timestamp;        /* of the next packet */
};

/*
 * Starts a stream at its largest bitpool.  Returns 0; -EINVAL for a configuration that is none;
 * -EMSGSIZE for an MTU that holds no packet; -ENOMEM.
 */
int sbc_stream_init(struct sbc_stream *stream, const uint8_t configuration[SBC_CONFIG_BYTES],
                    size_t mtu);
void sbc_stream_finish(struct sbc_stream *stream);

/* Takes effect with the next packet; clamped to what was configured.  Sizes the packets anew. */
void sbc_stream_set_bitpool(struct sbc_stream *stream, unsigned bitpool);

/* Slots of air that a packet of so many SBC frames would take at a bitpool (airtime.h). */
unsigned sbc_stream_slots(const struct sbc_stream *stream, unsigned frames, unsigned bitpool);

/* Bytes of a packet of so many SBC frames. */
size_t sbc_stream_bytes(const struct sbc_stream *stream, unsigned frames);

/*
 * Encodes `count` SBC frames, 1 to frames_per_packet, of sbc_config_frame_samples() audio frames each,
 * into `packet`, which holds SBC_STREAM_PACKET_BYTES.  Samples beyond full scale are clipped.  How a
 * stream is cut into packets does not change what it decodes to.  Returns the packet's size, or -EIO if
 * libsbc refuses.
 */
ssize_t sbc_stream_encode(struct sbc_stream *stream, const struct frame *frames, unsigned count,
                          uint8_t *packet);

#endif
