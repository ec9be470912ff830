/* SPDX-License-Identifier: MIT */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <sndfile.h>
#include <systemd/sd-bus.h>

#include "sim/dac.h"
#include "sim/ear.h"
#include "sim/echo.h"
#include "sim/radio.h"
#include "sim/scenario.h"

/*
 * The simulated world, for the files of sim/ only: org.bluez as the peer at the other end of a D-Bus
 * connection, the speakers behind it, and the Echo.
 *
 *     relay ◄── D-Bus ──► peer_adapter.c   Adapter1, AgentManager1, Media1
 *                         peer_device.c    Device1: connecting, disconnecting, losing the link
 *                         peer_media.c     MediaEndpoint1 (remote): configuring a stream
 *                         peer_transport.c MediaTransport1: the stream
 *     relay ── packets ─► radio.c ─► speaker.c ─► dac.c ─► sound files
 *     relay ◄── inlet ─── ear.c ◄───────────────────┘
 *     relay ◄── inlet ─── echo.c ◄── music.c          happen.c: what the scenario does to them all
 *     relay ◄── flush helper's messages ──► peer_flush.c
 *
 * The world knows the time only from world_step: it runs on a thread of its own in real time (sim.c),
 * or by hand in virtual time.  It behaves as BlueZ 5.66 does; where a rule comes from its source, the
 * file is named beside it.
 */

#define WORLD_AXIS_RATE 44100                 /* of what is heard, frames a second */
#define WORLD_DEVICES (SCENARIO_SPEAKERS + 1) /* the Echo is one */
#define WORLD_ENDPOINTS 64
#define WORLD_TIMERS 128

struct world;
struct device;

/* What is to happen at an instant. */
struct timer {
	int64_t at;
	void (*act)(struct world *world, struct device *device, int64_t argument);
	struct device *device;
	int64_t argument;
};

struct adapter {
	struct world *world;
	char path[64];
	const char *address, *name, *alias, *modalias, *address_type;
	char alias_text[SCENARIO_NAME];
	uint32_t class, discoverable_timeout, pairable_timeout;
	int powered, discoverable, pairable, discovering; /* sd-bus wants booleans as int */
	bool paging;                                      /* one page at a time */
	int64_t discoverable_until, pairable_until;       /* 0: for good */
	bool exists;
	bool shared; /* its links have one radio; else each speaker hears at once what it is sent */
	struct radio radio;
	sd_bus_slot *slots[3];
};

/* An endpoint that the relay registered. */
struct endpoint {
	bool used;
	struct adapter *adapter;
	char path[128];
	char uuid[40];
	uint8_t codec;
	bool delay_reporting;
	bool rival;           /* WirePlumber's: it takes what it is given, and nobody is asked */
	struct device *owner; /* whose stream it carries: one at a time (BlueZ < 5.83) */
};

enum transport_state { TRANSPORT_IDLE, TRANSPORT_PENDING, TRANSPORT_ACTIVE };

struct transport {
	bool exists;
	struct device *device;
	struct endpoint
	    *endpoint; /* NULL: another program's, as the Echo's is PipeWire's as a rule */
	char path[160];
	const char *uuid;
	uint8_t codec;
	uint8_t configuration[SBC_CONFIG_BYTES];
	enum transport_state state;
	bool acquired;
	bool readable;   /* something may wait at the speaker's end */
	uint16_t delay;  /* 1/10 ms */
	uint16_t volume; /* 0..127 */
	bool delay_shown, volume_shown;
	int relay_fd, speaker_fd; /* the two ends of the media channel; −1 */
	sd_bus_slot *slot, *delay_slot, *volume_slot;
};

