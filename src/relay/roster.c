/* SPDX-License-Identifier: MIT */
/* Who is in the list of speakers: what a device is, leaving for good, names. */
#include "relay/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int relay_streams(const struct relay *relay, const struct bluez_adapter *adapter)
{
	const struct bluez_transport *transport;
	int streams = 0;
	spa_list_for_each (transport, bluez_transports(relay->bluez), link)
		streams += transport->device && transport->device->adapter == adapter;
	return streams;
}

/* --- leaving ------------------------------------------------------------------------------------- */

/* What is kept lies in an array: those behind the gap move up, and the speakers' pointers with them. */
static void forget(struct relay *relay, const char *address)
{
	int place = settings_forget(relay->settings, address);
	for (int i = 0; place >= 0 && i < relay->speaker_count; i++)
		if (relay->speakers[i]->kept > &relay->settings->speakers[place])
			relay->speakers[i]->kept--;
	relay_keep(relay);
}

static void speaker_leave(struct speaker *speaker, bool for_good)
{
	speaker->leaving = true;
	speaker->forgotten = for_good;
	speaker->turned_off = true;
}

static void speaker_drop(struct relay *relay, int index)
{
	struct speaker *speaker = relay->speakers[index];
	char address[18];
	snprintf(address, sizeof(address), "%s", speaker->kept->address);
	relay->speaker_count--;
	memmove(&relay->speakers[index], &relay->speakers[index + 1],
	        (size_t)(relay->speaker_count - index) * sizeof(relay->speakers[0]));
	if (speaker->forgotten)
		forget(relay, address);
	free(speaker);
}

void roster_act(struct relay *relay)
{
	for (int i = relay->speaker_count - 1; i >= 0; i--) {
		struct speaker *speaker = relay->speakers[i];
		bool linked = speaker->device && (speaker->forgotten || speaker->transport);
		if (speaker->leaving && !speaker->output && !speaker->calling && !linked)
			speaker_drop(relay, i);
	}
}

int relay_unpair(struct relay *relay, const char *address)
{
	struct speaker *speaker = speaker_of_address(relay, address);
	struct bluez_device *device;
	int count = 0;
	if (relay->bluez)
		spa_list_for_each (device, bluez_devices(relay->bluez), link)
			if (!strcmp(device->address, address) && device->paired)
				count += bluez_remove(device) == 0;
	if (speaker)
		speaker_leave(speaker, true);
	else if (count)
		forget(relay, address);
	return speaker || count ? 0 : -ENOENT;
}

/* BlueZ did not let go of it: it stays. */
void roster_stays(struct relay *relay, const struct bluez_device *device)
{
	struct speaker *speaker = speaker_of_device(relay, device);
	if (speaker)
		speaker->leaving = speaker->forgotten = false;
}

/* --- what it is ---------------------------------------------------------------------------------- */

void relay_set_role(struct relay *relay, const char *address, enum settings_role role)
{
	struct settings_speaker *kept = settings_speaker(relay->settings, address);
	struct speaker *speaker = speaker_of_address(relay, address);
	struct bluez_device *device;
	if (!kept)
		return;
	kept->role = role;
	relay_keep(relay);
	if (speaker && role != ROLE_SPEAKER)
		speaker_leave(speaker, false);
	if (speaker && role == ROLE_SPEAKER && speaker->leaving)
		speaker->leaving = speaker->turned_off = false;
	if (speaker || role != ROLE_SPEAKER || !relay->bluez)
		return;
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (!strcmp(device->address, address))
			relay_adopt(relay, device);
}

bool relay_is_name(const char *name)
{
	char clean[128];
	text_clean(clean, sizeof(clean), name);
	return *clean && !strcmp(clean, name);
}

int relay_rename(struct relay *relay, const char *address, const char *name)
{
	struct settings_speaker *kept = settings_speaker(relay->settings, address);
	struct bluez_device *device;
	if (!kept)
		return -ENOSPC;
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	relay_keep(relay);
	if (relay->bluez)
		spa_list_for_each (device, bluez_devices(relay->bluez), link)
			if (!strcmp(device->address, address))
				bluez_set_alias(device, name);
	return 0;
}
