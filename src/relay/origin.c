/* SPDX-License-Identifier: MIT */
/*
 * The Echo's link, and that of other sources: they are brought back, by profile and in the right direction, and shaken
 * when they are connected and nothing comes.
 */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>

#define LOST_NS (2 * SECOND_NS) /* its stream ends a moment before its link */

/* Nothing was seen of it yet: what it may be blamed for counts from now. */
static void origin_begin(struct origin *origin, const char *address, int64_t now)
{
	*origin = (struct origin){.not_before = now, .no_stream_since = now, .mute_since = now};
	snprintf(origin->address, sizeof(origin->address), "%s", address);
}

static struct origin *origin_of(struct relay *relay, const char *address)
{
	for (int i = 0; i < relay->origin_count; i++)
		if (!strcmp(relay->origins[i].address, address))
			return &relay->origins[i];
	if (relay->origin_count == ORIGINS)
		return NULL;
	struct origin *origin = &relay->origins[relay->origin_count++];
	origin_begin(origin, address, relay_now(relay));
	return origin;
}

/* Its stream to us: our side of it is a sink. */
static const struct bluez_transport *stream_of(const struct relay *relay,
                                               const struct bluez_device *device)
{
	const struct bluez_transport *transport;
	spa_list_for_each (transport, bluez_transports(relay->bluez), link)
		if (transport->device == device && bluez_receives(transport))
			return transport;
	return NULL;
}

static bool is_source(struct relay *relay, const struct bluez_device *device)
{
	return device->paired && device->adapter && relay_uses_adapter(relay, device->adapter) &&
	       relay_role(relay, device) == ROLE_SOURCE;
}

/*
 * A link that ends while it plays was lost; one that ends in silence, with its stream, was ended by somebody who
 * said so ("Alexa, disconnect"), and is left alone.  One without a stream, as after pairing, ends by itself; so does
 * that of a stream which went with WirePlumber, two or three seconds later.
 */
static bool was_sent_away(const struct origin *origin, int64_t now)
{
	return !origin->unheard && origin->streamed_at && now - origin->streamed_at < LOST_NS &&
	       now - origin->played_at > LOST_NS;
}

void origin_follow(struct relay *relay, const struct bluez_device *device, enum bluez_change change)
{
	if (!is_source(relay, device))
		return;
	struct origin *origin = origin_of(relay, device->address);
	if (!origin)
		return;
	if (change == BLUEZ_ADDED && device->connected && !stream_of(relay, device)) {
		origin->unheard = true; /* its stream went with the relay before this one */
		origin->streamed_at = relay_now(relay);
	}
	if (change == BLUEZ_REMOVED) { /* with its adapter or bluetoothd: it is looked for again */
		origin_begin(origin, device->address, relay_now(relay));
	} else if (origin->connected && !device->connected) {
		origin->left = was_sent_away(origin, relay_now(relay));
		origin->failed = false;
		origin->streamed_at = 0;
		origin->not_before = relay_now(relay) + policy_backoff(++origin->attempt, true);
	} else if (device->connected) {
		origin->left = false;
	}
	origin->connected = change != BLUEZ_REMOVED && device->connected;
}

void origin_connected(struct relay *relay, const struct bluez_device *device, const char *problem)
{
	struct origin *origin = is_source(relay, device) ? origin_of(relay, device->address) : NULL;
	char name[MODEL_TEXT];
	if (!origin || !origin->calling)
		return;
	origin->calling = false;
	origin->failed = problem && device->connected;
	if (problem)
		origin->not_before = relay_now(relay) + policy_backoff(++origin->attempt, true);
	else
		origin->attempt = 0;
	relay_name(name, sizeof(name), device);
	if (problem && origin->attempt == 1)
		journal_write(relay->journal, JOURNAL_WARNING, name, "source: %s", problem);
}

