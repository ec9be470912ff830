/* SPDX-License-Identifier: MIT */
#include "sim/world.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LISTEN_NS 5000000 /* how often the speakers look at their radio */
#define BUS_NS 100000000  /* the longest pause between two looks at the bus */

/* --- time -------------------------------------------------------------------------------------- */

int64_t world_random(struct world *world, int64_t least, int64_t most)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return least +
	       (int64_t)((double)(most - least + 1) * (double)(world->random >> 33) / 2147483648.0);
}

void world_after(struct world *world, int64_t ns, struct device *device,
                 void (*act)(struct world *, struct device *, int64_t), int64_t argument)
{
	if (world->timer_count < WORLD_TIMERS)
		world->timers[world->timer_count++] =
		    (struct timer){world->now + ns, act, device, argument};
}

void world_forget_timers(struct world *world, const struct device *device)
{
	int kept = 0;
	for (int i = 0; i < world->timer_count; i++)
		if (world->timers[i].device != device)
			world->timers[kept++] = world->timers[i];
	world->timer_count = kept;
}

/* The earliest of the timers, taken out of the list if it is due. */
static bool timer_take(struct world *world, struct timer *timer)
{
	int first = 0;
	for (int i = 1; i < world->timer_count; i++)
		if (world->timers[i].at < world->timers[first].at)
			first = i;
	if (!world->timer_count || world->timers[first].at > world->now)
		return false;
	*timer = world->timers[first];
	memmove(&world->timers[first], &world->timers[first + 1],
	        (size_t)(--world->timer_count - first) * sizeof(*timer));
	return true;
}

static int64_t timers_next(const struct world *world)
{
	int64_t next = INT64_MAX;
	for (int i = 0; i < world->timer_count; i++)
		next = world->timers[i].at < next ? world->timers[i].at : next;
	return next;
}

int64_t world_heard_until(const struct world *world)
{
	int64_t behind = 2000000;
	for (int i = 0; i < world->scenario->adapter_count; i++)
		if (world->adapters[i].shared) /* a packet takes its time on the air */
			behind = 12000000;
	return world->virtual_time ? world->now : world->now - behind;
}

/* --- the world --------------------------------------------------------------------------------- */

/* While bluetoothd is away, calls to it fail as the bus driver would have them fail. */
static int refuse_when_gone(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct world *world = user;
	(void)error;
	if (!world->gone || !sd_bus_message_is_method_call(message, NULL, NULL))
		return 0;
	sd_bus_reply_method_errorf(message, "org.freedesktop.DBus.Error.ServiceUnknown",
	                           "The name org.bluez was not provided by any .service files");
	return 1;
}

static int bus_open(struct world *world, int fd)
{
	sd_id128_t id;
	sd_id128_randomize(&id);
	int error = sd_bus_new(&world->bus);
	if (error >= 0)
		error = sd_bus_set_fd(world->bus, fd, fd);
	if (error < 0) {
		close(fd);
		return error;
	}
	sd_bus_set_server(world->bus, 1, id);
	sd_bus_set_anonymous(world->bus, 1);
	sd_bus_negotiate_fds(world->bus, 1);
	sd_bus_set_sender(world->bus, "org.bluez");
	error = sd_bus_start(world->bus);
	if (error >= 0)
		error = sd_bus_add_filter(world->bus, &world->filter_slot, refuse_when_gone, world);
	if (error >= 0)
		error = sd_bus_add_object_manager(world->bus, &world->manager_slot, "/");
	return error < 0 ? error : 0;
}

/* What BlueZ makes of a name (src/eir.c, name2utf8): of one that is no UTF-8 only ASCII is left. */
static void name_as_bluez(char *name, size_t size, const char *from)
{
	snprintf(name, size, "%s", from);
	bool valid = true;
	for (const char *c = from; *c && valid;) {
		int32_t character;
		c += text_decode(c, &character);
		valid = character >= 0;
	}
	for (char *c = name; *c && !valid; c++)
		if ((unsigned char)*c >= 0x80)
			*c = ' ';
	for (size_t length = strlen(name); length && name[length - 1] == ' '; length--)
		name[length - 1] = 0;
}

