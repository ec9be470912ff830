/* SPDX-License-Identifier: MIT */
#ifndef BLUEZ_BLUEZ_H
#define BLUEZ_BLUEZ_H

#include <stdbool.h>
#include <stdint.h>

#include <spa/utils/defs.h>
#include <spa/utils/list.h>
#include <systemd/sd-bus.h>

#include "bluez/bus.h"

/*
 * The client of org.bluez: a copy of its objects, kept up to date, and the calls the relay makes.
 * Nothing here waits: every call answers later, by an event.  Main thread only.
 *
 * Objects belong to bluez; a pointer is good until the event BLUEZ_REMOVED for it returns.  Names come
 * from the air and are not cleaned here.
 */

#define BLUEZ_A2DP_SOURCE "0000110a-0000-1000-8000-00805f9b34fb"
#define BLUEZ_A2DP_SINK "0000110b-0000-1000-8000-00805f9b34fb"

#define BLUEZ_PATH 192
#define BLUEZ_NAME 256 /* 248 bytes and the end, with room to spare */

/* What a device offers, by its UUIDs. */
enum { BLUEZ_OFFERS_SOURCE = 1, BLUEZ_OFFERS_SINK = 2 };

struct bluez;

struct bluez_adapter {
	struct spa_list link; /* bluez.adapters */
	struct bluez *bluez;
	char path[BLUEZ_PATH];
	char address[18];
	char alias[BLUEZ_NAME];
	bool powered, discoverable, pairable, discovering;
	uint32_t class;
	int endpoints;                 /* of ours, registered there; −1: not asked for yet */
	int endpoints_pending;         /* calls not yet answered */
	struct spa_list endpoint_list; /* struct endpoint::link */
};

struct bluez_device {
	struct spa_list link; /* bluez.devices */
	struct bluez *bluez;
	char path[BLUEZ_PATH];
	char adapter_path[BLUEZ_PATH];
	struct bluez_adapter *adapter; /* NULL while the adapter is not known */
	char address[18];
	char name[BLUEZ_NAME]; /* its alias: the user's name for it, else its own */
	char modalias[64];
	uint32_t class;
	uint32_t offers; /* BLUEZ_OFFERS_… */
	bool paired, trusted, blocked, connected;
	sd_bus_slot *call; /* Connect or Disconnect, pending */
};

enum bluez_transport_state { BLUEZ_IDLE, BLUEZ_PENDING, BLUEZ_ACTIVE };

struct bluez_transport {
	struct spa_list link; /* bluez.transports */
	struct bluez *bluez;
	char path[BLUEZ_PATH];
	char device_path[BLUEZ_PATH];
	struct bluez_device *device; /* NULL while the device is not known */
	char uuid[40];
	char state_text[16];
	enum bluez_transport_state state;
	uint8_t codec;
	struct bus_bytes configuration;
	bool mine; /* one of our endpoints has it; else another program's */
	bool delay_known, volume_known;
	uint16_t delay;      /* 1/10 ms, the device's AVDTP delay report */
	uint16_t volume;     /* 0..127, AVRCP absolute volume */
	sd_bus_slot *call;   /* Acquire or Release, pending */
	sd_bus_slot *setter; /* Set of Volume, pending */
};

enum bluez_change { BLUEZ_ADDED, BLUEZ_CHANGED, BLUEZ_REMOVED };

struct bluez_events {
	/* bluetoothd is there, and all its objects have been told; or it is not, for `reason`. */
	void (*service)(void *user, bool present, const char *reason);
	void (*adapter)(void *user, struct bluez_adapter *adapter, enum bluez_change change);
	/* Our endpoints on an adapter are registered (or not, for `problem`). */
	void (*endpoints)(void *user, struct bluez_adapter *adapter, const char *problem);
	void (*device)(void *user, struct bluez_device *device, enum bluez_change change);
	void (*transport)(void *user, struct bluez_transport *transport, enum bluez_change change);
	/* Answers; `problem` is NULL when all went well, else words for the user. */
	void (*connected)(void *user, struct bluez_device *device, const char *problem);
	void (*disconnected)(void *user, struct bluez_device *device, const char *problem);
	/* `fd` belongs to the receiver; −1 with a problem. */
	void (*acquired)(void *user, struct bluez_transport *transport, int fd, uint16_t mtu,
	                 const char *problem);
	void (*released)(void *user, struct bluez_transport *transport, const char *problem);
};

/*
 * Begins to follow org.bluez on `bus`, which must outlive it.  `rate` is what our endpoints want a
 * speaker to be configured at.  Returns 0 or -errno; that bluetoothd is not running is no error.
 */
int bluez_new(struct bluez **ret_bluez, sd_bus *bus, uint32_t rate,
              const struct bluez_events *events, void *user);
/* Releases what is acquired, tells no more events. */
void bluez_free(struct bluez *bluez);

/* Asks again whether bluetoothd is there, where it was not. */
void bluez_retry(struct bluez *bluez);

/*
 * Registers `count` SBC source endpoints on an adapter, one after the other, so that their order is
 * fixed: before BlueZ 5.83 one endpoint carries one stream (profiles/audio/a2dp.c, struct a2dp_sep),
 * and an outgoing connection takes the first that is free.  More than there are are added, none is
 * ever taken away.  `endpoints` follows.
 */
int bluez_register_endpoints(struct bluez *bluez, struct bluez_adapter *adapter, int count);

/*
 * Connects one profile of a device, BLUEZ_A2DP_SINK of a speaker or BLUEZ_A2DP_SOURCE of an Echo:
 * never Device1.Connect, with which a device that offers both may pick the wrong side.  `connected`
 * follows, within a minute.
 */
int bluez_connect(struct bluez_device *device, const char *uuid);
int bluez_disconnect(struct bluez_device *device);

/* Asks for the media channel of a transport of ours; `acquired` follows. */
int bluez_acquire(struct bluez_transport *transport);
/* Suspends the stream; `released` follows.  The fd must not be written any more. */
int bluez_release(struct bluez_transport *transport);
/* 0..127; the change comes back as an event. */
int bluez_set_volume(struct bluez_transport *transport, uint16_t volume);

struct bluez_adapter *bluez_find_adapter(struct bluez *bluez, const char *address);
struct bluez_device *bluez_find_device(struct bluez *bluez, const char *path);
struct spa_list *bluez_adapters(struct bluez *bluez);
struct spa_list *bluez_devices(struct bluez *bluez);
struct spa_list *bluez_transports(struct bluez *bluez);

#endif
