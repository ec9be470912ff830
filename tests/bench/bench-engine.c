/* SPDX-License-Identifier: MIT */
/*
 * What the engine costs, against what cannot be done without.  Each figure is a ratio of two things
 * measured in turn in this one run, and comes with its spread; so it means the same on every machine.
 *
 *   virtual time    a step after the other, as fast as it goes: user time against the bare SBC encodes
 *   real time       its thread, waits and all, against a loop that encodes and sends the same packets at
 *                   the same instants
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <sbc/sbc.h>

#include "a2dp/rtp.h"
#include "audio/reader.h"
#include "engine/clock.h"
#include "engine/engine.h"
#include "tests/helpers/tone.h"

#define RATE 44100
#define QUANTUM 256 /* pipewire/capture.c */
#define SECOND 1000000000ll
#define SPEAKERS_MAX 16
#define ROUNDS 5
#define VIRTUAL_SECONDS 60
#define REAL_SECONDS 6
#define PACKET_SAMPLES 640
#define LEAD_NS 16000000 /* relay/settings.c */

static const uint8_t configuration[] = {0x21, 0x15, 2, 53};

/* --- measuring ------------------------------------------------------------------------------------ */

struct cost {
	double user, all; /* seconds of the calling thread */
};

static struct cost cost_now(void)
{
	struct rusage usage;
	getrusage(RUSAGE_THREAD, &usage);
	double user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
	double system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6;
	return (struct cost){user, user + system};
}

static struct cost cost_since(struct cost start)
{
	struct cost now = cost_now();
	return (struct cost){now.user - start.user, now.all - start.all};
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void row(const char *name, double *values, int count, const char *unit, const char *aim)
{
	qsort(values, (size_t)count, sizeof(*values), compare);
	printf("%-52s %8.2f %-5s (%.2f .. %.2f)  %s\n", name, values[count / 2], unit, values[0],
	       values[count - 1], aim);
	fflush(stdout);
}

/* --- what cannot be done without -------------------------------------------------------------------- */

static int16_t pcm[PACKET_SAMPLES * 2];

/* So many SBC frames, and nothing else. */
static double bare_encodes(long frames)
{
	sbc_t sbc;
	uint8_t out[256];
	ssize_t written;
	sbc_init_a2dp(&sbc, 0, configuration, 4);
	sbc.bitpool = 53;
	struct cost start = cost_now();
	for (long i = 0; i < frames; i++)
		sbc_encode(&sbc, pcm + i % 5 * 256, 512, out, sizeof(out), &written);
	double user = cost_since(start).user;
	sbc_finish(&sbc);
	return user;
}

/* --- a source and speakers that cost nothing ----------------------------------------------------------- */

static struct frame sound[QUANTUM];

struct ends {
	int count, fds[SPEAKERS_MAX];
};

static void ends_drain(struct ends *ends)
{
	uint8_t packet[2048];
	for (int i = 0; i < ends->count; i++)
		while (recv(ends->fds[i], packet, sizeof(packet), MSG_DONTWAIT) > 0)
			;
}

static void ends_close(struct ends *ends)
{
	for (int i = 0; i < ends->count; i++)
		close(ends->fds[i]);
}

static void pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
		exit(71);
}

static void nothing_stalled(void *user, uint32_t id)
{
	(void)user;
	fprintf(stderr, "output %u stalled\n", id);
}
static void nothing_failed(void *user, uint32_t id, int error)
{
	(void)user;
	fprintf(stderr, "output %u: %s\n", id, strerror(error));
}
static void nothing_removed(void *user, const struct output_snapshot *last)
{
	(void)user, (void)last;
}
static void nothing_changed(void *user, bool live)
{
	(void)user, (void)live;
}
static const struct engine_events nothing = {nothing_stalled, nothing_failed, nothing_removed,
                                             nothing_changed};