static void device_paths(struct device *device)
{
	char address[18];
	for (int i = 0; i < 18; i++)
		address[i] = device->address[i] == ':' ? '_' : device->address[i];
	const char *adapter = device->adapter->path;
	snprintf(device->path, sizeof(device->path), "%s/dev_%s", adapter, address);
	snprintf(device->sep_path, sizeof(device->sep_path), "%s/dev_%s/sep1", adapter, address);
	snprintf(device->aac_path, sizeof(device->aac_path), "%s/dev_%s/sep2", adapter, address);
}

static void device_init(struct world *world, const struct scenario_speaker *speaker)
{
	const struct scenario_echo *echo = &world->scenario->echo;
	struct device *device = &world->devices[world->device_count];
	*device = (struct device){
	    .world = world,
	    .speaker = speaker,
	    .index = world->device_count++,
	    .adapter = &world->adapters[speaker ? speaker->adapter : echo->adapter],
	    .address = speaker ? speaker->address : echo->address,
	    .address_type = "public",
	    .icon = "audio-card", /* what BlueZ says of loudspeakers */
	    .modalias = speaker ? speaker->air.modalias : echo->air.modalias,
	    .class = speaker ? speaker->class : 0x0c0414,
	    .paired = speaker ? speaker->paired : echo->paired,
	    .air = speaker ? &speaker->air : &echo->air,
	    .reachable = speaker ? speaker->reachable : true,
	    .reports_ns = speaker ? speaker->reports_ns : -1,
	    .transport = {.relay_fd = -1, .speaker_fd = -1},
	};
	const char *name = speaker ? speaker->name : echo->name;
	name_as_bluez(device->name_text, sizeof(device->name_text), name);
	name_as_bluez(device->alias_text, sizeof(device->alias_text), name);
	device->name = device->name_text;
	device->alias = device->alias_text;
	device->bonded = device->trusted = device->paired;
	device->adapter_path = device->adapter->path;
	device_paths(device);
}

static void adapter_init(struct world *world, int index)
{
	const struct scenario_adapter *config = &world->scenario->adapters[index];
	struct adapter *adapter = &world->adapters[index];
	*adapter = (struct adapter){
	    .world = world,
	    .address = config->address,
	    .address_type = "public",
	    .name = config->alias,
	    .modalias = "usb:v1D6Bp0246d0542",
	    .class = 0x0c0104,
	    .discoverable_timeout = 180,
	    .powered = 1,
	};
	snprintf(adapter->alias_text, sizeof(adapter->alias_text), "%s", config->alias);
	adapter->alias = adapter->alias_text;
	snprintf(adapter->path, sizeof(adapter->path), "/org/bluez/%s", config->hci);
	adapter->shared = config->shared;
	radio_init(&adapter->radio, config->buffers, world->scenario->seed);
	adapter->radio.burst_loss = config->burst;
}

static void inhabitants_add(struct world *world)
{
	for (int i = 0; i < world->scenario->adapter_count; i++)
		adapter_init(world, i);
	for (int i = 0; i < world->scenario->speaker_count; i++)
		device_init(world, &world->scenario->speakers[i]);
	if (!world->scenario->echo.present)
		return;
	device_init(world, NULL);
	struct device *echo = &world->devices[world->device_count - 1];
	int64_t starts = world->scenario->echo.starts_ns;
	echo->reachable = !starts;
	if (starts || !echo->paired)
		echo_pause(world->echo, true, world->now);
	world_after(world, starts, echo, world_echo_arrive, 0);
}

