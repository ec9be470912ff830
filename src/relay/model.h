/* SPDX-License-Identifier: MIT */
#ifndef RELAY_MODEL_H
#define RELAY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/*
 * All that a user interface may know, as plain data.  The relay fills one in, a screen draws a copy.
 * Every value is either known or says that it is not: MODEL_UNKNOWN.  Texts are clean (text.h).
 *
 * A model has a wire form, JSON, and comes back from it the same.  `echorelay --json` prints a part of
 * that form (design: "schema": 1, snake_case, units in the names, null for what is not known).
 */

#define MODEL_SPEAKERS 32
#define MODEL_ADAPTERS 8
#define MODEL_EVENTS 64
#define MODEL_FOUND 64
#define MODEL_ATTEMPTS 6
#define MODEL_QUESTIONS 4
#define MODEL_TEXT 128
#define MODEL_SPACING 8
#define MODEL_UNKNOWN INT32_MIN /* of any number below */

enum model_speaker_state {
	SPEAKER_OFF,    /* the user does not want it */
	SPEAKER_PAIRED, /* known, not connected */
	SPEAKER_CONNECTING,
	SPEAKER_IDLE, /* connected, no stream */
	SPEAKER_STREAMING,
	SPEAKER_CONGESTED, /* streaming, at a lower bitpool than it could have */
	SPEAKER_STALLED,   /* cut loose: it took no packets */
	SPEAKER_LOST,      /* the link broke */
	SPEAKER_FAILED,    /* connecting failed */
};

enum model_source_state { MODEL_SOURCE_ABSENT, MODEL_SOURCE_IDLE, MODEL_SOURCE_STREAMING };

enum model_channel { MODEL_STEREO, MODEL_LEFT, MODEL_RIGHT, MODEL_MONO };

enum model_level { MODEL_DEBUG, MODEL_INFO, MODEL_WARNING, MODEL_ERROR };

/* Where a figure comes from. */
enum model_origin {
	ORIGIN_UNKNOWN,
	ORIGIN_MEASURED, /* here, now */
	ORIGIN_SET,      /* by us: it is so because we make it so */
	ORIGIN_REPORTED, /* the speaker says so */
	ORIGIN_STORED,   /* found earlier */
	ORIGIN_ASSUMED,  /* a guess */
};

struct model_term {
	int32_t us;     /* microseconds */
	int32_t origin; /* enum model_origin */
};

/* 1/100 dB; MODEL_UNKNOWN where nothing plays. */
struct model_meter {
	int32_t peak_cdb[2], rms_cdb[2], hold_cdb[2];
	bool over;
};

struct model_source {
	char node[MODEL_TEXT], address[18], name[MODEL_TEXT];
	int32_t state;    /* enum model_source_state */
	int32_t state_ms; /* for how long */
	char server[32];  /* the audio server and its version */
	char codec[16];
	int32_t bitpool, rate, channels; /* of its own stream */
	int32_t latency_us;              /* from its air to our timeline */
	int32_t fill_us;                 /* audio in stock, ahead of the clock */
	int32_t xruns;                   /* times that the speakers waited for it in vain */
	int32_t gaps;                    /* holes in what it sent */
	int32_t volume;                  /* its own, percent (AVRCP absolute volume) */
	int32_t drift_ppb;               /* its clock against nominal, 1/1000 ppm */
	struct model_meter meter;
	char problem[MODEL_TEXT]; /* what is wrong and what to do; empty: nothing */
};

struct model_speaker {
	char address[18], name[MODEL_TEXT], adapter[18];
	int32_t state; /* enum model_speaker_state */
	int32_t state_ms;
	int32_t retry_ms; /* until the next attempt; MODEL_UNKNOWN: none is planned */
	int32_t attempt;
	char codec[16], mode[16];
	char configuration[24]; /* of the codec, as it went over the air, in hex */
	int32_t bitpool, rate, kbps, mtu;
	struct model_term input, align, trim, packet, queue,
	    speaker; /* the latency, in its parts */
	int32_t total_us;
	int32_t delay_us; /* the delay line as it is now */
	int32_t fill_us;
	int32_t queue_packets;
	int32_t jitter_us;              /* p95 of |sent − due| */
	int32_t spacing[MODEL_SPACING]; /* of the last packets: how many went out how late */
	int64_t sent, dropped, late;
	int32_t stalls, reconnects;
	struct model_meter meter;
	int32_t volume; /* percent */
	bool muted, autoconnect, keepawake;
	bool solo;            /* while any speaker has it, the others are silent */
	bool absolute_volume; /* the speaker's own (AVRCP), else ours */
	int32_t channel;      /* enum model_channel */
	int32_t airtime_permille;
	char test[16]; /* the test signal over its music (signal.h); empty: none */
	char problem[MODEL_TEXT];
};

