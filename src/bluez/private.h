/* SPDX-License-Identifier: MIT */
#ifndef BLUEZ_PRIVATE_H
#define BLUEZ_PRIVATE_H

#include "bluez/bluez.h"

/* Between the files of bluez/ only. */

struct bluez {
	sd_bus *bus;
	uint32_t rate;
	const struct bluez_events *events;
	void *user;
	bool present;      /* bluetoothd runs and its objects are known */
	bool missed;       /* something that it said could not be read for want of memory */
	unsigned listings; /* answers to GetManagedObjects since it is present */
	sd_bus_slot *added_match, *removed_match, *properties_match, *owner_match;
	sd_bus_slot *listing; /* GetManagedObjects, pending */
	sd_bus_slot *guard;
	char owner[64]; /* unique name of bluetoothd, "" while it is not present */
	struct spa_list adapters, devices, transports, remotes;
	struct agent *agent; /* NULL until one is set */
};

/* objects.c: what a message says of an object is taken over; 0 or more, or -errno. */
int objects_interfaces_add(struct bluez *bluez, const char *path, sd_bus_message *message);
int objects_interface_change(struct bluez *bluez, const char *path, const char *interface,
                             sd_bus_message *properties);
void objects_interface_remove(struct bluez *bluez, const char *path, const char *interface);
void objects_remove_all(struct bluez *bluez);
void objects_remove_unlisted(struct bluez *bluez); /* what the last listing did not have */
struct bluez_transport *objects_transport(struct bluez *bluez, const char *path);
void objects_transport_remove(struct bluez_transport *transport);
int objects_transport_read(struct bluez_transport *transport, sd_bus_message *properties);

/*
 * guard.c: from guard_start on, calls and signals of anybody but bluetoothd and the bus itself are refused or
 * dropped.  Bluetoothd is who sent `reply`.
 */
int guard_start(struct bluez *bluez);
void guard_admit(struct bluez *bluez, sd_bus_message *reply);

/* remote.c: as the ones of objects.c, for org.bluez.MediaEndpoint1. */
int remote_take(struct bluez *bluez, const char *path, sd_bus_message *properties);
void remote_remove(struct bluez *bluez, const char *path);
void remotes_remove_unlisted(struct bluez *bluez);
void remotes_free(struct bluez *bluez);

/* pairing.c, search.c: what is pending for an object goes with it. */
void pairing_forget(struct bluez_device *device);
void search_forget(struct bluez_adapter *adapter);

/* agent.c: requests about a device, or all, are of no more interest. */
void agent_forget(struct bluez *bluez, const struct bluez_device *device);
void agent_free(struct bluez *bluez);

/* media.c: our endpoints go with their adapter, or with bluetoothd. */
void media_adapter_forget(struct bluez_adapter *adapter);

#endif
