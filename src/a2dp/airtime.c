/* SPDX-License-Identifier: MIT */
#include "a2dp/airtime.h"

#include "a2dp/rtp.h"

#define L2CAP_HEADER_BYTES 4
#define EDR3_MTU 1005
#define SLOTS_PER_SECOND 1600.0
#define POLL_SLOTS 2

struct baseband {
	size_t one, three, five; /* payload bytes of a packet of so many slots */
};

static const struct baseband *baseband_of(size_t mtu)
{
	static const struct baseband edr2 = {54, 367, 679}, edr3 = {83, 552, 1021};
	return mtu >= EDR3_MTU ? &edr3 : &edr2;
}

size_t airtime_packet_bytes(size_t mtu)
{
	size_t most = baseband_of(mtu)->five - L2CAP_HEADER_BYTES;
	return mtu < most ? mtu : most;
}

size_t airtime_packet_frames(const struct sbc_config *config, size_t mtu, unsigned bitpool)
{
	size_t room = airtime_packet_bytes(mtu) - RTP_HEADER_BYTES;
	size_t frames = room / sbc_config_frame_bytes(config, bitpool);
	if (frames < 1)
		return 1;
	return frames < RTP_FRAMES_MAX ? frames : RTP_FRAMES_MAX;
}

static int64_t frames_ns(const struct sbc_config *config, size_t frames)
{
	return (int64_t)frames * sbc_config_frame_samples(config) * 1000000000 / config->rate;
}

int64_t airtime_packet_ns(const struct sbc_config *config, size_t mtu)
{
	return frames_ns(config, airtime_packet_frames(config, mtu, config->bitpool_max));
}

unsigned airtime_packet_slots(size_t mtu, size_t bytes)
{
	const struct baseband *baseband = baseband_of(mtu);
	size_t left = bytes + L2CAP_HEADER_BYTES;
	unsigned slots = 0;
	for (; left > baseband->five; left -= baseband->five)
		slots += 6;
	if (left > baseband->three)
		return slots + 6;
	return slots + (left > baseband->one ? 4 : 2);
}

static size_t packet_bytes(const struct sbc_config *config, size_t frames, unsigned bitpool)
{
	return RTP_HEADER_BYTES + frames * sbc_config_frame_bytes(config, bitpool);
}

double airtime_percent(size_t mtu, size_t bytes, int64_t interval_ns)
{
	double per_second = 1e9 / (double)interval_ns;
	return 100.0 * airtime_packet_slots(mtu, bytes) * per_second / SLOTS_PER_SECOND;
}

double airtime_stream_percent(const struct sbc_config *config, size_t mtu, unsigned bitpool)
{
	unsigned frames = (unsigned)airtime_packet_frames(config, mtu, bitpool);
	return airtime_short_percent(config, mtu, bitpool, frames);
}

double airtime_short_percent(const struct sbc_config *config, size_t mtu, unsigned bitpool,
                             unsigned frames)
{
	size_t bytes = packet_bytes(config, frames, bitpool);
	return airtime_percent(mtu, bytes, frames_ns(config, frames));
}

double airtime_inbound_percent(const struct sbc_config *config, size_t mtu)
{
	double per_second = 1e9 / (double)airtime_packet_ns(config, mtu);
	return airtime_stream_percent(config, mtu, config->bitpool_max) +
	       100.0 * POLL_SLOTS * per_second / SLOTS_PER_SECOND;
}
