/* SPDX-License-Identifier: MIT */
/* The copy of org.bluez's objects; what is heard of them comes from listing.c. */
#include "bluez/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ADAPTER "org.bluez.Adapter1"
#define DEVICE "org.bluez.Device1"
#define TRANSPORT "org.bluez.MediaTransport1"
#define ENDPOINT "org.bluez.MediaEndpoint1"

static const struct bus_uuid offer_uuids[] = {
    {BLUEZ_A2DP_SOURCE, BLUEZ_OFFERS_SOURCE},
    {BLUEZ_A2DP_SINK, BLUEZ_OFFERS_SINK},
    {NULL, 0},
};

#define TEXT(type, name, field)                                                                    \
	{                                                                                          \
		name, BUS_TEXT, offsetof(struct type, field), sizeof(((struct type *)0)->field),   \
		    0, NULL                                                                        \
	}
#define FIELD(type, name, kind, field)                                                             \
	{                                                                                          \
		name, kind, offsetof(struct type, field), 0, 0, NULL                               \
	}
#define OPTIONAL(type, name, kind, field, flag)                                                    \
	{                                                                                          \
		name, kind, offsetof(struct type, field), 0, offsetof(struct type, flag), NULL     \
	}

static const struct bus_property adapter_table[] = {
    TEXT(bluez_adapter, "Address", address),
    TEXT(bluez_adapter, "Alias", alias),
    FIELD(bluez_adapter, "Powered", BUS_FLAG, powered),
    FIELD(bluez_adapter, "Discoverable", BUS_FLAG, discoverable),
    FIELD(bluez_adapter, "Pairable", BUS_FLAG, pairable),
    FIELD(bluez_adapter, "Discovering", BUS_FLAG, discovering),
    FIELD(bluez_adapter, "Class", BUS_UINT32, class),
    {"UUIDs", BUS_UUIDS, offsetof(struct bluez_adapter, offers), 0, 0, offer_uuids},
    {0},
};

static const struct bus_property device_table[] = {
    TEXT(bluez_device, "Address", address),
    TEXT(bluez_device, "Alias", name),
    TEXT(bluez_device, "Name", own_name),
    TEXT(bluez_device, "Modalias", modalias),
    TEXT(bluez_device, "Adapter", adapter_path),
    FIELD(bluez_device, "Class", BUS_UINT32, class),
    FIELD(bluez_device, "Paired", BUS_FLAG, paired),
    FIELD(bluez_device, "Trusted", BUS_FLAG, trusted),
    FIELD(bluez_device, "Blocked", BUS_FLAG, blocked),
    FIELD(bluez_device, "Connected", BUS_FLAG, connected),
    OPTIONAL(bluez_device, "RSSI", BUS_INT16, rssi, heard),
    {"UUIDs", BUS_UUIDS, offsetof(struct bluez_device, offers), 0, 0, offer_uuids},
    {0},
};

static const struct bus_property transport_table[] = {
    TEXT(bluez_transport, "Device", device_path),
    TEXT(bluez_transport, "UUID", uuid),
    TEXT(bluez_transport, "State", state_text),
    FIELD(bluez_transport, "Codec", BUS_UINT8, codec),
    FIELD(bluez_transport, "Configuration", BUS_BYTES, configuration),
    OPTIONAL(bluez_transport, "Delay", BUS_UINT16, delay, delay_known),
    OPTIONAL(bluez_transport, "Volume", BUS_UINT16, volume, volume_known),
    {0},
};

/* --- finding ----------------------------------------------------------------------------------- */

static struct bluez_adapter *adapter_at(struct bluez *bluez, const char *path)
{
	struct bluez_adapter *adapter;
	spa_list_for_each (adapter, &bluez->adapters, link)
		if (!strcmp(adapter->path, path))
			return adapter;
	return NULL;
}

struct bluez_adapter *bluez_find_adapter(struct bluez *bluez, const char *address)
{
	struct bluez_adapter *adapter;
	spa_list_for_each (adapter, &bluez->adapters, link)
		if (!strcmp(adapter->address, address))
			return adapter;
	return NULL;
}

struct bluez_device *bluez_find_device(struct bluez *bluez, const char *path)
{
	struct bluez_device *device;
	spa_list_for_each (device, &bluez->devices, link)
		if (!strcmp(device->path, path))
			return device;
	return NULL;
}

static struct bluez_transport *transport_at(struct bluez *bluez, const char *path)
{
	struct bluez_transport *transport;
	spa_list_for_each (transport, &bluez->transports, link)
		if (!strcmp(transport->path, path))
			return transport;
	return NULL;
}

struct spa_list *bluez_adapters(struct bluez *bluez)
{
	return &bluez->adapters;
}

