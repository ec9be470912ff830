/* SPDX-License-Identifier: MIT */
/* Which adapter each speaker is on, and what is told of the adapters' air.  The arithmetic is placement.c. */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"
#include "relay/placement.h"

#define SETTLE_NS (SECOND_NS / 4) /* BlueZ takes an adapter's devices away before the adapter */
#define SINK_NS                                                                                    \
	(SECOND_NS * 11 / 10) /* a delay that grows by 3 ms does so in a second (audio/reader.h) */
#define RISE_NS (10 * SECOND_NS) /* who has left may be back soon */
#define BEGIN_NS                                                                                   \
	(SECOND_NS / 2) /* in which a speaker takes its time base: packets stay as they are */

/* Speakers and streams of one adapter. */
struct crowd {
	struct placement_stream streams[MODEL_SPEAKERS];
	struct placement_air air;
};

const char *relay_hci(const struct bluez_adapter *adapter)
{
	const char *slash = strrchr(adapter->path, '/');
	return slash ? slash + 1 : adapter->path;
}

static bool parse(struct sbc_config *config, const struct bluez_transport *transport)
{
	return transport && transport->codec == SBC_CONFIG_CODEC &&
	       sbc_config_parse(config, transport->configuration.bytes,
	                        transport->configuration.size) == 0;
}

/* --- what is in the air ---------------------------------------------------------------------------- */

double place_inbound(const struct relay *relay, const struct bluez_adapter *adapter, bool active)
{
	const struct bluez_transport *transport = echo_transport(relay);
	struct placement_stream usual = placement_usual();
	if (!transport || transport->device->adapter != adapter ||
	    (active && transport->state != BLUEZ_ACTIVE))
		return 0;
	parse(&usual.config, transport);
	return airtime_inbound_percent(&usual.config, usual.mtu);
}

/* A source that is paired there will play there; what its stream is like is known when it does. */
static double inbound_expected(struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct placement_stream usual = placement_usual();
	const struct bluez_device *device;
	double percent = place_inbound(relay, adapter, false);
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (percent <= 0 && device->adapter == adapter && device->paired &&
		    relay_role(relay, device) == ROLE_SOURCE)
			percent = airtime_inbound_percent(&usual.config, usual.mtu);
	return percent;
}

/* As far as it is known: what it was the last time, else what is usual. */
static struct placement_stream stream_of(const struct speaker *speaker)
{
	struct placement_stream stream = placement_usual();
	parse(&stream.config, speaker->transport);
	if (speaker->mtu)
		stream.mtu = speaker->mtu;
	stream.bitpool = stream.config.bitpool_max;
	if (speaker->kept->channel != MIX_STEREO && stream.bitpool > SBC_CONFIG_ONE_CHANNEL &&
	    stream.config.mode == SBC_CHANNEL_JOINT)
		stream.bitpool = SBC_CONFIG_ONE_CHANNEL;
	return stream;
}

/* A stream that is refused its air has none. */
static bool streams_on(const struct speaker *speaker, const struct bluez_adapter *adapter)
{
	return speaker->transport && !speaker->kept_out && speaker->device &&
	       speaker->device->adapter == adapter;
}

static void crowd_count(struct crowd *crowd, struct relay *relay,
                        const struct bluez_adapter *adapter)
{
	int count = 0;
	for (int i = 0; i < relay->speaker_count; i++)
		if (streams_on(relay->speakers[i], adapter))
			crowd->streams[count++] = stream_of(relay->speakers[i]);
	crowd->air = (struct placement_air){
	    .inbound = inbound_expected(relay, adapter), .streams = crowd->streams, .count = count};
}

/* The same, with one that will have a stream there; it has an adapter. */
static void crowd_count_with(struct crowd *crowd, const struct speaker *speaker)
{
	const struct bluez_adapter *adapter = speaker->device->adapter;
	crowd_count(crowd, speaker->relay, adapter);
	if (!streams_on(speaker, adapter))
		crowd->streams[crowd->air.count++] = stream_of(speaker);
}

bool place_fits(const struct speaker *speaker, char *text, size_t size)
{
	struct crowd crowd;
	*text = 0;
	if (!speaker->device || !speaker->device->adapter)
		return true;
	crowd_count_with(&crowd, speaker);
	return placement_fits(&crowd.air, text, size);
}

bool place_full(const struct speaker *speaker)
{
	struct crowd crowd;
	crowd_count_with(&crowd, speaker);
	return placement_full(&crowd.air);
}

