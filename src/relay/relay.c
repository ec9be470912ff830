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

#define SAVE_NS (SECOND_NS / 2) /* a change is on the disk within a second */
#define STEP_NS (SECOND_NS / 4) /* how long nothing may happen at the most */

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
	const struct settings_config *config = &relay->settings->config;
	if (place_twin(adapter))
		return false;
	for (int i = 0; i < config->adapter_count; i++)
		if (!strcasecmp(config->adapters[i], adapter->address))
			return true;
	return !config->adapter_count;
}

void relay_name(char *name, size_t size, const struct bluez_device *device)
{
	text_clean(name, size, device->name);
	if (!*name)
		snprintf(name, size, "%s", device->address);
}

/* --- the bus ------------------------------------------------------------------------------------- */

int relay_open_bus(const struct relay *relay, sd_bus **ret_bus)
{
	const char *address = relay->config.bus_address;
	return address ? bus_open_address(ret_bus, address) : bus_open_system(ret_bus);
}

static int bus_open(struct relay *relay)
{
	int fd = relay->config.bus_fd;
	relay->config.bus_fd = -1;
	return fd >= 0 ? bus_open_peer(&relay->bus, fd) : relay_open_bus(relay, &relay->bus);
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
	relay->bus_retry = relay_now(relay) + BUS_RETRY_NS;
	int error = bus_open(relay);
	if (!error && relay->event)
		error = sd_bus_attach_event(relay->bus, relay->event, SD_EVENT_PRIORITY_NORMAL);
	if (error >= 0)
		error = bluez_new(&relay->bluez, relay->bus, relay->settings->config.rate,
		                  &relay_bluez_events, relay);
	if (error < 0) {
		bus_close(relay);
		relay_follow_service(relay, false, "no D-Bus system bus - is dbus running?");
	}
}

static void bus_look_after(struct relay *relay, int64_t now)
{
	if (relay->bus && sd_bus_is_open(relay->bus) <= 0 && sd_bus_is_ready(relay->bus) < 0) {
		bus_close(relay);
		relay_follow_service(relay, false, "the connection to D-Bus broke");
	}
	if (now < relay->bus_retry || relay->service)
		return;
	if (relay->bluez) {
		relay->bus_retry = now + BUS_RETRY_NS;
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

/* Not written: it is told, and tried again. */
static void settings_failed(struct relay *relay, int error, int64_t now)
{
	relay->settings->dirty = true;
	relay->save_at = now + 30 * SECOND_NS;
	journal_write(relay->journal, JOURNAL_ERROR, "relay", "%s: %s", relay->settings->state_path,
	              strerror(-error));
}

/* At once, where nobody waits; else aside: the disk may take a second. */
static int settings_write(struct relay *relay)
{
	struct settings *settings = relay->settings;
	if (!relay->config.own_thread || !settings->dirty || !*settings->state_path)
		return settings_save(settings);
	char *text = settings_text(settings);
	int error = text ? writer_begin(&relay->writer, settings->state_path, text) : -ENOMEM;
	settings->dirty = error;
	return error;
}

static void settings_look_after(struct relay *relay, int64_t now)
{
	int error;
	if (writer_over(&relay->writer, &error) && error)
		settings_failed(relay, error, now);
	if (!relay->save_at || now < relay->save_at || relay->writer.runs)
		return;
	relay->save_at = 0;
	error = settings_write(relay);
	if (error)
		settings_failed(relay, error, now);
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
		relay->speakers[i]->not_before = now + BUS_RETRY_NS;
	}
	origin_woken(relay, now + BUS_RETRY_NS);
}

static void relay_look_after(struct relay *relay)
{
	int64_t now = relay_now(relay);
	bus_look_after(relay, now);
	priority_act(relay);
	echo_look_after(relay, now);
	if (!relay->config.looks_only) {
		tapping_look_after(relay);
		sleep_notice(relay, now);
		adapters_look_after(relay, now);
		rest_act(relay, now);
		if (places_act(relay, now))
			adapters_prepare(relay);
		air_act(relay, now);
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
	relay->engine = engine_new(&engine, &relay_engine_events, relay);
	int error = relay->engine ? 0 : -ENOMEM;
	if (!error && config->own_thread)
		error = engine_start(relay->engine);
	if (!error)
		error = relay->source->ops->open(relay->source, engine_inlet(relay->engine),
		                                 config->settings->config.rate,
		                                 &relay_source_events, relay);
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
	tapping_close(relay);
	engine_free(relay->engine);
	if (writer_wait(&relay->writer))
		relay->settings->dirty = true;
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
