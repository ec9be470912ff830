/* SPDX-License-Identifier: MIT */
/* What the scenario makes happen to the inhabitants of the world, and how each thing ends. */
#include "sim/world.h"

#include <string.h>

#define RETURNS_NS                                                                                 \
	3000000000 /* the Echo, after a restart of bluetoothd or a night's sleep of the host */

/* A device's own timers belong to its connection; those of events stay over a lost one. */
static struct device *event_device(struct world *world, const struct scenario_event *event)
{
	bool of_echo = event->action == ACTION_CALL || event->action == ACTION_KNOCK ||
	               event->action == ACTION_RESET;
	if (event->subject >= 0)
		return &world->devices[event->subject];
	return of_echo ? &world->devices[world->device_count - 1] : NULL;
}

/* --- speakers ---------------------------------------------------------------------------------- */

static void call_by_itself(struct world *world, struct device *device, int64_t argument)
{
	device = &world->devices[argument];
	if (device->reachable && !device->taken)
		peer_device_call(device);
}

/* Many speakers connect to whom they know as soon as they are on; others wait to be called. */
static void will_call(struct device *device)
{
	if (device->speaker && device->speaker->calls_ns >= 0)
		world_after(device->world, device->speaker->calls_ns, NULL, call_by_itself,
		            device->index);
}

/* Unless something else keeps it away longer. */
static void come_back(struct world *world, struct device *device, int64_t argument)
{
	device = &world->devices[argument];
	if (world->now < device->away_until)
		return;
	device->reachable = true;
	device->taken = false;
	will_call(device);
}

static void go_away(struct device *device, int64_t lasts)
{
	struct world *world = device->world;
	int64_t until = world->now + lasts;
	device->away_until = until > device->away_until ? until : device->away_until;
	world_after(world, lasts, NULL, come_back, device->index);
}

static void vanish(struct device *device, int64_t lasts)
{
	device->reachable = false;
	peer_device_lost(device);
	go_away(device, lasts);
}

static void switch_off(struct device *device, int64_t lasts)
{
	device->reachable = false;
	peer_device_off(device);
	go_away(device, lasts);
}

static void take(struct device *device, int64_t lasts)
{
	device->taken = true;
	peer_device_off(device);
	go_away(device, lasts);
}

/* --- the Echo ---------------------------------------------------------------------------------- */

static bool echo_silent(const struct world *world)
{
	return world->now < world->silent_until;
}

/* What PipeWire has plays at once; the relay has to take it first. */
static void echo_plays(struct world *world, struct device *echo)
{
	if (echo->transport.endpoint) {
		peer_transport_set_state(echo, TRANSPORT_PENDING);
		return;
	}
	echo_pause(world->echo, false, world->now);
	peer_transport_set_state(echo, TRANSPORT_ACTIVE);
}

void world_echo_opened(struct world *world, struct device *device)
{
	if (!echo_silent(world))
		echo_plays(world, device);
}

static void play_on(struct world *world, struct device *device, int64_t argument)
{
	(void)device, (void)argument;
	if (echo_silent(world))
		return;
	for (int i = 0; i < world->device_count; i++) {
		struct device *echo = &world->devices[i];
		if (!echo->speaker && echo->transport.exists)
			echo_plays(world, echo);
	}
}

static void pause_echo(struct world *world, int64_t lasts)
{
	int64_t until = world->now + lasts;
	world->silent_until = until > world->silent_until ? until : world->silent_until;
	echo_pause(world->echo, true, world->now);
	for (int i = 0; i < world->device_count; i++)
		if (!world->devices[i].speaker)
			peer_transport_suspend(&world->devices[i]);
	world_after(world, lasts, NULL, play_on, 0);
}

/* The Echo is connected and has a stream, as on a box that has been up for a while. */
void world_echo_arrive(struct world *world, struct device *device, int64_t argument)
{
	(void)argument;
	static const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	bool direct = world->scenario->echo.direct;
	if (!device->exists || !device->paired || (world->sound_gone && !direct))
		return;
	device->reachable = true;
	device->connected = device->services_resolved = 1;
	sd_bus_emit_properties_changed(world->bus, device->path, "org.bluez.Device1", "Connected",
	                               "ServicesResolved", NULL);
	if (direct && peer_sink_take(device, configuration))
		return;
	peer_transport_foreign(device, configuration);
	if (echo_silent(world))
		peer_transport_set_state(device, TRANSPORT_IDLE);
	else
		echo_pause(world->echo, false, world->now);
}

/* By itself, and nothing that ends meanwhile keeps it from that. */
static void echo_returns(struct world *world, struct device *device, int64_t index)
{
	(void)device;
	world_echo_arrive(world, &world->devices[index], 0);
}

static void echo_reset(struct device *device, int64_t lasts)
{
	device->reachable = false;
	peer_device_lost(device);
	world_after(device->world, lasts, NULL, echo_returns, device->index);
}

/* --- the host ---------------------------------------------------------------------------------- */

static void owner_changed(struct world *world, const char *old, const char *new)
{
	sd_bus_message *message = NULL;
	if (sd_bus_message_new_signal(world->bus, &message, "/org/freedesktop/DBus",
	                              "org.freedesktop.DBus", "NameOwnerChanged") >= 0) {
		sd_bus_message_set_sender(message, "org.freedesktop.DBus");
		sd_bus_message_append(message, "sss", "org.bluez", old, new);
		sd_bus_send(world->bus, message, NULL);
	}
	sd_bus_message_unref(message);
}

