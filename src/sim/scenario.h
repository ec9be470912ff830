/* SPDX-License-Identifier: MIT */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"
#include "sim/dac.h"

/*
 * What a simulated world is made of, as a small text file says it (INI; echorelay(1) has the list):
 *
 *     [adapter hci0]
 *     address = 00:1A:7D:DA:71:13
 *     [echo Echo Dot]
 *     ppm = 20
 *     [microphone On the sofa]
 *     noise = -55
 *     [speaker Flip 5]
 *     latency = 187 ms
 *     event = 45 s stall 250 ms
 *     event = every 20 s .. 40 s stall 60 ms .. 90 ms
 */

#define SCENARIO_ADAPTERS 4
#define SCENARIO_SPEAKERS 16
#define SCENARIO_EVENTS 64
#define SCENARIO_RIVALS 8
#define SCENARIO_NAME 249 /* a Bluetooth name has at most 248 bytes */

enum scenario_action {
	ACTION_STALL,  /* speaker: nothing reaches it for a while, as behind a body or a wall */
	ACTION_VANISH, /* speaker: the link breaks, and it is out of reach for a while */
	ACTION_OFF,    /* speaker: switched off, and on again after a while */
	ACTION_TAKEN,  /* speaker: a phone has it for a while, and it refuses us */
	ACTION_REPORT, /* speaker: its delay report is another from now on; `lasts` is the new one */
	ACTION_PAUSE,  /* echo: suspends its stream for a while */
	ACTION_RESET,  /* echo: its link breaks, and it connects anew after a while */
	ACTION_CALL,   /* speaker, echo: connects by itself, as far as it is let */
	ACTION_KNOCK,  /* speaker, echo: wants to pair with us */
	ACTION_UNPLUG,  /* adapter: is pulled out for a while */
	ACTION_BURST,   /* adapter: Wi-Fi takes a part of its packets for a while */
	ACTION_RESTART, /* world: bluetoothd goes away for a while */
	ACTION_SOUND,   /* world: so does PipeWire */
	ACTION_SLEEP,   /* world: the host is suspended; no time passes, and all links are gone */
};

struct scenario_event {
	enum scenario_action action;
	int subject; /* index of the speaker or adapter; −1: echo or world */
	bool again;  /* the times are the pause between two, not the instant of one */
	int64_t at_least_ns, at_most_ns;
	int64_t lasts_least_ns, lasts_most_ns;
};

struct scenario_adapter {
	char hci[16];
	char address[18];
	char alias[SCENARIO_NAME];
	bool
	    shared; /* its speakers share its air and its buffers (radio.h); else each has its own */
	int buffers;
	bool flushes; /* a flush helper may set timeouts */
	double burst; /* part of its packets that ACTION_BURST takes */
};

/* What becomes of an attempt to pair. */
enum scenario_pairing {
	PAIRING_WORKS,
	PAIRING_REJECTS, /* it says no */
	PAIRING_FAILS,   /* the keys do not fit, as with a device that remembers another bond */
	PAIRING_IGNORES, /* it answers the page and then nothing */
	PAIRING_HELD,    /* it is heard and answers no page: a phone has it */
	PAIRING_PLAIN,   /* works only with an agent that can do nothing */
};

/* What it asks meanwhile. */
enum scenario_asks { ASKS_NOTHING, ASKS_PIN, ASKS_PASSKEY, ASKS_MATCH, ASKS_SHOW };

/* Which sides of A2DP a device has. */
enum { OFFERS_SOURCE = 1, OFFERS_SINK = 2 };

/* A device as it is before it is known: in the air, and at pairing. */
struct scenario_air {
	int16_t rssi;     /* dBm */
	int64_t heard_ns; /* after a scan began */
	int64_t pairs_ns; /* the pairing itself, without paging and questions */
	enum scenario_pairing pairing;
	enum scenario_asks asks;
	char pin[17];
	uint32_t passkey;
	uint32_t offers;
	char modalias[48];   /* who made it; "": BlueZ has no word of that */
	int64_t resolves_ns; /* connected for so long before BlueZ shows its services; 0: at once */
};

struct scenario_echo {
	bool present, paired;
	struct scenario_air air;
	char name[SCENARIO_NAME];
	char address[18];
	int adapter;
	uint32_t quantum; /* frames a block */
	double ppm;       /* its clock */
	bool noise;       /* it plays that, not a tune */
	bool direct; /* it plays to a sink of the relay's, if there is one; else to WirePlumber's */
	int64_t jitter_ns; /* how late a block is handed in at the most */
	int64_t starts_ns;
};

/* The one in the room that the relay may listen with. */
struct scenario_microphone {
	char name[SCENARIO_NAME];
	double ppm;         /* its clock */
	int64_t latency_ns; /* from the air to the relay; it reports it */
	double noise_db;    /* of the room and its own, full scale = 0 */
	int64_t reverberation_ns;
};

struct scenario_speaker {
	char name[SCENARIO_NAME];
	char address[18];
	int adapter;
	uint32_t class;
	bool paired;
	bool reachable;
	struct scenario_air air;
	struct dac_config dac; /* kind, latency, ppm */
	int64_t reports_ns;    /* AVDTP delay report; −1: it makes none */
	bool absolute_volume;
	uint16_t mtu;
	uint8_t capabilities[SBC_CONFIG_BYTES];
	bool aac;            /* it receives that, too */
	int64_t connects_ns; /* paging and AVDTP, together */
	int64_t calls_ns;    /* so long after it is back it connects by itself; −1: it waits */
	double loss;         /* of its packets, 0..1, where the air is shared */
	double distance;     /* from the microphone, m */
};

struct scenario {
	char record[4096]; /* folder for the speakers' sound, or empty */
	uint32_t seed;
	unsigned rivals; /* endpoints that another program registered first, on each adapter */
	int adapter_count, speaker_count, event_count;
	struct scenario_adapter adapters[SCENARIO_ADAPTERS];
	struct scenario_echo echo;
	struct scenario_microphone microphone;
	struct scenario_speaker speakers[SCENARIO_SPEAKERS];
	struct scenario_event events[SCENARIO_EVENTS];
};

/*
 * Reads a scenario.  `origin` names the text in messages ("kitchen.scenario").  Returns 0 and a
 * scenario to free() with; -EINVAL and "origin:line: what is wrong" in `message`; -ENOMEM.
 */
int scenario_parse(struct scenario **ret_scenario, const char *text, const char *origin,
                   char *message, size_t size);

/*
 * The scenario of that name that is built in ("" = the default), else the file of that name.  Returns
 * as scenario_parse does, and -ENOENT and the like for a file.
 */
int scenario_load(struct scenario **ret_scenario, const char *name, char *message, size_t size);

/* "stall", "vanish", …: as a scenario has it. */
const char *scenario_action_name(enum scenario_action action);

/* A scenario that is compiled in; made from src/sim/scenarios. */
struct scenario_builtin {
	const char *name, *text;
};
extern const struct scenario_builtin scenario_builtins[]; /* ends with a NULL name */

#endif
