/* SPDX-License-Identifier: MIT */
#ifndef RELAY_ARRIVALS_H
#define RELAY_ARRIVALS_H

#include <stdbool.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"
#include "bluez/bluez.h"
#include "relay/model.h"
#include "relay/policy.h"
#include "relay/settings.h"

/*
 * Devices that come, and who may: for the files of relay/ only.
 *
 *     scan.c     what is heard, as a list                       command scan
 *     abilities.c  what they can do, for the list
 *     pairing.c  reach ─► pair ─► trust ─► connect ─► sound     commands pair, cancel
 *     door.c     the agent's questions, the Echo's window       commands answer, window
 */

struct relay;
struct speaker;

/* --- scan.c -------------------------------------------------------------------------------------- */

#define SCAN_NS (60 * 1000000000ll) /* inquiry takes air: it ends by itself */

/* What a device has told of itself; it is kept when the device is gone. */
struct abilities {
	char own_name[BLUEZ_NAME], modalias[64]; /* not cleaned */
	bool endpoints_known, has_sbc;
	char codecs[48];
	uint8_t sbc[SBC_CONFIG_BYTES];
	bool delay_asked, delay_reporting;
	bool volume_asked, volume;
	int64_t stream_since; /* 0: it has none now */
};

/* A device that was heard or is known; BlueZ may have forgotten it since. */
struct found {
	char address[18], adapter[18];
	char name[MODEL_TEXT]; /* clean */
	bool named;            /* it has told its name */
	uint32_t class, offers;
	int16_t rssi;
	int64_t heard_at; /* 0: not since the program began */
	bool paired, connected, there;
	struct abilities abilities;
};

struct scan {
	bool running;
	int64_t since;
	char problem[MODEL_TEXT];
	int count;
	struct found list[MODEL_FOUND]; /* in the order in which they came */
};

/* Returns 0, -ENODEV without an adapter that is on, -EBUSY while a pairing runs. */
int scan_start(struct relay *relay);
void scan_stop(struct relay *relay);
void scan_act(struct relay *relay, int64_t now);
void scan_follow(struct relay *relay, const struct bluez_device *device, enum bluez_change change);
void scan_follow_transport(struct relay *relay, const struct bluez_transport *transport,
                           enum bluez_change change);
void scan_failed(struct relay *relay, const char *problem);
void scan_present(struct relay *relay);
/* NULL: not in the list. */
const struct found *scan_found(const struct relay *relay, const char *address);

/* --- abilities.c --------------------------------------------------------------------------------- */

void abilities_follow(struct abilities *abilities, const struct bluez_device *device);
void abilities_follow_transport(struct abilities *abilities,
                                const struct bluez_transport *transport, enum bluez_change change,
                                int64_t now);
/* Writes what the device can do, and the verdict. */
void abilities_present(struct model_found *shown, const struct found *found, uint32_t rate,
                       int64_t now);

/* --- pairing.c ----------------------------------------------------------------------------------- */

struct pairing {
	enum model_pairing_state state;
	enum model_step step;
	struct bluez_device *device; /* NULL: gone */
	char address[18], name[MODEL_TEXT];
	enum settings_role role; /* as what */
	int tries;
	bool agent_awaited;                 /* Pair is called when the agent has the right face */
	bool pair_awaited;                  /* … and answers */
	bool refused, unanswered;           /* a question, here */
	int64_t began, paired_ns;           /* when; how long until it was paired */
	int64_t step_began, left_ns, acted; /* of the running step */
	struct model_pairing_step steps[STEP_COUNT];
	struct policy_words words;
	char problem[MODEL_TEXT];
	int attempt_count;
	struct model_attempt attempts[MODEL_ATTEMPTS]; /* newest first */
};

/*
 * Begins with a device of that address, whichever adapter hears it.  Returns 0, -ENOENT for one that is not
 * there, -EBUSY while another is being paired.
 */
int pairing_begin(struct relay *relay, const char *address);
/* Returns 0, or -ENOENT when nothing runs. */
int pairing_cancel(struct relay *relay);
void pairing_act(struct relay *relay, int64_t now);
void pairing_agent_ready(struct relay *relay, const char *problem);
void pairing_follow(struct relay *relay, const struct bluez_device *device,
                    enum bluez_change change);
