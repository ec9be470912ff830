/* SPDX-License-Identifier: MIT */
/* org.bluez: Device1, and how links come about and end (src/device.c, plugins/policy.c). */
#include "sim/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PAGE_TIMEOUT_NS 5120000000 /* 0x2000 slots, the controllers' default */
#define ECHO_PAGE_NS 640000000
#define DISCOVER_NS 120000000 /* AVDTP DISCOVER and GET_CAPABILITIES */
#define LINGER_NS 2000000000  /* BlueZ drops a link that carries no profile */

static void link_down(struct world *world, struct device *device, int64_t argument);

static const char *const profile_of_speaker = A2DP_SINK_UUID;
static const char *const profile_of_echo = A2DP_SOURCE_UUID;

static int uuids_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const struct device *device = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	const char *uuids[3];
	int count = 0;
	bool shown = device->resolved || !device->air->resolves_ns;
	if (shown && device->air->offers & OFFERS_SOURCE)
		uuids[count++] = A2DP_SOURCE_UUID;
	if (shown && device->air->offers & OFFERS_SINK)
		uuids[count++] = A2DP_SINK_UUID;
	if (shown)
		uuids[count++] = device->speaker ? "0000110c-0000-1000-8000-00805f9b34fb"
		                                 : "0000110e-0000-1000-8000-00805f9b34fb";
	int result = sd_bus_message_open_container(reply, 'a', "s");
	for (int i = 0; i < count && result >= 0; i++)
		result = sd_bus_message_append(reply, "s", uuids[i]);
	return result < 0 ? result : sd_bus_message_close_container(reply);
}

static int alias_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const struct device *device = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", device->alias_text);
}

static int alias_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *value, void *user, sd_bus_error *error)
{
	struct device *device = user;
	const char *alias;
	(void)error;
	int result = sd_bus_message_read(value, "s", &alias);
	if (result < 0)
		return result;
	snprintf(device->alias_text, sizeof(device->alias_text), "%s",
	         *alias ? alias : device->name);
	return sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
}

static int flag_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *value, void *user, sd_bus_error *error)
{
	(void)error;
	int result = sd_bus_message_read(value, "b", (int *)user);
	return result < 0 ? result
	                  : sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
}

/* --- connecting -------------------------------------------------------------------------------- */

/* SDP has been asked: what was not in its first answer is there now (device.c, update_bredr_services). */
static void services_found(struct world *world, struct device *device, int64_t argument)
{
	(void)argument;
	device->resolved = true;
	if (device->exists)
		sd_bus_emit_properties_changed(world->bus, device->path, "org.bluez.Device1",
		                               "UUIDs", NULL);
}

void peer_device_set_connected(struct device *device, bool connected)
{
	device->connected = device->services_resolved = connected;
	if (connected && device->air->resolves_ns && !device->resolved)
		world_after(device->world, device->air->resolves_ns, device, services_found, 0);
	if (device->exists)
		sd_bus_emit_properties_changed(device->world->bus, device->path,
		                               "org.bluez.Device1", "Connected", "ServicesResolved",
		                               NULL);
}

/* The text goes behind org.bluez.Error.Failed, as src/error.h has them for BR/EDR. */
void peer_device_connect_failed(struct device *device, const char *text)
{
	sd_bus_message *call = device->connect_call;
	device->connect_call = NULL;
	device->adapter->paging = false;
	if (call)
		sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "%s", text);
	sd_bus_message_unref(call);
	if (device->connected && !device->transport.exists)
		world_after(device->world, LINGER_NS, device, link_down, 0);
}

static void link_down(struct world *world, struct device *device, int64_t argument)
{
	(void)world, (void)argument;
	if (device->transport.exists || device->connect_call)
		return;
	peer_seps_hide(device);
	peer_device_set_connected(device, false);
}

/* Both sides may have begun at once: one stream comes of it, and answers both. */
static void seps_found(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->connect_call;
	(void)world, (void)argument;
	if (device->pending)
		return; /* it is being configured: the call is answered when that is done */
	if (device->transport.exists) {
		device->connect_call = NULL;
		if (call)
			sd_bus_reply_method_return(call, "");
		sd_bus_message_unref(call);
		return;
	}
	peer_seps_show(device);
	device->next_endpoint = -1;
	peer_transport_configure(device);
}

/* The Echo's stream is PipeWire's: the profile is connected when that has it. */
static void echo_opens(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->connect_call;
	device->connect_call = NULL;
	world_echo_arrive(world, device, argument);
	if (call)
		sd_bus_reply_method_return(call, "");
	sd_bus_message_unref(call);
}

/* Who offers no sink cannot be connected to as one: that is seen when its services are (device.c, connect_profile). */
static void services_known(struct world *world, struct device *device, int64_t argument)
{
	if (!device->speaker)
		echo_opens(world, device, argument);
	else if (device->air->offers & OFFERS_SINK)
		seps_found(world, device, argument);
	else
		peer_device_connect_failed(device, "br-connection-profile-unavailable");
}

static void page_ended(struct world *world, struct device *device, int64_t answered)
{
	device->adapter->paging = device->paged = false;
	if (!answered || !device->reachable || device->taken ||
	    device->air->pairing == PAIRING_HELD) {
		peer_device_connect_failed(device, answered ? "br-connection-refused"
		                                            : "br-connection-page-timeout");
		return;
	}
	peer_device_set_connected(device, true);
	world_after(world, DISCOVER_NS, device, services_known, 0);
}

