/* SPDX-License-Identifier: MIT */
/* What BlueZ, the engine and the source tell, and to whom it is handed on. */
#include "relay/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "relay/policy.h"

#define ENDPOINT_RETRY_NS (5 * SECOND_NS)
#define QUIET_NS (3 * SECOND_NS) /* the longest delay line has played to its end */

/* --- bluez --------------------------------------------------------------------------------------- */

/*
 * Once all devices are known: an endpoint for the Echo, and as many for speakers as the adapter has, and one for a new
 * one.
 */
static void adapter_prepare(struct relay *relay, struct bluez_adapter *adapter)
{
	const struct bluez_device *device;
	int speakers = 0;
	if (relay->config.looks_only || !relay_uses_adapter(relay, adapter) || !adapter->powered)
		return;
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		speakers += device->adapter == adapter && device->paired &&
		            speaker_of_address(relay, device->address);
	int error = tapping_wanted(relay) ? bluez_register_sink(adapter) : 0;
	if (!error)
		error = bluez_register_endpoints(relay->bluez, adapter, policy_endpoints(speakers));
	if (error)
		journal_write(relay->journal, JOURNAL_ERROR, "relay", "endpoints on %s: %s",
		              adapter->address, strerror(-error));
}

void adapters_prepare(struct relay *relay)
{
	struct bluez_adapter *adapter;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		adapter_prepare(relay, adapter);
}

void relay_adopt(struct relay *relay, struct bluez_device *device)
{
	speakers_follow_device(relay, device, BLUEZ_CHANGED);
	if (device->adapter)
		adapter_prepare(relay, device->adapter);
}

/* Endpoints that were refused are asked for again. */
void adapters_look_after(struct relay *relay, int64_t now)
{
	if (!relay->prepare_at || now < relay->prepare_at || !relay->service)
		return;
	relay->prepare_at = 0;
	adapters_prepare(relay);
}

static int compare_names(const void *a, const void *b)
{
	const struct bluez_device *const *left = a, *const *right = b;
	return strcasecmp((*left)->name, (*right)->name);
}

/*
 * D-Bus lists devices in no order; speakers seen for the first time get their places by name.  A street may have more
 * devices than there is room for: those that are paired come first.
 */
static void devices_follow(struct relay *relay)
{
	struct bluez_device *devices[256], *device;
	size_t count = 0;
	for (int pass = 0; pass < 2; pass++)
		spa_list_for_each (device, bluez_devices(relay->bluez), link)
			if (device->paired == !pass && count < sizeof(devices) / sizeof(devices[0]))
				devices[count++] = device;
	qsort(devices, count, sizeof(devices[0]), compare_names);
	for (size_t i = 0; i < count; i++) {
		speakers_follow_device(relay, devices[i], BLUEZ_ADDED);
		scan_follow(relay, devices[i], BLUEZ_ADDED);
		origin_follow(relay, devices[i], BLUEZ_ADDED);
	}
}

static void adapters_told(struct relay *relay)
{
	const struct bluez_adapter *adapter;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		place_adapter_added(relay, adapter);
}

void relay_follow_service(void *user, bool present, const char *reason)
{
	struct relay *relay = user;
	bool news = relay->service != present ||
	            strcmp(relay->service_problem, reason ? reason : "");
	relay->service = present;
	relay->had_service |= present;
	snprintf(relay->service_problem, sizeof(relay->service_problem), "%s",
	         reason ? reason : "");
	relay->bus_retry = relay_now(relay) + BUS_RETRY_NS;
	if (news)
		journal_write(relay->journal, present ? JOURNAL_INFO : JOURNAL_ERROR, "relay", "%s",
		              present ? "bluetoothd is there" : reason);
	if (!present) {
		door_lost(relay);
		return;
	}
	devices_follow(relay);
	adapters_told(relay);
	adapters_prepare(relay);
	door_begin(relay);
}

