/* SPDX-License-Identifier: MIT */
/*
 * Each system call that the engine makes for a speaker, for a source or to wait fails: the others do not notice, the
 * main thread is told what is final, and what passes leaves nobody out of place.
 */
#include "tests/helpers/test.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "a2dp/sbc_stream.h"
#include "engine/clock.h"
#include "tests/helpers/room.h"
#include "tests/helpers/tone.h"

enum call {
	CALL_NONE,
	CALL_SEND,
	CALL_RECV,
	CALL_POLL,
	CALL_IOCTL,
	CALL_SETSOCKOPT,
	CALL_GETSOCKOPT
};

/* What fails, at which descriptor, with what, and how often still. */
static struct {
	enum call call;
	int fd, error;
	atomic_int left;
} broken;

static bool breaks(enum call call, int fd)
{
	if (broken.call != call || (broken.fd >= 0 && broken.fd != fd) || !broken.left)
		return false;
	broken.left--;
	errno = broken.error;
	return true;
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (breaks(CALL_SEND, fd))
		return -1;
	return sendto(fd, data, size, flags, NULL, 0);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
	if (breaks(CALL_RECV, fd))
		return -1;
	return recvfrom(fd, data, size, flags, NULL, NULL);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec wait = {timeout / 1000, timeout % 1000 * 1000000l};
	if (breaks(CALL_POLL, -1))
		return -1;
	return ppoll(fds, count, timeout < 0 ? NULL : &wait, NULL);
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (breaks(CALL_IOCTL, fd))
		return -1;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, argument);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	static int (*real)(int, int, int, const void *, socklen_t);
	if (breaks(CALL_SETSOCKOPT, fd))
		return -1;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "setsockopt");
	return real(fd, level, name, value, size);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict size)
{
	static int (*real)(int, int, int, void *, socklen_t *);
	if (breaks(CALL_GETSOCKOPT, fd))
		return -1;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getsockopt");
	return real(fd, level, name, value, size);
}

/* The engine's end of a speaker's socket is made before the speaker's own. */
static int engine_end(const struct room *room, int speaker)
{
	return room->speakers[speaker].fd - 1;
}

static struct room *room_of_two(void)
{
	struct room *room = room_new(8);
	room_add(room, DAC_FIFO, 180 * ROOM_MS, 0, 672);
	room_add(room, DAC_FIFO, 180 * ROOM_MS, 0, 672);
	room_run(room, 2 * ROOM_SECOND);
	return room;
}

static void in_step(const struct room *room)
{
	double first, second;
	int64_t at = 5 * ROOM_RATE;
	int64_t a = room_find(room, 0, at, &first), b = room_find(room, 1, at, &second);
	assert_true(a >= 0 && b >= 0);
	assert_in_range(a - b + 50, 0, 100);
}

static void what_passes_leaves_nobody_out_of_place(void **state)
{
	static const int errors[] = {EAGAIN, EWOULDBLOCK, ENOBUFS, EINTR};
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct room *room = room_of_two();
		broken.call = CALL_SEND;
		broken.fd = engine_end(room, 0);
		broken.error = errors[i];
		broken.left = 5;
		room_run(room, 4 * ROOM_SECOND);
		assert_int_equal(broken.left, 0);
		assert_int_equal(room->speakers[0].failed + room->speakers[0].stalled, 0);
		assert_int_equal(dac_counters(room->speakers[0].dac)->missing_packets, 0);
		in_step(room);
		room_free(room);
	}
}

