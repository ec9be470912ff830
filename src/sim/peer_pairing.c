/* SPDX-License-Identifier: MIT */
/*
 * org.bluez: how devices are heard, pair, are let in and forgotten (src/adapter.c, device.c, agent.c).
 *
 *   StartDiscovery ─► the device and its RSSI, over and over ─► StopDiscovery; 30 s later it is forgotten
 *   Pair           ─► page ─► the agent's questions ─► Paired
 *   a knock        ─► nothing, unless the adapter is pairable ─► the agent, if it can do anything ─► Bonded, Paired
 *   a call         ─► AuthorizeService, unless it is trusted ─► its stream
 */
#include "sim/world.h"

#include <errno.h>
#include <string.h>

#define PAGE_TIMEOUT_NS 5120000000
#define HEARD_AGAIN_NS 1280000000 /* an inquiry's train, 1.28 s */
#define FORGET_NS 30000000000     /* main.conf, TemporaryTimeout */
#define SILENCE_NS 30000000000    /* LMP's response timeout */
#define REFUSED_NS 400000000
#define REVERSE_NS                                                                                 \
	1000000000 /* src/device.c, DISCOVERY_TIMER: who began is left to look at us first */
#define QUESTION_TIMEOUT_US 60000000 /* src/agent.c, REQUEST_TIMEOUT */

#define ADVANCED_AUDIO_UUID "0000110d-0000-1000-8000-00805f9b34fb"

/* --- being heard ------------------------------------------------------------------------------- */

