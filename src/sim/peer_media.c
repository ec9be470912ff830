/* SPDX-License-Identifier: MIT */
/*
 * org.bluez: the remote's MediaEndpoint1 and the streams, MediaTransport1 (profiles/audio/media.c,
 * transport.c, a2dp.c).
 *
 *   ConnectProfile ─► SelectConfiguration on the first free local endpoint, else the next
 *                  ─► AVDTP Set_Configuration ─► SetConfiguration ─► the transport, idle
 *                  ─► reply to ConnectProfile; delay report; volume
 *   Acquire ─► AVDTP Start ─► fd, then State "active"
 */
#include "sim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONFIGURE_NS 60000000 /* AVDTP Set_Configuration and Open */
#define START_NS 30000000     /* AVDTP Start */
#define SUSPEND_NS 20000000   /* AVDTP Suspend */
#define REPORT_NS 20000000    /* until the delay report comes */
#define VOLUME_NS 300000000   /* until AVRCP has told the volume */

/* WirePlumber opens speakers at 48 kHz. */
static const uint8_t rival_configuration[] = {0x11, 0x15, 2, 53};

static const char *const state_names[] = {"idle", "pending", "active"};

/* --- the remote's endpoint --------------------------------------------------------------------- */

static int codec_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)user, (void)error;
	return sd_bus_message_append(reply, "y", SBC_CONFIG_CODEC);
}

static const uint8_t *capabilities_of(const struct device *device)
{
	return device->speaker ? device->speaker->capabilities : sbc_config_capabilities;
}

static int capabilities_get(sd_bus *bus, const char *path, const char *interface,
                            const char *property, sd_bus_message *reply, void *user,
                            sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append_array(reply, 'y', capabilities_of(user), SBC_CONFIG_BYTES);
}

static int sep_uuid_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const struct device *device = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s",
	                             device->speaker ? A2DP_SINK_UUID : A2DP_SOURCE_UUID);
}

static int sep_device_get(sd_bus *bus, const char *path, const char *interface,
                          const char *property, sd_bus_message *reply, void *user,
                          sd_bus_error *error)
{
	const struct device *device = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "o", device->path);
}

static int sep_delay_reporting_get(sd_bus *bus, const char *path, const char *interface,
                                   const char *property, sd_bus_message *reply, void *user,
                                   sd_bus_error *error)
{
	const struct device *device = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	int reports = device->reports_ns >= 0;
	return sd_bus_message_append(reply, "b", reports);
}

/* Whose stream it would be to reconfigure; a free one is configured by ConnectProfile here. */
static int sep_set_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct device *device = user;
	(void)call;
	if (device->transport.exists)
		return sd_bus_error_set(error, "org.bluez.Error.Failed", "Operation not permitted");
	return sd_bus_error_set(error, "org.bluez.Error.Failed", "Device or resource busy");
}

static const sd_bus_vtable sep_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", sep_uuid_get, 0, 0),
    SD_BUS_PROPERTY("Codec", "y", codec_get, 0, 0),
    SD_BUS_PROPERTY("Capabilities", "ay", capabilities_get, 0, 0),
    SD_BUS_PROPERTY("Device", "o", sep_device_get, 0, 0),
    SD_BUS_PROPERTY("DelayReporting", "b", sep_delay_reporting_get, 0, 0),
    SD_BUS_METHOD("SetConfiguration", "oa{sv}", "", sep_set_configuration,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* A second one, that nobody here uses; the bytes are a speaker's: 44.1 and 48 kHz, two channels, 320 kbit/s. */
static int aac_codec_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                         sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)user, (void)error;
	return sd_bus_message_append(reply, "y", 0x02);
}

static int aac_capabilities_get(sd_bus *bus, const char *path, const char *interface,
                                const char *property, sd_bus_message *reply, void *user,
                                sd_bus_error *error)
{
	static const uint8_t capabilities[] = {0x80, 0x01, 0x84, 0x84, 0xe2, 0x00};
	(void)bus, (void)path, (void)interface, (void)property, (void)user, (void)error;
	return sd_bus_message_append_array(reply, 'y', capabilities, sizeof(capabilities));
}

static const sd_bus_vtable aac_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("UUID", "s", sep_uuid_get, 0, 0),
    SD_BUS_PROPERTY("Codec", "y", aac_codec_get, 0, 0),
    SD_BUS_PROPERTY("Capabilities", "ay", aac_capabilities_get, 0, 0),
    SD_BUS_PROPERTY("Device", "o", sep_device_get, 0, 0),
    SD_BUS_PROPERTY("DelayReporting", "b", sep_delay_reporting_get, 0, 0),
    SD_BUS_VTABLE_END,
};