/* SBC frames in a packet that has only the lead: the shortest that it is sent. */
static unsigned frames_even(const struct relay *relay, const struct placement_stream *stream)
{
	uint32_t rate = relay->settings->config.rate;
	int64_t lead = relay->settings->config.lead_ns * rate / SECOND_NS;
	return output_frames_even(&stream->config, stream->mtu, lead,
	                          (double)rate / stream->config.rate);
}

int64_t place_packet_ns(const struct speaker *speaker)
{
	struct placement_stream stream = stream_of(speaker);
	unsigned samples = frames_even(speaker->relay, &stream) *
	                   (unsigned)sbc_config_frame_samples(&stream.config);
	return samples * SECOND_NS / stream.config.rate;
}

bool place_even(const struct speaker *speaker)
{
	struct relay *relay = speaker->relay;
	const struct bluez_adapter *adapter = speaker->device ? speaker->device->adapter : NULL;
	if (!adapter)
		return false;
	struct crowd crowd;
	crowd_count(&crowd, relay, adapter);
	double percent = crowd.air.inbound;
	for (int i = 0; i < crowd.air.count; i++) {
		const struct placement_stream *stream = &crowd.streams[i];
		percent += placement_short_percent(stream, frames_even(relay, stream));
	}
	return percent <= AIRTIME_CARRIES;
}

double place_taken(struct relay *relay, const struct bluez_adapter *adapter)
{
	struct crowd crowd;
	crowd_count(&crowd, relay, adapter);
	return placement_load(&crowd.air, SBC_CONFIG_HIGH_QUALITY);
}

/* --- telling of the air ---------------------------------------------------------------------------- */

static struct air *air_of(struct relay *relay, const struct bluez_adapter *adapter)
{
	for (int i = 0; i < relay->air_count; i++)
		if (!strcmp(relay->airs[i].address, adapter->address))
			return &relay->airs[i];
	if (relay->air_count == MODEL_ADAPTERS)
		return NULL;
	struct air *air = &relay->airs[relay->air_count++];
	*air = (struct air){.streams = 0};
	snprintf(air->address, sizeof(air->address), "%s", adapter->address);
	return air;
}

const char *place_problem(struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct air *air = air_of(relay, adapter);
	return air ? air->problem : "";
}

static const struct air *air_around(const struct speaker *speaker)
{
	const struct bluez_adapter *adapter = speaker->device ? speaker->device->adapter : NULL;
	return adapter ? air_of(speaker->relay, adapter) : NULL;
}

unsigned place_ceiling(const struct speaker *speaker)
{
	const struct air *air = air_around(speaker);
	return air ? air->ceiling : 0;
}

int64_t place_settled(const struct speaker *speaker)
{
	const struct air *air = air_around(speaker);
	return air ? air->settles_at : 0;
}

int64_t place_waits(const struct speaker *speaker)
{
	struct placement_stream stream = stream_of(speaker);
	unsigned ceiling = place_ceiling(speaker);
	if (!ceiling || ceiling >= stream.bitpool)
		return 0;
	int64_t rate = speaker->relay->settings->config.rate;
	int64_t lead = speaker->relay->settings->config.lead_ns * rate / SECOND_NS;
	int64_t frames = output_frames_wait(&stream.config, stream.mtu, ceiling, lead,
	                                    (double)rate / stream.config.rate);
	return (frames * SECOND_NS + rate - 1) / rate;
}

static bool has_room(struct relay *relay, const struct bluez_adapter *adapter,
                     const struct speaker *speaker)
{
	struct placement_stream stream = stream_of(speaker);
	return adapter->powered && relay_uses_adapter(relay, adapter) &&
	       place_taken(relay, adapter) + placement_percent(&stream, SBC_CONFIG_HIGH_QUALITY) <=
	           AIRTIME_CARRIES;
}

/* A speaker of that adapter which is paired with another one that has room. */
static void movable_find(struct placement_air *air, struct relay *relay,
                         const struct bluez_adapter *adapter)
{
	const struct bluez_device *device;
	for (int i = 0; i < relay->speaker_count && !air->movable; i++) {
		const struct speaker *speaker = relay->speakers[i];
		if (!speaker->transport || !speaker->device || speaker->device->adapter != adapter)
			continue;
		spa_list_for_each (device, bluez_devices(relay->bluez), link) {
			bool other = device->paired && device->adapter &&
			             device->adapter != adapter &&
			             !strcmp(device->address, speaker->kept->address);
			if (!other || !has_room(relay, device->adapter, speaker))
				continue;
			air->movable = i + 1;
			air->elsewhere = relay_hci(device->adapter);
		}
	}
}

