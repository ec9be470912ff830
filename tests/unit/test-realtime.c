/* SPDX-License-Identifier: MIT */
/*
 * The engine's step makes no call that a real-time thread must not make.  The functions below stand in
 * front of libc's for the whole program, libraries included; while a guard is up on the calling thread
 * they count.  The second half of the tests shows that the guard catches what it is meant to.
 */
#include "tests/helpers/test.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sbc/sbc.h>
#include <systemd/sd-bus.h>

#include "a2dp/sbc_stream.h"
#include "tests/helpers/room.h"
#include "tests/helpers/tone.h"

static _Thread_local bool guarded;
static _Thread_local unsigned violations;

static void notice(void)
{
	if (guarded)
		violations++;
}

/* The sanitizers have a malloc of their own; there, only the other calls are watched. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHES_MALLOC 0
#else
#define WATCHES_MALLOC 1
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

void *malloc(size_t size)
{
	notice();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	notice();
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	notice();
	return __libc_realloc(old, size);
}

void free(void *memory)
{
	notice();
	__libc_free(memory);
}
#endif

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#if WATCHES_MALLOC
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	static __typeof__(&pthread_mutex_lock) next;
	notice();
	if (!next)
		next = NEXT(pthread_mutex_lock);
	return next(mutex);
}
#endif

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	notice();
	return ppoll(fds, count,
	             timeout < 0 ? NULL
	                         : &(struct timespec){timeout / 1000, timeout % 1000 * 1000000},
	             NULL);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	static __typeof__(&write) next;
	notice();
	if (!next)
		next = NEXT(write);
	return next(fd, bytes, size);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	static __typeof__(&read) next;
	notice();
	if (!next)
		next = NEXT(read);
	return next(fd, bytes, size);
}

static unsigned violations_of(void (*body)(void *), void *data)
{
	violations = 0;
	guarded = true;
	body(data);
	guarded = false;
	return violations;
}

/* --- the engine -------------------------------------------------------------------------------- */

static struct room *room;

static void one_step(void *data)
{
	int64_t *next = data;
	*next = engine_step(room->engine, room->now);
}

/* Steps by hand as room_run does, the guard up only inside of the engine. */
static void run_guarded(int64_t ns)
{
	int64_t end = room->now + ns, next;
	while (room->now < end) {
		unsigned count = violations_of(one_step, &next);
		assert_int_equal(count, 0);
		int64_t step = next - room->now;
		room_run(room, step < end - room->now ? step : end - room->now);
	}
}

static void step_makes_no_forbidden_call(void **state)
{
	(void)state;
	room = room_new(20);
	for (int i = 0; i < 8; i++)
		room_add(room, DAC_FIFO, (100 + 20 * i) * ROOM_MS, 100 * (7 - i),
		         i % 2 ? 672 : 1021);
	run_guarded(2 * ROOM_SECOND);
	struct output_delay delays[] = {{room->speakers[0].id, 5000, 0, 0, false, 0},
	                                {room->speakers[1].id, 650, 0, 0, false, 0}};
	engine_set_delays(room->engine, delays, 2);
	engine_set_mix(room->engine, room->speakers[2].id, mix_matrix_of(MIX_MONO, 0.5f));
	engine_reset_meters(room->engine);
	run_guarded(ROOM_SECOND);
	engine_remove_output(room->engine, room->speakers[3].id);
	room->speakers[4].deaf = true; /* stalls */
	close(room->speakers[5].fd);   /* fails */
	room->speakers[5].fd = -1;
	room_add(room, DAC_FIFO, 150 * ROOM_MS, 0, 672);
	run_guarded(ROOM_SECOND);
	room->plays = false;
	run_guarded(ROOM_SECOND);
	room->plays = true;
	room_restart_source(room, 0);
	run_guarded(ROOM_SECOND);
	assert_int_equal(room->speakers[4].stalled, 1);
	assert_int_equal(room->speakers[5].failed, 1);
	room_free(room);
}

