/* SPDX-License-Identifier: MIT */
#ifndef BLUEZ_BUS_H
#define BLUEZ_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

/*
 * What every D-Bus client needs and sd-bus leaves to it: opening a connection, a call whose answer
 * belongs to an object, reading a{sv} by a table, words for an error.  Main thread only.
 */

/*
 * Opens a connection: to the system bus, to the bus at an address (as DBUS_SYSTEM_BUS_ADDRESS has
 * them), or to the peer at the other end of `fd`, which the connection owns from now on, even on
 * failure.  Returns 0 or -errno.
 */
int bus_open_system(sd_bus **ret_bus);
int bus_open_address(sd_bus **ret_bus, const char *address);
int bus_open_peer(sd_bus **ret_bus, int fd);

/*
 * Calls a method of org.bluez.  `done` gets the reply or the error; it is not called any more once
 * *slot is unreferenced, which is what the object that owns the slot does when it goes.  A call still
 * pending in *slot is forgotten first.  Returns 0 or -errno.
 */
int bus_call(sd_bus *bus, sd_bus_slot **slot, const char *path, const char *interface,
             const char *method, uint64_t timeout_us, sd_bus_message_handler_t done, void *user,
             const char *types, ...);

/* Sets a property of org.bluez, in the same way. */
int bus_set_property(sd_bus *bus, sd_bus_slot **slot, const char *path, const char *interface,
                     const char *property, sd_bus_message_handler_t done, void *user,
                     const char *type, ...);

enum bus_kind {
	BUS_TEXT,   /* s or o, into char[size], cut if need be */
	BUS_FLAG,   /* b, into bool */
	BUS_UINT8,  /* y */
	BUS_UINT16, /* q */
	BUS_INT16,  /* n */
	BUS_UINT32, /* u */
	BUS_BYTES,  /* ay, into struct bus_bytes */
	BUS_UUIDS,  /* as, into a bit mask by bus_property.uuids */
};

struct bus_bytes {
	uint8_t size; /* 0 when absent or too long */
	uint8_t bytes[16];
};

struct bus_uuid {
	const char *uuid; /* ends the list with NULL */
	uint32_t bit;
};

/* One row of the table: where a property goes in an object. */
struct bus_property {
	const char *name;
	enum bus_kind kind;
	size_t offset;
	size_t size;    /* of a BUS_TEXT */
	size_t present; /* offset of a bool that is set when the property comes, or 0 */
	const struct bus_uuid *uuids;
};

/*
 * Reads the a{sv} that stands next in `message` into `object`; `table` ends with a NULL name.  Unknown
 * keys and values of another type are skipped.  Returns how many were taken, or -errno.
 */
int bus_read_properties(sd_bus_message *message, const struct bus_property *table, void *object);

/* A method of an object of ours; `types` as sd_bus_message_has_signature takes them. */
struct bus_method {
	const char *name, *types;
	sd_bus_message_handler_t call;
};

/*
 * Hands a call to the one of `methods`, which end with a NULL name, that it is meant for; for the callback of
 * sd_bus_add_object.  Not sd-bus's own vtables: in libsystemd, 252 as 257, one that cannot be added for want of memory
 * leaves freed names behind in the connection (bus-objects.c, add_object_vtable_internal), and the next call reads them.
 */
int bus_dispatch(sd_bus_message *message, const char *interface, const struct bus_method *methods,
                 void *user, sd_bus_error *error);

/*
 * What an error of BlueZ or of D-Bus means to a user, and what to do: "does not answer - is it switched
 * on and near?".  Never NULL.
 */
const char *bus_error_text(const sd_bus_error *error);

#endif