static struct engine *engine_with(int speakers, int64_t now, struct ends *ends)
{
	struct engine_config config = {RATE, LEAD_NS, now};
	struct engine *engine = engine_new(&config, &nothing, NULL);
	ends->count = speakers;
	for (int i = 0; i < speakers; i++) {
		int fds[2];
		uint32_t id;
		pair(fds);
		ends->fds[i] = fds[1];
		struct output_config output = {.fd = fds[0],
		                               .mtu = 672,
		                               .group_rate = RATE,
		                               .delay = 441 * i,
		                               .slack_ns = OUTPUT_SLACK_ASSUMED,
		                               .mix = mix_matrix_of(MIX_STEREO, 1)};
		memcpy(output.configuration, configuration, 4);
		engine_add_output(engine, &output, &id);
	}
	return engine;
}

static void feed(struct engine *engine, int64_t start, int64_t *position, int64_t until)
{
	for (;;) {
		int64_t ns = start + *position * SECOND / RATE;
		if (ns > until)
			return;
		inlet_write(engine_inlet(engine),
		            &(struct inlet_block){ns, *position, 1, QUANTUM, false}, sound, RATE);
		*position += QUANTUM;
	}
}

/* --- virtual time --------------------------------------------------------------------------------------- */

/* User seconds of so many seconds' steps alone: what the source and the speakers cost is left out. */
static double virtual_user(int speakers, int seconds)
{
	struct ends ends;
	int64_t now = SECOND, position = 0, end = now + seconds * SECOND;
	struct engine *engine = engine_with(speakers, now, &ends);
	double user = 0;
	while (now < end) {
		/* 60 ms at a stretch, what the sockets hold: the clock is read rarely, and the ends */
		int64_t stretch = now + 60000000;
		feed(engine, SECOND, &position, stretch);
		struct cost start = cost_now();
		while (now < stretch)
			now = engine_step(engine, now);
		user += cost_since(start).user;
		ends_drain(&ends);
	}
	engine_free(engine);
	ends_close(&ends);
	return user;
}

static void bench_user_time(void)
{
	static const int counts[] = {1, 2, 4, 8, 16};
	for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++) {
		double ratios[ROUNDS], cost[ROUNDS];
		char name[80];
		for (int i = 0; i < ROUNDS; i++) {
			int seconds = VIRTUAL_SECONDS * 8 / counts[k];
			double bare = bare_encodes((long)seconds * counts[k] * RATE / 128);
			double engine = virtual_user(counts[k], seconds);
			ratios[i] = engine / bare;
			cost[i] = 1e6 * engine / seconds / counts[k];
		}
		snprintf(name, sizeof(name), "user time / bare encodes, %2d speakers", counts[k]);
		row(name, ratios, ROUNDS, "x", counts[k] == 8 ? "aim 1.3" : "");
		snprintf(name, sizeof(name), "  the same per speaker and second");
		row(name, cost, ROUNDS, "us", "");
	}
}

/* --- real time -------------------------------------------------------------------------------------------- */

struct world {
	struct ends ends;
	struct engine *engine;
	volatile bool stop;
	int64_t start;
};

/* Hands in blocks and empties the sockets, on a thread of its own. */
static void *world_run(void *data)
{
	struct world *world = data;
	int64_t position = 0;
	while (!world->stop) {
		int64_t now = clock_now(&clock_monotonic);
		if (world->engine)
			feed(world->engine, world->start, &position, now);
		ends_drain(&world->ends);
		usleep(4000);
	}
	return NULL;
}

/* The engine's thread has no face here: it is found among this process's by its name. */
static double thread_seconds(const char *wanted)
{
	char command[256], line[64];
	snprintf(
	    command, sizeof(command),
	    "for t in /proc/%d/task/*; do [ \"$(cat $t/comm)\" = %s ] && cat $t/schedstat; done",
	    (int)getpid(), wanted);
	FILE *pipe = popen(command, "r");
	double seconds = pipe && fgets(line, sizeof(line), pipe) ? atof(line) / 1e9 : NAN;
	if (pipe)
		pclose(pipe);
	return seconds;
}