static const sd_bus_vtable rssi_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("RSSI", "n", NULL, offsetof(struct device, rssi),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

/* The property is there from the first time on; the device comes with it when it is new. */
static void rssi_show(struct device *device)
{
	sd_bus *bus = device->world->bus;
	if (device->exists) {
		if (!device->rssi_slot)
			sd_bus_add_object_vtable(bus, &device->rssi_slot, device->path,
			                         "org.bluez.Device1", rssi_vtable, device);
		sd_bus_emit_properties_changed(bus, device->path, "org.bluez.Device1", "RSSI",
		                               NULL);
		return;
	}
	sd_bus_add_object_vtable(bus, &device->rssi_slot, device->path, "org.bluez.Device1",
	                         rssi_vtable, device);
	peer_device_add(device);
}

static void heard(struct world *world, struct device *device, int64_t index)
{
	(void)device;
	struct device *of = &world->devices[index];
	if (!of->adapter->discovering || !of->adapter->exists)
		return;
	if (of->reachable && !of->connected) { /* one that is connected does not answer inquiries */
		of->rssi = (int16_t)(of->air->rssi + world_random(world, -2, 2));
		rssi_show(of);
	}
	world_after(world, HEARD_AGAIN_NS, NULL, heard, index);
}

void peer_inquiry_start(struct adapter *adapter)
{
	struct world *world = adapter->world;
	for (int i = 0; i < world->device_count; i++)
		if (world->devices[i].adapter == adapter)
			world_after(world, world->devices[i].air->heard_ns, NULL, heard, i);
}

static void forget_strangers(struct world *world, struct device *device, int64_t index)
{
	(void)device;
	const struct adapter *adapter = &world->adapters[index];
	for (int i = 0; i < world->device_count && !adapter->discovering; i++) {
		struct device *of = &world->devices[i];
		if (of->adapter == adapter && !of->paired && !of->connected && !of->pair_call)
			peer_device_remove(of);
	}
}

void peer_inquiry_stop(struct adapter *adapter)
{
	struct world *world = adapter->world;
	for (int i = 0; i < world->device_count; i++)
		if (world->devices[i].adapter == adapter)
			world->devices[i].rssi_slot =
			    sd_bus_slot_unref(world->devices[i].rssi_slot);
	world_after(world, FORGET_NS, NULL, forget_strangers, adapter - world->adapters);
}

/* --- the agent --------------------------------------------------------------------------------- */

static bool agent_can_do_anything(const struct world *world)
{
	return *world->agent_path && strcmp(world->agent_capability, "NoInputNoOutput");
}

/* Calls a method of the agent; `types` follow the device's path. */
static int agent_ask(struct device *device, const char *method, sd_bus_message_handler_t answered,
                     const char *text, const uint32_t *passkey)
{
	struct world *world = device->world;
	sd_bus_message *call = NULL;
	int error = sd_bus_message_new_method_call(world->bus, &call, NULL, world->agent_path,
	                                           "org.bluez.Agent1", method);
	if (error >= 0)
		error = sd_bus_message_append(call, "o", device->path);
	if (error >= 0 && text)
		error = sd_bus_message_append(call, "s", text);
	if (error >= 0 && passkey)
		error = sd_bus_message_append(call, "u", *passkey);
	if (error >= 0)
		error = sd_bus_call_async(world->bus, &device->question, call, answered, device,
		                          QUESTION_TIMEOUT_US);
	sd_bus_message_unref(call);
	return error;
}

static void agent_cancel(struct device *device)
{
	struct world *world = device->world;
	sd_bus_message *call = NULL;
	if (!device->question)
		return;
	device->question = sd_bus_slot_unref(device->question);
	if (sd_bus_message_new_method_call(world->bus, &call, NULL, world->agent_path,
	                                   "org.bluez.Agent1", "Cancel") >= 0) {
		sd_bus_message_set_expect_reply(call, 0);
		sd_bus_send(world->bus, call, NULL);
	}
	sd_bus_message_unref(call);
}

/* --- pairing ----------------------------------------------------------------------------------- */

void peer_pairing_abort(struct device *device, const char *name, const char *text)
{
	sd_bus_message *call = device->pair_call;
	agent_cancel(device);
	device->pair_call = NULL;
	device->knocking = false;
	if (call)
		sd_bus_reply_method_errorf(call, name, "%s", text);
	sd_bus_message_unref(call);
}

static void pairing_fail(struct device *device, const char *name, const char *text)
{
	device->adapter->paging = false;
	peer_pairing_abort(device, name, text);
	world_forget_timers(device->world, device);
	if (device->connected)
		peer_device_set_connected(device, false);
}

/* "Paired" is told when the services are known, and only then is the agent asked who may use them. */
static void paired(struct world *world, struct device *device, int64_t argument)
{
	(void)argument;
	sd_bus_emit_properties_changed(world->bus, device->path, "org.bluez.Device1", "Paired",
	                               NULL);
	if (device->knocking)
		peer_device_call(device);
	device->knocking = false;
}

static void bond(struct world *world, struct device *device, int64_t argument)
{
	sd_bus_message *call = device->pair_call;
	(void)argument;
	device->pair_call = NULL;
	device->paired = device->bonded = 1;
	sd_bus_emit_properties_changed(world->bus, device->path, "org.bluez.Device1", "Bonded",
	                               NULL);
	if (device->knocking)
		world_after(world, REVERSE_NS, device, paired, 0);
	else
		paired(world, device, 0);
	if (call)
		sd_bus_reply_method_return(call, "");
	sd_bus_message_unref(call);
}

static void key_exchange(struct world *world, struct device *device, int64_t argument)
{
	(void)argument;
	bool plain_only = device->air->pairing == PAIRING_PLAIN && agent_can_do_anything(world);
	if (device->air->pairing == PAIRING_REJECTS)
		pairing_fail(device, "org.bluez.Error.AuthenticationRejected",
		             "Authentication Rejected");
	else if (device->air->pairing == PAIRING_FAILS || plain_only)
		pairing_fail(device, "org.bluez.Error.AuthenticationFailed",
		             "Authentication Failed");
	else
		bond(world, device, 0);
}

static void silence_ends(struct world *world, struct device *device, int64_t argument)
{
	(void)world, (void)argument;
	pairing_fail(device, "org.bluez.Error.AuthenticationTimeout", "Authentication Timeout");
}

/* Is what the agent said what the device expects? */
static bool answer_right(const struct device *device, sd_bus_message *reply)
{
	const char *pin;
	uint32_t passkey;
	if (sd_bus_message_is_method_error(reply, NULL))
		return false;
	switch (device->air->asks) {
	case ASKS_PIN:
		return sd_bus_message_read(reply, "s", &pin) >= 0 && !strcmp(pin, device->air->pin);
	case ASKS_PASSKEY:
		return sd_bus_message_read(reply, "u", &passkey) >= 0 &&
		       passkey == device->air->passkey;
	default:
		return true;
	}
}

static int answered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct device *device = user;
	(void)error;
	device->question = sd_bus_slot_unref(device->question);
	if (sd_bus_message_is_method_error(reply, "org.bluez.Error.Canceled"))
		pairing_fail(device, "org.bluez.Error.AuthenticationCanceled",
		             "Authentication Canceled");
	else if (!answer_right(device, reply))
		pairing_fail(device, "org.bluez.Error.AuthenticationFailed",
		             "Authentication Failed");
	else
		world_after(device->world, device->air->pairs_ns, device, key_exchange, 0);
	return 0;
}

/* What a device asks of an agent that can do anything; one that cannot is not asked. */
static int question_ask(struct device *device)
{
	switch (device->air->asks) {
	case ASKS_PIN:
		return agent_ask(device, "RequestPinCode", answered, NULL, NULL);
	case ASKS_PASSKEY:
		return agent_ask(device, "RequestPasskey", answered, NULL, NULL);
	case ASKS_MATCH:
		return agent_ask(device, "RequestConfirmation", answered, NULL,
		                 &device->air->passkey);
	case ASKS_SHOW:
		return agent_ask(device, "DisplayPinCode", answered, device->air->pin, NULL);
	case ASKS_NOTHING:
		break;
	}
	if (device->knocking) /* hci_user_confirm_request_evt: with no MITM it is only a hint */
		return agent_ask(device, "RequestAuthorization", answered, NULL, NULL);
	return 0;
}

