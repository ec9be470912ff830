/* SPDX-License-Identifier: MIT */
#ifndef RELAY_PRIVATE_H
#define RELAY_PRIVATE_H

#include "base/writer.h"
#include "bluez/bluez.h"
#include "engine/engine.h"
#include "relay/aligning.h"
#include "relay/arrivals.h"
#include "relay/command.h"
#include "relay/placement.h"
#include "relay/relay.h"
#include "relay/rtkit.h"
#include "relay/undo.h"
#include "relay/signal.h"

/* Between the files of relay/ only. */

#define SPEAKER_PROBLEM MODEL_TEXT
#define AVRCP_FULL 127 /* absolute volume */

/* Figures of the streams a speaker had before the present one. */
struct speaker_totals {
	uint64_t sent, dropped, late;
	uint32_t stalls, reconnects;
};

/* The least that waited in the socket within the last second or two: what stands there for good. */
struct standing_queue {
	uint32_t least, least_before;
	int64_t since;
};

/* A speaker: what is kept of it, what BlueZ has of it, what the engine has of it. */
struct speaker {
	struct relay *relay;
	struct settings_speaker *kept;
	struct bluez_device *device;       /* NULL: BlueZ does not know it now */
	struct bluez_transport *transport; /* NULL: no stream of ours */
	uint32_t output;                   /* the engine's number of it; 0: none */
	bool removing;                     /* the engine was asked to let go of it */
	bool calling;                      /* an answer of BlueZ is awaited */
	bool hanging_up;                   /* … to giving up a call that nobody answers */
	bool turned_off;                   /* by hand, until it is turned on by hand */
	bool wanted_once;                  /* connected by hand, though not by itself */
	bool played;                       /* it has, since the program started */
	bool solo;                         /* while any speaker has it, the others are silent */
	enum signal_kind test;             /* that lies over its music */
	int64_t test_until;                /* when it is over */
	bool leaving;                      /* out of the list, when its stream has ended */
	bool forgotten;                    /* … and nothing is kept of it */
	bool flushes;                      /* its link has a flush timeout */
	bool kept_out;                     /* there is no air for it */
	bool volume_settled;               /* the speaker has the volume that is kept */
	enum model_speaker_state state;
	int64_t state_since;
	int64_t not_before;    /* no attempt before */
	int64_t playing_since; /* this stream; 0: it does not play */
	int attempt;
	int vain; /* times that it was connected and no stream came of it */
	uint16_t mtu;
	unsigned bitpool;     /* as last seen */
	int64_t delay_frames; /* as the engine was told */
	struct speaker_totals totals;
	struct standing_queue queue;
	char place[18]; /* address of the adapter it was given (place.c); empty: none yet */
	char place_hci[16];
	char problem[SPEAKER_PROBLEM];
};

/* What an adapter's air is used for, and what was told of it (air.c). */
struct air {
	char address[18];
	int streams, movable; /* a speaker that may go elsewhere, its number; 0: none */
	unsigned ceiling;     /* no stream of it has a larger bitpool; 0: not counted yet */
	int64_t settles_at;   /* when all have come down to it */
	int64_t rises_at;     /* when it is to be higher again; 0: it is not */
	char problem[SPEAKER_PROBLEM]; /* empty: all that is there fits */
};

/* The helper that sets flush timeouts. */
struct flush {
	bool tried, told;
	int fd;      /* 0: there is none */
	pid_t child; /* 0: not ours to wait for */
	sd_event_source *io;
	char path[4096];
};

/* Real-time priority for the engine's thread (priority.c). */
struct priority {
	bool settled; /* it has it, or will not get it */
	sd_bus *bus;  /* to rtkit, while it is asked */
	struct rtkit *rtkit;
};

