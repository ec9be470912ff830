/* SPDX-License-Identifier: MIT */
#include "a2dp/congestion.h"

#include "a2dp/airtime.h"

/* A packet of 2-DH5 holds 5, 6, 7, 8, 9, 10 frames of these; one of 3-DH5 8, 9, 10, 12, 14, 15. */
static const uint8_t worthwhile[] = {53, 45, 40, 33, 29, 25};

void congestion_init(struct congestion *congestion, const struct sbc_config *config, size_t mtu)
{
	*congestion = (struct congestion){.calm_wanted = CONGESTION_CALM_NS};
	congestion->steps[congestion->count++] = config->bitpool_max;
	size_t frames = airtime_packet_frames(config, mtu, config->bitpool_max);
	for (size_t i = 0; i < sizeof(worthwhile); i++) {
		uint8_t bitpool = worthwhile[i];
		if (bitpool >= config->bitpool_max || bitpool < config->bitpool_min ||
		    airtime_packet_frames(config, mtu, bitpool) <= frames)
			continue;
		frames = airtime_packet_frames(config, mtu, bitpool);
		congestion->steps[congestion->count++] = bitpool;
	}
}

unsigned congestion_bitpool(const struct congestion *congestion, unsigned ceiling)
{
	unsigned bitpool = congestion->steps[congestion->at];
	return bitpool < ceiling ? bitpool : ceiling;
}

bool congestion_lowers(const struct congestion *congestion, unsigned ceiling)
{
	unsigned most = congestion->steps[0];
	return congestion_bitpool(congestion, ceiling) < (most < ceiling ? most : ceiling);
}

/* To the next step that is below what is sent now. */
static void step_down(struct congestion *congestion, unsigned ceiling)
{
	unsigned before = congestion_bitpool(congestion, ceiling);
	while (congestion->at + 1 < congestion->count &&
	       congestion_bitpool(congestion, ceiling) >= before)
		congestion->at++;
}

static int64_t longer(int64_t calm)
{
	return 2 * calm < CONGESTION_CALM_MOST ? 2 * calm : CONGESTION_CALM_MOST;
}

static void lower(struct congestion *congestion, int64_t now, bool urgent, unsigned ceiling)
{
	bool settling = congestion->lowered_ns &&
	                now - congestion->lowered_ns < CONGESTION_SETTLE_NS;
	congestion->calm_since = now;
	if (settling && !urgent)
		return;
	/* the last step up was one too many */
	if (congestion->raised_ns && now - congestion->raised_ns < congestion->calm_wanted) {
		congestion->calm_wanted = longer(congestion->calm_wanted);
		congestion->raised_ns = 0;
	}
	congestion->lowered_ns = now;
	if (urgent)
		congestion->at = congestion->count - 1;
	else
		step_down(congestion, ceiling);
}

static void raise(struct congestion *congestion, int64_t now)
{
	congestion->at--;
	congestion->raised_ns = now;
	congestion->calm_since = now;
}

void congestion_feed(struct congestion *congestion, int64_t now, int64_t waiting, int64_t slack,
                     unsigned ceiling)
{
	if (waiting > CONGESTION_WAIT_NS) {
		lower(congestion, now, waiting > slack * 3 / 4, ceiling);
		return;
	}
	if (now - congestion->calm_since < congestion->calm_wanted)
		return;
	if (congestion->at)
		raise(congestion, now);
	else
		congestion->calm_wanted = CONGESTION_CALM_NS;
}