static void questions(struct world *world, struct device *device)
{
	bool pin = device->air->asks == ASKS_PIN; /* legacy pairing: whatever the agent can do */
	if (device->air->pairing == PAIRING_IGNORES) {
		world_after(world, SILENCE_NS, device, silence_ends, 0);
		return;
	}
	if (*world->agent_path && (pin || agent_can_do_anything(world)) &&
	    question_ask(device) >= 0 && device->question)
		return;
	world_after(world, device->air->pairs_ns, device, key_exchange, 0);
}

static void paged(struct world *world, struct device *device, int64_t answers)
{
	device->adapter->paging = false;
	if (!answers || !device->reachable) {
		pairing_fail(device, "org.bluez.Error.ConnectionAttemptFailed", "Page Timeout");
		return;
	}
	if (!device->connected)
		peer_device_set_connected(device, true);
	questions(world, device);
}

int peer_device_pair(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct device *device = user;
	bool answers = device->reachable && device->air->pairing != PAIRING_HELD;
	if (device->paired)
		return sd_bus_error_set(error, "org.bluez.Error.AlreadyExists", "Already Exists");
	if (device->pair_call || device->knocking)
		return sd_bus_error_set(error, "org.bluez.Error.InProgress",
		                        "Operation already in progress");
	device->pair_call = sd_bus_message_ref(call);
	device->adapter->paging = true;
	int64_t page = device->speaker ? device->speaker->connects_ns / 2 : HEARD_AGAIN_NS;
	world_after(device->world, answers ? page : PAGE_TIMEOUT_NS, device, paged, answers);
	return 1;
}

int peer_device_pair_cancel(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct device *device = user;
	if (!device->pair_call)
		return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
	pairing_fail(device, "org.bluez.Error.AuthenticationCanceled", "Authentication Canceled");
	return sd_bus_reply_method_return(call, "");
}

int peer_adapter_remove_device(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct adapter *adapter = user;
	struct world *world = adapter->world;
	const char *path;
	if (sd_bus_message_read(call, "o", &path) < 0)
		return -EINVAL;
	for (int i = 0; i < world->device_count; i++) {
		struct device *device = &world->devices[i];
		if (!device->exists || strcmp(device->path, path))
			continue;
		sd_bus_reply_method_return(call, "");
		if (!device->speaker)
			echo_pause(world->echo, true, world->now);
		peer_device_remove(device);
		device->paired = device->bonded = device->trusted = 0;
		return 1;
	}
	return sd_bus_error_set(error, "org.bluez.Error.DoesNotExist", "Does Not Exist");
}

/* --- what devices do by themselves -------------------------------------------------------------- */

static void turned_away(struct world *world, struct device *device, int64_t argument)
{
	(void)world, (void)argument;
	if (!device->transport.exists)
		peer_device_set_connected(device, false);
}

/*
 * It wants to pair with us.  The kernel refuses where the adapter is not pairable, and where there is a
 * bond already (JustWorksRepairing = never); of the latter BlueZ shows only that a link comes and goes.
 */
void peer_device_knock(struct device *device)
{
	struct world *world = device->world;
	if (world->gone || !device->adapter->exists || !device->adapter->pairable ||
	    device->pair_call || device->connected || !*world->agent_path)
		return;
	if (device->paired) {
		peer_device_set_connected(device, true);
		world_after(world, REFUSED_NS, device, turned_away, 0);
		return;
	}
	if (!device->exists)
		peer_device_add(device);
	device->knocking = true;
	peer_device_set_connected(device, true);
	questions(world, device);
}

static int let_in(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct device *device = user;
	(void)error;
	device->question = sd_bus_slot_unref(device->question);
	if (!sd_bus_message_is_method_error(reply, NULL))
		peer_device_incoming(device);
	else
		peer_device_set_connected(device, false);
	return 0;
}

/* It connects by itself, and opens its A2DP side; whoever is not trusted is asked about. */
void peer_device_call(struct device *device)
{
	if (device->world->gone || !device->adapter->exists || device->transport.exists)
		return;
	if (!device->exists)
		peer_device_add(device);
	device->reachable = true;
	if (!device->connected)
		peer_device_set_connected(device, true);
	if (device->trusted)
		peer_device_incoming(device);
	else if (!*device->world->agent_path ||
	         agent_ask(device, "AuthorizeService", let_in, ADVANCED_AUDIO_UUID, NULL) < 0)
		peer_device_set_connected(device, false);
}