struct echo {
	/* its volume, and who applies it (echo.c) */
	bool pipewire_applies;
	int64_t doubt_since;
	float gain; /* what is left for the relay to apply; 1: nothing */
	/* its stream, where that is the relay's own (tapping.c) */
	bool direct;       /* it is */
	struct tap *ready; /* for the transport that is asked for, or was */
	char asked[BLUEZ_PATH];
	char tapped[BLUEZ_PATH]; /* the transport that the engine reads; empty: none */
	bool refused;            /* it could not be had, and that was told */
	int64_t ask_at;          /* then it is asked for again */
	uint32_t taps;           /* so many were there */
};

struct relay {
	struct relay_config config;
	struct settings *settings;
	struct journal *journal;
	struct engine *engine;
	struct source *source;
	struct source_info source_told; /* by PipeWire */
	struct source_info source_info; /* what is known of it, or of a stream to our own sink */
	int64_t source_since;
	bool live;        /* an epoch of the source is open in the engine */
	bool quiet;       /* none is, and nothing of the last one sounds any more */
	int64_t quiet_at; /* when that will be so; 0: it is not near */
	struct echo echo;

	sd_bus *bus;
	struct bluez *bluez;
	bool service, had_service;
	int64_t bus_retry;
	int64_t bus_heard; /* when it was last looked at */
	char service_problem[SPEAKER_PROBLEM];
	char endpoint_problem[SPEAKER_PROBLEM]; /* told already */
	int64_t prepare_at; /* when endpoints that were refused are asked for again; 0: none was */

	struct aligning *aligning; /* or NULL */
	struct scan scan;
	struct pairing pairing;
	struct door door;
	int origin_count;
	struct origin origins[ORIGINS];
	int64_t slept_ns; /* how long the host had slept, when it was last asked */
	bool contested;   /* another program has endpoints for speakers, too */
	bool idle;        /* silent for so long that the streams are suspended */
	int64_t sound_at; /* when there was sound, the last time */
	int64_t ended_at; /* when the source ended, the last time */

	int speaker_count;
	struct speaker *speakers[MODEL_SPEAKERS]; /* in the order of the screen */
	int64_t target_ns;                        /* of the alignment */
	bool align_again;
	int64_t place_at; /* when the speakers are to be given adapters anew; 0: they have theirs */
	bool air_again;   /* a stream has come, gone or changed */
	int air_count;
	struct air airs[MODEL_ADAPTERS];
	struct undo undo;

	struct flush flush;
	struct priority priority;
	sd_event *event;
	sd_event_source *timer, *engine_io, *source_io;

	int64_t started;
	int64_t save_at; /* when the settings are to be written; 0: nothing to write */
	struct writer writer;
	uint64_t steps_seen;
	int64_t steps_seen_at;
	int32_t wakes;
	int64_t usage_seen_us, usage_seen_at;
	struct model model;
};

#define SECOND_NS 1000000000ll
#define BUS_RETRY_NS (2 * SECOND_NS) /* bluetoothd or the bus is not there: look again */

int64_t relay_now(const struct relay *relay);
void relay_keep(struct relay *relay); /* something in the settings has changed */
bool relay_uses_adapter(const struct relay *relay, const struct bluez_adapter *adapter);

/* What a device is called, made harmless; its address where it has no name. */
void relay_name(char *name, size_t size, const struct bluez_device *device);

/* The bus that BlueZ and rtkit are on; not a demo's own.  Returns 0, -errno. */
int relay_open_bus(const struct relay *relay, sd_bus **ret_bus);

/* relay_events.c: what the relay gives the parts to call. */
extern const struct bluez_events relay_bluez_events;
extern const struct engine_events relay_engine_events;
extern const struct source_events relay_source_events;
/* bluetoothd is there and its objects are known, or not, for `reason`; `user` is the relay. */
void relay_follow_service(void *user, bool present, const char *reason);
void adapters_prepare(struct relay *relay); /* their endpoints, once all devices are known */
void adapters_look_after(struct relay *relay, int64_t now); /* those that were refused */

/* Takes a device in that is paired now, or has another role; its adapter gets endpoints for it. */
void relay_adopt(struct relay *relay, struct bluez_device *device);
/* Its role, kept or decided now; the device is paired. */
enum settings_role relay_role(struct relay *relay, const struct bluez_device *device);