/* A source whose packets the engine reads itself: whole ones, lost ones, rubbish, and the channel's end. */
static void tap_makes_no_forbidden_call(void **state)
{
	(void)state;
	static const uint8_t rates[] = {0x21, 0x11}; /* the engine's, and 48 kHz */
	static struct frame frames[640];
	for (size_t i = 0; i < COUNT(rates); i++) {
		const uint8_t configuration[] = {rates[i], 0x15, 2, 53};
		uint8_t packet[SBC_STREAM_PACKET_BYTES];
		struct sbc_stream stream;
		struct tap *tap;
		int fds[2];
		room = room_new(20);
		room->plays = false;
		room_add(room, DAC_FIFO, 150 * ROOM_MS, 0, 672);
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
		assert_int_equal(sbc_stream_init(&stream, configuration, 672), 0);
		assert_int_equal(tap_new(&tap, fds[1], configuration, 7), 0);
		assert_int_equal(engine_set_tap(room->engine, tap), 0);
		for (int k = 0; k < 200; k++) {
			tone_fill(frames, k * 640, 640, 997, 44100, 0.5);
			ssize_t size = sbc_stream_encode(&stream, frames, 5, packet);
			if (k % 20 != 7) /* lost */
				assert_int_equal(send(fds[0], packet, (size_t)size, 0), size);
			if (k % 20 == 13)
				send(fds[0], "rubbish", 7, 0);
			run_guarded(14 * ROOM_MS);
		}
		assert_true(engine_snapshot(room->engine)->source.frames > 100000);
		close(fds[0]);
		run_guarded(ROOM_SECOND);
		sbc_stream_finish(&stream);
		room_free(room);
	}
}

/* --- the guard itself -------------------------------------------------------------------------- */

static void allocate(void *data)
{
	void *volatile memory = malloc(10);
	(void)data;
	free(memory);
}

static void allocate_in_libc(void *data)
{
	FILE *file = fopen("/dev/null", "r");
	(void)data;
	if (file)
		fclose(file);
}

static void allocate_in_libsbc(void *data)
{
	sbc_t sbc;
	(void)data;
	sbc_init(&sbc, 0);
	sbc_finish(&sbc);
}

static void lock(void *data)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	(void)data;
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static void wait_a_little(void *data)
{
	(void)data;
	poll(NULL, 0, 1);
}

static void log_a_line(void *data)
{
	int *fd = data;
	assert_int_equal(write(*fd, "x", 1), 1);
}

static void guard_catches(void **state)
{
	(void)state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	if (WATCHES_MALLOC) {
		assert_true(violations_of(allocate, NULL) >= 2);
		assert_true(violations_of(allocate_in_libc, NULL) >= 2);
		assert_true(violations_of(allocate_in_libsbc, NULL) >= 2);
		assert_true(violations_of(lock, NULL) >= 1);
	}
	assert_true(violations_of(wait_a_little, NULL) >= 1);
	assert_true(violations_of(log_a_line, &fds[1]) >= 1);
	close(fds[0]);
	close(fds[1]);
}

/* A step with one bad call in it, and that inside of a library. */
static void step_with_a_bad_call(void *data)
{
	one_step(data);
	allocate_in_libsbc(NULL);
}

static void guard_catches_a_bad_step(void **state)
{
	(void)state;
	int64_t next;
	room = room_new(1);
	if (WATCHES_MALLOC)
		assert_true(violations_of(step_with_a_bad_call, &next) > 0);
	assert_int_equal(violations_of(one_step, &next), 0);
	room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(step_makes_no_forbidden_call),
	    cmocka_unit_test(tap_makes_no_forbidden_call),
	    cmocka_unit_test(guard_catches),
	    cmocka_unit_test(guard_catches_a_bad_step),
	};
	return RUN(tests);
}
