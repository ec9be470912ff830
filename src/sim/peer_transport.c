/* SPDX-License-Identifier: MIT */
/*
 * org.bluez: a stream, MediaTransport1 (profiles/audio/transport.c).
 *
 *   Acquire ─► AVDTP Start ─► fd, then State "active"
 */
#include "sim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define START_NS 30000000   /* AVDTP Start */
#define SUSPEND_NS 20000000 /* AVDTP Suspend */
#define REPORT_NS 20000000  /* until the delay report comes */
#define VOLUME_NS 300000000 /* until AVRCP has told the volume */

const char *peer_transport_state(const struct transport *transport)
{
	static const char *const names[] = {"idle", "pending", "active"};
	return names[transport->state];
}

static int transport_device_get(sd_bus *bus, const char *path, const char *interface,
                                const char *property, sd_bus_message *reply, void *user,
                                sd_bus_error *error)
{
	const struct transport *transport = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "o", transport->device->path);
}

static int configuration_get(sd_bus *bus, const char *path, const char *interface,
                             const char *property, sd_bus_message *reply, void *user,
                             sd_bus_error *error)
{
	const struct transport *transport = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append_array(reply, 'y', transport->configuration, SBC_CONFIG_BYTES);
}

static int state_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const struct transport *transport = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", peer_transport_state(transport));
}

static void state_set(struct transport *transport, enum transport_state state)
{
	if (!transport->exists || transport->state == state)
		return;
	transport->state = state;
	sd_bus_emit_properties_changed(transport->device->world->bus, transport->path,
	                               "org.bluez.MediaTransport1", "State", NULL);
}

void peer_transport_set_state(struct device *device, enum transport_state state)
{
	state_set(&device->transport, state);
}

void peer_transport_suspend(struct device *device)
{
	device->transport.acquired = false;
	state_set(&device->transport, TRANSPORT_IDLE);
}

/* The media channel stays open from Open to Close; every Acquire hands out the same one. */
static int channel_open(struct transport *transport)
{
	int fds[2], on = 1;
	if (transport->relay_fd >= 0)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	setsockopt(fds[1], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	transport->relay_fd = fds[0];
	transport->speaker_fd = fds[1];
	return 0;
}

static void channel_close(struct transport *transport)
{
	if (!transport->device->speaker)
		echo_set_channel(transport->device->world->echo, -1, NULL);
	if (transport->relay_fd >= 0)
		close(transport->relay_fd);
	if (transport->speaker_fd >= 0)
		close(transport->speaker_fd);
	transport->relay_fd = transport->speaker_fd = -1;
}

/* What is asked of a device during a fade is answered after it. */
static void answer_after(struct device *device, int64_t ns,
                         void (*act)(struct world *, struct device *, int64_t))
{
	int64_t fade = device->stalled_until - device->world->now;
	world_after(device->world, ns + (fade > 0 ? fade : 0), device, act, 0);
}

/* The Echo's packets go into it. */
static int echo_begins(const struct transport *transport)
{
	struct world *world = transport->device->world;
	int error = echo_set_channel(world->echo, transport->speaker_fd, transport->configuration);
	echo_pause(world->echo, false, world->now);
	return error;
}

static void started(struct world *world, struct device *device, int64_t argument)
{
	struct transport *transport = &device->transport;
	sd_bus_message *call = device->acquire_call;
	(void)world, (void)argument;
	if (world->now < device->stalled_until)
		return answer_after(device, START_NS, started);
	device->acquire_call = NULL;
	if (!call)
		return;
	uint16_t mtu = device->speaker ? device->speaker->mtu : 672;
	if (channel_open(transport) < 0 || (!device->speaker && echo_begins(transport) < 0)) {
		transport->acquired = false;
		sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "Input/output error");
	} else {
		speaker_stream(device, true);
		sd_bus_reply_method_return(call, "hqq", transport->relay_fd, mtu, mtu);
		state_set(transport, TRANSPORT_ACTIVE); /* after the reply, as acquire() does it */
	}
	sd_bus_message_unref(call);
}

