/* SPDX-License-Identifier: MIT */
/*
 * Only bluetoothd is heard.  The system bus lets only root own org.bluez, but anybody may send a signal to our
 * unique name; sd-bus takes a match's well-known sender for fulfilled by any unique name (bus-match.c), so it
 * hands such a signal on.  What the bus daemon writes, and nobody can forge, is the sender's unique name: the one
 * that answered the listing.
 */
#include "bluez/private.h"

#include <stdio.h>
#include <string.h>

static const char bus_itself[] = "org.freedesktop.DBus"; /* and .Local, of sd-bus's own making */

static const char *sender_of(sd_bus_message *message)
{
	const char *sender = sd_bus_message_get_sender(message);
	return sender ? sender : "";
}

void guard_admit(struct bluez *bluez, sd_bus_message *reply)
{
	snprintf(bluez->owner, sizeof(bluez->owner), "%s", sender_of(reply));
}

/* Before anything else sees it: 1 keeps it from the rest. */
static int on_message(sd_bus_message *message, void *user, sd_bus_error *error)
{
	struct bluez *bluez = user;
	const char *sender = sender_of(message);
	if (!strcmp(sender, bluez->owner) || !strncmp(sender, bus_itself, strlen(bus_itself)))
		return 0;
	if (sd_bus_message_is_method_call(message, NULL, NULL) > 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not bluetoothd");
	return 1;
}

int guard_start(struct bluez *bluez)
{
	return sd_bus_add_filter(bluez->bus, &bluez->guard, on_message, bluez);
}
