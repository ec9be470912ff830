/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bluez/bus.h"
#include "tests/rig/parts/adapter.h"

#define TRANSPORT "org.bluez.MediaTransport1"
#define ACQUIRE_TIMEOUT_US 15000000

struct endpoint {
	sd_bus *bus;
	struct endpoint_config config;
	const struct endpoint_events *events;
	void *user;
	uint32_t rate;
	char path[64];
	bool has_transport;
	struct transport transport;
	sd_bus_slot *acquiring, *releasing, *setting;
};

struct properties {
	char device[64], state[16];
	struct bus_bytes configuration;
	uint16_t volume, delay;
	bool has_state, has_volume, has_delay;
};

#define PROPERTY(key, kind_, field)                                                                \
	.name = key, .kind = kind_, .offset = offsetof(struct properties, field)
#define TEXT(key, field)                                                                           \
	PROPERTY(key, BUS_TEXT, field), .size = sizeof(((struct properties *)0)->field)

static const struct bus_property property_table[] = {
    {TEXT("Device", device)},
    {TEXT("State", state), .present = offsetof(struct properties, has_state)},
    {PROPERTY("Configuration", BUS_BYTES, configuration)},
    {PROPERTY("Volume", BUS_UINT16, volume), .present = offsetof(struct properties, has_volume)},
    {PROPERTY("Delay", BUS_UINT16, delay), .present = offsetof(struct properties, has_delay)},
    {0},
};

/* --- what BlueZ calls -------------------------------------------------------------------------- */

static int select_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	uint8_t chosen[SBC_CONFIG_BYTES];
	const void *capabilities;
	size_t size;
	if (sd_bus_message_read_array(call, 'y', &capabilities, &size) < 0 ||
	    sbc_config_select(chosen, capabilities, size, endpoint->rate) < 0)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidArguments", "not that");
	sd_bus_message *reply = NULL;
	int result = sd_bus_message_new_method_return(call, &reply);
	if (result >= 0)
		result = sd_bus_message_append_array(reply, 'y', chosen, sizeof(chosen));
	if (result >= 0)
		result = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return result;
}

static int set_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	struct transport *transport = &endpoint->transport;
	struct properties properties = {0};
	const char *path;
	if (sd_bus_message_read_basic(call, 'o', &path) < 0 ||
	    bus_read_properties(call, property_table, &properties) < 0 ||
	    properties.configuration.size != SBC_CONFIG_BYTES)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidArguments", "not that");
	*transport = (struct transport){.fd = -1};
	snprintf(transport->path, sizeof(transport->path), "%s", path);
	snprintf(transport->device, sizeof(transport->device), "%s", properties.device);
	snprintf(transport->state, sizeof(transport->state), "%s", properties.state);
	memcpy(transport->configuration, properties.configuration.bytes, SBC_CONFIG_BYTES);
	endpoint->has_transport = true;
	int result = sd_bus_reply_method_return(call, "");
	endpoint->events->configured(endpoint->user);
	return result;
}

static int clear_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	(void)error;
	endpoint_close(endpoint);
	endpoint->acquiring = sd_bus_slot_unref(endpoint->acquiring);
	endpoint->releasing = sd_bus_slot_unref(endpoint->releasing);
	if (endpoint->has_transport) {
		endpoint->has_transport = false;
		endpoint->events->cleared(endpoint->user);
	}
	return sd_bus_reply_method_return(call, "");
}

