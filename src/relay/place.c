/* SPDX-License-Identifier: MIT */
/* Which adapter each speaker is on.  The arithmetic is placement.c; what it costs is air.c. */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SETTLE_NS (SECOND_NS / 4) /* BlueZ takes an adapter's devices away before the adapter */

const char *relay_hci(const struct bluez_adapter *adapter)
{
	const char *slash = strrchr(adapter->path, '/');
	return slash ? slash + 1 : adapter->path;
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
		sites->taken[sites->count++] = air_inbound_expected(relay, adapter);
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
		struct placement_stream stream = air_stream(speaker);
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

bool places_act(struct relay *relay, int64_t now)
{
	if (!relay->service || !relay->place_at || now < relay->place_at)
		return false;
	relay->place_at = 0;
	relay->air_again = true;
	speakers_place(relay);
	return true;
}
