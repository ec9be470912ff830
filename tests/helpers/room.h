/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_ROOM_H
#define TESTS_HELPERS_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/frame.h"
#include "engine/engine.h"
#include "sim/dac.h"

/*
 * A room in virtual time: the engine, stepped by hand, sends to simulated speakers through real
 * sockets, and what each of them lets the room hear is kept.  The source plays noise that depends on
 * the frame's number only, so that any piece of what is heard can be found again.
 */

#define ROOM_RATE 44100
#define ROOM_SPEAKERS 16
#define ROOM_MS 1000000ll
#define ROOM_SECOND 1000000000ll

struct room_speaker {
	struct dac *dac;
	int fd;      /* the speaker's end, or −1 */
	uint32_t id; /* in the engine; 0 = none */
	bool deaf;   /* does not read its socket */
	uint64_t packets;
	int64_t last_arrival, spacing_worst;
	struct frame *heard;
	int64_t heard_count;
	unsigned stalled, failed, removed;
};

struct room {
	struct engine *engine;
	int64_t now;
	int64_t heard_max; /* frames kept for each speaker */
	int64_t slack_ns;  /* of the speakers to come */
	int count;
	struct room_speaker speakers[ROOM_SPEAKERS];
	/* the source */
	bool plays;
	double source_ppm;
	uint32_t quantum;
	int64_t position;    /* of the next block */
	int64_t sound_from;  /* number of the noise frame at position 0 */
	int64_t next_block;  /* ns */
	int64_t block_delay; /* how late blocks are handed in, ns */
	void (*fill)(struct frame *frames, int64_t from, uint32_t count); /* the sound */
};

/* A room that keeps `seconds` of sound; the source plays from the start. */
struct room *room_new(double seconds);
void room_free(struct room *room);

/* Adds a speaker with its true latency; the engine is told `delay` frames.  Returns its index. */
int room_add(struct room *room, enum dac_kind kind, int64_t latency_ns, int64_t delay_frames,
             uint16_t mtu);

/* Starts the speaker's stream anew with a fresh socket, as after an Acquire. */
void room_connect(struct room *room, int speaker, int64_t delay_frames, uint16_t mtu);

/* Lets virtual time pass. */
void room_run(struct room *room, int64_t ns);

/* Begins a new epoch of the source: its positions start over. */
void room_restart_source(struct room *room, int64_t position);

/*
 * The number of the noise frame that the speaker lets hear at `at` of its recording, by matching the
 * 2000 frames there; `snr_db` tells how well.  -1 if none fits.
 */
int64_t room_find(const struct room *room, int speaker, int64_t at, double *snr_db);

#endif