static int refuse_to_connect(const struct device *device, const char *uuid, sd_bus_error *error)
{
	const char *profile = device->speaker ? profile_of_speaker : profile_of_echo;
	if (uuid && strcasecmp(uuid, profile))
		return sd_bus_error_set(error, "org.bluez.Error.NotAvailable",
		                        "br-connection-profile-unavailable");
	if (!device->adapter->powered)
		return sd_bus_error_set(error, "org.bluez.Error.NotReady",
		                        "br-connection-adapter-not-powered");
	if (device->connect_call)
		return sd_bus_error_set(error, "org.bluez.Error.InProgress", "br-connection-busy");
	if (device->transport.exists)
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyConnected",
		                        "br-connection-already-connected");
	if (device->adapter->paging)
		return sd_bus_error_set(error, "org.bluez.Error.Failed", "br-connection-busy");
	return 0;
}

static int connect_begin(sd_bus_message *call, struct device *device, const char *uuid,
                         sd_bus_error *error)
{
	int refused = refuse_to_connect(device, uuid, error);
	if (refused)
		return refused;
	if (device->world->now < device->closing_until) { /* a profile that is connected still */
		device->vain++;
		return sd_bus_reply_method_return(call, "");
	}
	device->connect_call = sd_bus_message_ref(call);
	if (device->connected) {
		world_after(device->world, DISCOVER_NS, device, services_known, 0);
		return 1;
	}
	device->adapter->paging = device->paged = true;
	bool answers = device->reachable && device->air->pairing != PAIRING_HELD;
	int64_t page = device->speaker ? device->speaker->connects_ns : ECHO_PAGE_NS;
	world_after(device->world, answers ? page : PAGE_TIMEOUT_NS, device, page_ended, answers);
	return 1;
}

static int connect_device(sd_bus_message *call, void *user, sd_bus_error *error)
{
	return connect_begin(call, user, NULL, error);
}

static int connect_profile(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *uuid;
	if (sd_bus_message_read(call, "s", &uuid) < 0)
		return -EINVAL;
	return connect_begin(call, user, uuid, error);
}

/* --- the end of a link ------------------------------------------------------------------------- */

static void link_end(struct device *device)
{
	world_forget_timers(device->world, device);
	device->pending = sd_bus_slot_unref(device->pending);
	peer_transport_close(device);
	if (!device->speaker)
		echo_pause(device->world->echo, true, device->world->now);
	if (device->connect_call)
		peer_device_connect_failed(device, "br-connection-aborted-by-remote");
	peer_pairing_abort(device, "org.bluez.Error.ConnectionAttemptFailed", "Connection lost");
	if (device->paged) /* it came by itself meanwhile */
		device->adapter->paging = device->paged = false;
	world_forget_timers(device->world, device);
	peer_seps_hide(device);
	if (device->connected)
		peer_device_set_connected(device, false);
}

void peer_device_lost(struct device *device)
{
	link_end(device);
}

void peer_device_off(struct device *device)
{
	link_end(device);
}

void peer_device_incoming(struct device *device)
{
	if (device->speaker && !device->transport.exists && !device->connect_call)
		world_after(device->world, DISCOVER_NS, device, seps_found, 0);
	else if (!device->speaker)
		world_after(device->world, DISCOVER_NS, device, world_echo_arrive, 0);
}

static int disconnect_device(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct device *device = user;
	if (!device->connected && !device->connect_call)
		return sd_bus_error_set(error, "org.bluez.Error.NotConnected", "Not Connected");
	if (device->connect_call) /* its page, too */
		device->adapter->paging = false;
	link_end(device);
	return sd_bus_reply_method_return(call, "");
}

#define STRING(name, field) SD_BUS_PROPERTY(name, "s", NULL, offsetof(struct device, field), 0)
#define FLAG(name, field)                                                                          \
	SD_BUS_PROPERTY(name, "b", NULL, offsetof(struct device, field),                           \
	                SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define SETTABLE(name, field)                                                                      \
	SD_BUS_WRITABLE_PROPERTY(name, "b", NULL, flag_set, offsetof(struct device, field),        \
	                         SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED)

static const sd_bus_vtable device_vtable[] = {
    SD_BUS_VTABLE_START(0),
    STRING("Address", address),
    STRING("AddressType", address_type),
    STRING("Name", name),
    SD_BUS_WRITABLE_PROPERTY("Alias", "s", alias_get, alias_set, 0,
                             SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Class", "u", NULL, offsetof(struct device, class), 0),
    STRING("Icon", icon),
    STRING("Modalias", modalias),
    SD_BUS_PROPERTY("Adapter", "o", NULL, offsetof(struct device, adapter_path), 0),
    SD_BUS_PROPERTY("UUIDs", "as", uuids_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    FLAG("Paired", paired),
    FLAG("Bonded", bonded),
    SETTABLE("Trusted", trusted),
    SETTABLE("Blocked", blocked),
    FLAG("Connected", connected),
    FLAG("ServicesResolved", services_resolved),
    FLAG("LegacyPairing", legacy_pairing),
    SD_BUS_METHOD("Pair", "", "", peer_device_pair, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("CancelPairing", "", "", peer_device_pair_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Connect", "", "", connect_device, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ConnectProfile", "s", "", connect_profile, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Disconnect", "", "", disconnect_device, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int peer_device_add(struct device *device)
{
	int error = sd_bus_add_object_vtable(device->world->bus, &device->slot, device->path,
	                                     "org.bluez.Device1", device_vtable, device);
	if (error < 0)
		return error;
	device->exists = true;
	sd_bus_emit_object_added(device->world->bus, device->path);
	return 0;
}

void peer_device_remove(struct device *device)
{
	if (!device->exists)
		return;
	link_end(device);
	device->exists = false;
	device->rssi_slot = sd_bus_slot_unref(device->rssi_slot);
	sd_bus_emit_object_removed(device->world->bus, device->path);
	device->slot = sd_bus_slot_unref(device->slot);
}
