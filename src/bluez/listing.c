/* SPDX-License-Identifier: MIT */
/* What is heard of org.bluez's objects: GetManagedObjects once, signals from then on. */
#include "bluez/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTING_TIMEOUT_US 10000000

static int objects_add(struct bluez *bluez, sd_bus_message *message)
{
	const char *path;
	int error = sd_bus_message_enter_container(message, 'a', "{oa{sa{sv}}}");
	bluez->listings++;
	while (error >= 0 &&
	       (error = sd_bus_message_enter_container(message, 'e', "oa{sa{sv}}")) > 0) {
		error = sd_bus_message_read_basic(message, 'o', &path);
		if (error >= 0)
			error = objects_interfaces_add(bluez, path, message);
		if (error >= 0)
			error = sd_bus_message_exit_container(message);
	}
	return error;
}

static void call_listing(struct bluez *bluez, sd_bus_message_handler_t done)
{
	bus_call(bluez->bus, &bluez->listing, "/", "org.freedesktop.DBus.ObjectManager",
	         "GetManagedObjects", LISTING_TIMEOUT_US, done, bluez, "");
}

/* --- signals ----------------------------------------------------------------------------------- */

static int on_listing_again(sd_bus_message *reply, void *user, sd_bus_error *ret_error)
{
	struct bluez *bluez = user;
	(void)ret_error;
	bluez->listing = sd_bus_slot_unref(bluez->listing);
	bluez->missed = sd_bus_message_is_method_error(reply, NULL) ||
	                objects_add(bluez, reply) < 0;
	if (!bluez->missed)
		objects_remove_unlisted(bluez);
	return 0;
}

/* What could not be read for want of memory is asked for anew; where that fails, with the next signal. */
static int heard(struct bluez *bluez, int error)
{
	bluez->missed |= error == -ENOMEM;
	if (bluez->missed && bluez->present && !bluez->listing)
		call_listing(bluez, on_listing_again);
	return 0;
}

static int on_added(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct bluez *bluez = user;
	const char *path;
	int result = 0;
	(void)error;
	if (bluez->present && sd_bus_message_read_basic(message, 'o', &path) >= 0)
		result = objects_interfaces_add(bluez, path, message);
	return heard(bluez, result);
}

static int on_removed(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct bluez *bluez = user;
	const char *path, *interface;
	(void)error;
	int result = sd_bus_message_read_basic(message, 'o', &path);
	if (result >= 0)
		result = sd_bus_message_enter_container(message, 'a', "s");
	while (result >= 0 && (result = sd_bus_message_read_basic(message, 's', &interface)) > 0)
		objects_interface_remove(bluez, path, interface);
	return heard(bluez, result);
}

static int on_properties(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct bluez *bluez = user;
	const char *interface, *path = sd_bus_message_get_path(message);
	int result = 0;
	(void)error;
	if (path && sd_bus_message_read_basic(message, 's', &interface) >= 0)
		result = objects_interface_change(bluez, path, interface, message);
	return heard(bluez, result);
}

/* --- bluetoothd comes and goes ----------------------------------------------------------------- */

static void service_lost(struct bluez *bluez, const char *reason)
{
	bluez->present = false;
	*bluez->owner = 0;
	objects_remove_all(bluez);
	agent_free(bluez);
	bluez->events->service(bluez->user, false, reason);
}

static int on_listing(sd_bus_message *reply, void *user, sd_bus_error *ret_error)
{
	struct bluez *bluez = user;
	(void)ret_error;
	bluez->listing = sd_bus_slot_unref(bluez->listing);
	if (sd_bus_message_is_method_error(reply, NULL)) {
		service_lost(bluez, bus_error_text(sd_bus_message_get_error(reply)));
		return 0;
	}
	guard_admit(bluez, reply);
	bluez->present = true;
	if (objects_add(bluez, reply) < 0)
		service_lost(bluez, "bluetoothd's answer makes no sense");
	else
		bluez->events->service(bluez->user, true, NULL);
	return 0;
}

