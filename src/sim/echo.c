/* SPDX-License-Identifier: MIT */
#include "sim/echo.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "a2dp/sbc_stream.h"

#define CLOCK_ID 1
#define IDLE_NS 50000000
#define MTU 672

struct echo {
	struct source source;
	struct scenario_echo config;
	struct music *music;

	/* the world's thread */
	bool started, paused;
	int64_t position; /* frames since the stream was last started */
	int64_t start_ns; /* when that was */
	int64_t next_ns;  /* when the next block is handed in */
	uint64_t random;
	struct frame block[4096];
	int channel; /* packets go there; −1: blocks go to PipeWire */
	struct sbc_stream stream;
	echo_witness witness;
	void *witness_user;

	/* between the threads: the inlet is written only while `open` holds, under the lock */
	pthread_mutex_t lock;
	struct inlet *inlet;
	uint32_t rate;
	atomic_int state; /* enum source_state */
	_Atomic float gain;
	atomic_bool managed;
	int changed_fd;

	/* the main thread */
	const struct source_events *events;
	void *user;
};

static struct echo *echo_of(const struct source *source)
{
	return (struct echo *)((char *)(uintptr_t)source - offsetof(struct echo, source));
}

static void state_set(struct echo *echo, enum source_state state)
{
	if (atomic_exchange(&echo->state, (int)state) != (int)state)
		eventfd_write(echo->changed_fd, 1);
}

/* --- the main thread --------------------------------------------------------------------------- */

static int open_source(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct echo *echo = echo_of(source);
	echo->events = events;
	echo->user = user;
	pthread_mutex_lock(&echo->lock);
	echo->inlet = inlet;
	echo->rate = rate;
	pthread_mutex_unlock(&echo->lock);
	eventfd_write(echo->changed_fd, 1);
	return 0;
}

static int source_fd(const struct source *source)
{
	return echo_of(source)->changed_fd;
}

static void dispatch(struct source *source)
{
	struct echo *echo = echo_of(source);
	eventfd_t count;
	eventfd_read(echo->changed_fd, &count);
	struct source_info info = {
	    .state = (enum source_state)atomic_load(&echo->state),
	    .rate = echo->rate,
	    .channels = 2,
	    .latency_ns = -1,
	    .gain = atomic_load(&echo->gain),
	    .managed = atomic_load(&echo->managed),
	};
	if (echo->config.present && info.state == SOURCE_STREAMING) {
		snprintf(info.name, sizeof(info.name), "%.*s", SOURCE_TEXT - 1, echo->config.name);
		snprintf(info.address, sizeof(info.address), "%s", echo->config.address);
		snprintf(info.node, sizeof(info.node), "bluez_input.%s.0", echo->config.address);
		for (char *c = info.node; *c; c++)
			*c = *c == ':' ? '_' : *c;
	}
	echo->events->changed(echo->user, &info);
}

static void close_source(struct source *source)
{
	struct echo *echo = echo_of(source);
	pthread_mutex_lock(&echo->lock);
	echo->inlet = NULL;
	pthread_mutex_unlock(&echo->lock);
}

static const struct source_ops ops = {open_source, source_fd, dispatch, NULL, close_source};

struct echo *echo_new(const struct scenario_echo *config, struct music *music, uint32_t seed)
{
	struct echo *echo = calloc(1, sizeof(*echo));
	if (!echo)
		return NULL;
	echo->source.ops = &ops;
	echo->config = *config;
	atomic_init(&echo->gain, 1);
	atomic_init(&echo->managed, true);
	echo->channel = -1;
	echo->music = music;
	echo->random = seed;
	echo->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&echo->lock, NULL);
	atomic_init(&echo->state, SOURCE_ABSENT);
	return echo;
}

struct source *echo_source(struct echo *echo)
{
	return &echo->source;
}

void echo_free(struct echo *echo)
{
	if (!echo)
		return;
	if (echo->channel >= 0)
		sbc_stream_finish(&echo->stream);
	music_free(echo->music);
	pthread_mutex_destroy(&echo->lock);
	if (echo->changed_fd >= 0)
		close(echo->changed_fd);
	free(echo);
}

/* --- the world's thread ------------------------------------------------------------------------ */

