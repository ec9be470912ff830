/* SPDX-License-Identifier: MIT */
#include "relay/private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "relay/policy.h"
#include "base/text.h"

#define RETRY_NS (2 * SECOND_NS) /* bluetoothd or the bus is not there: look again */
#define SAVE_NS (SECOND_NS / 2)  /* a change is on the disk within a second */
#define ENDPOINT_RETRY_NS (5 * SECOND_NS)
#define QUIET_NS (3 * SECOND_NS) /* the longest delay line has played to its end */
#define STEP_NS (SECOND_NS / 4)  /* how long nothing may happen at the most */

int64_t relay_now(const struct relay *relay)
{
	return clock_now(relay->config.clock);
}

void relay_keep(struct relay *relay)
{
	relay->settings->dirty = true;
	if (!relay->save_at)
		relay->save_at = relay_now(relay) + SAVE_NS;
}

bool relay_uses_adapter(const struct relay *relay, const struct bluez_adapter *adapter)
{
	const char *const *wanted = relay->config.adapters;
	if (place_twin(adapter))
		return false;
	if (!wanted || !*wanted)
		return true;
	for (; *wanted; wanted++)
		if (!strcasecmp(*wanted, adapter->address))
			return true;
	return false;
}

void relay_name(char *name, size_t size, const struct bluez_device *device)
{
	text_clean(name, size, device->name);
	if (!*name)
		snprintf(name, size, "%s", device->address);
}

/* --- bluez --------------------------------------------------------------------------------------- */

/* Once all devices are known: as many endpoints as the adapter has speakers, and one for a new one. */
static void adapter_prepare(struct relay *relay, struct bluez_adapter *adapter)
{
	const struct bluez_device *device;
	int speakers = 0;
	if (relay->config.looks_only || !relay_uses_adapter(relay, adapter) || !adapter->powered)
		return;
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		speakers += device->adapter == adapter && device->paired &&
		            speaker_of_address(relay, device->address);
	int error = bluez_register_endpoints(relay->bluez, adapter, policy_endpoints(speakers));
	if (error)
		journal_write(relay->journal, JOURNAL_ERROR, "relay", "endpoints on %s: %s",
		              adapter->address, strerror(-error));
}

static void adapters_prepare(struct relay *relay)
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
static void adapters_look_after(struct relay *relay, int64_t now)
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