void bluez_retry(struct bluez *bluez)
{
	if (bluez->present || bluez->listing)
		return;
	call_listing(bluez, on_listing);
}

static int on_owner(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct bluez *bluez = user;
	const char *name, *old, *new;
	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &old, &new) < 0 || strcmp(name, "org.bluez"))
		return 0;
	bluez->listing = sd_bus_slot_unref(bluez->listing);
	if (bluez->present)
		service_lost(bluez, "bluetoothd has stopped");
	if (*new)
		bluez_retry(bluez);
	return 0;
}

static int matches_add(struct bluez *bluez)
{
	static const char object_manager[] = "org.freedesktop.DBus.ObjectManager";
	sd_bus *bus = bluez->bus;
	int error = sd_bus_match_signal_async(bus, &bluez->added_match, "org.bluez", "/",
	                                      object_manager, "InterfacesAdded", on_added, NULL,
	                                      bluez);
	if (error >= 0)
		error = sd_bus_match_signal_async(bus, &bluez->removed_match, "org.bluez", "/",
		                                  object_manager, "InterfacesRemoved", on_removed,
		                                  NULL, bluez);
	if (error >= 0)
		error = sd_bus_add_match_async(
		    bus, &bluez->properties_match,
		    "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',"
		    "member='PropertiesChanged',path_namespace='/org/bluez'",
		    on_properties, NULL, bluez);
	if (error >= 0)
		error = sd_bus_add_match_async(
		    bus, &bluez->owner_match,
		    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
		    "member='NameOwnerChanged',arg0='org.bluez'",
		    on_owner, NULL, bluez);
	return error < 0 ? error : 0;
}

int bluez_new(struct bluez **ret_bluez, sd_bus *bus, uint32_t rate,
              const struct bluez_events *events, void *user)
{
	struct bluez *bluez = calloc(1, sizeof(*bluez));
	if (!bluez)
		return -ENOMEM;
	bluez->bus = bus;
	bluez->rate = rate;
	bluez->events = events;
	bluez->user = user;
	spa_list_init(&bluez->adapters);
	spa_list_init(&bluez->devices);
	spa_list_init(&bluez->transports);
	spa_list_init(&bluez->remotes);
	int error = guard_start(bluez);
	if (error >= 0)
		error =
		    matches_add(bluez); /* before the listing, so that nothing falls in between */
	if (error < 0) {
		bluez_free(bluez);
		return error;
	}
	bluez_retry(bluez);
	*ret_bluez = bluez;
	return 0;
}

static void ignore_service(void *user, bool present, const char *reason)
{
	(void)user, (void)present, (void)reason;
}
static void ignore_adapter(void *user, struct bluez_adapter *adapter, enum bluez_change change)
{
	(void)user, (void)adapter, (void)change;
}
static void ignore_device(void *user, struct bluez_device *device, enum bluez_change change)
{
	(void)user, (void)device, (void)change;
}
static void ignore_transport(void *user, struct bluez_transport *transport,
                             enum bluez_change change)
{
	(void)user, (void)transport, (void)change;
}

void bluez_free(struct bluez *bluez)
{
	static const struct bluez_events nobody = {.service = ignore_service,
	                                           .adapter = ignore_adapter,
	                                           .device = ignore_device,
	                                           .transport = ignore_transport};
	if (!bluez)
		return;
	bluez->events = &nobody;
	sd_bus_slot_unref(bluez->listing);
	sd_bus_slot_unref(bluez->guard);
	sd_bus_slot_unref(bluez->added_match);
	sd_bus_slot_unref(bluez->removed_match);
	sd_bus_slot_unref(bluez->properties_match);
	sd_bus_slot_unref(bluez->owner_match);
	agent_free(bluez); /* first: it would tell what is withdrawn */
	objects_remove_all(bluez);
	free(bluez);
}
