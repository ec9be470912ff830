/* SPDX-License-Identifier: MIT */
/*
 * What is heard, as a list that never re-sorts under the cursor: whoever comes later comes behind, in his
 * group.  Only in the first moments of a scan, when nobody can have read it yet, new ones are put in by
 * strength.
 */
#include "relay/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define UNREAD_NS (2 * SECOND_NS)

/* The groups, in the order in which they are shown. */
enum { NEW_AUDIO, KNOWN, HIDDEN, GROUPS };

static int group_of(const struct found *found)
{
	bool audio = found->offers || ((found->class >> 8) & 0x1f) == 4;
	if (found->paired)
		return KNOWN;
	return audio && found->named ? NEW_AUDIO : HIDDEN;
}

static struct found *found_at(struct scan *scan, const char *address)
{
	for (int i = 0; i < scan->count; i++)
		if (!strcmp(scan->list[i].address, address))
			return &scan->list[i];
	return NULL;
}

const struct found *scan_found(const struct relay *relay, const char *address)
{
	return found_at((struct scan *)(uintptr_t)&relay->scan, address);
}

/* The last one that BlueZ does not have any more makes room. */
static bool room_make(struct scan *scan)
{
	for (int i = scan->count - 1; i >= 0 && scan->count == MODEL_FOUND; i--)
		if (!scan->list[i].there) {
			memmove(&scan->list[i], &scan->list[i + 1],
			        (size_t)(--scan->count - i) * sizeof(scan->list[0]));
		}
	return scan->count < MODEL_FOUND;
}

static struct found *found_insert(struct scan *scan, const struct bluez_device *device, int64_t now)
{
	if (!room_make(scan))
		return NULL;
	int place = scan->count++;
	bool unread = scan->running && now - scan->since < UNREAD_NS && device->heard;
	while (unread && place > 0 && scan->list[place - 1].heard_at >= scan->since &&
	       scan->list[place - 1].rssi < device->rssi) {
		scan->list[place] = scan->list[place - 1];
		place--;
	}
	struct found *found = &scan->list[place];
	*found = (struct found){.there = true};
	snprintf(found->address, sizeof(found->address), "%s", device->address);
	return found;
}

/* BlueZ makes a name of the address where there is none: 00-1A-7D-DA-71-13. */
static bool has_name(const struct bluez_device *device)
{
	char dashed[18];
	for (int i = 0; i < 18; i++)
		dashed[i] = device->address[i] == ':' ? '-' : device->address[i];
	return *device->name && strcmp(device->name, dashed);
}

void scan_follow(struct relay *relay, const struct bluez_device *device, enum bluez_change change)
{
	struct scan *scan = &relay->scan;
	struct found *found = found_at(scan, device->address);
	int64_t now = relay_now(relay);
	if (change == BLUEZ_REMOVED) {
		if (found)
			found->there = found->paired = found->connected = false;
		return;
	}
	if (!device->adapter || !relay_uses_adapter(relay, device->adapter))
		return;
	if (!found)
		found = found_insert(scan, device, now);
	if (!found)
		return;
	text_clean(found->name, sizeof(found->name), device->name);
	found->named = has_name(device);
	snprintf(found->adapter, sizeof(found->adapter), "%s", device->adapter->address);
	found->class = device->class;
	found->offers = device->offers;
	found->paired = device->paired;
	found->connected = device->connected;
	found->there = true;
	abilities_follow(&found->abilities, device);
	if (device->heard) {
		found->rssi = device->rssi;
		found->heard_at = now;
	}
}

void scan_follow_transport(struct relay *relay, const struct bluez_transport *transport,
                           enum bluez_change change)
{
	struct found *found = transport->device ? found_at(&relay->scan, transport->device->address)
	                                        : NULL;
	if (found)
		abilities_follow_transport(&found->abilities, transport, change, relay_now(relay));
}

/* --- beginning and ending ------------------------------------------------------------------------ */

static void forget_the_gone(struct scan *scan)
{
	int kept = 0;
	for (int i = 0; i < scan->count; i++)
		if (scan->list[i].there)
			scan->list[kept++] = scan->list[i];
	scan->count = kept;
}