void origins_unheard(struct relay *relay)
{
	const struct bluez_device *device;
	if (!relay->bluez)
		return;
	spa_list_for_each (device, bluez_devices(relay->bluez), link) {
		struct origin *origin = is_source(relay, device) ? origin_of(relay, device->address)
		                                                 : NULL;
		if (origin && device->connected)
			origin->unheard = true;
	}
}

void origin_woken(struct relay *relay, int64_t not_before)
{
	for (int i = 0; i < relay->origin_count; i++) {
		relay->origins[i].left = false;
		relay->origins[i].attempt = 0;
		relay->origins[i].not_before = not_before;
	}
}

static struct policy_source link_of(struct relay *relay, struct origin *origin,
                                    const struct bluez_device *device, int64_t now)
{
	const struct bluez_transport *stream = stream_of(relay, device);
	const struct settings_speaker *kept = settings_known(relay->settings, device->address);
	/* it plays, and its socket is not ours yet: for a moment, unless it cannot be had */
	bool awaited = stream && stream->mine && stream->state == BLUEZ_PENDING;
	bool active = awaited || (stream && stream->state == BLUEZ_ACTIVE);
	if (stream && !origin->streams)
		origin->unheard = origin->failed = false;
	origin->streams = stream;
	if (stream)
		origin->streamed_at = now;
	/* where another one is to be heard, this one may be silent, or away */
	bool heard = policy_heard(relay->settings->config.source, device->address);
	if (awaited || (active && relay->live))
		origin->played_at = now;
	if (!device->connected || stream || !heard)
		origin->no_stream_since = now;
	if (!active || relay->live || !heard)
		origin->mute_since = now;
	return (struct policy_source){
	    .wanted = heard && (!kept || kept->autoconnect) && !origin->left &&
	              policy_pages(device->name, device->modalias),
	    .reachable = device->adapter->powered && !relay->scan.running &&
	                 relay->pairing.state != PAIRING_RUNS && !relay->door.open,
	    .calling = origin->calling,
	    .connected = device->connected,
	    .not_before = origin->not_before,
	    .streamed = origin->streamed_at != 0,
	    .failed = origin->failed,
	    .orphaned = origin->unheard && tapping_wanted(relay),
	    .no_stream_ns = now - origin->no_stream_since,
	    .mute_ns = now - origin->mute_since,
	};
}

static void shake(struct relay *relay, struct origin *origin, struct bluez_device *device,
                  int64_t now)
{
	char name[MODEL_TEXT];
	relay_name(name, sizeof(name), device);
	journal_write(relay->journal, JOURNAL_WARNING, name,
	              "connected, but nothing comes: connecting it anew");
	origin->mute_since = now;
	origin->shaken++;
	origin->not_before = now + policy_shake_pause(origin->shaken);
	origin->reconnect = bluez_disconnect(device) == 0;
}

void origin_disconnected(struct relay *relay, struct bluez_device *device)
{
	struct origin *origin = is_source(relay, device) ? origin_of(relay, device->address) : NULL;
	if (!origin || !origin->reconnect)
		return;
	origin->reconnect = false;
	origin->left = false;
	origin->calling = bluez_connect(device, BLUEZ_A2DP_SOURCE) == 0;
}

static void origin_act(struct relay *relay, struct bluez_device *device, int64_t now)
{
	struct origin *origin = origin_of(relay, device->address);
	if (!origin)
		return;
	struct policy_source link = link_of(relay, origin, device, now);
	switch (policy_next_source(&link, now)) {
	case POLICY_SOURCE_WAIT:
		break;
	case POLICY_SOURCE_CONNECT:
		origin->calling = bluez_connect(device, BLUEZ_A2DP_SOURCE) == 0;
		origin->no_stream_since = now;
		origin->not_before = now + policy_backoff(1, true);
		break;
	case POLICY_SOURCE_SHAKE:
		shake(relay, origin, device, now);
		break;
	}
}

void origins_act(struct relay *relay, int64_t now)
{
	struct bluez_device *device;
	if (!relay->service)
		return;
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (is_source(relay, device))
			origin_act(relay, device, now);
}