static int64_t jitter(struct echo *echo)
{
	echo->random = echo->random * 6364136223846793005u + 1442695040888963407u;
	return echo->config.jitter_ns * (int64_t)(echo->random >> 48) / 65536;
}

/* The instant that the Echo's own clock gives to a position. */
static int64_t block_ns(const struct echo *echo, int64_t position)
{
	uint32_t rate = echo->channel < 0 ? echo->rate : echo->stream.config.rate;
	double seconds = (double)position / (rate * (1 + echo->config.ppm * 1e-6));
	return echo->start_ns + (int64_t)(seconds * 1e9);
}

static void stream_start(struct echo *echo, int64_t now)
{
	echo->started = true;
	echo->position = 0;
	echo->start_ns = now;
	echo->next_ns = now;
	if (echo->channel < 0)
		state_set(echo, SOURCE_STREAMING);
}

static void block_ends(struct echo *echo, int64_t ns, uint32_t count)
{
	if (echo->witness)
		echo->witness(echo->witness_user, ns, echo->block, count);
	echo->position += count;
	echo->next_ns = block_ns(echo, echo->position) + jitter(echo);
}

static void block_play(struct echo *echo)
{
	struct inlet_block block = {block_ns(echo, echo->position), echo->position, CLOCK_ID,
	                            echo->config.quantum, false};
	music_play(echo->music, echo->block, block.count);
	inlet_write(echo->inlet, &block, echo->block, echo->rate);
	block_ends(echo, block.ns, block.count);
}

/* What finds no room is lost, as with any sender. */
static void packet_play(struct echo *echo)
{
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	unsigned frames = echo->stream.frames_per_packet;
	uint32_t count = frames * sbc_config_frame_samples(&echo->stream.config);
	music_play(echo->music, echo->block, count);
	ssize_t size = sbc_stream_encode(&echo->stream, echo->block, frames, packet);
	if (size > 0)
		send(echo->channel, packet, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
	block_ends(echo, block_ns(echo, echo->position), count);
}

/* The air may hold up the first packet as any other. */
static int64_t packets_play(struct echo *echo, int64_t now)
{
	if (!echo->started) {
		stream_start(echo, now);
		echo->next_ns += jitter(echo);
	}
	while (echo->next_ns <= now)
		packet_play(echo);
	return echo->next_ns;
}

int64_t echo_step(struct echo *echo, int64_t now)
{
	int64_t next = now + IDLE_NS;
	if (!echo->config.present || echo->paused)
		return next;
	if (echo->channel >= 0)
		return packets_play(echo, now);
	pthread_mutex_lock(&echo->lock);
	if (echo->inlet) {
		if (!echo->started)
			stream_start(echo, now);
		while (echo->next_ns <= now)
			block_play(echo);
		next = echo->next_ns;
	}
	pthread_mutex_unlock(&echo->lock);
	return next;
}

void echo_pause(struct echo *echo, bool pause, int64_t now)
{
	(void)now;
	if (echo->paused == pause)
		return;
	echo->paused = pause;
	echo->started = false;
	if (!pause)
		return;
	pthread_mutex_lock(&echo->lock);
	if (echo->inlet)
		inlet_finish(echo->inlet);
	pthread_mutex_unlock(&echo->lock);
	state_set(echo, SOURCE_ABSENT);
}

int echo_set_channel(struct echo *echo, int fd, const uint8_t configuration[SBC_CONFIG_BYTES])
{
	if (echo->channel >= 0)
		sbc_stream_finish(&echo->stream);
	echo->channel = -1;
	int error = fd >= 0 ? sbc_stream_init(&echo->stream, configuration, MTU) : 0;
	if (!error)
		echo->channel = fd;
	return error;
}

void echo_set_managed(struct echo *echo, bool managed)
{
	atomic_store(&echo->managed, managed);
	eventfd_write(echo->changed_fd, 1);
}

void echo_watch(struct echo *echo, echo_witness witness, void *user)
{
	echo->witness = witness;
	echo->witness_user = user;
}

void echo_set_gain(struct echo *echo, float gain)
{
	atomic_store(&echo->gain, gain);
	eventfd_write(echo->changed_fd, 1);
}
