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

/* What a device or an adapter offers, by its UUIDs. */
enum { BLUEZ_OFFERS_SOURCE = 1, BLUEZ_OFFERS_SINK = 2 };

struct bluez;

struct bluez_adapter {
	struct spa_list link; /* bluez.adapters */
	struct bluez *bluez;
	unsigned listed; /* bluez.listings when it was last told of */
	char path[BLUEZ_PATH];
	char address[18];
	char alias[BLUEZ_NAME];
	bool powered, discoverable, pairable, discovering;
	uint32_t class;
	uint32_t offers; /* BLUEZ_OFFERS_…: what programs have registered there, ours or others */
	sd_bus_slot *search;    /* StartDiscovery or StopDiscovery, pending */
	sd_bus_slot *window[4]; /* the four properties of a pairing window, pending */
	int endpoints;          /* sources of ours, registered there; −1: not asked for yet */
	bool sink;              /* so is a sink of ours, or it is being asked for */
	int endpoints_pending;  /* calls not yet answered */
	struct spa_list endpoint_list; /* struct endpoint::link */
};

struct bluez_device {
	struct spa_list link; /* bluez.devices */
	struct bluez *bluez;
	unsigned listed;
	char path[BLUEZ_PATH];
	char adapter_path[BLUEZ_PATH];
	struct bluez_adapter *adapter; /* NULL while the adapter is not known */
	char address[18];
	char name[BLUEZ_NAME];     /* its alias: the user's name for it, else its own */
	char own_name[BLUEZ_NAME]; /* whatever the user calls it */
	char modalias[64];
	uint32_t class;
	uint32_t offers; /* BLUEZ_OFFERS_… */
	bool paired, trusted, blocked, connected;
	bool just_paired;  /* in an event: it was not before this change; or it is new, and here */
	int16_t rssi;      /* dBm, of the last inquiry that heard it; no property outside of one */
	bool heard;        /* in an event: this change brought a fresh rssi */
	sd_bus_slot *call; /* Connect or Disconnect, pending */
	sd_bus_slot *pairing;    /* Pair, pending */
	sd_bus_slot *keeping[3]; /* Trusted, Alias, RemoveDevice, pending */
};

enum bluez_transport_state { BLUEZ_IDLE, BLUEZ_PENDING, BLUEZ_ACTIVE };

