/* SPDX-License-Identifier: MIT */
#include "a2dp/sbc_config.h"

#include <errno.h>

#define BITPOOL_LEAST 2
#define BITPOOL_MOST 250

const uint8_t sbc_config_capabilities[SBC_CONFIG_BYTES] = {0x3f, 0xff, BITPOOL_LEAST,
                                                           SBC_CONFIG_HIGH_QUALITY};

/* One group of bits, best choice first. */
struct option {
	uint8_t bit;
	uint16_t value;
};

static const struct option modes[] = {
    {0x01, SBC_CHANNEL_JOINT},
    {0x02, SBC_CHANNEL_STEREO},
    {0x04, SBC_CHANNEL_DUAL},
    {0x08, SBC_CHANNEL_MONO},
};
/* in units of 100 Hz, to fit */
static const struct option rates[] = {{0x20, 441}, {0x10, 480}, {0x40, 320}, {0x80, 160}};
static const struct option blocks[] = {{0x10, 16}, {0x20, 12}, {0x40, 8}, {0x80, 4}};
static const struct option subbands[] = {{0x04, 8}, {0x08, 4}};
static const struct option allocations[] = {{0x01, true}, {0x02, false}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The value of the only bit of its group that is set in `byte`, or -EINVAL. */
static int option_read(const struct option *options, size_t count, uint8_t byte)
{
	int value = -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!(byte & options[i].bit))
			continue;
		if (value >= 0)
			return -EINVAL;
		value = options[i].value;
	}
	return value;
}

/* The first of the options that is set in `byte`: its bit, or 0. */
static uint8_t option_choose(const struct option *options, size_t count, uint8_t byte)
{
	for (size_t i = 0; i < count; i++)
		if (byte & options[i].bit)
			return options[i].bit;
	return 0;
}

static bool bitpools_valid(uint8_t least, uint8_t most)
{
	return least >= BITPOOL_LEAST && most <= BITPOOL_MOST && least <= most;
}

int sbc_config_parse(struct sbc_config *config, const uint8_t *bytes, size_t size)
{
	if (size != SBC_CONFIG_BYTES || !bitpools_valid(bytes[2], bytes[3]))
		return -EINVAL;
	int rate = option_read(rates, COUNT(rates), bytes[0]);
	int mode = option_read(modes, COUNT(modes), bytes[0]);
	int block = option_read(blocks, COUNT(blocks), bytes[1]);
	int subband = option_read(subbands, COUNT(subbands), bytes[1]);
	int loudness = option_read(allocations, COUNT(allocations), bytes[1]);
	if (rate < 0 || mode < 0 || block < 0 || subband < 0 || loudness < 0)
		return -EINVAL;
	*config = (struct sbc_config){
	    .rate = (uint32_t)rate * 100,
	    .mode = (enum sbc_channel_mode)mode,
	    .blocks = (uint8_t)block,
	    .subbands = (uint8_t)subband,
	    .loudness = loudness,
	    .bitpool_min = bytes[2],
	    .bitpool_max = bytes[3],
	};
	return 0;
}

static uint8_t bitpool_wanted(uint32_t rate, uint8_t mode_bit)
{
	bool joint_or_stereo = mode_bit == 0x01 || mode_bit == 0x02;
	if (rate == 48000)
		return joint_or_stereo ? 51 : 29;
	return joint_or_stereo ? SBC_CONFIG_HIGH_QUALITY : SBC_CONFIG_ONE_CHANNEL;
}

static uint8_t rate_bit(uint32_t rate)
{
	for (size_t i = 0; i < COUNT(rates); i++)
		if (rates[i].value * 100u == rate)
			return rates[i].bit;
	return 0;
}

int sbc_config_select(uint8_t configuration[SBC_CONFIG_BYTES], const uint8_t *capabilities,
                      size_t size, uint32_t rate)
{
	if (size != SBC_CONFIG_BYTES || !bitpools_valid(capabilities[2], capabilities[3]))
		return -EINVAL;
	uint8_t mode = option_choose(modes, COUNT(modes), capabilities[0]);
	uint8_t block = option_choose(blocks, COUNT(blocks), capabilities[1]);
	uint8_t subband = option_choose(subbands, COUNT(subbands), capabilities[1]);
	uint8_t allocation = option_choose(allocations, COUNT(allocations), capabilities[1]);
	if (!mode || !block || !subband || !allocation)
		return -EINVAL;
	uint8_t rate_wanted = rate_bit(rate);
	if (!(capabilities[0] & rate_wanted))
		return -ENOTSUP;

	uint8_t most = bitpool_wanted(rate, mode);
	if (most > capabilities[3])
		most = capabilities[3];
	if (most < capabilities[2])
		most = capabilities[2];
	configuration[0] = rate_wanted | mode;
	configuration[1] = block | subband | allocation;
	configuration[2] = capabilities[2];
	configuration[3] = most;
	return 0;
}

const char *sbc_config_mode_name(enum sbc_channel_mode mode)
{
	static const char *const names[] = {
	    [SBC_CHANNEL_MONO] = "mono",
	    [SBC_CHANNEL_DUAL] = "dual",
	    [SBC_CHANNEL_STEREO] = "stereo",
	    [SBC_CHANNEL_JOINT] = "joint",
	};
	return names[mode];
}

unsigned sbc_config_channels(const struct sbc_config *config)
{
	return config->mode == SBC_CHANNEL_MONO ? 1 : 2;
}

unsigned sbc_config_frame_samples(const struct sbc_config *config)
{
	return (unsigned)config->blocks * config->subbands;
}

size_t sbc_config_frame_bytes(const struct sbc_config *config, unsigned bitpool)
{
	unsigned channels = sbc_config_channels(config);
	unsigned scale_factors = 4 * config->subbands * channels / 8;
	unsigned bits = config->blocks * bitpool;
	if (config->mode == SBC_CHANNEL_MONO || config->mode == SBC_CHANNEL_DUAL)
		bits *= channels;
	if (config->mode == SBC_CHANNEL_JOINT)
		bits += config->subbands;
	return 4 + scale_factors + (bits + 7) / 8;
}

unsigned sbc_config_kbps(const struct sbc_config *config, unsigned bitpool)
{
	double bits = 8.0 * (double)sbc_config_frame_bytes(config, bitpool);
	return (unsigned)(bits * config->rate / sbc_config_frame_samples(config) / 1000 + 0.5);
}
