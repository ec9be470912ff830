/* SPDX-License-Identifier: MIT */
#include "bluez/bus.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"

#define DESTINATION "org.bluez"

/* --- opening ----------------------------------------------------------------------------------- */

static int finish_open(sd_bus **ret_bus, sd_bus *bus, int error)
{
	if (error >= 0)
		error = sd_bus_negotiate_fds(bus, 1);
	if (error >= 0)
		error = sd_bus_start(bus);
	if (error < 0) {
		sd_bus_unref(bus);
		return error;
	}
	*ret_bus = bus;
	return 0;
}

int bus_open_system(sd_bus **ret_bus)
{
	return sd_bus_open_system(ret_bus) < 0 ? -ENOENT : 0;
}

int bus_open_address(sd_bus **ret_bus, const char *address)
{
	sd_bus *bus = NULL;
	int error = sd_bus_new(&bus);
	if (error >= 0)
		error = sd_bus_set_address(bus, address);
	if (error >= 0)
		error = sd_bus_set_bus_client(bus, 1);
	return finish_open(ret_bus, bus, error);
}

int bus_open_peer(sd_bus **ret_bus, int fd)
{
	sd_bus *bus = NULL;
	int error = sd_bus_new(&bus);
	if (error >= 0)
		error = sd_bus_set_fd(bus, fd, fd);
	if (error < 0)
		close(fd);
	return finish_open(ret_bus, bus, error);
}

/* --- calling ----------------------------------------------------------------------------------- */

static int call_new(sd_bus *bus, sd_bus_message **call, const char *path, const char *interface,
                    const char *method)
{
	return sd_bus_message_new_method_call(bus, call, DESTINATION, path, interface, method);
}

static int call_send(sd_bus *bus, sd_bus_slot **slot, sd_bus_message *call, uint64_t timeout_us,
                     sd_bus_message_handler_t done, void *user)
{
	*slot = sd_bus_slot_unref(*slot);
	int error = sd_bus_call_async(bus, slot, call, done, user, timeout_us);
	return error < 0 ? error : 0;
}

int bus_call(sd_bus *bus, sd_bus_slot **slot, const char *path, const char *interface,
             const char *method, uint64_t timeout_us, sd_bus_message_handler_t done, void *user,
             const char *types, ...)
{
	sd_bus_message *call = NULL;
	va_list arguments;
	int error = call_new(bus, &call, path, interface, method);
	if (error >= 0) {
		va_start(arguments, types);
		error = sd_bus_message_appendv(call, types, arguments);
		va_end(arguments);
	}
	if (error >= 0)
		error = call_send(bus, slot, call, timeout_us, done, user);
	sd_bus_message_unref(call);
	return error;
}

int bus_set_property(sd_bus *bus, sd_bus_slot **slot, const char *path, const char *interface,
                     const char *property, sd_bus_message_handler_t done, void *user,
                     const char *type, ...)
{
	sd_bus_message *call = NULL;
	va_list arguments;
	int error = call_new(bus, &call, path, "org.freedesktop.DBus.Properties", "Set");
	if (error >= 0)
		error = sd_bus_message_append(call, "ss", interface, property);
	if (error >= 0)
		error = sd_bus_message_open_container(call, 'v', type);
	if (error >= 0) {
		va_start(arguments, type);
		error = sd_bus_message_appendv(call, type, arguments);
		va_end(arguments);
	}
	if (error >= 0)
		error = sd_bus_message_close_container(call);
	if (error >= 0)
		error = call_send(bus, slot, call, 0, done, user);
	sd_bus_message_unref(call);
	return error;
}

/* --- reading ----------------------------------------------------------------------------------- */

static const char *const signatures[] = {
    [BUS_TEXT] = "s",  [BUS_FLAG] = "b",   [BUS_UINT8] = "y",  [BUS_UINT16] = "q",
    [BUS_INT16] = "n", [BUS_UINT32] = "u", [BUS_BYTES] = "ay", [BUS_UUIDS] = "as",
};

static int read_bytes(sd_bus_message *message, struct bus_bytes *bytes)
{
	const void *data;
	size_t size;
	int error = sd_bus_message_read_array(message, 'y', &data, &size);
	if (error < 0)
		return error;
	bytes->size = size <= sizeof(bytes->bytes) ? (uint8_t)size : 0;
	memcpy(bytes->bytes, data, bytes->size);
	return 1;
}

static int read_uuids(sd_bus_message *message, const struct bus_uuid *known, uint32_t *mask)
{
	const char *uuid;
	int error = sd_bus_message_enter_container(message, 'a', "s");
	*mask = 0;
	while (error >= 0 && (error = sd_bus_message_read(message, "s", &uuid)) > 0)
		for (const struct bus_uuid *row = known; row->uuid; row++)
			if (!strcasecmp(row->uuid, uuid))
				*mask |= row->bit;
	return error < 0 ? error : sd_bus_message_exit_container(message);
}

static int read_value(sd_bus_message *message, const struct bus_property *row, void *place,
                      char type)
{
	const char *text;
	int flag, error;
	switch (row->kind) {
	case BUS_TEXT:
		error = sd_bus_message_read_basic(message, type, &text);
		if (error > 0)
			snprintf(place, row->size, "%s", text);
		return error;
	case BUS_FLAG:
		error = sd_bus_message_read_basic(message, 'b', &flag);
		if (error > 0)
			*(bool *)place = flag;
		return error;
	case BUS_BYTES:
		return read_bytes(message, place);
	case BUS_UUIDS:
		return read_uuids(message, row->uuids, place);
	default:
		return sd_bus_message_read_basic(message, signatures[row->kind][0], place);
	}
}