/* roster.c */
int relay_streams(const struct relay *relay, const struct bluez_adapter *adapter);
int relay_unpair(struct relay *relay, const char *address);
void relay_set_role(struct relay *relay, const char *address, enum settings_role role);
bool relay_is_name(const char *name); /* plain text, not empty */
/* The name must be one.  Returns 0; -ENOSPC where no more is kept. */
int relay_rename(struct relay *relay, const char *address, const char *name);
void roster_act(struct relay *relay);
void roster_stays(struct relay *relay, const struct bluez_device *device);

/*
 * execute_arrivals.c: the commands about what comes and goes, with their `count` arguments.  Returns as
 * relay_command does; -ENOSYS for another command.
 */
int arrivals_command(struct relay *relay, enum command_id id, char *const *arguments, int count,
                     char *reply, size_t size);

/* place.c */
const char *relay_hci(const struct bluez_adapter *adapter); /* "hci0" */
/* Says whether the speakers were placed anew: their adapters want endpoints for them. */
bool places_act(struct relay *relay, int64_t now);
/* Something has come; or something was removed, and more will be in a moment. */
void place_again(struct relay *relay, bool removed);
/* Says so where it has the address of another one. */
void place_adapter_added(struct relay *relay, const struct bluez_adapter *adapter);
/* The one before it that has its address, too, or NULL. */
const struct bluez_adapter *place_twin(const struct bluez_adapter *adapter);

/* air.c */
/* What a transport's stream is like, where it is SBC; `transport` may be NULL.  Says whether it is. */
bool air_sbc(struct sbc_config *config, const struct bluez_transport *transport);
/* Tells of what has come or gone, and has bitpools follow. */
void air_act(struct relay *relay, int64_t now);
/* Percent of an adapter's air that the source's stream takes, or only while it plays (`active`). */
double air_inbound(const struct relay *relay, const struct bluez_adapter *adapter, bool active);
/* The same, or what it will take where a source is paired. */
double air_inbound_expected(struct relay *relay, const struct bluez_adapter *adapter);
/* … and all streams with it, a source that is paired there counted in. */
double air_taken(struct relay *relay, const struct bluez_adapter *adapter);
/* What is too much for an adapter's air, in words; empty: it fits. */
const char *air_problem(struct relay *relay, const struct bluez_adapter *adapter);
/* A speaker's stream, as far as it is known: what it was the last time, else what is usual. */
struct placement_stream air_stream(const struct speaker *speaker);
/* Would the speaker fit where it is placed?  If not, the words for it. */
bool air_fits(const struct speaker *speaker, char *text, size_t size);
/* Is there no air for it? */
bool air_full(const struct speaker *speaker);
/* The largest bitpool for which its adapter has the air. */
unsigned air_ceiling(const struct speaker *speaker);
/* By how much its packets are longer than the lead, ns: so long, at the least, its sound must wait. */
int64_t air_waits(const struct speaker *speaker);
/* When the air is free for a stream that begins. */
int64_t air_settled(const struct speaker *speaker);
/* Has its adapter the air for packets as short as the lead, to every speaker there (output.h)? */
bool air_even(const struct speaker *speaker);
int64_t air_packet_ns(const struct speaker *speaker); /* how long the shortest of them plays */

/* rest.c */
void rest_follow(struct relay *relay, bool live); /* the source begins to play, or ends */
void rest_act(struct relay *relay, int64_t now);

/* speakers.c */
struct speaker *speaker_of_address(struct relay *relay, const char *address);
struct speaker *speaker_of_device(struct relay *relay, const struct bluez_device *device);
/* That which has the stream, be its device unpaired meanwhile or another; else that of its device. */
struct speaker *speaker_of_transport(struct relay *relay, const struct bluez_transport *transport);
/* That of its device; NULL: it has none. */
struct bluez_adapter *speaker_adapter(const struct speaker *speaker);
struct speaker *speaker_of_output(struct relay *relay, uint32_t output);
bool speaker_move(struct speaker *speaker, int rows); /* down; false where it cannot go so far */
void speakers_follow_device(struct relay *relay, struct bluez_device *device,
                            enum bluez_change change);