static void on_adapter(void *user, struct bluez_adapter *adapter, enum bluez_change change)
{
	struct relay *relay = user;
	struct bluez_device *device;
	place_again(relay, change == BLUEZ_REMOVED);
	if (change == BLUEZ_REMOVED || !relay->service)
		return;
	if (change == BLUEZ_ADDED)
		place_adapter_added(relay, adapter);
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (device->adapter == adapter)
			speakers_follow_device(relay, device, BLUEZ_CHANGED);
	adapter_prepare(relay, adapter);
	if (change == BLUEZ_ADDED)
		door_adapter(relay, adapter);
}

static void on_endpoints(void *user, struct bluez_adapter *adapter, const char *problem)
{
	struct relay *relay = user;
	if (problem && strcmp(problem, relay->endpoint_problem))
		journal_write(relay->journal, JOURNAL_ERROR, "relay", "adapter %s: no endpoint: %s",
		              adapter->address, problem);
	snprintf(relay->endpoint_problem, sizeof(relay->endpoint_problem), "%s",
	         problem ? problem : "");
	if (problem)
		relay->prepare_at = relay_now(relay) + ENDPOINT_RETRY_NS;
	else
		journal_write(relay->journal, JOURNAL_DEBUG, "relay", "adapter %s: %d endpoints",
		              adapter->address, adapter->endpoints);
}

static void on_device(void *user, struct bluez_device *device, enum bluez_change change)
{
	struct relay *relay = user;
	if (!relay->service && change != BLUEZ_REMOVED)
		return; /* all at once, when all are known */
	door_follow(relay, device, change);
	speakers_follow_device(relay, device, change);
	if (change != BLUEZ_REMOVED && device->just_paired)
		relay_adopt(relay, device);
	scan_follow(relay, device, change);
	pairing_follow(relay, device, change);
	origin_follow(relay, device, change);
}

static void on_transport(void *user, struct bluez_transport *transport, enum bluez_change change)
{
	struct speaker *holder = speaker_of_transport(user, transport);
	struct speaker *speaker = speaker_of_device(user, transport->device);
	scan_follow_transport(user, transport, change);
	if (holder && holder != speaker) /* it is another device's now, or that was unpaired */
		speaker_follow_transport(holder, transport, BLUEZ_REMOVED);
	if (speaker && !bluez_receives(transport))
		speaker_follow_transport(speaker, transport, change);
}

/*
 * An Echo offers a sink, too, and connects it by itself: to play there would be to play in a circle.  So does a
 * speaker offer a source.  Who is not paired has been let in by nobody.
 */
static bool on_accept(void *user, const struct bluez_device *device, bool receives)
{
	if (!receives)
		return speaker_of_device(user, device) != NULL;
	return (device->paired || door_expects(user, device)) &&
	       echo_welcome(user, device->address) > 0;
}

static void on_connected(void *user, struct bluez_device *device, const char *problem)
{
	struct speaker *speaker = speaker_of_device(user, device);
	if (speaker)
		speaker_connected(speaker, problem);
	pairing_connected(user, device, problem);
	origin_connected(user, device, problem);
}

static void on_disconnected(void *user, struct bluez_device *device, const char *problem)
{
	struct speaker *speaker = speaker_of_device(user, device);
	(void)problem;
	origin_disconnected(user, device);
	if (!speaker)
		return;
	speaker_disconnected(speaker);
	if (!device->connected)
		speakers_follow_device(user, device, BLUEZ_CHANGED);
}

static void on_acquired(void *user, struct bluez_transport *transport, int fd, uint16_t mtu,
                        const char *problem)
{
	if (bluez_receives(transport)) {
		tapping_acquired(user, transport, fd, problem);
		return;
	}
	struct speaker *speaker = speaker_of_transport(user, transport);
	if (speaker)
		speaker_acquired(speaker, fd, mtu, problem);
	else if (fd >= 0)
		close(fd);
}

