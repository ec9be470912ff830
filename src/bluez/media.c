/* SPDX-License-Identifier: MIT */
/*
 * Our MediaEndpoint1 objects and the transports that come of them: sources for the speakers, a sink for the Echo.
 *
 *   RegisterEndpoint × n ─► SelectConfiguration(capabilities) ─► our choice
 *                           SetConfiguration(transport)       ─► it is ours
 *                           Acquire ─► fd, MTU                ─► the engine
 *                           ClearConfiguration                ─► it is gone
 */
#include "bluez/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "a2dp/sbc_config.h"

#define MEDIA "org.bluez.Media1"
#define ENDPOINT "org.bluez.MediaEndpoint1"
#define TRANSPORT "org.bluez.MediaTransport1"
#define ENDPOINTS_MAX 7 /* a piconet has no more active members */
#define ACQUIRE_TIMEOUT_US 15000000
#define OTHER_RATE(rate) ((rate) == 44100 ? 48000u : 44100u)

struct endpoint {
	struct spa_list link; /* bluez_adapter.endpoint_list */
	struct bluez_adapter *adapter;
	bool sink; /* else a source */
	char path[64];
	sd_bus_slot *object, *registration;
};

/* --- what BlueZ calls -------------------------------------------------------------------------- */

static int reject(sd_bus_error *error, const char *why)
{
	return sd_bus_error_set(error, "org.bluez.Error.InvalidArguments", why);
}

static int select_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	uint32_t rate = endpoint->adapter->bluez->rate;
	uint8_t configuration[SBC_CONFIG_BYTES];
	const void *capabilities;
	size_t size;
	if (sd_bus_message_read_array(call, 'y', &capabilities, &size) < 0)
		return reject(error, "no capabilities");
	int result = sbc_config_select(configuration, capabilities, size, rate);
	if (result == -ENOTSUP)
		result = sbc_config_select(configuration, capabilities, size, OTHER_RATE(rate));
	if (result < 0)
		return reject(error, "capabilities that are none of SBC");
	sd_bus_message *reply = NULL;
	result = sd_bus_message_new_method_return(call, &reply);
	if (result >= 0)
		result =
		    sd_bus_message_append_array(reply, 'y', configuration, sizeof(configuration));
	if (result >= 0)
		result = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return result;
}

/* Is it made of what call_register says?  How many bits its frames have is a source's own affair. */
static bool was_offered(const struct endpoint *endpoint, const uint8_t bytes[SBC_CONFIG_BYTES])
{
	const uint8_t *ours = sbc_config_capabilities;
	bool within = bytes[2] >= ours[2] && bytes[3] <= ours[3];
	return (bytes[0] | ours[0]) == ours[0] && (bytes[1] | ours[1]) == ours[1] &&
	       (within || endpoint->sink);
}

/* Why the stream cannot be ours; NULL: it can. */
static const char *configuration_problem(const struct endpoint *endpoint,
                                         const struct bluez_transport *transport)
{
	const struct bluez *bluez = endpoint->adapter->bluez;
	struct sbc_config config;
	if (sbc_config_parse(&config, transport->configuration.bytes,
	                     transport->configuration.size))
		return "a configuration that is none of SBC";
	if (!was_offered(endpoint, transport->configuration.bytes))
		return "a configuration that was not offered";
	if (!transport->device ||
	    !bluez->events->accept(bluez->user, transport->device, endpoint->sink))
		return endpoint->sink ? "not a source of ours" : "not a speaker of ours";
	return NULL;
}

static int set_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	struct bluez *bluez = endpoint->adapter->bluez;
	const char *path, *problem = "properties that make no sense";
	if (sd_bus_message_read_basic(call, 'o', &path) < 0)
		return reject(error, "no transport");
	struct bluez_transport *transport = objects_transport(bluez, path);
	if (!transport)
		return -ENOMEM;
	bool announced = *transport->device_path;
	if (objects_transport_read(transport, call) >= 0)
		problem = configuration_problem(endpoint, transport);
	if (problem) {
		if (!announced) {
			spa_list_remove(&transport->link);
			free(transport);
		}
		return reject(error, problem);
	}
	transport->mine = true;
	bluez->events->transport(bluez->user, transport, announced ? BLUEZ_CHANGED : BLUEZ_ADDED);
	return sd_bus_reply_method_return(call, "");
}

static int clear_configuration(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	const char *path;
	(void)error;
	if (sd_bus_message_read_basic(call, 'o', &path) >= 0) {
		struct bluez_transport *transport;
		spa_list_for_each (transport, &endpoint->adapter->bluez->transports, link)
			if (!strcmp(transport->path, path)) {
				objects_transport_remove(transport);
				break;
			}
	}
	return sd_bus_reply_method_return(call, "");
}