void pairing_paired(struct relay *relay, struct bluez_device *device, enum bluez_pairing how,
                    const char *problem);
void pairing_connected(struct relay *relay, const struct bluez_device *device, const char *problem);
void pairing_present(struct relay *relay);
bool pairing_runs_with(const struct relay *relay, const struct bluez_device *device);

/* --- origin.c ------------------------------------------------------------------------------------ */

#define ORIGINS 8

/* A source's link. */
struct origin {
	char address[18];
	bool connected; /* as seen last */
	bool left;      /* it was ended by somebody: it comes back by itself or not at all */
	bool streams;   /* as seen last */
	bool unheard;   /* WirePlumber, or a relay before us, has gone with its stream */
	bool failed;    /* it was called while its link was up, in vain */
	bool calling, reconnect;
	int attempt, shaken;
	int64_t not_before, no_stream_since, mute_since;
	int64_t played_at;   /* the last time */
	int64_t streamed_at; /* the last time that this link had a stream; 0: it never did */
};

void origin_follow(struct relay *relay, const struct bluez_device *device,
                   enum bluez_change change);
void origin_connected(struct relay *relay, const struct bluez_device *device, const char *problem);
void origin_disconnected(struct relay *relay, struct bluez_device *device);
/* WirePlumber has gone, and with it the streams that it received. */
void origins_unheard(struct relay *relay);
/* The host has slept: all links are gone, whoever ended them. */
void origin_woken(struct relay *relay, int64_t not_before);
void origins_act(struct relay *relay, int64_t now);

/* --- door.c -------------------------------------------------------------------------------------- */

#define WINDOW_NS (180 * 1000000000ll)
#define QUESTION_NS (45 * 1000000000ll) /* BlueZ waits for 60 s */
#define DOOR_STRANGERS 16

struct question {
	int32_t id;       /* ours; 0: none */
	uint32_t request; /* BlueZ's; 0: the question is the relay's own */
	enum model_question_kind kind;
	char address[18], name[MODEL_TEXT], digits[24];
	int64_t until; /* 0: it waits */
};

struct door {
	enum bluez_capability capability; /* that BlueZ was told last; BLUEZ_NO_AGENT: none yet */
	bool agent_awaited;
	bool open, opening;
	int64_t until;
	char adapter[18];
	char joined[MODEL_TEXT], problem[MODEL_TEXT];
	char knocker[18]; /* a known source that connected in vain while the window is open */
	char guest[18];   /* a stranger that connected while it was */
	int32_t questions_ever;
	struct question questions[MODEL_QUESTIONS];
	int64_t contested_since;
	int stranger_count, asked_count;
	char strangers[DOOR_STRANGERS][18], asked[DOOR_STRANGERS][18];
};

/* bluetoothd is there: the agent is to be, and no window is open that we have not opened. */
void door_begin(struct relay *relay);
void door_lost(struct relay *relay);
void door_adapter(struct relay *relay, struct bluez_adapter *adapter);
/* Registers the agent with the face that is right now, if it has another. */
void door_agent(struct relay *relay);
void door_agent_answered(struct relay *relay, const char *problem);
void door_asked(struct relay *relay, const struct bluez_request *request);
void door_withdrawn(struct relay *relay, uint32_t request);
void door_follow(struct relay *relay, struct bluez_device *device, enum bluez_change change);
/* What a device is, is not to be told: the user is asked, once. */
void door_ask_role(struct relay *relay, const struct bluez_device *device, const char *name);
void door_act(struct relay *relay, int64_t now);
void door_present(struct relay *relay);
/* It pairs, or does so in the window: BlueZ may not have said yet that it is paired. */
bool door_expects(const struct relay *relay, const struct bluez_device *device);
bool door_asks_about(const struct relay *relay, const char *address);
/* Returns 0, -ENODEV without an adapter that is on, -EBUSY while a pairing runs. */
int door_window(struct relay *relay, bool open);
/* Returns 0, -ENOENT for an id that is none, -EINVAL and why in `reply`. */
int door_answer(struct relay *relay, int32_t id, const char *text, char *reply, size_t size);

#endif