struct device {
	struct world *world;
	struct adapter *adapter;
	const struct scenario_speaker *speaker; /* NULL: the Echo */
	const struct scenario_air *air;
	int index;
	char path[128], sep_path[144], aac_path[144];
	const char *address, *address_type, *name, *alias, *icon, *modalias, *adapter_path;
	char name_text[SCENARIO_NAME], alias_text[SCENARIO_NAME];
	uint32_t class;
	int paired, bonded, trusted, blocked, connected, services_resolved, legacy_pairing;
	bool exists; /* on the bus */
	bool reachable;
	bool taken;         /* by a phone: it answers, and refuses */
	bool paged;         /* by us, and nobody has answered yet */
	int64_t away_until; /* not back before */
	bool resolved;      /* its services are shown */
	bool sep_shown;
	int next_endpoint;          /* where the search for a local endpoint goes on */
	struct endpoint *asked;     /* whose answer is awaited */
	struct endpoint *last_used; /* preferred when it connects again */
	sd_bus_message *connect_call, *acquire_call, *release_call,
	    *pair_call; /* not answered yet */
	sd_bus_slot *slot, *sep_slot, *aac_slot, *pending, *rssi_slot;
	sd_bus_slot *question; /* the agent's answer, awaited */
	bool knocking;         /* it pairs with us, not we with it */
	int16_t rssi;          /* as it is heard now */
	struct transport transport;
	/* the sound of it */
	struct dac *dac;
	dac_heard listener; /* somebody in the room, with `listener_user`; NULL: nobody */
	void *listener_user;
	SNDFILE *record;
	FILE *packet_log;
	struct radio_link link;
	uint32_t flush_id;  /* the relay's name for the stream whose packets may be dropped */
	int64_t reports_ns; /* its delay report; −1: it makes none */
	int64_t stalled_until;
	int64_t closing_until; /* a program has gone, and its stream is being ended */
	int vain;              /* times that it was connected meanwhile */
	int64_t last_arrival, spacing_worst;
};

struct world {
	const struct scenario *scenario;
	int64_t now, start;
	bool virtual_time; /* sockets' time stamps mean nothing */
	uint64_t random;
	sd_bus *bus;
	sd_bus_slot *root_slot, *agent_slot, *manager_slot, *filter_slot;
	bool gone;            /* bluetoothd is not running */
	bool sound_gone;      /* nor PipeWire */
	int64_t silent_until; /* the Echo plays nothing before */
	int64_t slept_ns;     /* the host, since it was booted */
	/* Somebody who is told of each event as it begins, or NULL. */
	void (*witness)(void *user, const struct scenario_event *event, int64_t lasts_ns);
	void *witness_user;
	bool bus_waits;
	int64_t bus_at; /* when it is looked at, whatever waits */
	int transport_count;
	char agent_path[128], agent_capability[32];
	struct adapter adapters[SCENARIO_ADAPTERS];
	struct endpoint endpoints[WORLD_ENDPOINTS]; /* in order of registration */
	int device_count;
	struct device devices[WORLD_DEVICES];
	int timer_count;
	struct timer timers[WORLD_TIMERS];
	struct echo *echo;
	int flush_fd; /* the flush helper's end; −1 */
	struct ear *ear;
};

/*
 * A world at the other end of `bus_fd`, which it owns from now on.  The scenario and the Echo stay the
 * caller's and outlive it, and so does the microphone.  Returns 0 or -errno; with `message` where a record cannot be written.
 */
int world_new(struct world **ret_world, const struct scenario *scenario, struct echo *echo,
              struct ear *ear, int bus_fd, int64_t now, bool virtual_time, char *message,
              size_t size);
void world_free(struct world *world);

/* Lets everything happen that is due; returns when to call again, unless the bus has something first. */
int64_t world_step(struct world *world, int64_t now);

/* --- between the files of sim/ ----------------------------------------------------------------- */

void world_after(struct world *world, int64_t ns, struct device *device,
                 void (*act)(struct world *, struct device *, int64_t), int64_t argument);
void world_forget_timers(struct world *world, const struct device *device);
/* Evenly distributed, from the scenario's seed. */
int64_t world_random(struct world *world, int64_t least, int64_t most);

/*
 * Until when everything that was sent has been heard: what was sent just before this instant may still be
 * on its way into a socket.
 */