/* D-Bus lists devices in no order; speakers seen for the first time get their places by name. */
static void devices_follow(struct relay *relay)
{
	struct bluez_device *devices[256], *device;
	size_t count = 0;
	spa_list_for_each (device, bluez_devices(relay->bluez), link)
		if (count < sizeof(devices) / sizeof(devices[0]))
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

static void on_service(void *user, bool present, const char *reason)
{
	struct relay *relay = user;
	bool news = relay->service != present ||
	            strcmp(relay->service_problem, reason ? reason : "");
	relay->service = present;
	relay->had_service |= present;
	snprintf(relay->service_problem, sizeof(relay->service_problem), "%s",
	         reason ? reason : "");
	relay->bus_retry = relay_now(relay) + RETRY_NS;
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
	struct speaker *speaker = speaker_of_device(user, transport->device);
	scan_follow_transport(user, transport, change);
	if (speaker)
		speaker_follow_transport(speaker, transport, change);
}

/* An Echo offers a sink, too, and connects it by itself: to play there would be to play in a circle. */
static bool on_accept(void *user, const struct bluez_device *device)
{
	return speaker_of_device(user, device) != NULL;
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
	speaker->calling = false;
	if (!device->connected)
		speakers_follow_device(user, device, BLUEZ_CHANGED);
}

static void on_acquired(void *user, struct bluez_transport *transport, int fd, uint16_t mtu,
                        const char *problem)
{
	struct speaker *speaker = speaker_of_device(user, transport->device);
	if (speaker)
		speaker_acquired(speaker, fd, mtu, problem);
	else if (fd >= 0)
		close(fd);
}

static void on_released(void *user, struct bluez_transport *transport, const char *problem)
{
	struct speaker *speaker = speaker_of_device(user, transport->device);
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

static const struct bluez_events bluez_callbacks = {
    .service = on_service,
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

static const struct engine_events engine_callbacks = {
    on_output_stalled,
    on_output_failed,
    on_output_removed,
    on_epoch,
};

static void on_source(void *user, const struct source_info *info)
{
	struct relay *relay = user;
	if (relay->source_info.state != info->state)
		relay->source_since = relay_now(relay);
	if (*info->problem && strcmp(relay->source_info.problem, info->problem))
		journal_write(relay->journal, JOURNAL_WARNING, "source", "%s", info->problem);
	relay->source_info = *info;
	text_clean(relay->source_info.name, sizeof(relay->source_info.name), info->name);
	text_clean(relay->source_info.node, sizeof(relay->source_info.node), info->node);
}

static int on_welcome(void *user, const char *address)
{
	return echo_welcome(user, address);
}

static const struct source_events source_callbacks = {on_source, on_welcome};

/* --- the bus ------------------------------------------------------------------------------------- */

static int bus_open(struct relay *relay)
{
	int fd = relay->config.bus_fd;
	relay->config.bus_fd = -1;
	if (fd >= 0)
		return bus_open_peer(&relay->bus, fd);
	if (relay->config.bus_address)
		return bus_open_address(&relay->bus, relay->config.bus_address);
	return bus_open_system(&relay->bus);
}

static void bus_close(struct relay *relay)
{
	bluez_free(relay->bluez);
	relay->bluez = NULL;
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		if (speaker->output && !speaker->removing)
			speaker->removing = engine_remove_output(relay->engine, speaker->output) ==
			                    0;
		speaker->device = NULL;
		speaker->transport = NULL;
		speaker->calling = false;
	}
	relay->service = false;
	if (relay->bus && relay->event)
		sd_bus_detach_event(relay->bus);
	relay->bus = sd_bus_close_unref(relay->bus);
}

static void bus_begin(struct relay *relay)
{
	relay->bus_retry = relay_now(relay) + RETRY_NS;
	int error = bus_open(relay);
	if (!error && relay->event)
		error = sd_bus_attach_event(relay->bus, relay->event, SD_EVENT_PRIORITY_NORMAL);
	if (error >= 0)
		error = bluez_new(&relay->bluez, relay->bus, relay->settings->config.rate,
		                  &bluez_callbacks, relay);
	if (error < 0) {
		bus_close(relay);
		on_service(relay, false, "no D-Bus system bus - is dbus running?");
	}
}

static void bus_look_after(struct relay *relay, int64_t now)
{
	if (relay->bus && sd_bus_is_open(relay->bus) <= 0 && sd_bus_is_ready(relay->bus) < 0) {
		bus_close(relay);
		on_service(relay, false, "the connection to D-Bus broke");
	}
	if (now < relay->bus_retry || relay->service)
		return;
	if (relay->bluez) {
		relay->bus_retry = now + RETRY_NS;
		bluez_retry(relay->bluez);
	} else {
		bus_begin(relay);
	}
}

/* --- the relay ----------------------------------------------------------------------------------- */

static void speakers_act(struct relay *relay, int64_t now)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (relay->speakers[i]->device || relay->speakers[i]->output)
			speaker_act(relay->speakers[i], now);
	if (relay->quiet_at && now >= relay->quiet_at) { /* now the target may fall */
		relay->quiet_at = 0;
		relay->quiet = true;
		relay->align_again = true;
	}
	if (relay->align_again && relay_align(relay) == -ERANGE)
		journal_write(relay->journal, JOURNAL_ERROR, "relay",
		              "the speakers' delays are further apart than the delay line is long");
}

static void settings_look_after(struct relay *relay, int64_t now)
{
	if (!relay->save_at || now < relay->save_at)
		return;
	int error = settings_save(relay->settings);
	relay->save_at = error ? now + 30 * SECOND_NS : 0;
	if (error)
		journal_write(relay->journal, JOURNAL_ERROR, "relay", "%s: %s",
		              relay->settings->state_path, strerror(-error));
}

/* The host has slept: every link is gone, and nobody wanted that. */
static void sleep_notice(struct relay *relay, int64_t now)
{
	int64_t slept = clock_slept(relay->config.clock), before = relay->slept_ns;
	relay->slept_ns = slept;
	if (slept - before < 2 * SECOND_NS)
		return;
	journal_write(relay->journal, JOURNAL_INFO, "relay", "the host has slept for %d s",
	              (int)((slept - before) / SECOND_NS));
	for (int i = 0; i < relay->speaker_count; i++) {
		relay->speakers[i]->attempt = 0;
		relay->speakers[i]->not_before = now + RETRY_NS;
	}
	origin_woken(relay, now + RETRY_NS);
}

static void relay_look_after(struct relay *relay)
{
	int64_t now = relay_now(relay);
	bus_look_after(relay, now);
	priority_act(relay);
	echo_look_after(relay, now);
	if (!relay->config.looks_only) {
		sleep_notice(relay, now);
		adapters_look_after(relay, now);
		rest_act(relay, now);
		if (places_act(relay, now))
			adapters_prepare(relay);
		speakers_act(relay, now);
		scan_act(relay, now);
		pairing_act(relay, now);
		door_act(relay, now);
		roster_act(relay);
		origins_act(relay, now);
	}
	speakers_watch(relay);
	aligning_look_after(relay, now);
	settings_look_after(relay, now);
}

static int64_t relay_next(const struct relay *relay)
{
	int64_t now = relay_now(relay), next = now + STEP_NS;
	for (int i = 0; i < relay->speaker_count; i++) {
		int64_t at = relay->speakers[i]->not_before;
		if (at > now && at < next)
			next = at;
	}
	if (aligning_busy(relay) && next > now + SECOND_NS / 20)
		next = now + SECOND_NS / 20;
	return next;
}

static void bus_hear(struct relay *relay)
{
	relay->bus_heard = relay_now(relay);
	while (relay->bus && sd_bus_process(relay->bus, NULL) > 0)
		;
}

/* One look at all descriptors: most of the time there is nothing in any. */
static void relay_hear(struct relay *relay)
{
	struct pollfd fds[] = {
	    {.fd = relay->bus ? sd_bus_get_fd(relay->bus) : -1, .events = POLLIN},
	    {.fd = relay->source->ops->fd(relay->source), .events = POLLIN},
	    {.fd = relay->flush.fd > 0 ? relay->flush.fd : -1, .events = POLLIN},
	    {.fd = engine_fd(relay->engine), .events = POLLIN},
	};
	poll(fds, 4, 0);
	/* until it is open, and now and then for answers that do not come, it wants more than that */
	if (fds[0].revents || (relay->bus && sd_bus_is_ready(relay->bus) <= 0) ||
	    relay_now(relay) - relay->bus_heard > SECOND_NS / 10)
		bus_hear(relay);
	if (fds[1].revents)
		relay->source->ops->dispatch(relay->source);
	if (fds[2].revents)
		flush_dispatch(relay);
	if (fds[3].revents)
		engine_dispatch(relay->engine);
}

int64_t relay_step(struct relay *relay)
{
	int64_t engine = INT64_MAX;
	relay_hear(relay);
	if (!relay->config.own_thread) {
		engine = engine_step(relay->engine, relay_now(relay));
		engine_dispatch(relay->engine);
	}
	relay_look_after(relay);
	int64_t next = relay_next(relay);
	return engine < next ? engine : next;
}

int relay_new(struct relay **ret_relay, const struct relay_config *config)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	if (!relay)
		return -ENOMEM;
	relay->config = *config;
	relay->settings = config->settings;
	relay->journal = config->journal;
	relay->source = config->source;
	relay->echo.gain = relay->source_info.gain = 1;
	relay->slept_ns = clock_slept(config->clock);
	relay->started = relay->sound_at = relay->source_since = relay_now(relay);
	relay->quiet = true;
	struct engine_config engine = {
	    .rate = config->settings->config.rate,
	    .lead_ns = config->settings->config.lead_ns,
	    .now = relay->started,
	};
	relay->engine = engine_new(&engine, &engine_callbacks, relay);
	int error = relay->engine ? 0 : -ENOMEM;
	if (!error && config->own_thread)
		error = engine_start(relay->engine);
	if (!error)
		error = relay->source->ops->open(relay->source, engine_inlet(relay->engine),
		                                 config->settings->config.rate, &source_callbacks,
		                                 relay);
	if (error) {
		relay_free(relay);
		return error;
	}
	bus_begin(relay);
	*ret_relay = relay;
	return 0;
}