/*
 * Down at once, before the stream that makes it necessary begins; up when it has been possible for a while.
 * Returns whether it has changed.
 */
static bool ceiling_follow(struct air *air, unsigned wanted, int64_t now)
{
	bool rises = air->ceiling && wanted > air->ceiling;
	if (rises && !air->rises_at)
		air->rises_at = now + RISE_NS;
	if (!rises)
		air->rises_at = 0;
	if (wanted == air->ceiling || now < air->rises_at)
		return false;
	air->ceiling = wanted;
	air->rises_at = 0;
	return true;
}

/* When the last stream there began; 0: none plays. */
static int64_t last_begun(const struct relay *relay, const struct bluez_adapter *adapter)
{
	int64_t last = 0;
	for (int i = 0; i < relay->speaker_count; i++) {
		const struct speaker *speaker = relay->speakers[i];
		if (speaker->output && speaker->device && speaker->device->adapter == adapter &&
		    speaker->playing_since > last)
			last = speaker->playing_since;
	}
	return last;
}

/* The streams' bitpools, for what there is now.  Whoever comes waits until they are as low as they must be. */
static bool ceiling_set(struct air *air, struct relay *relay, const struct bluez_adapter *adapter,
                        const struct placement_air *there)
{
	int64_t now = relay_now(relay), begun = last_begun(relay, adapter);
	unsigned before = air->ceiling, wanted = placement_bitpool(there);
	if (begun && wanted < before)
		air->settles_at = now + SINK_NS;
	if (wanted != before && begun && now - begun < BEGIN_NS) {
		relay->air_again = true;
		return false;
	}
	if (!ceiling_follow(air, wanted, now))
		return false;
	relay->align_again = true;
	if (air->ceiling > before && before)
		journal_write(relay->journal, JOURNAL_INFO, relay_hci(adapter),
		              "there is more air again: bitpool rises to %u", air->ceiling);
	return air->ceiling < before;
}

/* Said when a speaker has been added, which is before its first packet, or another adapter has room. */
static void air_watch(struct relay *relay, const struct bluez_adapter *adapter)
{
	struct air *air = air_of(relay, adapter);
	struct crowd crowd;
	if (!air)
		return;
	char before[SPEAKER_PROBLEM];
	strcpy(before, air->problem);
	crowd_count(&crowd, relay, adapter);
	movable_find(&crowd.air, relay, adapter);
	bool fits = placement_fits(&crowd.air, air->problem, sizeof(air->problem));
	bool falls = ceiling_set(air, relay, adapter, &crowd.air);
	bool grown = crowd.air.count > air->streams, way = crowd.air.movable && !air->movable;
	if (!fits && (grown || way || falls) && strcmp(air->problem, before) != 0)
		journal_write(relay->journal, JOURNAL_WARNING, relay_hci(adapter), "%s",
		              air->problem);
	air->streams = crowd.air.count;
	air->movable = crowd.air.movable;
}

/* --- who goes where -------------------------------------------------------------------------------- */

/* The adapters that may be used; devices of a speaker, one for each of them. */
struct sites {
	int count;
	struct bluez_adapter *adapters[MODEL_ADAPTERS];
	double taken[MODEL_ADAPTERS];
};

struct options {
	struct bluez_device *devices[MODEL_ADAPTERS];
};

static void sites_find(struct sites *sites, struct relay *relay)
{
	struct bluez_adapter *adapter;
	sites->count = 0;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link) {
		if (sites->count == MODEL_ADAPTERS || !adapter->powered ||
		    !relay_uses_adapter(relay, adapter))
			continue;
		sites->adapters[sites->count] = adapter;
		sites->taken[sites->count++] = inbound_expected(relay, adapter);
	}
}

static int site_of(const struct sites *sites, const struct bluez_device *device)
{
	for (int i = 0; device && i < sites->count; i++)
		if (sites->adapters[i] == device->adapter)
			return i;
	return -1;
}

static bool is_linked(const struct speaker *speaker)
{
	return speaker->device && (speaker->output || speaker->transport || speaker->calling ||
	                           speaker->removing || speaker->device->connected);
}

