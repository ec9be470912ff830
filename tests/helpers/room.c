/* SPDX-License-Identifier: MIT */
#include "tests/helpers/room.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/helpers/tone.h"

#define SOUND_BAND 64 /* noise is smoothed over so many frames: SBC gives its best to the bass */
#define MATCH 2000

static const uint8_t configuration[] = {0x21, 0x15, 2, 53};

/* Noise without treble: a Hann window slides over it. */
static void sound_fill(struct frame *frames, int64_t from, uint32_t count)
{
	float window[SOUND_BAND];
	for (int k = 0; k < SOUND_BAND; k++)
		window[k] = (1 - cosf(2 * (float)M_PI * ((float)k + 0.5f) / SOUND_BAND)) /
		            SOUND_BAND;
	struct frame *raw = calloc(count + SOUND_BAND, sizeof(*raw));
	noise_fill(raw, from, count + SOUND_BAND, 1);
	for (uint32_t i = 0; i < count; i++) {
		frames[i] = (struct frame){0, 0};
		for (int k = 0; k < SOUND_BAND; k++) {
			frames[i].left += raw[i + k].left * window[k];
			frames[i].right += raw[i + k].right * window[k];
		}
	}
	free(raw);
}

static struct room_speaker *by_id(struct room *room, uint32_t id)
{
	for (int i = 0; i < room->count; i++)
		if (room->speakers[i].id == id)
			return &room->speakers[i];
	return NULL;
}

static void on_stalled(void *user, uint32_t id)
{
	struct room *room = user;
	by_id(room, id)->stalled++;
	engine_remove_output(room->engine, id);
}

static void on_failed(void *user, uint32_t id, int error)
{
	struct room *room = user;
	(void)error;
	by_id(room, id)->failed++;
	engine_remove_output(room->engine, id);
}

static void on_removed(void *user, const struct output_snapshot *last)
{
	struct room_speaker *speaker = by_id(user, last->id);
	if (!speaker)
		return;
	speaker->removed++;
	speaker->id = 0;
}

static void on_source(void *user, bool live)
{
	(void)user, (void)live;
}

static const struct engine_events events = {on_stalled, on_failed, on_removed, on_source};

struct room *room_new(double seconds)
{
	struct room *room = calloc(1, sizeof(*room));
	room->now = 1000 * ROOM_SECOND;
	room->heard_max = (int64_t)(seconds * ROOM_RATE);
	struct engine_config config = {ROOM_RATE, 25 * ROOM_MS, room->now};
	room->engine = engine_new(&config, &events, room);
	room->slack_ns = OUTPUT_SLACK_ASSUMED;
	room->plays = true;
	room->quantum = 512;
	room->fill = sound_fill;
	room->next_block = room->now;
	return room;
}

void room_free(struct room *room)
{
	engine_free(room->engine);
	for (int i = 0; i < room->count; i++) {
		dac_free(room->speakers[i].dac);
		free(room->speakers[i].heard);
		if (room->speakers[i].fd >= 0)
			close(room->speakers[i].fd);
	}
	free(room);
}

static void on_heard(void *user, int64_t at, const struct frame *frames, uint32_t count)
{
	struct room_speaker *speaker = user;
	memcpy(speaker->heard + at, frames, count * sizeof(*frames));
	speaker->heard_count = at + count;
}

void room_connect(struct room *room, int index, int64_t delay_frames, uint16_t mtu)
{
	struct room_speaker *speaker = &room->speakers[index];
	int fds[2];
	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds);
	if (speaker->fd >= 0)
		close(speaker->fd);
	speaker->fd = fds[1];
	speaker->last_arrival = 0;
	dac_start(speaker->dac, configuration);
	struct output_config config = {.fd = fds[0],
	                               .mtu = mtu,
	                               .group_rate = ROOM_RATE,
	                               .delay = delay_frames,
	                               .slack_ns = room->slack_ns,
	                               .mix = mix_matrix_of(MIX_STEREO, 1)};
	memcpy(config.configuration, configuration, sizeof(configuration));
	engine_add_output(room->engine, &config, &speaker->id);
}