/* Lets go of the streams as it should be: BlueZ would do it for us, but later. */
static void streams_release(struct relay *relay)
{
	if (!relay->bus || !relay->service)
		return;
	for (int i = 0; i < relay->speaker_count; i++)
		if (relay->speakers[i]->transport && relay->speakers[i]->output)
			bluez_release(relay->speakers[i]->transport);
	if (relay->door.open)
		door_window(relay, false);
	sd_bus_flush(relay->bus);
}

void relay_free(struct relay *relay)
{
	if (!relay)
		return;
	streams_release(relay);
	sd_event_source_unref(relay->timer);
	sd_event_source_unref(relay->engine_io);
	sd_event_source_unref(relay->source_io);
	relay->source->ops->close(relay->source);
	aligning_free(relay->aligning);
	bus_close(relay);
	priority_close(relay);
	flush_close(relay);
	engine_free(relay->engine);
	settings_save(relay->settings);
	for (int i = 0; i < relay->speaker_count; i++)
		free(relay->speakers[i]);
	sd_event_unref(relay->event);
	free(relay);
}

const struct model *relay_model(struct relay *relay)
{
	relay_present(relay);
	return &relay->model;
}

uint64_t relay_engine_steps(const struct relay *relay)
{
	return engine_snapshot(relay->engine)->steps;
}

