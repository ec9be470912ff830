/* SPDX-License-Identifier: MIT */
#ifndef A2DP_SBC_CONFIG_H
#define A2DP_SBC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The four bytes by which two A2DP devices agree on an SBC stream (A2DP 1.3, 4.3.2), and the
 * arithmetic that follows from them.  Pure: any thread may call anything here.
 *
 *   byte 0   sampling rate  16k 0x80  32k 0x40  44.1k 0x20  48k 0x10
 *            channel mode   mono 0x08  dual 0x04  stereo 0x02  joint 0x01
 *   byte 1   blocks         4 0x80  8 0x40  12 0x20  16 0x10
 *            subbands       4 0x08  8 0x04
 *            allocation     SNR 0x02  loudness 0x01
 *   byte 2   smallest bitpool
 *   byte 3   largest bitpool
 *
 * A capability has any number of bits set in each group, a configuration exactly one.
 */

#define SBC_CONFIG_BYTES 4
#define SBC_CONFIG_CODEC 0x00 /* "Media Codec Type" of SBC, A2DP assigned numbers */

/* The bitpool at which a joint stream whose channels are alike sounds as a stereo one does at 53. */
#define SBC_CONFIG_ONE_CHANNEL 31

/* The largest bitpool of A2DP's "high quality" row (table 4.7), joint stereo at 44.1 kHz. */
#define SBC_CONFIG_HIGH_QUALITY 53

/* What an endpoint of ours offers: every mode, 44.1 and 48 kHz, bitpool 2 to 53. */
extern const uint8_t sbc_config_capabilities[SBC_CONFIG_BYTES];

enum sbc_channel_mode {
	SBC_CHANNEL_MONO,
	SBC_CHANNEL_DUAL,
	SBC_CHANNEL_STEREO,
	SBC_CHANNEL_JOINT,
};

struct sbc_config {
	uint32_t rate; /* Hz */
	enum sbc_channel_mode mode;
	uint8_t blocks;
	uint8_t subbands;
	bool loudness; /* else SNR allocation */
	uint8_t bitpool_min;
	uint8_t bitpool_max;
};

/*
 * Reads a configuration.  Returns 0, or -EINVAL when the length is wrong, a group has no bit or
 * more than one, or the bitpools are out of 2..250 or crossed; *config is then untouched.
 */
int sbc_config_parse(struct sbc_config *config, const uint8_t *bytes, size_t size);

/*
 * Chooses a configuration out of a remote's capabilities for a stream at `rate`: joint stereo, 16
 * blocks, 8 subbands and loudness where offered, and the bitpool of A2DP's "high quality" row (table
 * 4.7: 53 at 44.1 kHz, 51 at 48 kHz, 31 and 29 a channel) or what the remote takes, if that is less.
 * Returns 0; -EINVAL for bytes that are no capability; -ENOTSUP where `rate` is not offered.
 */
int sbc_config_select(uint8_t configuration[SBC_CONFIG_BYTES], const uint8_t *capabilities,
                      size_t size, uint32_t rate);

/* "mono", "dual", "stereo", "joint" */
const char *sbc_config_mode_name(enum sbc_channel_mode mode);

unsigned sbc_config_channels(const struct sbc_config *config);

/* Audio frames (one sample per channel) in one SBC frame: 128 as everybody configures it. */
unsigned sbc_config_frame_samples(const struct sbc_config *config);

/* Bytes of one SBC frame at `bitpool` (A2DP 1.3, 12.9: header, scale factors, samples). */
size_t sbc_config_frame_bytes(const struct sbc_config *config, unsigned bitpool);

/* kbit/s of the SBC frames alone at `bitpool`, rounded. */
unsigned sbc_config_kbps(const struct sbc_config *config, unsigned bitpool);

#endif