/* Its link has ended: it was lost, or has every right to. */
void speaker_link_down(struct speaker *speaker);

/* speaker.c */
/* On or off by hand: it is tried at once. */
void speaker_turn(struct speaker *speaker, bool on);
void speaker_follow_transport(struct speaker *speaker, struct bluez_transport *transport,
                              enum bluez_change change);
void speaker_act(struct speaker *speaker, int64_t now);
void speaker_connected(struct speaker *speaker, const char *problem);
void speaker_disconnected(struct speaker *speaker);
void speaker_acquired(struct speaker *speaker, int fd, uint16_t mtu, const char *problem);
void speaker_released(struct speaker *speaker, const char *problem);
void speaker_stalled(struct speaker *speaker);
void speaker_flushed(struct speaker *speaker); /* its radio has dropped packets */
void speaker_failed(struct speaker *speaker, int error);
void speaker_removed(struct speaker *speaker, const struct output_snapshot *last);
void speaker_set_state(struct speaker *speaker, enum model_speaker_state state);
/* It is left alone for a while, the longer the more often it failed in a row. */
void speaker_back_off(struct speaker *speaker, enum model_speaker_state state, const char *problem);

/* speaker_output.c */
/* Gives it an output over `fd`, which stays the caller's if that fails: -errno. */
int speaker_output_start(struct speaker *speaker, int fd);
struct model_term speaker_latency(const struct speaker *speaker);
int relay_align(struct relay *relay);
void speaker_mix(struct speaker *speaker);
void speakers_mix(struct relay *relay); /* all of them: one's solo is the others' silence */
bool speaker_silenced(const struct speaker *speaker);       /* it is muted, or another one solo */
bool speaker_has_own_volume(const struct speaker *speaker); /* that we can set */
void speaker_send_volume(struct speaker *speaker);
int speaker_volume(const struct speaker *speaker); /* percent */
/*
 * Lays a test signal over what it plays, or with SIGNAL_NONE and NULL takes it away.  The overlay is
 * its from now on.  Returns 0; -ENOTCONN where it does not play, -ENOMEM for an overlay that is NULL.
 */
int speaker_test(struct speaker *speaker, enum signal_kind kind, struct overlay *overlay);

/* flush.c */
void flush_guard(struct speaker *speaker,
                 int fd); /* that has an output; the fd stays the caller's */
void flush_dispatch(struct relay *relay);
void flush_close(struct relay *relay);

/* priority.c */
void priority_act(struct relay *relay);
const char *priority_problem(const struct relay *relay); /* NULL: none, or not known yet */
void priority_close(struct relay *relay);

/* watch.c */
void speakers_watch(struct relay *relay);

/* echo.c */
struct bluez_transport *echo_transport(const struct relay *relay); /* NULL: none */
int echo_volume(const struct relay *relay);                        /* percent; −1: unknown */
void echo_look_after(struct relay *relay, int64_t now);
int echo_welcome(struct relay *relay, const char *address); /* engine/source.h */

/* tapping.c */
bool tapping_wanted(const struct relay *relay); /* there is to be a sink of our own */
void tapping_look_after(struct relay *relay);
void tapping_close(struct relay *relay);
void tapping_acquired(struct relay *relay, struct bluez_transport *transport, int fd,
                      const char *problem);
void source_show(struct relay *relay); /* what is known of the source has changed */

/* execute_align.c: `speaker` NULL means all.  Both return as relay_command does. */
int execute_test(struct relay *relay, struct speaker *speaker, const char *signal, char *reply,
                 size_t size);
int execute_align(struct relay *relay, char *const *arguments, int count, char *reply, size_t size);

/*
 * named.c: by number on the screen, by address, by name or by a beginning of it that no other has.  NULL
 * where that is nobody or several, and `reply` says so.
 */
struct speaker *relay_speaker_named(struct relay *relay, const char *word, char *reply,
                                    size_t size);

/* present.c */
void relay_present(struct relay *relay);

#endif