static double real_engine(int speakers, double *wakes)
{
	struct world world = {.start = clock_now(&clock_monotonic)};
	pthread_t thread;
	world.engine = engine_with(speakers, world.start, &world.ends);
	engine_start(world.engine);
	pthread_create(&thread, NULL, world_run, &world);
	sleep(1);
	double before = thread_seconds("relay-engine");
	uint64_t steps = engine_snapshot(world.engine)->steps;
	sleep(REAL_SECONDS);
	double spent = thread_seconds("relay-engine") - before;
	*wakes = (double)(engine_snapshot(world.engine)->steps - steps) / REAL_SECONDS;
	world.stop = true;
	pthread_join(thread, NULL);
	engine_free(world.engine);
	ends_close(&world.ends);
	return spent;
}

struct loop {
	int count;
	int fds[SPEAKERS_MAX];
	double spent;
};

/* The least that sends N speakers their packets: wake, encode, send. */
static void *loop_run(void *data)
{
	struct loop *loop = data;
	sbc_t sbc[SPEAKERS_MAX];
	uint8_t packet[1024] = {0x80, 0x60};
	struct sched_param param = {.sched_priority = 70};
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
	for (int i = 0; i < loop->count; i++) {
		sbc_init_a2dp(&sbc[i], 0, configuration, 4);
		sbc[i].bitpool = 53;
	}
	int64_t start = clock_now(&clock_monotonic);
	double interval = PACKET_SAMPLES * 1e9 / RATE / loop->count;
	struct cost cost = cost_now();
	for (int k = 0; k * interval < REAL_SECONDS * 1e9; k++) {
		int64_t due = start + (int64_t)((k + 1) * interval);
		struct timespec at = {due / SECOND, due % SECOND};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		size_t size = RTP_HEADER_BYTES;
		for (int f = 0; f < 5; f++) {
			ssize_t written;
			sbc_encode(&sbc[k % loop->count], pcm + f * 256, 512, packet + size,
			           sizeof(packet) - size, &written);
			size += (size_t)written;
		}
		send(loop->fds[k % loop->count], packet, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	loop->spent = cost_since(cost).all;
	for (int i = 0; i < loop->count; i++)
		sbc_finish(&sbc[i]);
	return NULL;
}

static double real_loop(int speakers)
{
	struct world world = {.ends = {.count = speakers}};
	struct loop loop = {.count = speakers};
	pthread_t drain, thread;
	for (int i = 0; i < speakers; i++) {
		int fds[2];
		pair(fds);
		loop.fds[i] = fds[0];
		world.ends.fds[i] = fds[1];
	}
	pthread_create(&drain, NULL, world_run, &world);
	pthread_create(&thread, NULL, loop_run, &loop);
	pthread_join(thread, NULL);
	world.stop = true;
	pthread_join(drain, NULL);
	ends_close(&world.ends);
	for (int i = 0; i < speakers; i++)
		close(loop.fds[i]);
	return loop.spent;
}

static void bench_real_time(void)
{
	double ratios[ROUNDS], percent[ROUNDS], wakes[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		double loop = real_loop(8), engine = real_engine(8, &wakes[i]);
		ratios[i] = engine / loop;
		percent[i] = 100 * engine / REAL_SECONDS;
	}
	row("user + system / bare loop, 8 speakers, real time", ratios, ROUNDS, "x", "aim 1.25");
	row("  engine thread", percent, ROUNDS, "%", "of a core");
	row("  wake-ups a second", wakes, ROUNDS, "", "");
}

/* --- from the source to a packet --------------------------------------------------------------------------- */

#define CLICKS 40

/* Virtual time: a click handed in with a block, and the packet that first lets it be heard. */
static void bench_delay(void)
{
	double delays[CLICKS];
	struct ends ends;
	int64_t now = SECOND, position = 0, click_ns = 0;
	struct engine *engine = engine_with(1, now, &ends);
	sbc_t sbc;
	int found = 0;
	sbc_init_a2dp(&sbc, 0, configuration, 4);
	for (int64_t next = 3 * RATE; found < CLICKS && now < 200 * SECOND;) {
		int64_t ns = SECOND + position * SECOND / RATE;
		while (ns <= now) {
			struct frame block[QUANTUM] = {{0, 0}};
			if (position <= next && next < position + QUANTUM) {
				block[next - position] = (struct frame){1, 1};
				click_ns = ns; /* the instant at which it is handed in */
				next += 2 * RATE + 7919 % (RATE / 3);
			}
			inlet_write(engine_inlet(engine),
			            &(struct inlet_block){ns, position, 1, QUANTUM, false}, block,
			            RATE);
			position += QUANTUM;
			ns = SECOND + position * SECOND / RATE;
		}
		int64_t wanted = engine_step(engine, now);
		uint8_t packet[2048];
		ssize_t size;
		while ((size = recv(ends.fds[0], packet, sizeof(packet), MSG_DONTWAIT)) > 0)
			for (ssize_t at = RTP_HEADER_BYTES; at < size;) {
				int16_t back[256];
				size_t written;
				at += sbc_decode(&sbc, packet + at, (size_t)(size - at), back,
				                 sizeof(back), &written);
				for (size_t i = 0; i < written / 2 && click_ns; i++)
					if (abs(back[i]) > 8000) {
						delays[found++] = (double)(now - click_ns) / 1e6;
						click_ns = 0;
					}
			}
		now = wanted < ns ? wanted : ns;
	}
	row("source's block -> packet that carries it", delays, found, "ms", "lead 16, block 256");
	sbc_finish(&sbc);
	engine_free(engine);
	ends_close(&ends);
}

/* --- what a nudge does to the sound ---------------------------------------------------------------------- */

/* A nudge of 3 ms, the longest that is slewed: everything but the tone, while it runs. */
static void bench_quality(void)
{
	static const double tones[] = {1000, 10000, 17000};
	struct reader_filter *filter = malloc(sizeof(*filter));
	struct frame *ring = malloc(TIMELINE_FRAMES * sizeof(*ring));
	struct frame *in = malloc(TIMELINE_FRAMES * sizeof(*in)), *out = in;
	if (!filter || !ring || !in)
		exit(71);
	reader_filter_init(filter);
	for (size_t k = 0; k < sizeof(tones) / sizeof(tones[0]); k++) {
		double residues[ROUNDS];
		char name[80];
		for (int i = 0; i < ROUNDS; i++) {
			struct timeline timeline;
			struct reader reader;
			timeline_init(&timeline, ring, 0);
			double hz = tones[k] * (1 + i * 0.003);
			int later = i % 2 ? 1 : -1; /* the pitch bends with it */
			tone_fill(in, i * 1000, RATE * 2, hz, RATE, 0.5);
			timeline_write(&timeline, 0, in, RATE * 2);
			reader_init(&reader, filter, 1, 2000);
			reader_move(&reader, 2000 + later * READER_SLEW_FRAMES, 0);
			reader_read(&reader, &timeline, RATE / 2, out, RATE / 2);
			residues[i] =
			    tone_residue_db(out, RATE / 2, hz * (1 - later * READER_SLEW), RATE);
		}
		snprintf(name, sizeof(name), "THD+N while a nudge runs, %2.0f kHz",
		         tones[k] / 1000);
		row(name, residues, ROUNDS, "dB", "aim -95");
	}
	free(filter);
	free(ring);
	free(in);
}

int main(void)
{
	tone_fill(sound, 0, QUANTUM, 440, RATE, 0.3);
	for (int i = 0; i < PACKET_SAMPLES * 2; i++)
		pcm[i] = (int16_t)(9000 * sin(i * 0.05));
	printf("%-52s %8s %-5s (min .. max of %d)\n", "", "median", "", ROUNDS);
	bench_user_time();
	bench_real_time();
	bench_delay();
	bench_quality();
	return 0;
}