static void endpoint_free(struct endpoint *endpoint)
{
	spa_list_remove(&endpoint->link);
	sd_bus_slot_unref(endpoint->registration);
	sd_bus_slot_unref(endpoint->object);
	free(endpoint);
}

/* BlueZ lets go of the endpoint: the adapter or bluetoothd goes, and will be seen to go. */
static int release(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)user, (void)error;
	return sd_bus_reply_method_return(call, "");
}

static const struct bus_method endpoint_methods[] = {
    {"SelectConfiguration", "ay", select_configuration},
    {"SetConfiguration", "oa{sv}", set_configuration},
    {"ClearConfiguration", "o", clear_configuration},
    {"Release", "", release},
    {0},
};

static int endpoint_called(sd_bus_message *call, void *user, sd_bus_error *error)
{
	return bus_dispatch(call, ENDPOINT, endpoint_methods, user, error);
}

/* --- registering ------------------------------------------------------------------------------- */

static void registration_ended(struct bluez_adapter *adapter, bool sink, const char *problem)
{
	struct bluez *bluez = adapter->bluez;
	if (problem && sink)
		adapter->sink = false;
	else if (problem)
		adapter->endpoints--;
	if (--adapter->endpoints_pending == 0 || problem)
		bluez->events->endpoints(bluez->user, adapter, problem);
}

static int on_registered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct endpoint *endpoint = user;
	struct bluez_adapter *adapter = endpoint->adapter;
	const char *problem = NULL;
	bool sink = endpoint->sink;
	(void)error;
	endpoint->registration = sd_bus_slot_unref(endpoint->registration);
	/* that exists already which was registered by a call whose answer went astray */
	if (sd_bus_message_is_method_error(reply, NULL) &&
	    !sd_bus_message_is_method_error(reply, "org.bluez.Error.AlreadyExists")) {
		problem = bus_error_text(sd_bus_message_get_error(reply));
		endpoint_free(endpoint);
	}
	registration_ended(adapter, sink, problem);
	return 0;
}

/* /org/echorelay/001A7DDA7113/source0, or sink0: the same from run to run, whatever hciN the adapter is. */
static void endpoint_path(struct endpoint *endpoint, int index)
{
	char address[18];
	int used = 0;
	for (const char *c = endpoint->adapter->address; *c && used < 17; c++)
		if (*c != ':')
			address[used++] = *c;
	address[used] = 0;
	snprintf(endpoint->path, sizeof(endpoint->path), "/org/echorelay/%s/%s%d", address,
	         endpoint->sink ? "sink" : "source", index);
}

/* The first path that is free: one that failed leaves a gap. */
static void endpoint_place(struct endpoint *endpoint)
{
	const struct endpoint *other;
	bool taken = true;
	for (int index = 0; taken; index++) {
		endpoint_path(endpoint, index);
		taken = false;
		spa_list_for_each (other, &endpoint->adapter->endpoint_list, link)
			taken |= !strcmp(other->path, endpoint->path);
	}
}

/*
 * As a source we understand delay reports.  As a sink we do not say that we send any: some sources then wait for one
 * before they begin.
 */
static int call_register(struct endpoint *endpoint)
{
	sd_bus *bus = endpoint->adapter->bluez->bus;
	const char *uuid = endpoint->sink ? BLUEZ_A2DP_SINK : BLUEZ_A2DP_SOURCE;
	sd_bus_message *call = NULL;
	int error = sd_bus_message_new_method_call(bus, &call, "org.bluez", endpoint->adapter->path,
	                                           MEDIA, "RegisterEndpoint");
	if (error >= 0)
		error = sd_bus_message_append(call, "o", endpoint->path);
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'a', "{sv}");
	if (error >= 0)
		error = sd_bus_message_append(call, "{sv}{sv}{sv}", "UUID", "s", uuid, "Codec", "y",
		                              SBC_CONFIG_CODEC, "DelayReporting", "b",
		                              !endpoint->sink);
	if (error >= 0)
		error =
		    sd_bus_message_append(call, "{sv}", "Capabilities", "ay", SBC_CONFIG_BYTES,
		                          sbc_config_capabilities[0], sbc_config_capabilities[1],
		                          sbc_config_capabilities[2], sbc_config_capabilities[3]);
	if (error >= 0)
		error = sd_bus_message_close_container(call);
	if (error >= 0)
		error = sd_bus_call_async(bus, &endpoint->registration, call, on_registered,
		                          endpoint, 0);
	sd_bus_message_unref(call);
	return error;
}