static bool type_fits(const struct bus_property *row, const char *contents)
{
	if (row->kind == BUS_TEXT && !strcmp(contents, "o"))
		return true;
	return !strcmp(contents, signatures[row->kind]);
}

/* Inside of a {sv}: returns 1 when the value was taken, 0 when it was skipped. */
static int read_entry(sd_bus_message *message, const struct bus_property *table, void *object)
{
	const char *name, *contents;
	char type;
	int error = sd_bus_message_read_basic(message, 's', &name);
	if (error < 0)
		return error;
	const struct bus_property *row = table;
	while (row->name && strcmp(row->name, name))
		row++;
	error = sd_bus_message_peek_type(message, &type, &contents);
	if (error < 0)
		return error;
	if (type != 'v' || !row->name || !type_fits(row, contents)) {
		error = sd_bus_message_skip(message, NULL);
		return error < 0 ? error : 0;
	}
	char first = contents[0];
	error = sd_bus_message_enter_container(message, 'v', contents);
	if (error >= 0)
		error = read_value(message, row, (char *)object + row->offset, first);
	if (error >= 0)
		error = sd_bus_message_exit_container(message);
	if (error >= 0 && row->present)
		*(bool *)((char *)object + row->present) = true;
	return error < 0 ? error : 1;
}

int bus_read_properties(sd_bus_message *message, const struct bus_property *table, void *object)
{
	int taken = 0, error = sd_bus_message_enter_container(message, 'a', "{sv}");
	while (error >= 0 && (error = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
		int entry = read_entry(message, table, object);
		if (entry < 0)
			return entry;
		taken += entry;
		error = sd_bus_message_exit_container(message);
	}
	if (error >= 0)
		error = sd_bus_message_exit_container(message);
	return error < 0 ? error : taken;
}

/* --- words ------------------------------------------------------------------------------------- */

struct wording {
	const char *what; /* what BlueZ says: in the message, or the error's name */
	const char *text;
};

/* src/error.h of BlueZ has the br-connection-… texts, doc/errors.txt what they come from. */
static const struct wording wordings[] = {
    {"br-connection-page-timeout", "does not answer - is it switched on and near?"},
    {"br-connection-profile-unavailable", "does not offer A2DP in that direction"},
    {"br-connection-sdp-search", "did not say what it can do - switch it off and on"},
    {"br-connection-create-socket",
     "no free endpoint - does another program (WirePlumber) hold it?"},
    {"br-connection-adapter-not-powered", "the adapter is off - bluetoothctl power on"},
    {"br-connection-busy", "the adapter is busy with another connection"},
    {"br-connection-concurrent-connection-limit", "the adapter has no room for one more link"},
    {"br-connection-timeout", "took too long to connect - move it closer"},
    {"br-connection-refused", "refused - is it connected to a phone?"},
    {"br-connection-aborted-by-remote", "hung up while connecting"},
    {"br-connection-aborted-by-local", "the connection was cancelled here"},
    {"br-connection-lmp-protocol-error", "the radios did not understand each other - try again"},
    {"br-connection-canceled", "the connection was cancelled"},
    {"br-connection-already-connected", "is already connected"},
    {"br-connection-unknown", "could not be connected, and BlueZ does not know why"},
    {"Input/output error", "the stream could not be started"},
    {"org.bluez.Error.NotReady", "the adapter is not ready - is it switched on?"},
    {"org.bluez.Error.InProgress", "that is under way already"},
    {"org.bluez.Error.NotAuthorized", "another program holds this stream"},
    {"org.bluez.Error.NotAvailable", "that is not to be had now"},
    {"org.bluez.Error.NotSupported", "this adapter or BlueZ does not support it"},
    {"org.bluez.Error.AlreadyExists", "another program has registered the same"},
    {"org.bluez.Error.DoesNotExist", "it is gone"},
    {"org.freedesktop.DBus.Error.ServiceUnknown",
     "bluetoothd is not running - sudo systemctl start bluetooth"},
    {"org.freedesktop.DBus.Error.NameHasNoOwner",
     "bluetoothd is not running - sudo systemctl start bluetooth"},
    {"org.freedesktop.DBus.Error.AccessDenied",
     "D-Bus forbids it - is your user in the group 'bluetooth'?"},
    {"org.freedesktop.DBus.Error.NoReply", "bluetoothd did not answer in time"},
    {"org.freedesktop.DBus.Error.UnknownObject", "it is gone"},
    {"System.Error.ETIMEDOUT", "bluetoothd did not answer in time"},
};

const char *bus_error_text(const sd_bus_error *error)
{
	static char clean[160];
	const char *message = error && error->message ? error->message : "";
	const char *name = error && error->name ? error->name : "";
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (!strcmp(message, wordings[i].what))
			return wordings[i].text;
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (!strcmp(name, wordings[i].what))
			return wordings[i].text;
	return *text_clean(clean, sizeof(clean), message) ? clean : "failed without a reason";
}

int bus_dispatch(sd_bus_message *message, const char *interface, const struct bus_method *methods,
                 void *user, sd_bus_error *error)
{
	const struct bus_method *method = methods;
	if (!sd_bus_message_is_method_call(message, interface, NULL))
		return 0;
	while (method->name && !sd_bus_message_is_method_call(message, interface, method->name))
		method++;
	if (!method->name)
		return sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_METHOD, "no such method");
	if (!sd_bus_message_has_signature(message, method->types))
		return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS, "other arguments");
	return method->call(message, user, error);
}
