/* SPDX-License-Identifier: MIT */
/*
 * What is in each adapter's air, how far its streams' bitpools must fall for that, and what is told of it.  The
 * arithmetic is placement.c.
 */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"

/* A delay that grows by 3 ms does so in a second (audio/reader.h). */
#define SINK_NS (SECOND_NS * 11 / 10)
/* Who has left may be back soon. */
#define RISE_NS (10 * SECOND_NS)
/* In which a speaker takes its time base: packets stay as they are. */
#define BEGIN_NS (SECOND_NS / 2)

/* Speakers and streams of one adapter. */
struct crowd {
	struct placement_stream streams[MODEL_SPEAKERS];
	struct placement_air air;
};

bool air_sbc(struct sbc_config *config, const struct bluez_transport *transport)
{
	return transport && transport->codec == SBC_CONFIG_CODEC &&
	       sbc_config_parse(config, transport->configuration.bytes,
	                        transport->configuration.size) == 0;
}

/* --- what is in the air ---------------------------------------------------------------------------- */

double air_inbound(const struct relay *relay, const struct bluez_adapter *adapter, bool active)
{
	const struct bluez_transport *transport = echo_transport(relay);
	struct placement_stream usual = placement_usual();
	if (!transport || transport->device->adapter != adapter ||
	    (active && transport->state != BLUEZ_ACTIVE))
		return 0;
	air_sbc(&usual.config, transport);
	return airtime_inbound_percent(&usual.config, usual.mtu);
}

/* A source that is paired there will play there; what its stream is like is known when it does. */
double air_inbound_expected(struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct placement_stream usual = placement_usual();
	const struct bluez_device *device;
	double percent = air_inbound(relay, adapter, false);
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (percent <= 0 && device->adapter == adapter && device->paired &&
		    relay_role(relay, device) == ROLE_SOURCE)
			percent = airtime_inbound_percent(&usual.config, usual.mtu);
	return percent;
}

/* As far as it is known: what it was the last time, else what is usual. */
struct placement_stream air_stream(const struct speaker *speaker)
{
	struct placement_stream stream = placement_usual();
	air_sbc(&stream.config, speaker->transport);
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
	return speaker->transport && !speaker->kept_out && speaker_adapter(speaker) == adapter;
}

static void crowd_count(struct crowd *crowd, struct relay *relay,
                        const struct bluez_adapter *adapter)
{
	int count = 0;
	for (int i = 0; i < relay->speaker_count; i++)
		if (streams_on(relay->speakers[i], adapter))
			crowd->streams[count++] = air_stream(relay->speakers[i]);
	crowd->air = (struct placement_air){.inbound = air_inbound_expected(relay, adapter),
	                                    .streams = crowd->streams,
	                                    .count = count};
}

/* The same, with one that will have a stream there; it has an adapter. */
static void crowd_count_with(struct crowd *crowd, const struct speaker *speaker)
{
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
	crowd_count(crowd, speaker->relay, adapter);
	if (!streams_on(speaker, adapter))
		crowd->streams[crowd->air.count++] = air_stream(speaker);
}

bool air_fits(const struct speaker *speaker, char *text, size_t size)
{
	struct crowd crowd;
	*text = 0;
	if (!speaker_adapter(speaker))
		return true;
	crowd_count_with(&crowd, speaker);
	return placement_fits(&crowd.air, text, size);
}

bool air_full(const struct speaker *speaker)
{
	struct crowd crowd;
	crowd_count_with(&crowd, speaker);
	return placement_full(&crowd.air);
}

/* In frames of the group. */
static int64_t lead_of(const struct relay *relay)
{
	const struct settings_config *config = &relay->settings->config;
	return config->lead_ns * config->rate / SECOND_NS;
}

/* Of the group's rate to the stream's. */
static double ratio_of(const struct relay *relay, const struct placement_stream *stream)
{
	return (double)relay->settings->config.rate / stream->config.rate;
}

/* SBC frames in a packet that has only the lead: the shortest that it is sent. */
static unsigned frames_even(const struct relay *relay, const struct placement_stream *stream)
{
	return output_frames_even(&stream->config, stream->mtu, lead_of(relay),
	                          ratio_of(relay, stream));
}

int64_t air_packet_ns(const struct speaker *speaker)
{
	struct placement_stream stream = air_stream(speaker);
	unsigned samples = frames_even(speaker->relay, &stream) *
	                   (unsigned)sbc_config_frame_samples(&stream.config);
	return samples * SECOND_NS / stream.config.rate;
}

bool air_even(const struct speaker *speaker)
{
	struct relay *relay = speaker->relay;
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
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

double air_taken(struct relay *relay, const struct bluez_adapter *adapter)
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

const char *air_problem(struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct air *air = air_of(relay, adapter);
	return air ? air->problem : "";
}

static const struct air *air_around(const struct speaker *speaker)
{
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
	return adapter ? air_of(speaker->relay, adapter) : NULL;
}

unsigned air_ceiling(const struct speaker *speaker)
{
	const struct air *air = air_around(speaker);
	return air ? air->ceiling : 0;
}

int64_t air_settled(const struct speaker *speaker)
{
	const struct air *air = air_around(speaker);
	return air ? air->settles_at : 0;
}

int64_t air_waits(const struct speaker *speaker)
{
	struct placement_stream stream = air_stream(speaker);
	unsigned ceiling = air_ceiling(speaker);
	if (!ceiling || ceiling >= stream.bitpool)
		return 0;
	const struct relay *relay = speaker->relay;
	int64_t rate = relay->settings->config.rate;
	int64_t frames = output_frames_wait(&stream.config, stream.mtu, ceiling, lead_of(relay),
	                                    ratio_of(relay, &stream));
	return (frames * SECOND_NS + rate - 1) / rate;
}

static bool has_room(struct relay *relay, const struct bluez_adapter *adapter,
                     const struct speaker *speaker)
{
	struct placement_stream stream = air_stream(speaker);
	return adapter->powered && relay_uses_adapter(relay, adapter) &&
	       air_taken(relay, adapter) + placement_percent(&stream, SBC_CONFIG_HIGH_QUALITY) <=
	           AIRTIME_CARRIES;
}

/* A speaker of that adapter which is paired with another one that has room. */
static void movable_find(struct placement_air *air, struct relay *relay,
                         const struct bluez_adapter *adapter)
{
	const struct bluez_device *device;
	for (int i = 0; i < relay->speaker_count && !air->movable; i++) {
		const struct speaker *speaker = relay->speakers[i];
		if (!speaker->transport || speaker_adapter(speaker) != adapter)
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
		if (speaker->output && speaker_adapter(speaker) == adapter &&
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

static bool air_rises(const struct relay *relay, int64_t now)
{
	for (int i = 0; i < relay->air_count; i++)
		if (relay->airs[i].rises_at && now >= relay->airs[i].rises_at)
			return true;
	return false;
}

void air_act(struct relay *relay, int64_t now)
{
	const struct bluez_adapter *adapter;
	if (!relay->service || (!relay->air_again && !air_rises(relay, now)))
		return;
	relay->air_again = false;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		if (relay_uses_adapter(relay, adapter))
			air_watch(relay, adapter);
}
