/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/adapter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADAPTER "org.bluez.Adapter1"
#define DEVICE "org.bluez.Device1"
#define CONNECT_TIMEOUT_US 60000000
#define LOOK_US 200000

void adapter_path(char path[ADAPTER_PATH_BYTES], const char *hci, const char *address)
{
	int used = snprintf(path, ADAPTER_PATH_BYTES, "/org/bluez/%s", hci);
	if (address)
		snprintf(path + used, (size_t)(ADAPTER_PATH_BYTES - used), "/dev_%s", address);
	for (char *c = path; *c; c++)
		*c = *c == ':' ? '_' : *c;
}

static int complain(const char *path, const char *what, int result, sd_bus_error *error)
{
	if (result < 0)
		fprintf(stderr, "%s %s: %s\n", path, what,
		        error->message ? error->message : strerror(-result));
	sd_bus_error_free(error);
	return result < 0 ? result : 0;
}

static int set(sd_bus *bus, const char *path, const char *interface, const char *property,
               const char *type, ...)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list value;
	va_start(value, type);
	int result =
	    sd_bus_set_propertyv(bus, "org.bluez", path, interface, property, &error, type, value);
	va_end(value);
	return complain(path, property, result, &error);
}

/* A call that may take as long as a page or a pairing does. */
static int call(sd_bus *bus, const char *path, const char *interface, const char *method,
                const char *argument)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *message = NULL, *reply = NULL;
	int result =
	    sd_bus_message_new_method_call(bus, &message, "org.bluez", path, interface, method);
	if (result >= 0 && argument)
		result = sd_bus_message_append(message, "s", argument);
	if (result >= 0)
		result = sd_bus_call(bus, message, CONNECT_TIMEOUT_US, &error, &reply);
	sd_bus_message_unref(message);
	sd_bus_message_unref(reply);
	return complain(path, method, result, &error);
}

static bool exists(sd_bus *bus, const char *path, const char *interface)
{
	char *address = NULL;
	int result = sd_bus_get_property_string(bus, "org.bluez", path, interface, "Address", NULL,
	                                        &address);
	free(address);
	return result >= 0;
}

int adapter_up(sd_bus *bus, const char *hci, const char *name)
{
	char path[ADAPTER_PATH_BYTES];
	adapter_path(path, hci, NULL);
	for (int i = 0; i < 100 && !exists(bus, path, ADAPTER); i++)
		usleep(LOOK_US);
	int error = set(bus, path, ADAPTER, "Powered", "b", 1);
	if (!error)
		error = set(bus, path, ADAPTER, "Alias", "s", name);
	if (!error)
		error = set(bus, path, ADAPTER, "DiscoverableTimeout", "u", 0);
	if (!error)
		error = set(bus, path, ADAPTER, "Discoverable", "b", 1);
	if (!error)
		error = set(bus, path, ADAPTER, "Pairable", "b", 1);
	return error;
}

int adapter_address(sd_bus *bus, const char *hci, char address[18])
{
	char path[ADAPTER_PATH_BYTES], *text = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	adapter_path(path, hci, NULL);
	int result =
	    sd_bus_get_property_string(bus, "org.bluez", path, ADAPTER, "Address", &error, &text);
	if (result >= 0)
		snprintf(address, 18, "%s", text);
	free(text);
	return complain(path, "Address", result, &error);
}

/* The adapter that has this address, as hciN: the rig's devices live under one bluetoothd. */
static int other_end(sd_bus *bus, const char *address, char hci[8])
{
	for (int i = 0; i < 16; i++) {
		char path[ADAPTER_PATH_BYTES], own[18];
		snprintf(hci, 8, "hci%d", i);
		adapter_path(path, hci, NULL);
		if (exists(bus, path, ADAPTER) && adapter_address(bus, hci, own) == 0 &&
		    !strcmp(own, address))
			return 0;
	}
	return -ENODEV;
}