static int search_all(struct relay *relay, bool on)
{
	struct bluez_adapter *adapter;
	int count = 0;
	if (!relay->bluez)
		return 0;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		if (relay_uses_adapter(relay, adapter) && adapter->powered)
			count += bluez_search(adapter, on) == 0;
	return count;
}

int scan_start(struct relay *relay)
{
	struct scan *scan = &relay->scan;
	if (relay->pairing.state == PAIRING_RUNS)
		return -EBUSY;
	*scan->problem = 0;
	forget_the_gone(scan);
	if (!scan->running && !search_all(relay, true))
		return -ENODEV;
	scan->running = true;
	scan->since = relay_now(relay);
	return 0;
}

void scan_stop(struct relay *relay)
{
	if (!relay->scan.running)
		return;
	relay->scan.running = false;
	search_all(relay, false);
}

void scan_failed(struct relay *relay, const char *problem)
{
	struct scan *scan = &relay->scan;
	if (!scan->running)
		return;
	scan->running = false;
	snprintf(scan->problem, sizeof(scan->problem), "%s", problem);
	journal_write(relay->journal, JOURNAL_WARNING, "scan", "%s", problem);
}

void scan_act(struct relay *relay, int64_t now)
{
	if (relay->scan.running && !relay->service)
		relay->scan.running = false;
	if (relay->scan.running && now - relay->scan.since >= SCAN_NS)
		scan_stop(relay);
}

/* --- showing ------------------------------------------------------------------------------------- */

static int32_t number_on_screen(const struct relay *relay, const char *address)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (!strcmp(relay->speakers[i]->kept->address, address))
			return i + 1;
	return 0;
}

/* A speaker is one that plays here; of others that are paired what was decided, else what they are. */
static int32_t role_of(struct relay *relay, const struct found *found)
{
	const struct settings_speaker *known = settings_known(relay->settings, found->address);
	struct bluez_device *device;
	if (number_on_screen(relay, found->address))
		return MODEL_ROLE_SPEAKER;
	if (found->paired && relay->bluez)
		spa_list_for_each (device, bluez_devices(relay->bluez), link)
			if (device->paired && !strcmp(device->address, found->address))
				return (int32_t)relay_role(relay, device);
	return known ? (int32_t)known->role : MODEL_ROLE_UNKNOWN;
}

static void found_present(struct model_found *shown, struct relay *relay, const struct found *found,
                          int64_t now)
{
	const struct scan *scan = &relay->scan;
	bool heard = found->heard_at && (!scan->since || found->heard_at >= scan->since);
	*shown = (struct model_found){
	    .kind = (int32_t)policy_kind(found->class, found->offers),
	    .role = role_of(relay, found),
	    .rssi = heard ? found->rssi : MODEL_UNKNOWN,
	    .seen_ms = found->heard_at ? (int32_t)((now - found->heard_at) / 1000000)
	                               : MODEL_UNKNOWN,
	    .number = number_on_screen(relay, found->address),
	    .paired = found->paired,
	    .connected = found->connected,
	    .hidden = group_of(found) == HIDDEN,
	};
	snprintf(shown->address, sizeof(shown->address), "%s", found->address);
	snprintf(shown->adapter, sizeof(shown->adapter), "%s", found->adapter);
	snprintf(shown->name, sizeof(shown->name), "%s",
	         found->named ? found->name : found->address);
	abilities_present(shown, found, relay->settings->config.rate, now);
}

void scan_present(struct relay *relay)
{
	struct model *model = &relay->model;
	const struct scan *scan = &relay->scan;
	int64_t now = relay_now(relay);
	model->scan = (struct model_scan){
	    .running = scan->running,
	    .ms = scan->running ? (int32_t)((now - scan->since) / 1000000) : MODEL_UNKNOWN,
	    .limit_ms = (int32_t)(SCAN_NS / 1000000),
	};
	snprintf(model->scan.problem, sizeof(model->scan.problem), "%s", scan->problem);
	model->found_count = 0;
	for (int group = 0; group < GROUPS; group++)
		for (int i = 0; i < scan->count; i++) {
			const struct found *found = &scan->list[i];
			bool shown = found->there || found->heard_at;
			if (shown && group_of(found) == group)
				found_present(&model->found[model->found_count++], relay, found,
				              now);
		}
}