bool relay_had_bluetooth(const struct relay *relay)
{
	return relay->had_service;
}

/* --- in a loop ----------------------------------------------------------------------------------- */

static void timer_set(struct relay *relay)
{
	sd_event_source_set_time(relay->timer, (uint64_t)relay_next(relay) / 1000 + 1);
	sd_event_source_set_enabled(relay->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t us, void *user)
{
	(void)source, (void)us;
	relay_look_after(user);
	timer_set(user);
	return 0;
}

static int on_engine(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct relay *relay = user;
	(void)source, (void)fd, (void)events;
	engine_dispatch(relay->engine);
	relay_look_after(relay);
	return 0;
}

static int on_source_fd(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct relay *relay = user;
	(void)source, (void)fd, (void)events;
	relay->source->ops->dispatch(relay->source);
	return 0;
}

/* Whatever came over the bus may have made something possible. */
static int on_prepare(sd_event_source *source, void *user)
{
	(void)source;
	relay_look_after(user);
	return 0;
}

int relay_attach(struct relay *relay, sd_event *event)
{
	relay->event = sd_event_ref(event);
	int error = sd_event_add_io(event, &relay->engine_io, engine_fd(relay->engine), EPOLLIN,
	                            on_engine, relay);
	if (error >= 0)
		error = sd_event_add_io(event, &relay->source_io,
		                        relay->source->ops->fd(relay->source), EPOLLIN,
		                        on_source_fd, relay);
	if (error >= 0)
		error = sd_event_add_time(event, &relay->timer, CLOCK_MONOTONIC, 0, 1000, on_timer,
		                          relay);
	if (error >= 0)
		error = sd_event_source_set_prepare(relay->timer, on_prepare);
	if (error >= 0 && relay->bus)
		error = sd_bus_attach_event(relay->bus, event, SD_EVENT_PRIORITY_NORMAL);
	return error < 0 ? error : 0;
}
