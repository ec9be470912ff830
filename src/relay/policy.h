/* SPDX-License-Identifier: MIT */
#ifndef RELAY_POLICY_H
#define RELAY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "bluez/bluez.h"
#include "relay/model.h"
#include "relay/settings.h"

/*
 * What to do when, as pure functions: from what is known to what is to be done.
 */

/* What is known of a device. */
struct policy_device {
	enum settings_role kept; /* decided earlier, by how it was paired or by the user */
	bool offers_source, offers_sink;
	uint32_t class;
	const char *name, *modalias;
};

/*
 * Speaker, source, neither, or not to be told without asking.  A device that was paired before us and
 * offers only A2DP sink is a speaker, unless its class says headphones, headset, television or car: those
 * are listed, and off.  One that offers both is a source if it is Amazon's.
 */
enum settings_role policy_role(const struct policy_device *device);

/* What is known of a speaker's link. */
struct policy_link {
	bool wanted;    /* the user wants it to play */
	bool idle;      /* it has been silent for long: streams are suspended, links stay */
	bool reachable; /* its adapter is on, and has our endpoints */
	bool calling;   /* an answer of BlueZ is awaited */
	bool unanswered; /* … for longer than a page and its repetition take, and nobody is there */
	bool transport;     /* a stream of ours is configured */
	bool foreign;       /* another program has a stream of it */
	bool playing;       /* the engine has it */
	bool connected;     /* the link is up */
	bool paging;        /* another speaker of the adapter is being connected */
	bool air_fades;     /* another one is out of reach, and its packets fill the air */
	int64_t not_before; /* after a failure */
};

enum policy_action {
	POLICY_WAIT,
	POLICY_CONNECT,
	POLICY_HELD, /* nothing can be done but say who has it */
	POLICY_ACQUIRE,
	POLICY_STOP, /* take it out of the engine and suspend it */
	POLICY_DISCONNECT,
	POLICY_HANG_UP, /* give the call up */
};

enum policy_action policy_next(const struct policy_link *link, int64_t now);

/*
 * What is wrong and what cures it where another program keeps a speaker's stream, by what the source's
 * server calls itself: bluez5.roles came with PipeWire 0.3.68.
 */
const char *policy_held_text(const char *server);

/* May the streams rest after so much silence?  `after` 0: never. */
bool policy_rest(int64_t silent_ns, int64_t after_ns);

/* What a device is, by its class and the sides of A2DP it offers. */
enum model_kind policy_kind(uint32_t class, uint32_t offers);

/* --- pairing ------------------------------------------------------------------------------------ */

/* An adapter that can hear a device. */
struct policy_site {
	bool kept;    /* it is the one that was used before */
	int air;      /* that is taken, percent */
	int16_t rssi; /* dBm */
};

/* Where to pair: where it was before, else where most air is free, else where it is heard best. */
int policy_place(const struct policy_site *sites, int count);

/*
 * With which face the agent shows itself.  In the Echo's window it can do nothing, as a loudspeaker: just
 * works.  Else it can show and read digits, as bluetoothctl and the desktops say: then BlueZ asks before
 * anything pairs.  A speaker that could not pair so is tried once more the other way: some fail with the
 * one, some with the other.
 */
enum bluez_capability policy_capability(bool window, int attempt);
bool policy_pair_again(enum bluez_pairing how, int attempt);

/* What went wrong while pairing. */
struct policy_trouble {
	enum model_step step;
	enum bluez_pairing how; /* of STEP_REACH and STEP_PAIR */
	bool over_time;         /* the step took too long */
	bool refused_here;      /* a question was answered with no */
	bool unanswered;        /* … or by nobody */
	int64_t heard_ns;       /* how long ago it was heard; −1: never */
	int16_t rssi;           /* then */
	const char *problem;    /* what BlueZ said, in words, or NULL */
};

struct policy_words {
	const char *problem, *advice; /* never NULL */
};

struct policy_words policy_trouble_words(const struct policy_trouble *trouble);

/*
 * May a device use the profile of that UUID?  A2DP and AVRCP for speakers and sources, nothing for others.
 * Where another program's endpoints compete (`contested`) a speaker may not begin a stream by itself: it
 * could land there (facts: BlueZ picks, not we).
 */
bool policy_let_in(enum settings_role role, bool contested, const char *uuid);

/* Should BlueZ let it in without asking?  The same, for when we do not run. */
bool policy_trust(enum settings_role role, bool contested);

/*
 * How long to wait before attempt number `attempt` (the first is 1): 2, 4, 8, … 60 s; up to 120 s where the
 * adapter's air is needed for what plays: a page that is not answered takes 5 s of it.
 */
int64_t policy_backoff(int attempt, bool air_needed);

/* --- sources ------------------------------------------------------------------------------------- */

/* Is it one that we may page by ourselves?  An Echo; a phone comes when its owner wants. */
bool policy_pages(const char *name, const char *modalias);

/*
 * Is the Bluetooth device at `address` what is to be heard, when `node` is (settings.h; empty: the Echo)?
 * PipeWire's nodes have the address in their names: bluez_input.44_00_49_12_AB_CD.2.
 */
bool policy_heard(const char *node, const char *address);

/* What is known of a source's link. */
struct policy_source {
	bool wanted, reachable, calling, connected;
	bool streamed; /* this link has had a stream: it went with the program that had it */
	bool failed;   /* it was called already, and did not get one: BlueZ may be stuck in that */
	bool orphaned; /* … as is known, and there is a sink of ours to play to */
	int64_t not_before;
	int64_t no_stream_ns; /* connected for so long, and no stream of it */
	int64_t mute_ns;      /* it says that it plays for so long, and nothing comes */
};

enum policy_source_action {
	POLICY_SOURCE_WAIT,
	POLICY_SOURCE_CONNECT, /* its profile, in the right direction */
	POLICY_SOURCE_SHAKE,   /* disconnect it and connect it anew */
};

enum policy_source_action policy_next_source(const struct policy_source *link, int64_t now);

/* How long a source is left alone that was shaken so many times: 2, 4, … 30 minutes. */
int64_t policy_shake_pause(int times);

/*
 * The same after a stall: 0.05, then 0.25, 0.5, 1, … 60 s.  The link is up, and suspending the stream takes as long
 * as the speaker is out of reach: when that is answered, it is most likely there again.
 */
int64_t policy_backoff_stall(int attempt);

/* Endpoints that an adapter needs for so many paired speakers: one more, at most 7. */
int policy_endpoints(int speakers);

#endif