static int release(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)user, (void)error;
	return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("SelectConfiguration", "ay", "ay", select_configuration,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("SetConfiguration", "oa{sv}", "", set_configuration, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ClearConfiguration", "o", "", clear_configuration, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Release", "", "", release, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_changed(sd_bus_message *signal, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	struct properties properties = {0};
	(void)error;
	if (!endpoint->has_transport ||
	    strcmp(sd_bus_message_get_path(signal), endpoint->transport.path) != 0 ||
	    sd_bus_message_skip(signal, "s") < 0 ||
	    bus_read_properties(signal, property_table, &properties) < 0)
		return 0;
	if (properties.has_volume)
		endpoint->events->value(endpoint->user, "Volume", properties.volume);
	if (properties.has_delay)
		endpoint->events->value(endpoint->user, "Delay", properties.delay);
	if (properties.has_state) {
		snprintf(endpoint->transport.state, sizeof(endpoint->transport.state), "%s",
		         properties.state);
		endpoint->events->state(endpoint->user);
	}
	return 0;
}

/* --- registering ------------------------------------------------------------------------------- */

static int call_register(struct endpoint *endpoint, sd_bus_error *error)
{
	const uint8_t *bytes = endpoint->config.capabilities;
	char adapter[ADAPTER_PATH_BYTES];
	adapter_path(adapter, endpoint->config.hci, NULL);
	return sd_bus_call_method(
	    endpoint->bus, "org.bluez", adapter, "org.bluez.Media1", "RegisterEndpoint", error,
	    NULL, "oa{sv}", endpoint->path, 4, "UUID", "s",
	    endpoint->config.sink ? A2DP_SINK_UUID : A2DP_SOURCE_UUID, "Codec", "y",
	    SBC_CONFIG_CODEC, "DelayReporting", "b", 1, "Capabilities", "ay", SBC_CONFIG_BYTES,
	    bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void ignore(void *user)
{
	(void)user;
}

static void ignore_value(void *user, const char *name, uint16_t value)
{
	(void)user, (void)name, (void)value;
}

static const struct endpoint_events no_events = {ignore, ignore, ignore, ignore_value, ignore};

int endpoint_new(struct endpoint **ret, sd_bus *bus, const struct endpoint_config *config,
                 const struct endpoint_events *events, void *user)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	sd_bus_error error = SD_BUS_ERROR_NULL;
	if (!endpoint)
		return -ENOMEM;
	*endpoint = (struct endpoint){.bus = bus,
	                              .config = *config,
	                              .events = events ? events : &no_events,
	                              .user = user,
	                              .rate = 44100};
	snprintf(endpoint->path, sizeof(endpoint->path), "/rig/%s/%s", config->hci, config->name);
	int result = sd_bus_add_object_vtable(bus, NULL, endpoint->path, "org.bluez.MediaEndpoint1",
	                                      vtable, endpoint);
	if (result >= 0)
		result = sd_bus_match_signal(bus, NULL, "org.bluez", NULL,
		                             "org.freedesktop.DBus.Properties", "PropertiesChanged",
		                             on_changed, endpoint);
	if (result >= 0)
		result = call_register(endpoint, &error);
	if (result < 0)
		fprintf(stderr, "%s: %s\n", endpoint->path,
		        error.message ? error.message : strerror(-result));
	sd_bus_error_free(&error);
	*ret = endpoint;
	return result < 0 ? result : 0;
}

struct transport *endpoint_transport(struct endpoint *endpoint)
{
	return endpoint->has_transport ? &endpoint->transport : NULL;
}

void endpoint_set_rate(struct endpoint *endpoint, uint32_t rate)
{
	endpoint->rate = rate;
}

/* --- the stream -------------------------------------------------------------------------------- */

static int on_acquired(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	struct transport *transport = &endpoint->transport;
	int fd;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		fprintf(stderr, "%s: %s\n", transport->path,
		        sd_bus_message_get_error(reply)->message);
	else if (sd_bus_message_read(reply, "hqq", &fd, &transport->mtu_read,
	                             &transport->mtu_write) >= 0)
		transport->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the message keeps its own */
	endpoint->acquiring = sd_bus_slot_unref(endpoint->acquiring);
	if (transport->fd >= 0)
		endpoint->events->acquired(endpoint->user);
	return 0;
}

void endpoint_acquire(struct endpoint *endpoint)
{
	if (!endpoint->has_transport || endpoint->transport.fd >= 0 || endpoint->acquiring)
		return;
	bool pending = !strcmp(endpoint->transport.state, "pending");
	bus_call(endpoint->bus, &endpoint->acquiring, endpoint->transport.path, TRANSPORT,
	         pending ? "TryAcquire" : "Acquire", ACQUIRE_TIMEOUT_US, on_acquired, endpoint, "");
}

static int on_released(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	(void)reply, (void)error; /* the new state comes as a signal */
	endpoint->releasing = sd_bus_slot_unref(endpoint->releasing);
	return 0;
}

void endpoint_release(struct endpoint *endpoint)
{
	if (!endpoint->has_transport)
		return;
	endpoint_close(endpoint);
	bus_call(endpoint->bus, &endpoint->releasing, endpoint->transport.path, TRANSPORT,
	         "Release", ACQUIRE_TIMEOUT_US, on_released, endpoint, "");
}

void endpoint_close(struct endpoint *endpoint)
{
	if (endpoint->has_transport && endpoint->transport.fd >= 0) {
		close(endpoint->transport.fd);
		endpoint->transport.fd = -1;
	}
}

static int on_value_set(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	(void)error;
	endpoint->setting = sd_bus_slot_unref(endpoint->setting);
	if (sd_bus_message_is_method_error(reply, NULL))
		fprintf(stderr, "%s: %s\n", endpoint->transport.path,
		        sd_bus_message_get_error(reply)->message);
	return 0;
}

void endpoint_set_value(struct endpoint *endpoint, const char *name, uint16_t value)
{
	if (endpoint->has_transport)
		bus_set_property(endpoint->bus, &endpoint->setting, endpoint->transport.path,
		                 TRANSPORT, name, on_value_set, endpoint, "q", value);
}
