/* SPDX-License-Identifier: MIT */
/*
 * What devices offer: the endpoints of the other side, MediaEndpoint1 below a device.  BlueZ has them while
 * the device is connected (profiles/audio/a2dp.c, register_remote_sep).
 */
#include "bluez/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(name, kind, field)                                                                   \
	{                                                                                          \
		name, kind, offsetof(struct bluez_remote, field),                                  \
		    sizeof(((struct bluez_remote *)0)->field), 0, NULL                             \
	}

static const struct bus_property remote_table[] = {
    FIELD("Device", BUS_TEXT, device_path),
    FIELD("UUID", BUS_TEXT, uuid),
    FIELD("Codec", BUS_UINT8, codec),
    FIELD("Capabilities", BUS_BYTES, capabilities),
    {"DelayReporting", BUS_FLAG, offsetof(struct bluez_remote, delay_reporting), 0,
     offsetof(struct bluez_remote, delay_reporting_known), NULL},
    {0},
};

struct spa_list *bluez_remotes(struct bluez *bluez)
{
	return &bluez->remotes;
}

static struct bluez_remote *remote_at(struct bluez *bluez, const char *path)
{
	struct bluez_remote *remote;
	spa_list_for_each (remote, &bluez->remotes, link)
		if (!strcmp(remote->path, path))
			return remote;
	return NULL;
}

/* It may come before its device does, in the answer to GetManagedObjects. */
static void tell(struct bluez *bluez, const struct bluez_remote *remote)
{
	struct bluez_device *device = bluez_find_device(bluez, remote->device_path);
	if (!device)
		return;
	device->heard = device->just_paired = false;
	bluez->events->device(bluez->user, device, BLUEZ_CHANGED);
}

int remote_take(struct bluez *bluez, const char *path, sd_bus_message *properties)
{
	struct bluez_remote *remote = remote_at(bluez, path);
	if (!remote) {
		remote = calloc(1, sizeof(*remote));
		if (!remote)
			return -ENOMEM;
		snprintf(remote->path, sizeof(remote->path), "%s", path);
		spa_list_append(&bluez->remotes, &remote->link);
	}
	remote->listed = bluez->listings;
	int error = bus_read_properties(properties, remote_table, remote);
	if (error < 0)
		return error;
	tell(bluez, remote);
	return 0;
}

static void forget(struct bluez_remote *remote)
{
	spa_list_remove(&remote->link);
	free(remote);
}

void remote_remove(struct bluez *bluez, const char *path)
{
	struct bluez_remote *remote = remote_at(bluez, path);
	if (remote)
		forget(remote);
}

void remotes_remove_unlisted(struct bluez *bluez)
{
	struct bluez_remote *remote, *next;
	spa_list_for_each_safe (remote, next, &bluez->remotes, link)
		if (remote->listed != bluez->listings)
			forget(remote);
}

void remotes_free(struct bluez *bluez)
{
	struct bluez_remote *remote, *next;
	spa_list_for_each_safe (remote, next, &bluez->remotes, link)
		forget(remote);
}