int64_t world_heard_until(const struct world *world);

/* happen.c: all that the scenario wants to happen, from now on. */
void world_plan_events(struct world *world);
/* What is to happen when a pairing came about from its side: the Echo begins to play. */
void world_echo_arrive(struct world *world, struct device *device, int64_t argument);
/* It has a stream of the relay's, and plays to it once that takes it. */
void world_echo_opened(struct world *world, struct device *device);

int peer_adapters_add(struct world *world);
void peer_adapters_remove(struct world *world);
void peer_adapter_unplug(struct adapter *adapter);
int peer_adapter_plug(struct adapter *adapter);
int peer_device_add(struct device *device);
void peer_device_remove(struct device *device);
void peer_device_lost(struct device *device); /* link loss: no farewell */
void peer_device_off(struct device *device);  /* clean disconnect by the device */
void peer_device_connect_failed(struct device *device, const char *text);

void peer_device_set_connected(struct device *device, bool connected);
/* The remote begins: AVDTP by its own hand, once it is let in. */
void peer_device_incoming(struct device *device);

/* peer_pairing.c */
int peer_device_pair(sd_bus_message *call, void *user, sd_bus_error *error);
int peer_device_pair_cancel(sd_bus_message *call, void *user, sd_bus_error *error);
int peer_adapter_remove_device(sd_bus_message *call, void *user, sd_bus_error *error);
void peer_pairing_abort(struct device *device, const char *name, const char *text);
void peer_device_knock(struct device *device);
void peer_device_call(struct device *device);
void peer_inquiry_start(struct adapter *adapter);
void peer_inquiry_stop(struct adapter *adapter);

/* peer_media.c */
void peer_seps_show(struct device *device);
void peer_seps_hide(struct device *device);
void peer_transport_configure(struct device *device); /* we are initiator: pick a local endpoint */
/* The Echo is: it takes the relay's sink.  False: there is none. */
bool peer_sink_take(struct device *device, const uint8_t configuration[SBC_CONFIG_BYTES]);
/* Another program's endpoints, which registered before the relay; and its end. */
void peer_rivals_add(struct world *world);
void peer_rivals_remove(struct world *world);

/* peer_transport.c */
const char *peer_transport_state(const struct transport *transport); /* as BlueZ has it */
/* `endpoint`: the local one; NULL: another program's.  Returns as sd-bus does. */
int peer_transport_add(struct device *device, struct endpoint *endpoint,
                       const uint8_t configuration[SBC_CONFIG_BYTES]);
void peer_transport_remove(struct device *device);
/* A moment after it is there: its delay report, and its volume. */
void peer_transport_introduce(struct device *device);
void peer_transport_close(struct device *device);
/* A transport of another program's, in use: the Echo's, which PipeWire has. */
void peer_transport_foreign(struct device *device, const uint8_t configuration[SBC_CONFIG_BYTES]);
/* AVRCP: the remote has that absolute volume now. */
void peer_transport_set_volume(struct device *device, uint16_t volume);
void peer_transport_set_state(struct device *device, enum transport_state state);
/* The remote suspends it. */
void peer_transport_suspend(struct device *device);
void peer_transport_report(struct device *device, int64_t delay_ns); /* another delay from now on */

/* peer_flush.c: does for this world's links what echorelay-flush(8) does for real ones. */
int peer_flush_open(struct world *world, int *ret_relay_fd);
void peer_flush_close(struct world *world);
void peer_flush_serve(struct world *world);
void peer_flush_occurred(struct device *device);

int speaker_open(struct device *device, char *message, size_t size);
void speaker_close(struct device *device);
void speaker_stream(struct device *device, bool on);
void speaker_stall(struct device *device, int64_t until);
void speaker_listen(struct device *device);

#define A2DP_SOURCE_UUID "0000110a-0000-1000-8000-00805f9b34fb"
#define A2DP_SINK_UUID "0000110b-0000-1000-8000-00805f9b34fb"

#endif