static int world_populate(struct world *world, char *message, size_t size)
{
	inhabitants_add(world);
	int error = peer_adapters_add(world);
	peer_rivals_add(world);
	for (int i = 0; i < world->device_count && error >= 0; i++) {
		if (world->devices[i].paired)
			error = peer_device_add(&world->devices[i]);
		if (error >= 0 && world->devices[i].speaker)
			error = speaker_open(&world->devices[i], message, size);
	}
	world_plan_events(world);
	return error;
}

int world_new(struct world **ret_world, const struct scenario *scenario, struct echo *echo,
              struct ear *ear, int bus_fd, int64_t now, bool virtual_time, char *message,
              size_t size)
{
	struct world *world = calloc(1, sizeof(*world));
	if (!world) {
		close(bus_fd);
		return -ENOMEM;
	}
	*message = 0;
	world->scenario = scenario;
	world->echo = echo;
	world->ear = ear;
	world->now = world->start = now;
	world->virtual_time = virtual_time;
	world->random = scenario->seed;
	int error = bus_open(world, bus_fd);
	if (error >= 0)
		error = world_populate(world, message, size);
	if (error < 0) {
		if (!*message)
			snprintf(message, size, "simulated world: %s", strerror(-error));
		world_free(world);
		return error;
	}
	*ret_world = world;
	return 0;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	for (int i = 0; i < world->device_count; i++) {
		peer_device_remove(&world->devices[i]);
		speaker_close(&world->devices[i]);
	}
	peer_adapters_remove(world);
	peer_flush_close(world);
	sd_bus_slot_unref(world->manager_slot);
	sd_bus_slot_unref(world->filter_slot);
	sd_bus_flush_close_unref(world->bus);
	free(world);
}

/*
 * Where something waits: packets, the flush helper's orders, the bus.  Asked once for all, since most of
 * the time it is nowhere.
 */
static void world_look(struct world *world)
{
	struct pollfd fds[WORLD_DEVICES + 2];
	nfds_t count = (nfds_t)world->device_count;
	for (nfds_t i = 0; i < count; i++)
		fds[i] =
		    (struct pollfd){.fd = world->devices[i].transport.speaker_fd, .events = POLLIN};
	fds[count] =
	    (struct pollfd){.fd = world->flush_fd > 0 ? world->flush_fd : -1, .events = POLLIN};
	fds[count + 1] = (struct pollfd){.fd = sd_bus_get_fd(world->bus), .events = POLLIN};
	poll(fds, count + 2, 0);
	for (nfds_t i = 0; i < count; i++)
		world->devices[i].transport.readable = fds[i].revents != 0;
	if (fds[count].revents)
		peer_flush_serve(world);
	/* now and then anyway: answers that do not come time out */
	world->bus_waits = fds[count + 1].revents || world->now >= world->bus_at;
	if (world->bus_waits)
		world->bus_at = world->now + BUS_NS;
}

static void bus_serve(struct world *world)
{
	while (sd_bus_process(world->bus, NULL) > 0)
		;
}

int64_t world_step(struct world *world, int64_t now)
{
	struct timer timer;
	int64_t then = world->now;
	world->now = now;
	world_look(world);
	if (world->bus_waits)
		bus_serve(world);
	while (world->now = now, timer_take(world, &timer)) {
		world->now = timer.at > then ? timer.at : then;
		timer.act(world, timer.device, timer.argument);
	}
	world->now = now;
	int64_t next = echo_step(world->echo, now);
	for (int i = 0; i < world->scenario->adapter_count; i++) {
		int64_t air = radio_run(&world->adapters[i].radio, now);
		next = air < next ? air : next;
	}
	for (int i = 0; i < world->device_count; i++)
		if (world->devices[i].speaker)
			speaker_listen(&world->devices[i]);
	int64_t ear = ear_step(world->ear, world_heard_until(world));
	next = ear < next ? ear : next;
	int64_t timers = timers_next(world);
	next = timers < next ? timers : next;
	if (!world->virtual_time && next > now + LISTEN_NS)
		next = now + LISTEN_NS;
	return next > now ? next : now + 1;
}
