/* SPDX-License-Identifier: MIT */
/* org.bluez: /org/bluez (AgentManager1) and the adapters (Adapter1, Media1). */
#include "sim/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int uuids_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)user, (void)error;
	return sd_bus_message_append(reply, "as", 2, A2DP_SOURCE_UUID, A2DP_SINK_UUID);
}

static int adapter_uuids_get(sd_bus *bus, const char *path, const char *interface,
                             const char *property, sd_bus_message *reply, void *user,
                             sd_bus_error *error)
{
	(void)bus, (void)path, (void)interface, (void)property, (void)user, (void)error;
	return sd_bus_message_append(reply, "as", 2, A2DP_SOURCE_UUID, A2DP_SINK_UUID);
}

/* --- Adapter1 ---------------------------------------------------------------------------------- */

static int flag_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *value, void *user, sd_bus_error *error)
{
	int *flag = user;
	(void)error;
	int result = sd_bus_message_read(value, "b", flag);
	if (result >= 0)
		sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
	return result;
}

static int timeout_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *value, void *user, sd_bus_error *error)
{
	uint32_t *timeout = user;
	(void)error;
	int result = sd_bus_message_read(value, "u", timeout);
	if (result >= 0)
		sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
	return result;
}

static int alias_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *value, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	const char *alias;
	(void)error;
	int result = sd_bus_message_read(value, "s", &alias);
	if (result < 0)
		return result;
	snprintf(adapter->alias_text, sizeof(adapter->alias_text), "%s", alias);
	return sd_bus_emit_properties_changed(bus, path, interface, property, NULL);
}

/* A flag that a timeout takes back: BlueZ starts the time when the flag is set. */
static void window_due(struct world *world, struct device *device, int64_t index)
{
	struct adapter *adapter = &world->adapters[index];
	(void)device;
	if (adapter->discoverable_until && world->now >= adapter->discoverable_until) {
		adapter->discoverable = 0;
		adapter->discoverable_until = 0;
		sd_bus_emit_properties_changed(world->bus, adapter->path, "org.bluez.Adapter1",
		                               "Discoverable", NULL);
	}
	if (adapter->pairable_until && world->now >= adapter->pairable_until) {
		adapter->pairable = 0;
		adapter->pairable_until = 0;
		sd_bus_emit_properties_changed(world->bus, adapter->path, "org.bluez.Adapter1",
		                               "Pairable", NULL);
	}
}

static int64_t window_until(struct adapter *adapter, int on, uint32_t timeout)
{
	struct world *world = adapter->world;
	int64_t ns = timeout * 1000000000ll;
	if (!on || !timeout)
		return 0;
	world_after(world, ns, NULL, window_due, adapter - world->adapters);
	return world->now + ns;
}

static int discoverable_set(sd_bus *bus, const char *path, const char *interface,
                            const char *property, sd_bus_message *value, void *user,
                            sd_bus_error *error)
{
	struct adapter *adapter =
	    (struct adapter *)((char *)user - offsetof(struct adapter, discoverable));
	int result = flag_set(bus, path, interface, property, value, user, error);
	adapter->discoverable_until =
	    window_until(adapter, adapter->discoverable, adapter->discoverable_timeout);
	return result;
}

static int pairable_set(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *value, void *user, sd_bus_error *error)
{
	struct adapter *adapter =
	    (struct adapter *)((char *)user - offsetof(struct adapter, pairable));
	int result = flag_set(bus, path, interface, property, value, user, error);
	adapter->pairable_until =
	    window_until(adapter, adapter->pairable, adapter->pairable_timeout);
	return result;
}

static int set_discovery_filter(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)user, (void)error; /* all that there is here is BR/EDR */
	return sd_bus_reply_method_return(call, "");
}

static void discovering_set(struct adapter *adapter, int discovering)
{
	adapter->discovering = discovering;
	sd_bus_emit_properties_changed(adapter->world->bus, adapter->path, "org.bluez.Adapter1",
	                               "Discovering", NULL);
}

static int start_discovery(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	if (!adapter->powered)
		return sd_bus_error_set(error, "org.bluez.Error.NotReady", "Resource Not Ready");
	if (adapter->discovering)
		return sd_bus_error_set(error, "org.bluez.Error.InProgress",
		                        "Operation already in progress");
	discovering_set(adapter, 1);
	peer_inquiry_start(adapter);
	return sd_bus_reply_method_return(call, "");
}

