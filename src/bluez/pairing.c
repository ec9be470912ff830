/* SPDX-License-Identifier: MIT */
/* Pairing a device, and what BlueZ keeps of it: trust, its name, that it is known at all. */
#include "bluez/private.h"

#include <stddef.h>
#include <string.h>

#define DEVICE "org.bluez.Device1"
/* A page, a retry, and a minute that a user may take over a question (src/agent.c, REQUEST_TIMEOUT). */
#define PAIR_TIMEOUT_US 90000000

enum { KEEP_TRUST, KEEP_ALIAS, KEEP_REMOVE };

static enum bluez_pairing pairing_of(const sd_bus_error *error)
{
	static const struct {
		const char *name;
		enum bluez_pairing how;
	} names[] = {
	    {"org.bluez.Error.ConnectionAttemptFailed", BLUEZ_PAIR_UNREACHED},
	    {"org.bluez.Error.AuthenticationRejected", BLUEZ_PAIR_REJECTED},
	    {"org.bluez.Error.AuthenticationFailed", BLUEZ_PAIR_FAILED},
	    {"org.bluez.Error.AuthenticationTimeout", BLUEZ_PAIR_TIMEOUT},
	    {"org.bluez.Error.AuthenticationCanceled", BLUEZ_PAIR_CANCELLED},
	    {"org.bluez.Error.AlreadyExists", BLUEZ_PAIR_EXISTS},
	    {"org.bluez.Error.DoesNotExist", BLUEZ_PAIR_GONE},
	    {"org.freedesktop.DBus.Error.UnknownObject", BLUEZ_PAIR_GONE},
	    {"org.freedesktop.DBus.Error.NoReply", BLUEZ_PAIR_TIMEOUT},
	    {"System.Error.ETIMEDOUT", BLUEZ_PAIR_TIMEOUT},
	};
	const char *name = error && error->name ? error->name : "";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i].name))
			return names[i].how;
	return BLUEZ_PAIR_OTHER;
}

static int on_paired(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_device *device = user;
	const struct bluez_events *events = device->bluez->events;
	(void)error;
	sd_bus_message_ref(reply);
	device->pairing = sd_bus_slot_unref(device->pairing);
	if (sd_bus_message_is_method_error(reply, NULL)) {
		const sd_bus_error *why = sd_bus_message_get_error(reply);
		events->paired(device->bluez->user, device, pairing_of(why), bus_error_text(why));
	} else {
		events->paired(device->bluez->user, device, BLUEZ_PAIRED, NULL);
	}
	sd_bus_message_unref(reply);
	return 0;
}

int bluez_pair(struct bluez_device *device)
{
	return bus_call(device->bluez->bus, &device->pairing, device->path, DEVICE, "Pair",
	                PAIR_TIMEOUT_US, on_paired, device, "");
}

static int on_kept(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bluez_device *device = user;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		device->bluez->events->not_kept(device->bluez->user, device,
		                                bus_error_text(sd_bus_message_get_error(reply)));
	return 0;
}

/* Its own answer is of no interest: that of Pair tells. */
static int on_cancelled(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	(void)reply, (void)user, (void)error;
	return 0;
}

int bluez_pair_cancel(struct bluez_device *device)
{
	return bus_call(device->bluez->bus, &device->keeping[KEEP_REMOVE], device->path, DEVICE,
	                "CancelPairing", 0, on_cancelled, device, "");
}

int bluez_remove(struct bluez_device *device)
{
	return bus_call(device->bluez->bus, &device->keeping[KEEP_REMOVE], device->adapter_path,
	                "org.bluez.Adapter1", "RemoveDevice", 0, on_kept, device, "o",
	                device->path);
}

int bluez_set_trusted(struct bluez_device *device, bool trusted)
{
	return bus_set_property(device->bluez->bus, &device->keeping[KEEP_TRUST], device->path,
	                        DEVICE, "Trusted", on_kept, device, "b", (int)trusted);
}

int bluez_set_alias(struct bluez_device *device, const char *alias)
{
	return bus_set_property(device->bluez->bus, &device->keeping[KEEP_ALIAS], device->path,
	                        DEVICE, "Alias", on_kept, device, "s", alias);
}

void pairing_forget(struct bluez_device *device)
{
	device->pairing = sd_bus_slot_unref(device->pairing);
	for (int i = 0; i < 3; i++)
		device->keeping[i] = sd_bus_slot_unref(device->keeping[i]);
}
