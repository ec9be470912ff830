/* SPDX-License-Identifier: MIT */
/*
 * org.bluez: the remote's MediaEndpoint1, and how a stream is configured (profiles/audio/media.c, a2dp.c).
 *
 *   ConnectProfile ─► SelectConfiguration on the first free local endpoint, else the next
 *                  ─► AVDTP Set_Configuration ─► SetConfiguration ─► the transport, idle
 *                  ─► reply to ConnectProfile; delay report; volume
 */
#include "sim/world.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define CONFIGURE_NS 60000000 /* AVDTP Set_Configuration and Open */

/* WirePlumber opens speakers at 48 kHz. */
static const uint8_t rival_configuration[] = {0x11, 0x15, 2, 53};

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

/* --- configuring ------------------------------------------------------------------------------- */

static void configured(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->connect_call;
	(void)world, (void)argument;
	device->connect_call = NULL;
	if (call)
		sd_bus_reply_method_return(call, "");
	sd_bus_message_unref(call);
	if (device->speaker)
		peer_transport_introduce(device);
	else
		world_echo_opened(device->world, device);
}

static int set_configuration_answered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct device *device = user;
	(void)error;
	device->pending = sd_bus_slot_unref(device->pending);
	if (sd_bus_message_is_method_error(reply, NULL)) {
		peer_transport_remove(device);
		if (device->speaker)
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
		                              peer_transport_state(transport));
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
	int error = peer_transport_add(device, endpoint, configuration);
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

static bool endpoint_free(const struct device *device, const struct endpoint *endpoint,
                          const char *uuid)
{
	return endpoint->used && endpoint->adapter == device->adapter && !endpoint->owner &&
	       !strcasecmp(endpoint->uuid, uuid) && endpoint->codec == SBC_CONFIG_CODEC;
}

/* a2dp_find_eps: in order of registration, those in use left out; the last used one comes first. */
static struct endpoint *next_free_endpoint(struct device *device)
{
	struct world *world = device->world;
	if (device->next_endpoint < 0) {
		device->next_endpoint = 0;
		if (device->last_used && endpoint_free(device, device->last_used, A2DP_SOURCE_UUID))
			return device->last_used;
	}
	while (device->next_endpoint < WORLD_ENDPOINTS) {
		struct endpoint *endpoint = &world->endpoints[device->next_endpoint++];
		if (endpoint_free(device, endpoint, A2DP_SOURCE_UUID))
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

bool peer_sink_take(struct device *device, const uint8_t configuration[SBC_CONFIG_BYTES])
{
	struct endpoint *sink = NULL;
	for (int i = 0; i < WORLD_ENDPOINTS && !sink; i++)
		if (endpoint_free(device, &device->world->endpoints[i], A2DP_SINK_UUID))
			sink = &device->world->endpoints[i];
	if (device->transport.exists || !sink)
		return device->transport.endpoint;
	peer_seps_show(device);
	set_configuration(device, sink, configuration);
	return true;
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