struct model_adapter {
	char address[18], name[MODEL_TEXT], hci[16];
	bool powered;
	int32_t endpoints, airtime_permille; /* of all streams, the source's included */
	char problem[MODEL_TEXT];            /* what is too much for its air; empty: nothing */
};

struct model_event {
	int64_t number;
	int64_t time_us; /* CLOCK_REALTIME */
	int32_t level;   /* enum model_level */
	char subject[MODEL_TEXT], text[192];
};

/* A measurement by microphone (aligning.h). */
enum model_align_state {
	ALIGN_OFF,
	ALIGN_OPENING, /* the microphone is being opened */
	ALIGN_SETTLING, /* the source has only begun: until its clock has settled nothing is measured */
	ALIGN_PLAYING,
	ALIGN_DONE, /* the results are there, nothing is changed yet */
	ALIGN_KEPT,
	ALIGN_FAILED, /* `problem` says why */
};

struct model_align_speaker {
	char address[18], name[MODEL_TEXT];
	char verdict[16], advice[MODEL_TEXT]; /* empty before the end */
	int32_t takes;                        /* so far; at the end: good ones */
	int32_t found_us;                     /* MODEL_UNKNOWN where it is not sure, as all below */
	int32_t spread_us, drift_ppb;
	int32_t apart_us; /* later at the microphone than the first of them, as things were */
	int32_t confidence_permille;
	int32_t level_cdb;
	int32_t volume; /* that makes it as loud as the softest, percent */
};

struct model_align {
	int32_t state; /* enum model_align_state */
	char microphone[MODEL_TEXT], problem[MODEL_TEXT];
	char playing[18]; /* address of the one that plays */
	int32_t round, rounds, progress_permille, left_ms, peak_cdb;
	int32_t count;
	struct model_align_speaker speakers[MODEL_SPEAKERS];
};

/* What a device is, as far as its class and its profiles tell. */
enum model_kind {
	KIND_UNKNOWN,
	KIND_SPEAKER,
	KIND_HEADPHONES,
	KIND_HEADSET,
	KIND_CAR,
	KIND_TELEVISION,
	KIND_PHONE,
	KIND_COMPUTER,
	KIND_OTHER,
};

/* What it is to us. */
enum model_role { MODEL_ROLE_UNKNOWN, MODEL_ROLE_SPEAKER, MODEL_ROLE_SOURCE, MODEL_ROLE_NONE };

/* A device that was heard, or is known.  Rows keep their order: new ones come behind those of their sort. */
struct model_found {
	char address[18], name[MODEL_TEXT], adapter[18];
	int32_t kind;    /* enum model_kind */
	int32_t role;    /* enum model_role */
	int32_t rssi;    /* dBm; MODEL_UNKNOWN: not heard since the scan began */
	int32_t seen_ms; /* since it was heard last; MODEL_UNKNOWN: never */
	int32_t number;  /* on the screen; 0: it is none of the speakers */
	bool paired, connected;
	bool hidden; /* no audio device, or without a name: shown only when asked for */
	/* what it can do (compatibility.h); known as far as it has come near */
	bool offers_sink, offers_source;
	char codecs[48];                  /* that it receives, with spaces between them */
	int32_t bitpool_min, bitpool_max; /* of SBC */
	int32_t delay_reporting;          /* 0, 1, MODEL_UNKNOWN, as below */
	int32_t absolute_volume;          /* its volume can be set from here */
	char vendor[16], maker[24];       /* "bluetooth:0057", "Harman" */
	char product[8], version[8];      /* in hex, the maker's own */
	int32_t works;                    /* as a speaker */
	char verdict[MODEL_TEXT], quirk[MODEL_TEXT];
};

struct model_scan {
	bool running;
	int32_t ms, limit_ms; /* since it began; when it ends by itself */
	char problem[MODEL_TEXT];
};

/* From a box in the shop to the first sound. */
enum model_step { STEP_REACH, STEP_PAIR, STEP_TRUST, STEP_CONNECT, STEP_FIRST_SOUND, STEP_COUNT };

enum model_step_state { STEP_WAITS, STEP_RUNS, STEP_DONE, STEP_FAILED };

struct model_pairing_step {
	int32_t state; /* enum model_step_state */
	int32_t ms;    /* how long it took, or takes already; MODEL_UNKNOWN: not begun */
	int32_t limit_ms;
	char note[64];
};

enum model_pairing_state { PAIRING_NONE, PAIRING_RUNS, PAIRING_DONE, PAIRING_FAILED };