static int endpoint_register(struct bluez_adapter *adapter, bool sink)
{
	struct endpoint *endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return -ENOMEM;
	endpoint->adapter = adapter;
	endpoint->sink = sink;
	endpoint_place(endpoint);
	spa_list_append(&adapter->endpoint_list, &endpoint->link);
	int error = sd_bus_add_object(adapter->bluez->bus, &endpoint->object, endpoint->path,
	                              endpoint_called, endpoint);
	if (error >= 0)
		error = call_register(endpoint);
	if (error < 0) {
		endpoint_free(endpoint);
		return error;
	}
	adapter->endpoints_pending++;
	return 0;
}

int bluez_register_endpoints(struct bluez *bluez, struct bluez_adapter *adapter, int count)
{
	(void)bluez;
	if (adapter->endpoints < 0)
		adapter->endpoints = 0;
	if (count > ENDPOINTS_MAX)
		count = ENDPOINTS_MAX;
	int error = 0;
	while (!error && adapter->endpoints < count) {
		error = endpoint_register(adapter, false);
		adapter->endpoints += !error;
	}
	return error;
}

int bluez_register_sink(struct bluez_adapter *adapter)
{
	int error = adapter->sink ? 0 : endpoint_register(adapter, true);
	adapter->sink = !error;
	return error;
}

void media_adapter_forget(struct bluez_adapter *adapter)
{
	struct endpoint *endpoint, *next;
	spa_list_for_each_safe (endpoint, next, &adapter->endpoint_list, link)
		endpoint_free(endpoint);
	adapter->endpoints = -1;
	adapter->sink = false;
	adapter->endpoints_pending = 0;
}

/* --- transports -------------------------------------------------------------------------------- */

bool bluez_receives(const struct bluez_transport *transport)
{
	return !strcasecmp(transport->uuid, BLUEZ_A2DP_SINK);
}

static int on_acquired(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_transport *transport = user;
	struct bluez *bluez = transport->bluez;
	const char *problem = NULL;
	uint16_t mtu_read, mtu_write = 0;
	int fd = -1;
	(void)error;
	sd_bus_message_ref(reply); /* the slot held it, too */
	transport->call = sd_bus_slot_unref(transport->call);
	if (sd_bus_message_is_method_error(reply, NULL))
		problem = bus_error_text(sd_bus_message_get_error(reply));
	else if (sd_bus_message_read(reply, "hqq", &fd, &mtu_read, &mtu_write) < 0)
		problem = "bluetoothd handed out no socket";
	else
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* the message keeps its own */
	if (!problem && fd < 0)
		problem = "no more file descriptors";
	bluez->events->acquired(bluez->user, transport, fd, mtu_write, problem);
	sd_bus_message_unref(reply);
	return 0;
}

int bluez_acquire(struct bluez_transport *transport)
{
	return bus_call(transport->bluez->bus, &transport->call, transport->path, TRANSPORT,
	                transport->state == BLUEZ_PENDING ? "TryAcquire" : "Acquire",
	                ACQUIRE_TIMEOUT_US, on_acquired, transport, "");
}

static int on_released(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_transport *transport = user;
	struct bluez *bluez = transport->bluez;
	const char *problem = NULL;
	(void)error;
	transport->call = sd_bus_slot_unref(transport->call);
	/* not ours any more: BlueZ has let go of it already, as when the speaker suspended it */
	if (sd_bus_message_is_method_error(reply, NULL) &&
	    !sd_bus_message_is_method_error(reply, "org.bluez.Error.NotAuthorized"))
		problem = bus_error_text(sd_bus_message_get_error(reply));
	bluez->events->released(bluez->user, transport, problem);
	return 0;
}

int bluez_release(struct bluez_transport *transport)
{
	return bus_call(transport->bluez->bus, &transport->call, transport->path, TRANSPORT,
	                "Release", ACQUIRE_TIMEOUT_US, on_released, transport, "");
}

static int on_volume_set(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_transport *transport = user;
	(void)reply, (void)error; /* what the speaker made of it comes as PropertiesChanged */
	transport->setter = sd_bus_slot_unref(transport->setter);
	return 0;
}

int bluez_set_volume(struct bluez_transport *transport, uint16_t volume)
{
	return bus_set_property(transport->bluez->bus, &transport->setter, transport->path,
	                        TRANSPORT, "Volume", on_volume_set, transport, "q", volume);
}
