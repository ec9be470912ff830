/* SPDX-License-Identifier: MIT */
/* What a speaker says it can do, and what is made of it (A2DP 1.3, 4.3.2). */
#include "tests/fuzz/fuzz.h"

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"

static void configuration_holds(const struct sbc_config *config)
{
	fuzz_require(config->bitpool_min >= 2 && config->bitpool_max <= 250 &&
	                 config->bitpool_min <= config->bitpool_max,
	             "the bitpools are in order");
	for (unsigned bitpool = config->bitpool_min; bitpool <= config->bitpool_max; bitpool++)
		fuzz_require(sbc_config_frame_bytes(config, bitpool) > 4 &&
		                 sbc_config_frame_bytes(config, bitpool) < 1100,
		             "a frame is as long as frames are");
	fuzz_require(sbc_config_frame_samples(config) >= 16, "a frame has samples");
	fuzz_require(sbc_config_kbps(config, config->bitpool_max) > 0, "a stream has a rate");
}

static void selection_holds(const uint8_t *data, size_t size, uint32_t rate)
{
	uint8_t chosen[SBC_CONFIG_BYTES];
	struct sbc_config config;
	if (sbc_config_select(chosen, data, size, rate))
		return;
	fuzz_require(!sbc_config_parse(&config, chosen, sizeof(chosen)), "a choice can be read");
	fuzz_require(config.rate == rate, "the rate is what was asked for");
	fuzz_require(!(chosen[0] & ~data[0]) && !(chosen[1] & ~data[1]), "only offers are taken");
	fuzz_require(config.bitpool_max <= data[3], "the bitpool is not above the offer");
	configuration_holds(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbc_config config;
	if (!sbc_config_parse(&config, data, size))
		configuration_holds(&config);
	selection_holds(data, size, 44100);
	selection_holds(data, size, 48000);
	return 0;
}