static void what_is_final_is_told_and_hurts_nobody_else(void **state)
{
	static const int errors[] = {ETIMEDOUT, ENOTCONN, EPIPE,  ECONNRESET,
	                             EBADF,     EIO,      ENOMEM, EMSGSIZE};
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct room *room = room_of_two();
		uint64_t underruns = dac_counters(room->speakers[1].dac)->underruns;
		broken.call = CALL_SEND;
		broken.fd = engine_end(room, 0);
		broken.error = errors[i];
		broken.left = 1;
		room_run(room, ROOM_SECOND);
		assert_int_equal(room->speakers[0].failed, 1);
		assert_int_equal(room->speakers[0].removed, 1);
		room_connect(room, 0, 0, 672); /* as after an Acquire */
		room_run(room, 3 * ROOM_SECOND);
		assert_int_equal(room->speakers[1].failed + room->speakers[1].stalled, 0);
		assert_int_equal(dac_counters(room->speakers[1].dac)->underruns, underruns);
		in_step(room);
		room_free(room);
	}
}

/* It knows less of the queue then, and plays on. */
static void a_queue_that_cannot_be_seen_is_no_reason_to_stop(void **state)
{
	(void)state;
	struct room *room = room_of_two();
	broken.call = CALL_IOCTL;
	broken.fd = engine_end(room, 0);
	broken.error = ENOTTY;
	broken.left = 1 << 30;
	room_run(room, 4 * ROOM_SECOND);
	broken.call = CALL_NONE;
	assert_int_equal(room->speakers[0].failed + room->speakers[0].stalled, 0);
	in_step(room);
	room_free(room);
}

static int add(struct room *room, int *ret_other)
{
	static const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	struct output_config config = {.mtu = 672,
	                               .group_rate = ROOM_RATE,
	                               .slack_ns = OUTPUT_SLACK_ASSUMED,
	                               .mix = mix_matrix_of(MIX_STEREO, 1)};
	int fds[2];
	uint32_t id;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	memcpy(config.configuration, configuration, sizeof(configuration));
	config.fd = fds[0];
	*ret_other = fds[1];
	int error = engine_add_output(room->engine, &config, &id);
	if (error) /* it stays the caller's: closing it must succeed */
		assert_int_equal(close(fds[0]), 0);
	return error;
}

static void a_socket_that_answers_nothing_is_refused(void **state)
{
	(void)state;
	struct room *room = room_of_two();
	int other;
	broken.call = CALL_GETSOCKOPT;
	broken.fd = -1;
	broken.error = ENOTCONN;
	broken.left = 1;
	assert_int_equal(add(room, &other), -ENOTCONN);
	close(other);
	broken.call = CALL_SETSOCKOPT; /* its wishes are not granted: it plays as it is */
	broken.error = EPERM;
	broken.left = 2;
	assert_int_equal(add(room, &other), 0);
	broken.call = CALL_NONE;
	room_run(room, 30 * ROOM_MS); /* nobody reads it: not for long */
	room_free(room);
	close(other);
}

/* --- a source whose packets the engine reads itself --------------------------------------------------- */

#define PACKET_FRAMES 640
#define PACKET_MS 14

static const uint8_t configuration_of_source[] = {0x21, 0x15, 2, 53};

struct sender {
	struct sbc_stream stream;
	int fd;
};

static void sender_connect(struct sender *sender, struct room *room)
{
	struct tap *tap;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(sbc_stream_init(&sender->stream, configuration_of_source, 672), 0);
	assert_int_equal(tap_new(&tap, fds[0], configuration_of_source, (uint32_t)fds[0]), 0);
	assert_int_equal(engine_set_tap(room->engine, tap), 0);
	sender->fd = fds[1];
	broken.fd = fds[0];
	room_run(room, ROOM_MS);
}

static void sender_leave(struct sender *sender)
{
	sbc_stream_finish(&sender->stream);
	close(sender->fd);
}

static void sender_play(struct sender *sender, struct room *room, int packets)
{
	static struct frame frames[PACKET_FRAMES];
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	for (int i = 0; i < packets; i++) {
		tone_fill(frames, i * PACKET_FRAMES, PACKET_FRAMES, 997, ROOM_RATE, 0.5);
		ssize_t size = sbc_stream_encode(&sender->stream, frames, 5, packet);
		send(sender->fd, packet, (size_t)size, MSG_NOSIGNAL);
		room_run(room, PACKET_MS * ROOM_MS);
	}
}