static void on_released(void *user, struct bluez_transport *transport, const char *problem)
{
	struct speaker *speaker = speaker_of_transport(user, transport);
	if (speaker)
		speaker_released(speaker, problem);
}

/* --- bluez: what comes and asks ------------------------------------------------------------------ */

static void on_searching(void *user, struct bluez_adapter *adapter, const char *problem)
{
	(void)adapter;
	if (problem)
		scan_failed(user, problem);
}

static void on_paired(void *user, struct bluez_device *device, enum bluez_pairing how,
                      const char *problem)
{
	pairing_paired(user, device, how, problem);
}

static void on_not_kept(void *user, struct bluez_device *device, const char *problem)
{
	struct relay *relay = user;
	journal_write(relay->journal, JOURNAL_WARNING, device->address, "BlueZ: %s", problem);
	roster_stays(relay, device);
}

static void on_asked(void *user, const struct bluez_request *request)
{
	door_asked(user, request);
}

static void on_withdrawn(void *user, uint32_t id)
{
	door_withdrawn(user, id);
}

static void on_agent(void *user, enum bluez_capability capability, const char *problem)
{
	(void)capability;
	door_agent_answered(user, problem);
}

const struct bluez_events relay_bluez_events = {
    .service = relay_follow_service,
    .adapter = on_adapter,
    .endpoints = on_endpoints,
    .device = on_device,
    .transport = on_transport,
    .connected = on_connected,
    .disconnected = on_disconnected,
    .acquired = on_acquired,
    .released = on_released,
    .accept = on_accept,
    .searching = on_searching,
    .paired = on_paired,
    .not_kept = on_not_kept,
    .asked = on_asked,
    .withdrawn = on_withdrawn,
    .agent = on_agent,
};

/* --- engine and source --------------------------------------------------------------------------- */

static void on_output_stalled(void *user, uint32_t id)
{
	struct speaker *speaker = speaker_of_output(user, id);
	if (speaker && !speaker->removing)
		speaker_stalled(speaker);
}

static void on_output_failed(void *user, uint32_t id, int error)
{
	struct speaker *speaker = speaker_of_output(user, id);
	if (speaker && !speaker->removing)
		speaker_failed(speaker, error);
}

static void on_output_removed(void *user, const struct output_snapshot *last)
{
	struct speaker *speaker = speaker_of_output(user, last->id);
	if (speaker)
		speaker_removed(speaker, last);
}

static void on_epoch(void *user, bool live)
{
	struct relay *relay = user;
	if (relay->live != live) {
		journal_write(relay->journal, JOURNAL_INFO, "relay", "%s",
		              live ? "the source plays" : "the source is silent");
		rest_follow(relay, live);
	}
	relay->live = live;
	relay->quiet = false;
	relay->quiet_at = live ? 0 : relay_now(relay) + QUIET_NS;
}

const struct engine_events relay_engine_events = {
    on_output_stalled,
    on_output_failed,
    on_output_removed,
    on_epoch,
};

/* PipeWire is not needed where the Echo's stream is our own, so that it is missing there is no news. */
static void problem_tell(struct relay *relay, const struct source_info *info)
{
	if (*info->problem && strcmp(relay->source_told.problem, info->problem) &&
	    !tapping_wanted(relay))
		journal_write(relay->journal, JOURNAL_WARNING, "source", "%s", info->problem);
}

static void on_source(void *user, const struct source_info *info)
{
	struct relay *relay = user;
	problem_tell(relay, info);
	if (relay->source_told.managed && !info->managed)
		origins_unheard(relay);
	relay->source_told = *info;
	text_clean(relay->source_told.name, sizeof(relay->source_told.name), info->name);
	text_clean(relay->source_told.node, sizeof(relay->source_told.node), info->node);
	source_show(relay);
}

static int on_welcome(void *user, const char *address)
{
	return echo_welcome(user, address);
}

const struct source_events relay_source_events = {on_source, on_welcome};