/* A device whose adapter is there again. */
static void device_back(struct device *device)
{
	if (!device->paired)
		return;
	peer_device_add(device);
	if (!device->speaker)
		world_after(device->world, RETURNS_NS, NULL, echo_returns, device->index);
	else
		will_call(device);
}

static void bluetoothd_start(struct world *world, struct device *device, int64_t argument)
{
	(void)device, (void)argument;
	world->gone = false;
	peer_adapters_add(world);
	peer_rivals_add(world);
	for (int i = 0; i < world->device_count; i++)
		device_back(&world->devices[i]);
	owner_changed(world, "", ":1.9");
}

static void bluetoothd_stop(struct world *world, int64_t lasts)
{
	if (world->gone)
		return;
	echo_pause(world->echo, true, world->now);
	for (int i = 0; i < world->device_count; i++)
		peer_device_remove(&world->devices[i]);
	peer_adapters_remove(world);
	memset(world->endpoints, 0, sizeof(world->endpoints));
	for (int i = 0; i < world->device_count; i++)
		world->devices[i].last_used = NULL;
	world->gone = true;
	owner_changed(world, ":1.8", "");
	world_after(world, lasts, NULL, bluetoothd_start, 0);
}

static void adapter_back(struct world *world, struct device *device, int64_t index)
{
	(void)device;
	if (world->gone || world->adapters[index].exists)
		return; /* bluetoothd has found it, or will */
	peer_adapter_plug(&world->adapters[index]);
	for (int i = 0; i < world->device_count; i++)
		if (world->devices[i].adapter == &world->adapters[index])
			device_back(&world->devices[i]);
}

static void adapter_unplug(struct world *world, int index, int64_t lasts)
{
	for (int i = 0; i < world->device_count; i++)
		if (world->devices[i].adapter == &world->adapters[index]) {
			if (!world->devices[i].speaker)
				echo_pause(world->echo, true, world->now);
			peer_device_remove(&world->devices[i]);
		}
	peer_adapter_unplug(&world->adapters[index]);
	world_after(world, lasts, NULL, adapter_back, index);
}

static void sound_start(struct world *world, struct device *device, int64_t argument)
{
	(void)device, (void)argument;
	world->sound_gone = false;
	for (int i = 0; i < world->device_count; i++)
		if (!world->devices[i].speaker && world->devices[i].connected)
			world_echo_arrive(world, &world->devices[i], 0);
}

/* The Echo's endpoint goes with PipeWire, and its stream with that; its link stays. */
static void sound_stop(struct world *world, int64_t lasts)
{
	world->sound_gone = true;
	for (int i = 0; i < world->device_count; i++) {
		struct device *echo = &world->devices[i];
		if (echo->speaker || echo->transport.endpoint)
			continue;
		echo_pause(world->echo, true, world->now);
		peer_transport_close(echo);
	}
	world_after(world, lasts, NULL, sound_start, 0);
}

/* While the host sleeps nothing passes here; when it wakes, all the others have long gone. */
static void host_sleep(struct world *world, int64_t lasts)
{
	world->slept_ns += lasts;
	for (int i = 0; i < world->device_count; i++) {
		struct device *device = &world->devices[i];
		peer_device_lost(device);
		if (device->speaker && device->reachable)
			will_call(device);
		else if (!device->speaker)
			world_after(world, RETURNS_NS, NULL, echo_returns, device->index);
	}
}

/* ----------------------------------------------------------------------------------------------- */

static void event_happen(struct world *world, const struct scenario_event *event, int64_t lasts)
{
	struct device *device = event_device(world, event);
	switch (event->action) {
	case ACTION_STALL:
		speaker_stall(device, world->now + lasts);
		break;
	case ACTION_REPORT:
		peer_transport_report(device, lasts);
		break;
	case ACTION_VANISH:
		vanish(device, lasts);
		break;
	case ACTION_OFF:
		switch_off(device, lasts);
		break;
	case ACTION_TAKEN:
		take(device, lasts);
		break;
	case ACTION_PAUSE:
		pause_echo(world, lasts);
		break;
	case ACTION_RESET:
		echo_reset(device, lasts);
		break;
	case ACTION_CALL:
		peer_device_call(device);
		break;
	case ACTION_KNOCK:
		peer_device_knock(device);
		break;
	case ACTION_UNPLUG:
		adapter_unplug(world, event->subject, lasts);
		break;
	case ACTION_BURST:
		radio_burst(&world->adapters[event->subject].radio, world->now + lasts);
		break;
	case ACTION_RESTART:
		bluetoothd_stop(world, lasts);
		break;
	case ACTION_SOUND:
		sound_stop(world, lasts);
		break;
	case ACTION_SLEEP:
		host_sleep(world, lasts);
		break;
	}
}

static void event_due(struct world *world, struct device *device, int64_t index)
{
	const struct scenario_event *event = &world->scenario->events[index];
	(void)device;
	int64_t lasts = world_random(world, event->lasts_least_ns, event->lasts_most_ns);
	if (world->witness)
		world->witness(world->witness_user, event, lasts);
	event_happen(world, event, lasts);
	if (event->again)
		world_after(world,
		            lasts + world_random(world, event->at_least_ns, event->at_most_ns),
		            NULL, event_due, index);
}

void world_plan_events(struct world *world)
{
	for (int i = 0; i < world->scenario->event_count; i++) {
		const struct scenario_event *event = &world->scenario->events[i];
		world_after(world, world_random(world, event->at_least_ns, event->at_most_ns), NULL,
		            event_due, i);
	}
}