int adapter_show(sd_bus *bus, const char *address)
{
	char path[ADAPTER_PATH_BYTES], hci[8];
	int error = other_end(bus, address, hci);
	if (error)
		return error;
	adapter_path(path, hci, NULL);
	error = set(bus, path, ADAPTER, "Powered", "b", 1);
	if (!error)
		error = set(bus, path, ADAPTER, "Discoverable", "b", 1);
	if (!error)
		error = set(bus, path, ADAPTER, "Pairable", "b", 1);
	return error;
}

static int seen(sd_bus *bus, const char *hci, char *const addresses[], int count)
{
	int found = 0;
	for (int i = 0; i < count; i++) {
		char path[ADAPTER_PATH_BYTES];
		adapter_path(path, hci, addresses[i]);
		found += exists(bus, path, DEVICE);
	}
	return found;
}

int adapter_discover(sd_bus *bus, const char *hci, char *const addresses[], int count, int seconds)
{
	char path[ADAPTER_PATH_BYTES];
	adapter_path(path, hci, NULL);
	int error = call(bus, path, ADAPTER, "StartDiscovery", NULL);
	if (error)
		return error;
	for (int i = 0; i < seconds * 1000000 / LOOK_US; i++) {
		if (seen(bus, hci, addresses, count) == count)
			break;
		usleep(LOOK_US);
	}
	int found = seen(bus, hci, addresses, count);
	call(bus, path, ADAPTER, "StopDiscovery", NULL);
	if (found == count)
		return 0;
	fprintf(stderr, "%s: found %d of %d devices\n", path, found, count);
	return -ENODEV;
}

int adapter_pair(sd_bus *bus, const char *hci, const char *address)
{
	char path[ADAPTER_PATH_BYTES], other[8], own[18];
	adapter_path(path, hci, address);
	int error = call(bus, path, DEVICE, "Pair", NULL);
	if (!error)
		error = set(bus, path, DEVICE, "Trusted", "b", 1);
	if (!error)
		error = adapter_address(bus, hci, own);
	if (error || other_end(bus, address, other) < 0)
		return error;
	adapter_path(path, other, own);
	return set(bus, path, DEVICE, "Trusted", "b", 1);
}

int adapter_connect(sd_bus *bus, const char *hci, const char *address, const char *uuid)
{
	char path[ADAPTER_PATH_BYTES];
	adapter_path(path, hci, address);
	return call(bus, path, DEVICE, "ConnectProfile", uuid);
}

int adapter_disconnect(sd_bus *bus, const char *hci, const char *address)
{
	char path[ADAPTER_PATH_BYTES];
	adapter_path(path, hci, address);
	return call(bus, path, DEVICE, "Disconnect", NULL);
}

/* --- the agent --------------------------------------------------------------------------------- */

static int say_yes(sd_bus_message *message, void *user, sd_bus_error *error)
{
	(void)user, (void)error;
	return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable agent_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Release", "", "", say_yes, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RequestConfirmation", "ou", "", say_yes, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RequestAuthorization", "o", "", say_yes, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AuthorizeService", "os", "", say_yes, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Cancel", "", "", say_yes, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int adapter_agent(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int result = sd_bus_add_object_vtable(bus, NULL, "/rig/agent", "org.bluez.Agent1",
	                                      agent_vtable, NULL);
	if (result >= 0)
		result = sd_bus_call_method(bus, "org.bluez", "/org/bluez",
		                            "org.bluez.AgentManager1", "RegisterAgent", &error,
		                            NULL, "os", "/rig/agent", "NoInputNoOutput");
	if (result >= 0)
		result = sd_bus_call_method(bus, "org.bluez", "/org/bluez",
		                            "org.bluez.AgentManager1", "RequestDefaultAgent",
		                            &error, NULL, "o", "/rig/agent");
	return complain("/org/bluez", "RegisterAgent", result, &error);
}