static int transport_acquire(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct transport *transport = user;
	struct device *device = transport->device;
	if (transport->acquired || !transport->endpoint || transport->endpoint->rival)
		return sd_bus_error_set(error, "org.bluez.Error.NotAuthorized",
		                        "Operation Not Authorized");
	transport->acquired = true;
	device->acquire_call = sd_bus_message_ref(call);
	answer_after(device, START_NS, started);
	return 1;
}

static int transport_try_acquire(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct transport *transport = user;
	if (transport->state != TRANSPORT_PENDING)
		return sd_bus_error_set(error, "org.bluez.Error.NotAvailable",
		                        "Operation currently not available");
	return transport_acquire(call, user, error);
}

static void suspended(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->release_call;
	(void)argument;
	if (world->now < device->stalled_until)
		return answer_after(device, SUSPEND_NS, suspended);
	device->release_call = NULL;
	device->transport.acquired = false;
	speaker_stream(device, false);
	if (!device->speaker)
		echo_pause(world->echo, true, world->now);
	if (call)
		sd_bus_reply_method_return(call, "");
	sd_bus_message_unref(call);
	state_set(&device->transport, TRANSPORT_IDLE);
}

static int transport_release(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct transport *transport = user;
	struct device *device = transport->device;
	if (!transport->acquired || device->acquire_call || device->release_call)
		return sd_bus_error_set(error, "org.bluez.Error.NotAuthorized",
		                        "Operation Not Authorized");
	device->release_call = sd_bus_message_ref(call);
	answer_after(device, SUSPEND_NS, suspended);
	return 1;
}

static int volume_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                      sd_bus_message *value, void *user, sd_bus_error *error)
{
	struct transport *transport =
	    (struct transport *)((char *)user - offsetof(struct transport, volume));
	uint16_t volume;
	int result = sd_bus_message_read(value, "q", &volume);
	if (result < 0)
		return result;
	if (volume > 127)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidArguments",
		                        "Invalid arguments in method call");
	transport->volume = volume;
	float part = (float)volume / 127;
	if (transport->device->dac)
		dac_set_gain(transport->device->dac, part * part);
	return sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
}

