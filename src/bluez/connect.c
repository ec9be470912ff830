/* SPDX-License-Identifier: MIT */
/* Connecting and disconnecting a device. */
#include "bluez/private.h"

/* A page takes 5 s, a retry by BlueZ, AVDTP some more: sd-bus's own 25 s would be too short. */
#define CONNECT_TIMEOUT_US 60000000

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
	return bus_call(device->bluez->bus, &device->call, device->path, "org.bluez.Device1",
	                "ConnectProfile", CONNECT_TIMEOUT_US, on_connected, device, "s", uuid);
}

int bluez_disconnect(struct bluez_device *device)
{
	return bus_call(device->bluez->bus, &device->call, device->path, "org.bluez.Device1",
	                "Disconnect", CONNECT_TIMEOUT_US, on_disconnected, device, "");
}
