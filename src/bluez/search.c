/* SPDX-License-Identifier: MIT */
/* Finding others, and being found: discovery and the pairing window of an adapter. */
#include "bluez/private.h"

#define ADAPTER "org.bluez.Adapter1"

static int on_searching(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_adapter *adapter = user;
	const char *problem = NULL;
	(void)error;
	sd_bus_message_ref(reply);
	adapter->search = sd_bus_slot_unref(adapter->search);
	if (sd_bus_message_is_method_error(reply, NULL))
		problem = bus_error_text(sd_bus_message_get_error(reply));
	adapter->bluez->events->searching(adapter->bluez->user, adapter, problem);
	sd_bus_message_unref(reply);
	return 0;
}

static int on_set(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)reply, (void)user, (void)error; /* what became of it comes as PropertiesChanged */
	return 0;
}

/* Low Energy has no A2DP; and with a filter every change of the strength is told (src/adapter.c). */
static int filter_set(struct bluez_adapter *adapter)
{
	return bus_call(adapter->bluez->bus, &adapter->search, adapter->path, ADAPTER,
	                "SetDiscoveryFilter", 0, on_set, adapter, "a{sv}", 1, "Transport", "s",
	                "bredr");
}

int bluez_search(struct bluez_adapter *adapter, bool on)
{
	int error = on ? filter_set(adapter) : 0;
	if (error)
		return error;
	return bus_call(adapter->bluez->bus, &adapter->search, adapter->path, ADAPTER,
	                on ? "StartDiscovery" : "StopDiscovery", 0, on_searching, adapter, "");
}

static int set_flag(struct bluez_adapter *adapter, int slot, const char *name, bool value)
{
	return bus_set_property(adapter->bluez->bus, &adapter->window[slot], adapter->path, ADAPTER,
	                        name, on_set, adapter, "b", (int)value);
}

static int set_seconds(struct bluez_adapter *adapter, int slot, const char *name, uint32_t value)
{
	return bus_set_property(adapter->bluez->bus, &adapter->window[slot], adapter->path, ADAPTER,
	                        name, on_set, adapter, "u", value);
}

/* The timeouts first: BlueZ starts them when the flag is set. */
int bluez_set_window(struct bluez_adapter *adapter, bool open, uint32_t seconds)
{
	int error = 0;
	if (open)
		error = set_seconds(adapter, 0, "DiscoverableTimeout", seconds);
	if (open && !error)
		error = set_seconds(adapter, 1, "PairableTimeout", seconds);
	if (!error)
		error = set_flag(adapter, 2, "Pairable", open);
	if (!error)
		error = set_flag(adapter, 3, "Discoverable", open);
	return error;
}

void search_forget(struct bluez_adapter *adapter)
{
	adapter->search = sd_bus_slot_unref(adapter->search);
	for (int i = 0; i < 4; i++)
		adapter->window[i] = sd_bus_slot_unref(adapter->window[i]);
}