void peer_seps_show(struct device *device)
{
	if (device->sep_shown)
		return;
	if (device->speaker && device->speaker->aac &&
	    sd_bus_add_object_vtable(device->world->bus, &device->aac_slot, device->aac_path,
	                             "org.bluez.MediaEndpoint1", aac_vtable, device) >= 0)
		sd_bus_emit_object_added(device->world->bus, device->aac_path);
	device->sep_shown = sd_bus_add_object_vtable(device->world->bus, &device->sep_slot,
	                                             device->sep_path, "org.bluez.MediaEndpoint1",
	                                             sep_vtable, device) >= 0;
	sd_bus_emit_object_added(device->world->bus, device->sep_path);
}

void peer_seps_hide(struct device *device)
{
	if (!device->sep_shown)
		return;
	if (device->aac_slot)
		sd_bus_emit_object_removed(device->world->bus, device->aac_path);
	device->aac_slot = sd_bus_slot_unref(device->aac_slot);
	sd_bus_emit_object_removed(device->world->bus, device->sep_path);
	device->sep_slot = sd_bus_slot_unref(device->sep_slot);
	device->sep_shown = false;
}

/* --- MediaTransport1 --------------------------------------------------------------------------- */

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
	return sd_bus_message_append(reply, "s", state_names[transport->state]);
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
	uint16_t mtu = device->speaker->mtu;
	if (channel_open(transport) < 0) {
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

static int transport_add(struct device *device, struct endpoint *endpoint,
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

static void transport_remove(struct device *device)
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
	transport_remove(device);
	channel_close(transport);
}

void peer_transport_foreign(struct device *device, const uint8_t configuration[SBC_CONFIG_BYTES])
{
	if (device->transport.exists)
		return;
	peer_seps_show(device);
	transport_add(device, NULL, configuration);
	state_set(&device->transport, TRANSPORT_ACTIVE);
}

/* --- configuring ------------------------------------------------------------------------------- */

static void configured(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->connect_call;
	(void)argument;
	device->connect_call = NULL;
	if (call)
		sd_bus_reply_method_return(call, "");
	sd_bus_message_unref(call);
	if (device->reports_ns > 0 && device->transport.endpoint->delay_reporting)
		world_after(world, REPORT_NS, device, delay_report, 0);
	if (device->speaker->absolute_volume)
		world_after(world, VOLUME_NS, device, volume_report, 0);
}

static int set_configuration_answered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct device *device = user;
	(void)error;
	device->pending = sd_bus_slot_unref(device->pending);
	if (sd_bus_message_is_method_error(reply, NULL)) {
		transport_remove(device);
		peer_transport_configure(device);
	} else {
		world_after(device->world, CONFIGURE_NS, device, configured, 0);
	}
	return 0;
}

static int append_properties(sd_bus_message *call, const struct transport *transport)
{
	int error = sd_bus_message_append(call, "o", transport->path);
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'a', "{sv}");
	if (error >= 0)
		error = sd_bus_message_append(call, "{sv}{sv}{sv}{sv}", "Device", "o",
		                              transport->device->path, "UUID", "s", transport->uuid,
		                              "Codec", "y", transport->codec, "State", "s",
		                              state_names[transport->state]);
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'e', "sv");
	if (error >= 0)
		error = sd_bus_message_append(call, "s", "Configuration");
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'v', "ay");
	if (error >= 0)
		error = sd_bus_message_append_array(call, 'y', transport->configuration,
		                                    SBC_CONFIG_BYTES);
	for (int i = 0; i < 3 && error >= 0; i++)
		error = sd_bus_message_close_container(call);
	return error;
}

static void set_configuration(struct device *device, struct endpoint *endpoint,
                              const uint8_t configuration[SBC_CONFIG_BYTES])
{
	sd_bus_message *call = NULL;
	int error = transport_add(device, endpoint, configuration);
	if (error < 0)
		return peer_device_connect_failed(device, "br-connection-memory-allocation");
	endpoint->owner = device;
	if (endpoint->rival) {
		world_after(device->world, CONFIGURE_NS, device, configured, 0);
		return;
	}
	error = sd_bus_message_new_method_call(device->world->bus, &call, NULL, endpoint->path,
	                                       "org.bluez.MediaEndpoint1", "SetConfiguration");
	if (error >= 0)
		error = append_properties(call, &device->transport);
	if (error >= 0)
		error = sd_bus_call_async(device->world->bus, &device->pending, call,
		                          set_configuration_answered, device, 3000000);
	if (error < 0)
		peer_device_connect_failed(device, "br-connection-unknown");
	sd_bus_message_unref(call);
}