/* Where it is connected already it stays, or goes to: it chose so itself. */
static void options_find(struct options *options, struct placement_speaker *wanted,
                         const struct speaker *speaker, const struct sites *sites)
{
	struct bluez_device *device;
	uint32_t connected = 0;
	spa_list_for_each (device, bluez_devices(speaker->relay->bluez), link) {
		int site = site_of(sites, device);
		if (site < 0 || !device->paired || strcmp(device->address, speaker->kept->address))
			continue;
		options->devices[site] = device;
		wanted->places |= 1u << site;
		connected |= device->connected ? 1u << site : 0;
	}
	if (connected)
		wanted->places = connected;
}

static void speaker_gone(struct speaker *speaker)
{
	if (!*speaker->place || bluez_find_adapter(speaker->relay->bluez, speaker->place))
		return;
	snprintf(speaker->problem, sizeof(speaker->problem),
	         "%s is gone, and it is paired with no other - plug it in, or pair it anew (p)",
	         speaker->place_hci);
	journal_write(speaker->relay->journal, JOURNAL_WARNING, speaker->kept->name, "%s",
	              speaker->problem);
	*speaker->place = 0;
}

static void speaker_place(struct speaker *speaker, struct bluez_device *device)
{
	if (!device) {
		speaker_gone(speaker);
		return;
	}
	const char *hci = relay_hci(device->adapter);
	bool moves = *speaker->place && strcmp(speaker->place, device->adapter->address);
	if (moves)
		journal_write(speaker->relay->journal, JOURNAL_INFO, speaker->kept->name,
		              "moves from %s to %s", speaker->place_hci, hci);
	if (speaker->device != device) {
		speaker->device = device;
		speaker->attempt = 0;
		speaker->not_before = 0;
		*speaker->problem = 0;
	}
	snprintf(speaker->place, sizeof(speaker->place), "%s", device->adapter->address);
	snprintf(speaker->place_hci, sizeof(speaker->place_hci), "%.15s", hci);
}

static void speakers_place(struct relay *relay)
{
	struct placement_speaker wanted[MODEL_SPEAKERS] = {0};
	struct options options[MODEL_SPEAKERS] = {0};
	struct sites sites;
	sites_find(&sites, relay);
	for (int i = 0; i < relay->speaker_count; i++) {
		const struct speaker *speaker = relay->speakers[i];
		struct placement_stream stream = stream_of(speaker);
		wanted[i].percent = placement_percent(&stream, SBC_CONFIG_HIGH_QUALITY);
		wanted[i].at = site_of(&sites, speaker->device);
		wanted[i].linked = wanted[i].at >= 0 && is_linked(speaker);
		options_find(&options[i], &wanted[i], speaker, &sites);
	}
	placement_solve(wanted, relay->speaker_count, sites.taken, sites.count);
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		if (wanted[i].at < 0)
			speaker_place(speaker, NULL);
		else if (wanted[i].linked)
			speaker_place(speaker, speaker->device);
		else
			speaker_place(speaker, options[i].devices[wanted[i].at]);
	}
}

/* --- adapters -------------------------------------------------------------------------------------- */

const struct bluez_adapter *place_twin(const struct bluez_adapter *adapter)
{
	const struct bluez_adapter *other;
	spa_list_for_each (other, bluez_adapters(adapter->bluez), link) {
		if (!strcasecmp(other->address, adapter->address) &&
		    strcmp(other->path, adapter->path) < 0)
			return other;
	}
	return NULL;
}

/* Cheap dongles are sold with one address for all: BlueZ keeps one set of keys for it. */
void place_adapter_added(struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct bluez_adapter *twin = place_twin(adapter);
	if (twin)
		journal_write(
		    relay->journal, JOURNAL_WARNING, relay_hci(adapter),
		    "has the same address as %s, %s: it is not used; two dongles with one "
		    "address cannot both be paired with",
		    relay_hci(twin), twin->address);
}

void place_again(struct relay *relay, bool removed)
{
	relay->place_at = relay_now(relay) + (removed ? SETTLE_NS : 0);
}

static bool air_rises(const struct relay *relay, int64_t now)
{
	for (int i = 0; i < relay->air_count; i++)
		if (relay->airs[i].rises_at && now >= relay->airs[i].rises_at)
			return true;
	return false;
}

bool places_act(struct relay *relay, int64_t now)
{
	const struct bluez_adapter *adapter;
	bool placed = relay->service && relay->place_at && now >= relay->place_at;
	if (!relay->service)
		return false;
	if (placed) {
		relay->place_at = 0;
		relay->air_again = true;
		speakers_place(relay);
	}
	if (!relay->air_again && !air_rises(relay, now))
		return placed;
	relay->air_again = false;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		if (relay_uses_adapter(relay, adapter))
			air_watch(relay, adapter);
	return placed;
}