static const sd_bus_vtable transport_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Device", "o", transport_device_get, 0, 0),
    SD_BUS_PROPERTY("UUID", "s", NULL, offsetof(struct transport, uuid), 0),
    SD_BUS_PROPERTY("Codec", "y", NULL, offsetof(struct transport, codec), 0),
    SD_BUS_PROPERTY("Configuration", "ay", configuration_get, 0, 0),
    SD_BUS_PROPERTY("State", "s", state_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_METHOD("Acquire", "", "hqq", transport_acquire, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("TryAcquire", "", "hqq", transport_try_acquire, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Release", "", "", transport_release, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* Properties that are absent until they are known: they come as vtables of their own. */
static const sd_bus_vtable delay_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Delay", "q", NULL, offsetof(struct transport, delay),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};
static const sd_bus_vtable volume_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_WRITABLE_PROPERTY("Volume", "q", NULL, volume_set, offsetof(struct transport, volume),
                             SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static void delay_report(struct world *world, struct device *device, int64_t argument)
{
	struct transport *transport = &device->transport;
	(void)argument;
	transport->delay = (uint16_t)(device->reports_ns / 100000);
	if (transport->delay_slot ||
	    sd_bus_add_object_vtable(world->bus, &transport->delay_slot, transport->path,
	                             "org.bluez.MediaTransport1", delay_vtable, transport) >= 0)
		sd_bus_emit_properties_changed(world->bus, transport->path,
		                               "org.bluez.MediaTransport1", "Delay", NULL);
}

void peer_transport_report(struct device *device, int64_t delay_ns)
{
	device->reports_ns = delay_ns;
	if (device->transport.exists && device->transport.endpoint &&
	    device->transport.endpoint->delay_reporting)
		delay_report(device->world, device, 0);
}

void peer_transport_set_volume(struct device *device, uint16_t volume)
{
	struct world *world = device->world;
	struct transport *transport = &device->transport;
	transport->volume = volume;
	if (transport->volume_slot ||
	    sd_bus_add_object_vtable(world->bus, &transport->volume_slot, transport->path,
	                             "org.bluez.MediaTransport1", volume_vtable, transport) >= 0)
		sd_bus_emit_properties_changed(world->bus, transport->path,
		                               "org.bluez.MediaTransport1", "Volume", NULL);
}

static void volume_report(struct world *world, struct device *device, int64_t argument)
{
	(void)world, (void)argument;
	peer_transport_set_volume(device, 127);
}

void peer_transport_introduce(struct device *device)
{
	if (device->reports_ns > 0 && device->transport.endpoint->delay_reporting)
		world_after(device->world, REPORT_NS, device, delay_report, 0);
	if (device->speaker->absolute_volume)
		world_after(device->world, VOLUME_NS, device, volume_report, 0);
}

int peer_transport_add(struct device *device, struct endpoint *endpoint,
                       const uint8_t configuration[SBC_CONFIG_BYTES])
{
	struct transport *transport = &device->transport;
	device->last_used = endpoint ? endpoint : device->last_used;
	*transport = (struct transport){
	    .exists = true,
	    .device = device,
	    .endpoint = endpoint,
	    .uuid = device->speaker ? A2DP_SOURCE_UUID : A2DP_SINK_UUID,
	    .codec = SBC_CONFIG_CODEC,
	    .state = TRANSPORT_IDLE,
	    .relay_fd = -1,
	    .speaker_fd = -1,
	};
	memcpy(transport->configuration, configuration, SBC_CONFIG_BYTES);
	/* media_transport_create: below the remote's endpoint, with a number that never comes again */
	snprintf(transport->path, sizeof(transport->path), "%s/fd%d", device->sep_path,
	         device->world->transport_count++);
	int error = sd_bus_add_object_vtable(device->world->bus, &transport->slot, transport->path,
	                                     "org.bluez.MediaTransport1", transport_vtable,
	                                     transport);
	if (error < 0)
		transport->exists = false;
	else
		sd_bus_emit_object_added(device->world->bus, transport->path);
	return error;
}

void peer_transport_remove(struct device *device)
{
	struct transport *transport = &device->transport;
	sd_bus_emit_object_removed(device->world->bus, transport->path);
	transport->slot = sd_bus_slot_unref(transport->slot);
	transport->delay_slot = sd_bus_slot_unref(transport->delay_slot);
	transport->volume_slot = sd_bus_slot_unref(transport->volume_slot);
	transport->exists = false;
	if (transport->endpoint)
		transport->endpoint->owner = NULL;
	transport->endpoint = NULL;
}

static void clear_configuration(const struct device *device)
{
	const struct transport *transport = &device->transport;
	sd_bus_message *call = NULL;
	if (!transport->endpoint || transport->endpoint->rival)
		return;
	if (sd_bus_message_new_method_call(device->world->bus, &call, NULL,
	                                   transport->endpoint->path, "org.bluez.MediaEndpoint1",
	                                   "ClearConfiguration") >= 0) {
		sd_bus_message_append(call, "o", transport->path);
		sd_bus_message_set_expect_reply(call, 0);
		sd_bus_send(device->world->bus, call, NULL);
	}
	sd_bus_message_unref(call);
}

static void acquire_fail(struct device *device)
{
	if (!device->acquire_call)
		return;
	sd_bus_reply_method_errorf(device->acquire_call, "org.bluez.Error.Failed",
	                           "Input/output error");
	device->acquire_call = sd_bus_message_unref(device->acquire_call);
}

static void release_end(struct device *device)
{
	if (device->release_call)
		sd_bus_reply_method_return(device->release_call, "");
	device->release_call = sd_bus_message_unref(device->release_call);
}

void peer_transport_close(struct device *device)
{
	struct transport *transport = &device->transport;
	acquire_fail(device);
	release_end(device);
	if (!transport->exists)
		return;
	speaker_stream(device, false);
	/* the socket's end and D-Bus tell it in either order */
	bool socket_first = world_random(device->world, 0, 1);
	if (socket_first)
		channel_close(transport);
	clear_configuration(device);
	peer_transport_remove(device);
	channel_close(transport);
}

void peer_transport_foreign(struct device *device, const uint8_t configuration[SBC_CONFIG_BYTES])
{
	if (device->transport.exists)
		return;
	peer_seps_show(device);
	peer_transport_add(device, NULL, configuration);
	state_set(&device->transport, TRANSPORT_ACTIVE);
}
