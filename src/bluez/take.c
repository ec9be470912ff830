/* SPDX-License-Identifier: MIT */
/*
 * Taking a speaker from another program.
 *
 * An outgoing connection gets the first local endpoint that fits, whoever registered it (facts of BlueZ:
 * profiles/audio/a2dp.c, a2dp_find_eps).  Where WirePlumber has registered first it has the speaker:
 *
 *   Device1.DisconnectProfile(sink) ─► its stream ends, the AVDTP session stays for a second
 *   the speaker's MediaEndpoint1.SetConfiguration(ours) ─► SetConfiguration on our endpoint
 *
 * From then on BlueZ remembers our endpoint as the speaker's last used one and prefers it.
 */
#include "bluez/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "a2dp/sbc_config.h"

#define TAKE_TIMEOUT_US 15000000

/* An endpoint of a remote device; BlueZ shows them while AVDTP is connected. */
struct remote {
	struct spa_list link;
	char path[BLUEZ_PATH];
	char device_path[BLUEZ_PATH];
	char uuid[40];
	uint8_t codec;
	struct bus_bytes capabilities;
};

static const struct bus_property remote_table[] = {
    {"Device", BUS_TEXT, offsetof(struct remote, device_path), BLUEZ_PATH, 0, NULL},
    {"UUID", BUS_TEXT, offsetof(struct remote, uuid), 40, 0, NULL},
    {"Codec", BUS_UINT8, offsetof(struct remote, codec), 0, 0, NULL},
    {"Capabilities", BUS_BYTES, offsetof(struct remote, capabilities), 0, 0, NULL},
    {0},
};

void take_remote_forget(struct bluez *bluez, const char *path)
{
	struct remote *remote, *next;
	spa_list_for_each_safe (remote, next, &bluez->remotes, link)
		if (!path || !strcmp(remote->path, path)) {
			spa_list_remove(&remote->link);
			free(remote);
		}
}

int take_remote_read(struct bluez *bluez, const char *path, sd_bus_message *properties)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	if (!remote)
		return -ENOMEM;
	take_remote_forget(bluez, path);
	snprintf(remote->path, sizeof(remote->path), "%s", path);
	spa_list_append(&bluez->remotes, &remote->link);
	return bus_read_properties(properties, remote_table, remote);
}

static const struct remote *sink_of(const struct bluez_device *device)
{
	const struct remote *remote;
	spa_list_for_each (remote, &device->bluez->remotes, link)
		if (!strcmp(remote->device_path, device->path) &&
		    !strcasecmp(remote->uuid, BLUEZ_A2DP_SINK) && remote->codec == SBC_CONFIG_CODEC)
			return remote;
	return NULL;
}

static int configure(struct bluez_device *device)
{
	const struct remote *sink = sink_of(device);
	const struct endpoint *endpoint = media_free_endpoint(device->adapter);
	uint8_t bytes[SBC_CONFIG_BYTES];
	if (!sink)
		return -ENOENT;
	if (!endpoint)
		return -EBUSY;
	int error =
	    media_select(device->bluez, bytes, sink->capabilities.bytes, sink->capabilities.size);
	return error < 0
	           ? error
	           : bus_call(device->bluez->bus, &device->call, sink->path,
	                      "org.bluez.MediaEndpoint1", "SetConfiguration", TAKE_TIMEOUT_US,
	                      connect_answered, device, "oa{sv}", endpoint->path, 1, "Capabilities",
	                      "ay", SBC_CONFIG_BYTES, bytes[0], bytes[1], bytes[2], bytes[3]);
}

static int on_profile_disconnected(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_device *device = user;
	if (sd_bus_message_is_method_error(reply, NULL))
		return connect_answered(reply, user, error);
	device->call = sd_bus_slot_unref(device->call);
	if (configure(device) < 0)
		device->bluez->events->connected(device->bluez->user, device,
		                                 "has no endpoint that fits any of ours");
	return 0;
}

int bluez_take(struct bluez_device *device)
{
	if (!sink_of(device))
		return -ENOENT;
	if (!device->adapter || !media_free_endpoint(device->adapter))
		return -EBUSY;
	return bus_call(device->bluez->bus, &device->call, device->path, "org.bluez.Device1",
	                "DisconnectProfile", TAKE_TIMEOUT_US, on_profile_disconnected, device, "s",
	                BLUEZ_A2DP_SINK);
}