static int stop_discovery(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	if (!adapter->discovering)
		return sd_bus_error_set(error, "org.bluez.Error.Failed", "No discovery started");
	discovering_set(adapter, 0);
	peer_inquiry_stop(adapter);
	return sd_bus_reply_method_return(call, "");
}

#define STRING(name, field) SD_BUS_PROPERTY(name, "s", NULL, offsetof(struct adapter, field), 0)
#define FLAG(name, field)                                                                          \
	SD_BUS_WRITABLE_PROPERTY(name, "b", NULL, flag_set, offsetof(struct adapter, field),       \
	                         SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED)
#define TIMED_FLAG(name, field)                                                                    \
	SD_BUS_WRITABLE_PROPERTY(name, "b", NULL, field##_set, offsetof(struct adapter, field),    \
	                         SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED)
#define TIMEOUT(name, field)                                                                       \
	SD_BUS_WRITABLE_PROPERTY(name, "u", NULL, timeout_set, offsetof(struct adapter, field),    \
	                         SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED)

static int alias_get(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	(void)bus, (void)path, (void)interface, (void)property, (void)error;
	return sd_bus_message_append(reply, "s", adapter->alias_text);
}

static const sd_bus_vtable adapter_vtable[] = {
    SD_BUS_VTABLE_START(0),
    STRING("Address", address),
    STRING("AddressType", address_type),
    STRING("Name", name),
    SD_BUS_WRITABLE_PROPERTY("Alias", "s", alias_get, alias_set, 0,
                             SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE | SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Class", "u", NULL, offsetof(struct adapter, class), 0),
    STRING("Modalias", modalias),
    FLAG("Powered", powered),
    TIMED_FLAG("Discoverable", discoverable),
    TIMED_FLAG("Pairable", pairable),
    TIMEOUT("DiscoverableTimeout", discoverable_timeout),
    TIMEOUT("PairableTimeout", pairable_timeout),
    SD_BUS_PROPERTY("Discovering", "b", NULL, offsetof(struct adapter, discovering),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("UUIDs", "as", adapter_uuids_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_METHOD("SetDiscoveryFilter", "a{sv}", "", set_discovery_filter,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveDevice", "o", "", peer_adapter_remove_device, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StartDiscovery", "", "", start_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StopDiscovery", "", "", stop_discovery, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* --- Media1 ------------------------------------------------------------------------------------ */

/* The keys of RegisterEndpoint (profiles/audio/media.c, parse_properties); case does not matter. */
static int endpoint_read(sd_bus_message *call, struct endpoint *endpoint, const char **path)
{
	const char *key, *uuid = NULL;
	int codec = -1, flag;
	uint8_t byte;
	if (sd_bus_message_read(call, "o", path) < 0 ||
	    sd_bus_message_enter_container(call, 'a', "{sv}") < 0)
		return -EINVAL;
	while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
		if (sd_bus_message_read(call, "s", &key) < 0)
			return -EINVAL;
		if (!strcasecmp(key, "UUID") && sd_bus_message_read(call, "v", "s", &uuid) < 0)
			return -EINVAL;
		else if (!strcasecmp(key, "Codec") &&
		         sd_bus_message_read(call, "v", "y", &byte) >= 0)
			codec = byte;
		else if (!strcasecmp(key, "DelayReporting") &&
		         sd_bus_message_read(call, "v", "b", &flag) >= 0)
			endpoint->delay_reporting = flag;
		else if (strcasecmp(key, "UUID"))
			sd_bus_message_skip(call, "v");
		sd_bus_message_exit_container(call);
	}
	if (!uuid || codec < 0)
		return -EINVAL;
	snprintf(endpoint->path, sizeof(endpoint->path), "%s", *path);
	snprintf(endpoint->uuid, sizeof(endpoint->uuid), "%s", uuid);
	endpoint->codec = (uint8_t)codec;
	return 0;
}

static struct endpoint *endpoint_find(struct world *world, const struct adapter *adapter,
                                      const char *path)
{
	for (int i = 0; i < WORLD_ENDPOINTS; i++) {
		struct endpoint *endpoint = &world->endpoints[i];
		if (endpoint->used && endpoint->adapter == adapter && !strcmp(endpoint->path, path))
			return endpoint;
	}
	return NULL;
}

static int register_endpoint(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	struct endpoint endpoint = {.used = true, .adapter = adapter};
	const char *path;
	if (endpoint_read(call, &endpoint, &path) < 0)
		return sd_bus_error_set(error, "org.bluez.Error.InvalidArguments",
		                        "Invalid arguments in method call");
	if (endpoint_find(adapter->world, adapter, path))
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists", "Already Exists");
	if (strcasecmp(endpoint.uuid, A2DP_SOURCE_UUID) &&
	    strcasecmp(endpoint.uuid, A2DP_SINK_UUID))
		return sd_bus_error_set(error, "org.bluez.Error.NotSupported",
		                        "Operation is not supported");
	for (int i = 0; i < WORLD_ENDPOINTS; i++)
		if (!adapter->world->endpoints[i].used) {
			adapter->world->endpoints[i] = endpoint;
			return sd_bus_reply_method_return(call, "");
		}
	return sd_bus_error_set(error, "org.bluez.Error.Failed", "No more endpoints");
}

static int unregister_endpoint(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	const char *path;
	if (sd_bus_message_read(call, "o", &path) < 0)
		return -EINVAL;
	struct endpoint *endpoint = endpoint_find(adapter->world, adapter, path);
	if (!endpoint)
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
	if (endpoint->owner)
		peer_transport_close(endpoint->owner);
	endpoint->used = false;
	return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable media_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("SupportedUUIDs", "as", uuids_get, 0, 0),
    SD_BUS_METHOD("RegisterEndpoint", "oa{sv}", "", register_endpoint, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnregisterEndpoint", "o", "", unregister_endpoint, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* --- AgentManager1 ----------------------------------------------------------------------------- */

static int register_agent(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct world *world = user;
	const char *path, *capability;
	if (sd_bus_message_read(call, "os", &path, &capability) < 0)
		return -EINVAL;
	if (*world->agent_path)
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists", "Already Exists");
	snprintf(world->agent_path, sizeof(world->agent_path), "%s", path);
	snprintf(world->agent_capability, sizeof(world->agent_capability), "%s",
	         *capability ? capability : "KeyboardDisplay");
	return sd_bus_reply_method_return(call, "");
}

static bool agent_known(sd_bus_message *call, const struct world *world)
{
	const char *path;
	return sd_bus_message_read(call, "o", &path) >= 0 && !strcmp(path, world->agent_path);
}

static int unregister_agent(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct world *world = user;
	if (!agent_known(call, world))
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
	*world->agent_path = 0;
	return sd_bus_reply_method_return(call, "");
}

static int request_default_agent(sd_bus_message *call, void *user, sd_bus_error *error)
{
	if (!agent_known(call, user))
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
	return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable agent_manager_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("RegisterAgent", "os", "", register_agent, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("UnregisterAgent", "o", "", unregister_agent, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RequestDefaultAgent", "o", "", request_default_agent,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* ----------------------------------------------------------------------------------------------- */

int peer_adapter_plug(struct adapter *adapter)
{
	struct world *world = adapter->world;
	int error = sd_bus_add_object_vtable(world->bus, &adapter->slots[0], adapter->path,
	                                     "org.bluez.Adapter1", adapter_vtable, adapter);
	if (error >= 0)
		error = sd_bus_add_object_vtable(world->bus, &adapter->slots[1], adapter->path,
		                                 "org.bluez.Media1", media_vtable, adapter);
	adapter->exists = error >= 0;
	if (adapter->exists)
		sd_bus_emit_object_added(world->bus, adapter->path);
	return error;
}

void peer_adapter_unplug(struct adapter *adapter)
{
	struct world *world = adapter->world;
	if (adapter->exists)
		sd_bus_emit_object_removed(world->bus, adapter->path);
	for (int k = 0; k < 3; k++)
		adapter->slots[k] = sd_bus_slot_unref(adapter->slots[k]);
	for (int i = 0; i < WORLD_ENDPOINTS; i++)
		if (world->endpoints[i].adapter == adapter)
			world->endpoints[i].used = false;
	adapter->paging = adapter->exists = false;
	adapter->discovering = adapter->discoverable = adapter->pairable = 0;
}

int peer_adapters_add(struct world *world)
{
	int error = sd_bus_add_object_vtable(world->bus, &world->root_slot, "/org/bluez",
	                                     "org.bluez.AgentManager1", agent_manager_vtable,
	                                     world);
	for (int i = 0; i < world->scenario->adapter_count && error >= 0; i++)
		error = peer_adapter_plug(&world->adapters[i]);
	return error;
}

void peer_adapters_remove(struct world *world)
{
	for (int i = 0; i < world->scenario->adapter_count; i++)
		peer_adapter_unplug(&world->adapters[i]);
	world->root_slot = sd_bus_slot_unref(world->root_slot);
	*world->agent_path = 0;
}