struct spa_list *bluez_devices(struct bluez *bluez)
{
	return &bluez->devices;
}

struct spa_list *bluez_transports(struct bluez *bluez)
{
	return &bluez->transports;
}

/* --- removing ---------------------------------------------------------------------------------- */

void objects_transport_remove(struct bluez_transport *transport)
{
	struct bluez *bluez = transport->bluez;
	bluez->events->transport(bluez->user, transport, BLUEZ_REMOVED);
	spa_list_remove(&transport->link);
	sd_bus_slot_unref(transport->call);
	sd_bus_slot_unref(transport->setter);
	free(transport);
}

static void device_remove(struct bluez_device *device)
{
	struct bluez *bluez = device->bluez;
	struct bluez_transport *transport, *next;
	spa_list_for_each_safe (transport, next, &bluez->transports, link)
		if (transport->device == device)
			objects_transport_remove(transport);
	bluez->events->device(bluez->user, device, BLUEZ_REMOVED);
	spa_list_remove(&device->link);
	agent_forget(bluez, device);
	pairing_forget(device);
	sd_bus_slot_unref(device->call);
	free(device);
}

static void adapter_remove(struct bluez_adapter *adapter)
{
	struct bluez *bluez = adapter->bluez;
	struct bluez_device *device, *next;
	spa_list_for_each_safe (device, next, &bluez->devices, link)
		if (device->adapter == adapter)
			device_remove(device);
	media_adapter_forget(adapter);
	bluez->events->adapter(bluez->user, adapter, BLUEZ_REMOVED);
	spa_list_remove(&adapter->link);
	search_forget(adapter);
	free(adapter);
}

void objects_remove_all(struct bluez *bluez)
{
	struct bluez_transport *transport, *next_transport;
	struct bluez_device *device, *next_device;
	struct bluez_adapter *adapter, *next_adapter;
	remotes_free(bluez);
	spa_list_for_each_safe (transport, next_transport, &bluez->transports, link)
		objects_transport_remove(transport);
	spa_list_for_each_safe (device, next_device, &bluez->devices, link)
		device_remove(device);
	spa_list_for_each_safe (adapter, next_adapter, &bluez->adapters, link)
		adapter_remove(adapter);
}

void objects_remove_unlisted(struct bluez *bluez)
{
	struct bluez_transport *transport, *next_transport;
	struct bluez_device *device, *next_device;
	struct bluez_adapter *adapter, *next_adapter;
	remotes_remove_unlisted(bluez);
	spa_list_for_each_safe (transport, next_transport, &bluez->transports, link)
		if (transport->listed != bluez->listings)
			objects_transport_remove(transport);
	spa_list_for_each_safe (device, next_device, &bluez->devices, link)
		if (device->listed != bluez->listings)
			device_remove(device);
	spa_list_for_each_safe (adapter, next_adapter, &bluez->adapters, link)
		if (adapter->listed != bluez->listings)
			adapter_remove(adapter);
}

/* --- adding and changing ----------------------------------------------------------------------- */

/* Everywhere an address is taken for what it is: for a key, a path, a word on a line. */
static void address_keep(char address[18])
{
	char upper[18];
	if (!text_address(address, upper))
		*address = 0;
}

static int adapter_take(struct bluez *bluez, const char *path, sd_bus_message *properties)
{
	struct bluez_adapter *adapter = adapter_at(bluez, path);
	enum bluez_change change = adapter ? BLUEZ_CHANGED : BLUEZ_ADDED;
	if (!adapter) {
		adapter = calloc(1, sizeof(*adapter));
		if (!adapter)
			return -ENOMEM;
		adapter->bluez = bluez;
		adapter->endpoints = -1;
		spa_list_init(&adapter->endpoint_list);
		snprintf(adapter->path, sizeof(adapter->path), "%s", path);
		spa_list_append(&bluez->adapters, &adapter->link);
	}
	adapter->listed = bluez->listings;
	int error = bus_read_properties(properties, adapter_table, adapter);
	address_keep(adapter->address);
	if (error < 0)
		return error;
	struct bluez_device *device;
	spa_list_for_each (device, &bluez->devices, link)
		if (!device->adapter && !strcmp(device->adapter_path, path))
			device->adapter = adapter;
	bluez->events->adapter(bluez->user, adapter, change);
	return 0;
}

