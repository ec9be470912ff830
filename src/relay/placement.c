/* SPDX-License-Identifier: MIT */
#include "relay/placement.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "a2dp/airtime.h"

#define USUAL_MTU 672 /* what L2CAP's default leaves, and most speakers have */
#define LINKS_MOST 7  /* that one adapter can have active (Core 5.3, Vol 2 Part B, 8.1) */

/* Where a step down saves air on 2-DH5 (a2dp/congestion.c goes down these). */
static const uint8_t steps[] = {SBC_CONFIG_HIGH_QUALITY, 45, 40, 33, 29, 25};
#define STEPS (int)(sizeof(steps) / sizeof(steps[0]))

/* --- who goes where ------------------------------------------------------------------------------ */

static int places_of(const struct placement_speaker *speaker)
{
	return __builtin_popcount(speaker->places);
}

/* Is `a` to be placed before `b`? */
static bool comes_first(const struct placement_speaker *a, const struct placement_speaker *b)
{
	if (places_of(a) != places_of(b))
		return places_of(a) < places_of(b);
	return a->percent > b->percent;
}

static int place_choose(const struct placement_speaker *speaker, const double *taken, int adapters)
{
	int best = -1;
	for (int i = 0; i < adapters; i++) {
		if (!(speaker->places & 1u << i))
			continue;
		double gain = best < 0 ? 1 : taken[best] - taken[i];
		if (gain > 0.01 || (gain > -0.01 && i == speaker->at))
			best = i;
	}
	return best;
}

void placement_solve(struct placement_speaker *speakers, int count, double *taken, int adapters)
{
	uint64_t waiting = 0;
	for (int i = 0; i < count; i++) {
		if (speakers[i].linked)
			taken[speakers[i].at] += speakers[i].percent;
		else
			waiting |= 1ull << i;
	}
	while (waiting) {
		int next = __builtin_ctzll(waiting);
		for (int i = next + 1; i < count; i++)
			if (waiting & 1ull << i && comes_first(&speakers[i], &speakers[next]))
				next = i;
		struct placement_speaker *speaker = &speakers[next];
		speaker->at = place_choose(speaker, taken, adapters);
		if (speaker->at >= 0)
			taken[speaker->at] += speaker->percent;
		waiting &= ~(1ull << next);
	}
}

/* --- what the air bears ---------------------------------------------------------------------------- */

struct placement_stream placement_usual(void)
{
	struct placement_stream stream = {
	    .config = {.rate = 44100,
	               .mode = SBC_CHANNEL_JOINT,
	               .blocks = 16,
	               .subbands = 8,
	               .loudness = true,
	               .bitpool_min = 2,
	               .bitpool_max = 53},
	    .mtu = USUAL_MTU,
	    .bitpool = 53,
	};
	return stream;
}

double placement_percent(const struct placement_stream *stream, unsigned bitpool)
{
	unsigned least = stream->config.bitpool_min;
	if (bitpool > stream->bitpool)
		bitpool = stream->bitpool;
	if (bitpool < least)
		bitpool = least;
	return AIRTIME_SENDS * airtime_stream_percent(&stream->config, stream->mtu, bitpool);
}

double placement_short_percent(const struct placement_stream *stream, unsigned frames)
{
	return airtime_short_percent(&stream->config, stream->mtu, stream->bitpool, frames);
}

double placement_load(const struct placement_air *air, unsigned bitpool)
{
	double percent = air->inbound;
	for (int i = 0; i < air->count; i++)
		percent += placement_percent(&air->streams[i], bitpool);
	return percent;
}

/* The same, were every packet to arrive. */
static double load_once(const struct placement_air *air, unsigned bitpool)
{
	return air->inbound + (placement_load(air, bitpool) - air->inbound) / AIRTIME_SENDS;
}

unsigned placement_bitpool(const struct placement_air *air)
{
	int at = 0;
	while (at + 1 < STEPS && load_once(air, steps[at]) > AIRTIME_HOLDS)
		at++;
	return steps[at];
}

static void who_wants(const struct placement_air *air, char *text, size_t size)
{
	snprintf(text, size, "%s%d speaker%s", air->inbound > 0 ? "the Echo and " : "", air->count,
	         air->count == 1 ? "" : "s");
}

/* An adapter that has room is a better way than less sound. */
static void what_helps(const struct placement_air *air, char *text, size_t size)
{
	bool one_channel = placement_load(air, SBC_CONFIG_ONE_CHANNEL) <= AIRTIME_CARRIES;
	if (air->movable)
		snprintf(text, size, "c twice on %d, it goes to %s", air->movable, air->elsewhere);
	else
		snprintf(text, size, "%sanother adapter", one_channel ? "one channel each, " : "");
}

bool placement_fits(const struct placement_air *air, char *text, size_t size)
{
	double percent = placement_load(air, SBC_CONFIG_HIGH_QUALITY);
	unsigned bitpool = placement_bitpool(air);
	char who[40], comes[40] = "it may crackle", helps[64];
	*text = 0;
	if (percent <= AIRTIME_CARRIES || !air->count)
		return true;
	who_wants(air, who, sizeof(who));
	what_helps(air, helps, sizeof(helps));
	if (placement_full(air))
		snprintf(comes, sizeof(comes), "it will crackle");
	else if (bitpool < SBC_CONFIG_HIGH_QUALITY)
		snprintf(comes, sizeof(comes), "bitpool falls to %u", bitpool);
	snprintf(text, size, "%s want %ld %% of the air, %d carry well: %s; helps: %s", who,
	         lround(percent), AIRTIME_CARRIES, comes, helps);
	return false;
}

bool placement_full(const struct placement_air *air)
{
	int links = air->count + (air->inbound > 0);
	return links > LINKS_MOST || load_once(air, steps[STEPS - 1]) > 100;
}