/* One of the remote's capabilities, and only one, in each group. */
static bool configuration_fits(const struct device *device, const uint8_t *bytes, size_t size)
{
	struct sbc_config config;
	const uint8_t *offered = capabilities_of(device);
	return sbc_config_parse(&config, bytes, size) == 0 && (bytes[0] & offered[0]) == bytes[0] &&
	       (bytes[1] & offered[1]) == bytes[1] && bytes[2] >= offered[2] &&
	       bytes[3] <= offered[3];
}

static int select_configuration_answered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct device *device = user;
	const void *bytes;
	size_t size;
	(void)error;
	device->pending = sd_bus_slot_unref(device->pending);
	struct endpoint *endpoint = device->asked;
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_read_array(reply, 'y', &bytes, &size) < 0 ||
	    !configuration_fits(device, bytes, size) || !endpoint->used)
		peer_transport_configure(device); /* the next one (select_cb) */
	else
		set_configuration(device, endpoint, bytes);
	return 0;
}

static bool endpoint_free(const struct device *device, const struct endpoint *endpoint)
{
	return endpoint->used && endpoint->adapter == device->adapter && !endpoint->owner &&
	       !strcasecmp(endpoint->uuid, A2DP_SOURCE_UUID) && endpoint->codec == SBC_CONFIG_CODEC;
}

/* a2dp_find_eps: in order of registration, those in use left out; the last used one comes first. */
static struct endpoint *next_free_endpoint(struct device *device)
{
	struct world *world = device->world;
	if (device->next_endpoint < 0) {
		device->next_endpoint = 0;
		if (device->last_used && endpoint_free(device, device->last_used))
			return device->last_used;
	}
	while (device->next_endpoint < WORLD_ENDPOINTS) {
		struct endpoint *endpoint = &world->endpoints[device->next_endpoint++];
		if (endpoint_free(device, endpoint))
			return endpoint;
	}
	return NULL;
}

/* a2dp_select_capabilities: asks one local endpoint after the other. */
void peer_transport_configure(struct device *device)
{
	struct endpoint *endpoint = next_free_endpoint(device);
	sd_bus_message *call = NULL;
	device->asked = endpoint;
	if (!endpoint)
		return peer_device_connect_failed(device, "br-connection-create-socket");
	if (endpoint->rival)
		return set_configuration(device, endpoint, rival_configuration);
	int error = sd_bus_message_new_method_call(device->world->bus, &call, NULL, endpoint->path,
	                                           "org.bluez.MediaEndpoint1",
	                                           "SelectConfiguration");
	if (error >= 0)
		error = sd_bus_message_append_array(call, 'y', capabilities_of(device),
		                                    SBC_CONFIG_BYTES);
	if (error >= 0)
		error = sd_bus_call_async(device->world->bus, &device->pending, call,
		                          select_configuration_answered, device, 3000000);
	if (error < 0)
		peer_device_connect_failed(device, "br-connection-unknown");
	sd_bus_message_unref(call);
}

void peer_rivals_add(struct world *world)
{
	for (int i = 0; i < world->scenario->adapter_count; i++)
		for (unsigned k = 0; k < world->scenario->rivals; k++) {
			struct endpoint *endpoint =
			    &world->endpoints[(unsigned)i * world->scenario->rivals + k];
			*endpoint = (struct endpoint){.used = true,
			                              .rival = true,
			                              .adapter = &world->adapters[i],
			                              .codec = SBC_CONFIG_CODEC};
			snprintf(endpoint->uuid, sizeof(endpoint->uuid), "%s", A2DP_SOURCE_UUID);
		}
}

void peer_rivals_remove(struct world *world)
{
	for (int i = 0; i < WORLD_ENDPOINTS; i++) {
		struct endpoint *endpoint = &world->endpoints[i];
		if (!endpoint->rival)
			continue;
		if (endpoint->owner)
			peer_transport_close(endpoint->owner);
		*endpoint = (struct endpoint){0};
	}
}