int room_add(struct room *room, enum dac_kind kind, int64_t latency_ns, int64_t delay_frames,
             uint16_t mtu)
{
	struct room_speaker *speaker = &room->speakers[room->count];
	struct dac_config config = {.kind = kind,
	                            .latency_ns = latency_ns,
	                            .axis_ns = 1000 * ROOM_SECOND,
	                            .axis_rate = ROOM_RATE};
	*speaker = (struct room_speaker){.fd = -1};
	speaker->heard = calloc((size_t)room->heard_max + 1024, sizeof(struct frame));
	speaker->dac = dac_new(&config, on_heard, speaker);
	room_connect(room, room->count, delay_frames, mtu);
	return room->count++;
}

static void speaker_listen(struct room *room, struct room_speaker *speaker)
{
	uint8_t packet[2048];
	ssize_t size;
	while (!speaker->deaf && speaker->fd >= 0 &&
	       (size = recv(speaker->fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
		dac_packet(speaker->dac, packet, (size_t)size, room->now);
		int64_t spacing = room->now - speaker->last_arrival;
		if (speaker->last_arrival && spacing > speaker->spacing_worst)
			speaker->spacing_worst = spacing;
		speaker->last_arrival = room->now;
		speaker->packets++;
	}
	dac_run(speaker->dac, room->now);
}

void room_restart_source(struct room *room, int64_t position)
{
	room->sound_from += room->position - position;
	room->position = position;
	if (room->next_block < room->now)
		room->next_block = room->now;
}

static void source_play(struct room *room)
{
	while (room->plays && room->next_block + room->block_delay <= room->now) {
		struct frame frames[4096];
		struct inlet_block block = {room->next_block, room->position, 7, room->quantum,
		                            false};
		room->fill(frames, room->sound_from + room->position, room->quantum);
		inlet_write(engine_inlet(room->engine), &block, frames, ROOM_RATE);
		room->position += room->quantum;
		double per_ns = ROOM_RATE * (1 + room->source_ppm * 1e-6) / 1e9;
		room->next_block += (int64_t)(room->quantum / per_ns);
	}
}

void room_run(struct room *room, int64_t ns)
{
	int64_t end = room->now + ns;
	while (room->now < end) {
		source_play(room);
		int64_t next = engine_step(room->engine, room->now);
		engine_dispatch(room->engine);
		for (int i = 0; i < room->count; i++)
			speaker_listen(room, &room->speakers[i]);
		int64_t block = room->next_block + room->block_delay;
		if (room->plays && block > room->now && block < next)
			next = block;
		room->now = next < end ? next : end;
	}
}

/* Power of the sound against that of the difference at the best gain, in dB; every `step`th frame. */
static double match_db(const struct frame *heard, const struct frame *sound, int step)
{
	double hs = 0, ss = 0, hh = 0;
	for (int i = 0; i < MATCH; i += step) {
		hs += heard[i].left * sound[i].left + heard[i].right * sound[i].right;
		ss += sound[i].left * sound[i].left + sound[i].right * sound[i].right;
		hh += heard[i].left * heard[i].left + heard[i].right * heard[i].right;
	}
	double residue = hh - hs * hs / ss;
	return hh > 0 && hs > 0 ? -10 * log10(fmax(residue, 1e-12) / hh) : 0;
}

int64_t room_find(const struct room *room, int speaker, int64_t at, double *snr_db)
{
	const struct frame *heard = room->speakers[speaker].heard + at;
	int64_t from = room->sound_from + room->position - 4 * ROOM_RATE, best = -1;
	if (from < 0)
		from = 0;
	uint32_t count = 4 * ROOM_RATE + MATCH;
	struct frame *sound = calloc(count, sizeof(*sound));
	sound_fill(sound, from, count);
	*snr_db = 0;
	for (uint32_t i = 0; i + MATCH < count; i++) {
		if (match_db(heard, sound + i, 101) < 6) /* cannot be it */
			continue;
		double db = match_db(heard, sound + i, 1);
		if (db > *snr_db) {
			*snr_db = db;
			best = from + i;
		}
	}
	free(sound);
	return *snr_db > 6 ? best : -1;
}