struct bluez_transport {
	struct spa_list link; /* bluez.transports */
	struct bluez *bluez;
	unsigned listed;
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

/* What a device can receive or send, one for each codec: there while it is connected. */
struct bluez_remote {
	struct spa_list link; /* bluez.remotes */
	unsigned listed;
	char path[BLUEZ_PATH];
	char device_path[BLUEZ_PATH];
	char uuid[40]; /* BLUEZ_A2DP_SINK: it receives */
	uint8_t codec;
	struct bus_bytes capabilities;
	bool delay_reporting, delay_reporting_known;
};

enum bluez_change { BLUEZ_ADDED, BLUEZ_CHANGED, BLUEZ_REMOVED };

/* How a pairing ended (doc/device-api.txt, Pair). */
enum bluez_pairing {
	BLUEZ_PAIRED,
	BLUEZ_PAIR_UNREACHED, /* no link came about */
	BLUEZ_PAIR_REJECTED,  /* the device said no */
	BLUEZ_PAIR_FAILED, /* the keys did not fit: a wrong PIN, a forgotten bond, a mode it cannot do */
	BLUEZ_PAIR_TIMEOUT,   /* the device or the user took too long */
	BLUEZ_PAIR_CANCELLED, /* here */
	BLUEZ_PAIR_EXISTS,    /* it is paired */
	BLUEZ_PAIR_GONE,      /* BlueZ does not know the device any more */
	BLUEZ_PAIR_OTHER,
};

/* What BlueZ asks the agent (doc/agent-api.txt). */
enum bluez_ask {
	BLUEZ_ASK_PIN,     /* answer with a text of 1 to 16 characters */
	BLUEZ_ASK_PASSKEY, /* answer with the number that the device shows */
	BLUEZ_ASK_MATCH,   /* does the device show `passkey`, too? */
	BLUEZ_ASK_PAIR,    /* may it pair, with nothing to compare? */
	BLUEZ_ASK_SERVICE, /* may it use `text`, the UUID of a profile of ours? */
	BLUEZ_SHOW_PIN,    /* `text` is to be typed on the device; "yes" takes it down */
	BLUEZ_SHOW_PASSKEY /* `passkey` is; needs no answer */
};

struct bluez_request {
	uint32_t id; /* never 0 */
	enum bluez_ask ask;
	struct bluez_device *device;
	uint32_t passkey; /* 0..999999 */
	char text[40];
};

/* What the agent says it can do, for one pairing (agent-api.txt, RegisterAgent). */
enum bluez_capability {
	BLUEZ_NO_AGENT,
	BLUEZ_NO_INPUT_NO_OUTPUT, /* pairs without a question: the kernel agrees by itself */
	BLUEZ_KEYBOARD_DISPLAY,   /* every pairing is asked about */
};

struct bluez_events {
	/* bluetoothd is there, and all its objects have been told; or it is not, for `reason`. */
	void (*service)(void *user, bool present, const char *reason);
	void (*adapter)(void *user, struct bluez_adapter *adapter, enum bluez_change change);
	/* Our endpoints on an adapter are registered (or not all of them, for `problem`). */
	void (*endpoints)(void *user, struct bluez_adapter *adapter, const char *problem);
	/* Also when what it offers has become known (bluez_remotes). */
	void (*device)(void *user, struct bluez_device *device, enum bluez_change change);
	void (*transport)(void *user, struct bluez_transport *transport, enum bluez_change change);
	/*
	 * May this device have a stream of ours?  Asked when one is configured, by whichever side; `receives`: our
	 * end is the sink.
	 */
	bool (*accept)(void *user, const struct bluez_device *device, bool receives);
	/* Answers; `problem` is NULL when all went well, else words for the user. */
	void (*connected)(void *user, struct bluez_device *device, const char *problem);
	void (*disconnected)(void *user, struct bluez_device *device, const char *problem);
	/* `fd` belongs to the receiver; −1 with a problem. */
	void (*acquired)(void *user, struct bluez_transport *transport, int fd, uint16_t mtu,
	                 const char *problem);
	void (*released)(void *user, struct bluez_transport *transport, const char *problem);
	/* A search began or ended by our call; where it did not, there is a problem. */
	void (*searching)(void *user, struct bluez_adapter *adapter, const char *problem);
	void (*paired)(void *user, struct bluez_device *device, enum bluez_pairing how,
	               const char *problem);
	/* Setting Trusted or Alias, or removing the device, failed. */
	void (*not_kept)(void *user, struct bluez_device *device, const char *problem);
	/* To be answered with bluez_answer, in time: BlueZ waits a minute. */
	void (*asked)(void *user, const struct bluez_request *request);
	/* BlueZ does not want to know any more. */
	void (*withdrawn)(void *user, uint32_t id);
	void (*agent)(void *user, enum bluez_capability capability, const char *problem);
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
 * Registers one SBC sink endpoint on an adapter, if there is none of ours.  A source that connects takes the first
 * sink that it finds free and likes, in the order in which they were registered (avdtp.c, server->seps), ours or
 * another program's.  `endpoints` follows.
 */
int bluez_register_sink(struct bluez_adapter *adapter);

/* Is ours, or whose it may be, the receiving end? */
bool bluez_receives(const struct bluez_transport *transport);

/*
 * Connects one profile of a device, BLUEZ_A2DP_SINK of a speaker or BLUEZ_A2DP_SOURCE of an Echo:
 * never Device1.Connect, with which a device that offers both may pick the wrong side.  `connected`
 * follows, within a minute; within 12 s from an Echo whose link is up.
 */
int bluez_connect(struct bluez_device *device, const char *uuid);
int bluez_disconnect(struct bluez_device *device);

/* Asks for the media channel of a transport of ours; `acquired` follows. */
int bluez_acquire(struct bluez_transport *transport);
/* Suspends the stream; `released` follows.  The fd must not be written any more. */
int bluez_release(struct bluez_transport *transport);
/* 0..127; the change comes back as an event. */
int bluez_set_volume(struct bluez_transport *transport, uint16_t volume);

/*
 * Looks for devices that can be heard (BR/EDR only), or ends that.  It takes air from what plays and ends
 * only by a second call, or with the program.  `searching` follows.
 */
int bluez_search(struct bluez_adapter *adapter, bool on);

/*
 * Pairs; `paired` follows, after a minute and a half at the latest.  While it runs the agent may be asked.
 * Cancelling ends it at once with BLUEZ_PAIR_CANCELLED.
 */
int bluez_pair(struct bluez_device *device);
int bluez_pair_cancel(struct bluez_device *device);

/*
 * Forgets a device, its keys and its settings at BlueZ; its removal is an event.  Trusts it, or not: a
 * trusted device connects without the agent being asked.  Gives it a name; "" is its own again.
 */
int bluez_remove(struct bluez_device *device);
int bluez_set_trusted(struct bluez_device *device, bool trusted);
int bluez_set_alias(struct bluez_device *device, const char *alias);

/*
 * Opens an adapter for `seconds` to be found and to be paired with (0: until it is closed), or closes it:
 * then it is neither found nor paired with.  A device that is paired can connect in either case.
 */
int bluez_set_window(struct bluez_adapter *adapter, bool open, uint32_t seconds);

/*
 * Registers our agent as the default one with a capability, in place of what it had; `agent` follows.
 * BLUEZ_NO_AGENT takes it away.  It is gone with bluetoothd and to be set again.
 */
int bluez_set_agent(struct bluez *bluez, enum bluez_capability capability);

/*
 * Answers the request of that id; -ENOENT for one that has been answered or withdrawn.  `text` is the PIN,
 * `passkey` the number, where they are asked for and the answer is yes.
 */
int bluez_answer(struct bluez *bluez, uint32_t id, bool yes, const char *text, uint32_t passkey);

struct bluez_adapter *bluez_find_adapter(struct bluez *bluez, const char *address);
struct bluez_device *bluez_find_device(struct bluez *bluez, const char *path);
struct spa_list *bluez_adapters(struct bluez *bluez);
struct spa_list *bluez_devices(struct bluez *bluez);
struct spa_list *bluez_transports(struct bluez *bluez);
struct spa_list *bluez_remotes(struct bluez *bluez);

#endif
