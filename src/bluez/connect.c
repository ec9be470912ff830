/* SPDX-License-Identifier: MIT */
/* Connecting and disconnecting a device. */
#include "bluez/private.h"

#include <string.h>

/* A page takes 5 s, a retry by BlueZ, AVDTP some more: sd-bus's own 25 s would be too short. */
#define CONNECT_TIMEOUT_US 60000000
/* An Echo whose link is up answers in a second or two; BlueZ may wait for good where the endpoint that it chose has gone. */
#define STREAM_TIMEOUT_US 12000000

static const char *problem_of(sd_bus_message *reply)
{
	if (!sd_bus_message_is_method_error(reply, NULL))
		return NULL;
	return bus_error_text(sd_bus_message_get_error(reply));
}

static int on_connected(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_device *device = user;
	(void)error;
	device->call = sd_bus_slot_unref(device->call);
	device->bluez->events->connected(device->bluez->user, device, problem_of(reply));
	return 0;
}

static int on_disconnected(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_device *device = user;
	(void)error;
	device->call = sd_bus_slot_unref(device->call);
	device->bluez->events->disconnected(device->bluez->user, device, problem_of(reply));
	return 0;
}

int bluez_connect(struct bluez_device *device, const char *uuid)
{
	bool linked = device->connected && !strcmp(uuid, BLUEZ_A2DP_SOURCE);
	return bus_call(device->bluez->bus, &device->call, device->path, "org.bluez.Device1",
	                "ConnectProfile", linked ? STREAM_TIMEOUT_US : CONNECT_TIMEOUT_US,
	                on_connected, device, "s", uuid);
}

int bluez_disconnect(struct bluez_device *device)
{
	return bus_call(device->bluez->bus, &device->call, device->path, "org.bluez.Device1",
	                "Disconnect", CONNECT_TIMEOUT_US, on_disconnected, device, "");
}