static struct room *room_without_source(void)
{
	struct room *room = room_of_two();
	room->plays = false;
	room_run(room, ROOM_SECOND);
	return room;
}

static void a_source_that_falters_loses_nothing(void **state)
{
	static const int errors[] = {EAGAIN, EWOULDBLOCK, EINTR};
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct room *room = room_without_source();
		struct sender sender;
		uint64_t before = engine_snapshot(room->engine)->source.frames;
		broken.call = CALL_NONE;
		sender_connect(&sender, room);
		sender_play(&sender, room, 20);
		broken.call = CALL_RECV;
		broken.error = errors[i];
		broken.left = 3;
		sender_play(&sender, room, 20);
		assert_int_equal(broken.left, 0);
		room_run(room, 100 * ROOM_MS);
		const struct source_snapshot *source = &engine_snapshot(room->engine)->source;
		assert_true(source->live);
		assert_int_equal(source->frames - before, 40 * PACKET_FRAMES);
		assert_int_equal(source->gaps, 0);
		sender_leave(&sender);
		room_free(room);
	}
}

/* It ends as one that falls silent; no speaker minds, and the next one plays. */
static void a_source_that_fails_is_silent(void **state)
{
	static const int errors[] = {ENOTCONN, ETIMEDOUT, ECONNRESET, ENOTSOCK,
	                             EBADF,    EIO,       ENOBUFS,    ENOMEM};
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct room *room = room_without_source();
		struct sender sender, next;
		broken.call = CALL_NONE;
		sender_connect(&sender, room);
		sender_play(&sender, room, 20);
		assert_true(engine_snapshot(room->engine)->source.live);
		broken.call = CALL_RECV;
		broken.error = errors[i];
		broken.left = 1;
		sender_play(&sender, room, 70);
		assert_int_equal(broken.left, 0);
		assert_false(engine_snapshot(room->engine)->source.live);
		sender_connect(&next, room);
		sender_play(&next, room, 20);
		assert_true(engine_snapshot(room->engine)->source.live);
		for (int k = 0; k < 2; k++)
			assert_int_equal(room->speakers[k].failed + room->speakers[k].stalled, 0);
		sender_leave(&sender);
		sender_leave(&next);
		room_free(room);
	}
}

/* --- the thread ------------------------------------------------------------------------------------ */

static void a_wait_that_fails_stops_nothing(void **state)
{
	static const struct engine_events none; /* nothing plays, and nobody asks for news */
	static const int errors[] = {EINTR, ENOMEM};
	struct timespec moment = {.tv_nsec = ROOM_MS};
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct engine_config config = {ROOM_RATE, 16 * ROOM_MS,
		                               clock_now(&clock_monotonic)};
		struct engine *engine = engine_new(&config, &none, NULL);
		broken.call = CALL_POLL;
		broken.fd = -1;
		broken.error = errors[i];
		broken.left = 100;
		assert_int_equal(engine_start(engine), 0);
		for (int k = 0; k < 10000 && broken.left; k++)
			nanosleep(&moment, NULL);
		assert_int_equal(broken.left, 0);
		uint64_t steps = engine_snapshot(engine)->steps;
		for (int k = 0; k < 10000 && engine_snapshot(engine)->steps == steps; k++)
			nanosleep(&moment, NULL);
		assert_true(engine_snapshot(engine)->steps > steps);
		engine_free(engine);
		broken.call = CALL_NONE;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_passes_leaves_nobody_out_of_place),
	    cmocka_unit_test(what_is_final_is_told_and_hurts_nobody_else),
	    cmocka_unit_test(a_queue_that_cannot_be_seen_is_no_reason_to_stop),
	    cmocka_unit_test(a_socket_that_answers_nothing_is_refused),
	    cmocka_unit_test(a_source_that_falters_loses_nothing),
	    cmocka_unit_test(a_source_that_fails_is_silent),
	    cmocka_unit_test(a_wait_that_fails_stops_nothing),
	};
	return RUN(tests);
}
