/* SPDX-License-Identifier: MIT */
#include "sim/ear.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CLOCK_ID 1
#define BLOCK 512
#define SPAN (1 << 17) /* frames of the axis: the longest echo and what waits to be handed in */
#define ECHOES 64
#define LOUDNESS 0.3   /* gain at a distance of 1 m */
#define EARLIEST 0.004 /* s, of an echo after the direct sound */
#define IDLE_NS 50000000

/* One way from a speaker to the microphone. */
struct way {
	uint32_t frames;
	float gain;
};

struct ear {
	struct source source;
	const struct scenario_microphone *config;
	uint32_t axis_rate;
	int64_t axis_ns;
	/* the direct sound is two of them, for a distance that is no whole number of frames */
	struct way ways[SCENARIO_SPEAKERS][ECHOES + 2];
	uint64_t random;

	/* the world's thread, under the lock */
	float sum[SPAN]; /* what arrives, by frame of the axis */
	int64_t begun;   /* frame of the axis at position 0 */
	int64_t position;
	bool listens;
	struct frame block[BLOCK];

	/* between the threads: the inlet is written only while it is set, under the lock */
	pthread_mutex_t lock;
	struct inlet *inlet;
	uint32_t rate;
	int changed_fd;

	/* the main thread */
	const struct source_events *events;
	void *user;
};

static struct ear *ear_of(const struct source *source)
{
	return (struct ear *)((char *)(uintptr_t)source - offsetof(struct ear, source));
}

/* --- the main thread ----------------------------------------------------------------------------- */

static int open_source(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct ear *ear = ear_of(source);
	ear->events = events;
	ear->user = user;
	pthread_mutex_lock(&ear->lock);
	ear->inlet = inlet;
	ear->rate = rate;
	ear->listens = false;
	pthread_mutex_unlock(&ear->lock);
	eventfd_write(ear->changed_fd, 1);
	return 0;
}

static int source_fd(const struct source *source)
{
	return ear_of(source)->changed_fd;
}

static void dispatch(struct source *source)
{
	struct ear *ear = ear_of(source);
	eventfd_t count;
	if (eventfd_read(ear->changed_fd, &count) < 0)
		return;
	struct source_info info = {
	    .state = SOURCE_STREAMING,
	    .node = "simulated-microphone",
	    .rate = ear->rate,
	    .channels = 1,
	    .latency_ns = ear->config->latency_ns,
	};
	snprintf(info.name, sizeof(info.name), "%.*s", SOURCE_TEXT - 1, ear->config->name);
	ear->events->changed(ear->user, &info);
}

static void close_source(struct source *source)
{
	struct ear *ear = ear_of(source);
	pthread_mutex_lock(&ear->lock);
	ear->inlet = NULL;
	ear->listens = false;
	pthread_mutex_unlock(&ear->lock);
}

static const struct source_ops ops = {open_source, source_fd, dispatch, NULL, close_source};

/* --- the room ------------------------------------------------------------------------------------ */

static double chance(struct ear *ear)
{
	ear->random = ear->random * 6364136223846793005u + 1442695040888963407u;
	return (double)(ear->random >> 33) / 2147483648.0;
}

/* Echoes at random instants, ever closer to each other and ever softer, of either sign. */
static void ways_make(struct ear *ear, struct way *ways, double distance)
{
	double place = distance / EAR_SOUND * ear->axis_rate, part = place - floor(place);
	double decay = (double)ear->config->reverberation_ns / 1e9 / 6.9, when = EARLIEST;
	float direct = (float)(LOUDNESS / distance);
	ways[0] = (struct way){(uint32_t)place, direct * (float)(1 - part)};
	ways[1] = (struct way){(uint32_t)place + 1, direct * (float)part};
	for (int i = 0; i < ECHOES; i++) {
		double far = distance + when * EAR_SOUND;
		double gain = LOUDNESS / far * exp(-when / fmax(decay, 1e-3)) * (0.6 + chance(ear));
		ways[2 + i] = (struct way){
		    (uint32_t)(far / EAR_SOUND * ear->axis_rate),
		    (float)(chance(ear) < 0.5 ? -gain : gain),
		};
		when += 0.002 + 0.008 * chance(ear);
	}
}