struct model_pairing {
	char address[18], name[MODEL_TEXT];
	int32_t state; /* enum model_pairing_state */
	int32_t tries;
	struct model_pairing_step steps[STEP_COUNT];
	char problem[MODEL_TEXT], advice[MODEL_TEXT]; /* of a failed one */
};

/* One that has ended, well or not. */
struct model_attempt {
	int64_t time_us; /* CLOCK_REALTIME */
	bool well;
	char name[MODEL_TEXT], text[MODEL_TEXT], advice[MODEL_TEXT];
};

enum model_question_kind {
	QUESTION_PIN,     /* answer: the PIN */
	QUESTION_PASSKEY, /* the number that the device shows */
	QUESTION_MATCH,   /* yes: the device shows `digits`, too */
	QUESTION_PAIR,    /* yes: it may pair */
	QUESTION_SHOW,    /* `digits` are to be typed on the device; yes takes it down */
	QUESTION_ROLE,    /* speaker, source or none */
};

/* Answered by the command "answer ID …"; no answer in time is a no. */
struct model_question {
	int32_t id;
	int32_t kind; /* enum model_question_kind */
	char address[18], name[MODEL_TEXT], digits[24];
	int32_t left_ms; /* MODEL_UNKNOWN: it waits */
};

/* While it is open, an Echo or a phone can pair. */
struct model_window {
	bool open;
	int32_t left_ms, limit_ms;
	char adapter[18], name[MODEL_TEXT]; /* under which name it is to be found */
	char joined[MODEL_TEXT];            /* who paired, the last time */
	char problem[MODEL_TEXT];
};

struct model {
	int64_t time_us; /* CLOCK_REALTIME */
	int64_t uptime_ms;
	char
	    problem[MODEL_TEXT]; /* of the relay as a whole: no bluetoothd, no real-time priority */
	char version[32];        /* of echorelay */
	int32_t pid, cpu_permille, memory_kb; /* of its process */
	int32_t engine_wakes;                 /* a second */
	int32_t engine_wake_worst_us;
	struct model_source source;
	int32_t speaker_count, adapter_count, event_count;
	struct model_speaker speakers[MODEL_SPEAKERS];
	struct model_adapter adapters[MODEL_ADAPTERS];
	struct model_event events[MODEL_EVENTS]; /* oldest first */
	struct model_align align;
	struct model_scan scan;
	struct model_pairing pairing;
	struct model_window window;
	int32_t found_count, attempt_count, question_count;
	struct model_found found[MODEL_FOUND]; /* new audio devices, known ones, hidden ones */
	struct model_attempt attempts[MODEL_ATTEMPTS]; /* newest first */
	struct model_question questions[MODEL_QUESTIONS];
	bool idle; /* silent for so long that the streams are suspended */
};

enum model_form {
	MODEL_STATUS, /* what scripts get: source, speakers, adapters */
	MODEL_WIRE,   /* everything */
	MODEL_LIVE,   /* all but the events: for one who has them already */
};

/* A new reference, or NULL without memory. */
json_t *model_to_json(const struct model *model, enum model_form form);

/* The part of the wire form that tells of one device. */
json_t *model_found_to_json(const struct model_found *found);

/* The part of the wire form that tells of a measurement. */
json_t *model_align_to_json(const struct model_align *align);

/* The events beyond number `after`, as MODEL_WIRE has them.  A new reference, or NULL without memory. */
json_t *model_events_to_json(const struct model *model, int64_t after);

/*
 * Reads the wire form.  Returns 0; -EPROTO for another schema; -EINVAL where something has the wrong type
 * or there is too much of it, *model is then empty.  Keys it does not know are passed over.
 */
int model_from_json(struct model *model, const json_t *json);

/* The model of a relay that is not there: nothing is known. */
void model_clear(struct model *model);

const char *model_speaker_state_name(int32_t state);
const char *model_source_state_name(int32_t state);
const char *model_channel_name(int32_t channel);
const char *model_origin_name(int32_t origin);
const char *model_level_name(int32_t level);

const char *model_kind_name(int32_t kind);
const char *model_role_name(int32_t role);
const char *model_step_name(int32_t step);
const char *model_question_name(int32_t kind);

/* Reads one of these names; MODEL_UNKNOWN for another. */
int32_t model_channel_read(const char *name);
int32_t model_role_read(const char *name);
int32_t model_level_read(const char *name);

/* The classes of `spacing`: packets less late than this; the last class is all others. */
extern const int32_t model_spacing_us[MODEL_SPACING - 1];

/* Is it playing, well or not? */
bool model_speaker_plays(const struct model_speaker *speaker);

#endif