static int device_take(struct bluez *bluez, const char *path, sd_bus_message *properties)
{
	struct bluez_device *device = bluez_find_device(bluez, path);
	enum bluez_change change = device ? BLUEZ_CHANGED : BLUEZ_ADDED;
	if (!device) {
		device = calloc(1, sizeof(*device));
		if (!device)
			return -ENOMEM;
		device->bluez = bluez;
		snprintf(device->path, sizeof(device->path), "%s", path);
		spa_list_append(&bluez->devices, &device->link);
	}
	device->listed = bluez->listings;
	bool was_paired = device->paired;
	device->heard = false;
	int error = bus_read_properties(properties, device_table, device);
	address_keep(device->address);
	if (error < 0)
		return error;
	/* a new one that is connected was paired before BlueZ came to tell of it */
	bool new_here = change == BLUEZ_CHANGED || device->connected;
	device->just_paired = device->paired && !was_paired && new_here;
	device->adapter = adapter_at(bluez, device->adapter_path);
	struct bluez_transport *transport;
	spa_list_for_each (transport, &bluez->transports, link)
		if (!transport->device && !strcmp(transport->device_path, path))
			transport->device = device;
	bluez->events->device(bluez->user, device, change);
	return 0;
}

struct bluez_transport *objects_transport(struct bluez *bluez, const char *path)
{
	struct bluez_transport *transport = transport_at(bluez, path);
	if (transport)
		return transport;
	transport = calloc(1, sizeof(*transport));
	if (!transport)
		return NULL;
	transport->bluez = bluez;
	snprintf(transport->path, sizeof(transport->path), "%s", path);
	spa_list_append(&bluez->transports, &transport->link);
	return transport;
}

int objects_transport_read(struct bluez_transport *transport, sd_bus_message *properties)
{
	int error = bus_read_properties(properties, transport_table, transport);
	if (error < 0)
		return error;
	transport->device = bluez_find_device(transport->bluez, transport->device_path);
	transport->state = !strcmp(transport->state_text, "active")    ? BLUEZ_ACTIVE
	                   : !strcmp(transport->state_text, "pending") ? BLUEZ_PENDING
	                                                               : BLUEZ_IDLE;
	return 0;
}

static int transport_take(struct bluez *bluez, const char *path, sd_bus_message *properties)
{
	bool known = transport_at(bluez, path);
	struct bluez_transport *transport = objects_transport(bluez, path);
	if (!transport)
		return -ENOMEM;
	transport->listed = bluez->listings;
	int error = objects_transport_read(transport, properties);
	if (error < 0)
		return error;
	bluez->events->transport(bluez->user, transport, known ? BLUEZ_CHANGED : BLUEZ_ADDED);
	return 0;
}

/* Only what is known is changed: a signal for an object not listed yet is part of the listing. */
int objects_interface_change(struct bluez *bluez, const char *path, const char *interface,
                             sd_bus_message *properties)
{
	if (!strcmp(interface, ADAPTER) && adapter_at(bluez, path))
		return adapter_take(bluez, path, properties);
	if (!strcmp(interface, DEVICE) && bluez_find_device(bluez, path))
		return device_take(bluez, path, properties);
	if (!strcmp(interface, TRANSPORT) && transport_at(bluez, path))
		return transport_take(bluez, path, properties);
	return sd_bus_message_skip(properties, "a{sv}");
}

static int interface_add(struct bluez *bluez, const char *path, const char *interface,
                         sd_bus_message *properties)
{
	if (!strcmp(interface, ADAPTER))
		return adapter_take(bluez, path, properties);
	if (!strcmp(interface, DEVICE))
		return device_take(bluez, path, properties);
	if (!strcmp(interface, TRANSPORT))
		return transport_take(bluez, path, properties);
	if (!strcmp(interface, ENDPOINT))
		return remote_take(bluez, path, properties);
	return sd_bus_message_skip(properties, "a{sv}");
}

/* The a{sa{sv}} of one object. */
int objects_interfaces_add(struct bluez *bluez, const char *path, sd_bus_message *message)
{
	const char *interface;
	int error = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");
	while (error >= 0 && (error = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		error = sd_bus_message_read_basic(message, 's', &interface);
		if (error >= 0)
			error = interface_add(bluez, path, interface, message);
		if (error >= 0)
			error = sd_bus_message_exit_container(message);
	}
	return error < 0 ? error : sd_bus_message_exit_container(message);
}

void objects_interface_remove(struct bluez *bluez, const char *path, const char *interface)
{
	struct bluez_adapter *adapter = adapter_at(bluez, path);
	struct bluez_device *device = bluez_find_device(bluez, path);
	struct bluez_transport *transport = transport_at(bluez, path);
	if (adapter && !strcmp(interface, ADAPTER))
		adapter_remove(adapter);
	else if (device && !strcmp(interface, DEVICE))
		device_remove(device);
	else if (transport && !strcmp(interface, TRANSPORT))
		objects_transport_remove(transport);
	else if (!strcmp(interface, ENDPOINT))
		remote_remove(bluez, path);
}