struct ear *ear_new(const struct scenario *scenario, uint32_t axis_rate, int64_t axis_ns)
{
	struct ear *ear = calloc(1, sizeof(*ear));
	if (!ear)
		return NULL;
	ear->source.ops = &ops;
	ear->config = &scenario->microphone;
	ear->axis_rate = axis_rate;
	ear->axis_ns = axis_ns;
	ear->random = scenario->seed + 77;
	for (int i = 0; i < scenario->speaker_count; i++)
		ways_make(ear, ear->ways[i], scenario->speakers[i].distance);
	ear->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&ear->lock, NULL);
	return ear;
}

void ear_free(struct ear *ear)
{
	if (!ear)
		return;
	pthread_mutex_destroy(&ear->lock);
	if (ear->changed_fd >= 0)
		close(ear->changed_fd);
	free(ear);
}

struct source *ear_source(struct ear *ear)
{
	return &ear->source;
}

/* --- the world's thread -------------------------------------------------------------------------- */

void ear_hear(struct ear *ear, int speaker, int64_t at, const struct frame *frames, uint32_t count)
{
	pthread_mutex_lock(&ear->lock);
	const struct way *ways = ear->ways[speaker];
	for (uint32_t i = 0; ear->listens && i < count; i++) {
		float sound = (frames[i].left + frames[i].right) / 2;
		if (sound == 0)
			continue;
		for (int w = 0; w < ECHOES + 2; w++)
			ear->sum[(at + i + ways[w].frames) % SPAN] += sound * ways[w].gain;
	}
	pthread_mutex_unlock(&ear->lock);
}

static void begin(struct ear *ear, int64_t axis)
{
	memset(ear->sum, 0, sizeof(ear->sum));
	ear->begun = axis;
	ear->position = 0;
	ear->listens = true;
}

/* The place on the axis of a position, as the microphone's own clock has it. */
static double axis_of(const struct ear *ear, int64_t position)
{
	double rate = ear->rate * (1 + ear->config->ppm * 1e-6);
	return (double)ear->begun + (double)position / rate * ear->axis_rate;
}

/* A cubic through four neighbours (Catmull and Rom). */
static float sound_at(const struct ear *ear, double axis)
{
	int64_t at = (int64_t)floor(axis);
	float t = (float)(axis - floor(axis));
	float a = ear->sum[(at + SPAN - 1) % SPAN], b = ear->sum[at % SPAN],
	      c = ear->sum[(at + 1) % SPAN], d = ear->sum[(at + 2) % SPAN];
	return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

static void block_hand_in(struct ear *ear)
{
	float noise = (float)pow(10, ear->config->noise_db / 20) * 1.732f;
	double start = axis_of(ear, ear->position), after = axis_of(ear, ear->position + BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		float value = sound_at(ear, axis_of(ear, ear->position + i)) +
		              noise * (float)(chance(ear) * 2 - 1);
		value = fmaxf(-1, fminf(1, value));
		ear->block[i] = (struct frame){value, value};
	}
	for (int64_t i = (int64_t)start - 2; i < (int64_t)after - 2; i++)
		ear->sum[(i + SPAN) % SPAN] = 0;
	struct inlet_block block = {
	    .ns = ear->axis_ns + llround(start / ear->axis_rate * 1e9) + ear->config->latency_ns,
	    .position = ear->position,
	    .clock_id = CLOCK_ID,
	    .count = BLOCK,
	};
	inlet_write(ear->inlet, &block, ear->block, ear->rate);
	ear->position += BLOCK;
}

int64_t ear_step(struct ear *ear, int64_t heard_ns)
{
	int64_t next = heard_ns + IDLE_NS;
	double axis = (double)(heard_ns - ear->axis_ns) / 1e9 * ear->axis_rate;
	pthread_mutex_lock(&ear->lock);
	if (ear->inlet) {
		if (!ear->listens)
			begin(ear, (int64_t)axis);
		while (axis_of(ear, ear->position + BLOCK) + 2 < floor(axis))
			block_hand_in(ear);
		next = heard_ns + BLOCK * 1000000000ll / ear->rate;
	}
	pthread_mutex_unlock(&ear->lock);
	return next;
}
