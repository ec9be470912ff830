/* SPDX-License-Identifier: MIT */
/* engine/tap: a source's packets become blocks of sound, each at its place. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "a2dp/sbc_stream.h"
#include "engine/engine.h"
#include "engine/tap.h"
#include "tests/helpers/tone.h"

#define MS 1000000ll
#define START (1000 * MS)
#define RATE 44100
#define FRAMES 640 /* in a packet of 5 SBC frames */
#define PACKET_NS (FRAMES * 1000000000ll / RATE)

static const uint8_t configuration[SBC_CONFIG_BYTES] = {0x21, 0x15, 2, 53};

/* A source at the other end of the tap. */
struct far {
	int fd;
	struct sbc_stream stream;
	struct tap *tap;
	struct frame frames[TAP_BLOCK_FRAMES];
};

static int far_connect(struct far *far, const uint8_t bytes[SBC_CONFIG_BYTES])
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	far->fd = fds[0];
	assert_int_equal(sbc_stream_init(&far->stream, bytes, 672), 0);
	return fds[1];
}

static struct far *far_new(const uint8_t bytes[SBC_CONFIG_BYTES])
{
	struct far *far = calloc(1, sizeof(*far));
	assert_non_null(far);
	assert_int_equal(tap_new(&far->tap, far_connect(far, bytes), bytes, 7), 0);
	return far;
}

static void far_leave(struct far *far)
{
	sbc_stream_finish(&far->stream);
	close(far->fd);
}

static void far_free(struct far *far)
{
	tap_free(far->tap);
	far_leave(far);
	free(far);
}

static void far_send(struct far *far, const struct frame *frames)
{
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	ssize_t size = sbc_stream_encode(&far->stream, frames, 5, packet);
	assert_int_equal(send(far->fd, packet, (size_t)size, 0), size);
}

static void far_send_silence(struct far *far)
{
	static const struct frame silence[FRAMES];
	far_send(far, silence);
}

static struct inlet_block far_read(struct far *far, int64_t now)
{
	struct inlet_block block = {0};
	assert_int_equal(tap_read(far->tap, &block, far->frames, now), 1);
	assert_int_equal(block.count, FRAMES);
	assert_int_equal(block.clock_id, 7);
	return block;
}

/* What goes in comes out, and SBC alone stands between: 44 dB, as with any speaker. */
static void sound_comes_through(void **state)
{
	(void)state;
	static const uint8_t modes[] = {0x21, 0x24, 0x28}; /* joint, dual, mono */
	for (size_t i = 0; i < COUNT(modes); i++) {
		const uint8_t bytes[] = {modes[i], 0x15, 2, 31};
		static struct frame in[40 * FRAMES], out[40 * FRAMES];
		struct far *far = far_new(bytes);
		tone_fill(in, 0, COUNT(in), 997, RATE, 0.5);
		for (int64_t k = 0; k < 40; k++) {
			far_send(far, in + k * FRAMES);
			struct inlet_block block = far_read(far, START + k * PACKET_NS);
			assert_int_equal(block.position, k * FRAMES);
			assert_in_range(block.ns - START - k * PACKET_NS + 100, 0, 100);
			memcpy(out + k * FRAMES, far->frames, FRAMES * sizeof(*out));
		}
		assert_true(tone_residue_db(out + 1000, COUNT(out) - 1000, 997, RATE) < -25);
		for (size_t k = 0; k < COUNT(out); k += 100)
			assert_true(out[k].left - out[k].right < 1e-3f);
		far_free(far);
	}
}

/* The clock is that of the packets that waited least; a source that is slower is followed, a second later. */
static void lateness_does_not_move_the_clock(void **state)
{
	(void)state;
	static const int late_ms[] = {3, 0, 5, 0, 2, 7, 0, 40, 25, 10, 0, 1};
	struct far *far = far_new(configuration);
	for (int64_t k = 0; k < 600; k++) {
		far_send_silence(far);
		int64_t due = START + k * PACKET_NS + k * 3000; /* 200 ppm slow */
		struct inlet_block block =
		    far_read(far, due + late_ms[(size_t)k % COUNT(late_ms)] * MS);
		assert_int_equal(block.position, k * FRAMES);
		if (k >= 150)
			assert_in_range(block.ns - due + 500000, 0, 500000);
	}
	far_free(far);
}

/* What is lost on the way leaves a hole; who goes on elsewhere has begun anew there. */
static void lost_packets_have_their_place(void **state)
{
	(void)state;
	static const struct {
		int lost, position, ms;
	} cases[] = {{1, 2, 0}, {3, 4, 0}, {TAP_LOST_MOST, TAP_LOST_MOST + 1, 0}, {200, 1, 0}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct far *far = far_new(configuration);
		far_send_silence(far);
		far_read(far, START);
		far->stream.sequence = (uint16_t)(far->stream.sequence + cases[i].lost);
		far_send_silence(far);
		int64_t now = START + (1 + cases[i].lost) * PACKET_NS;
		struct inlet_block block = far_read(far, now);
		assert_int_equal(block.position, cases[i].position * FRAMES);
		assert_in_range(block.ns - now + 100000, 0, 100000);
		far_free(far);
	}
}

/* At the rate that is wanted: as much of it, at its place, a moment later. */
static void another_rate_is_resampled(void **state)
{
	(void)state;
	static const uint8_t at_48000[] = {0x11, 0x15, 2, 53};
	static struct reader_filter filter;
	static struct frame in[FRAMES], out[100 * FRAMES];
	const double packet_ns = FRAMES * 1e9 / 48000;
	struct far *far = far_new(at_48000);
	int64_t expected = 0;
	reader_filter_init(&filter);
	assert_int_equal(tap_set_rate(far->tap, &filter, RATE), 0);
	for (int64_t k = 0; k < 100; k++) {
		struct inlet_block block = {0};
		int64_t now = START + (int64_t)((double)k * packet_ns);
		tone_fill(in, k * FRAMES, FRAMES, 1000, 48000, 0.5);
		far_send(far, in);
		assert_int_equal(tap_read(far->tap, &block, far->frames, now), 1);
		assert_int_equal(block.position, expected);
		int64_t due = START + block.position * 1000 * MS / RATE;
		assert_in_range(block.ns - due + 1000, 0, 2000);
		assert_in_range(now - block.ns, 0, k ? MS : 0);
		memcpy(out + block.position, far->frames, block.count * sizeof(*out));
		expected += block.count;
	}
	assert_true(tone_residue_db(out + 1000, (uint32_t)expected - 1000, 1000, RATE) < -40);
	assert_int_equal(tap_set_rate(far->tap, &filter, 16000), -ENOTSUP);
	far_free(far);
}

static void what_makes_no_sense_is_passed_over(void **state)
{
	(void)state;
	struct far *far = far_new(configuration);
	struct inlet_block block;
	uint8_t packet[SBC_STREAM_PACKET_BYTES] = {0x80, 0x60, 0, 0};
	assert_int_equal(tap_read(far->tap, &block, far->frames, START), 0);
	send(far->fd, "rubbish", 7, 0);
	packet[12] = 5; /* five SBC frames of which there is nothing but zeros */
	send(far->fd, packet, 100, 0);
	block = far_read(far, START);
	for (int i = 0; i < FRAMES; i++)
		assert_true(far->frames[i].left == 0 && far->frames[i].right == 0);
	assert_int_equal(tap_read(far->tap, &block, far->frames, START), 0);
	assert_int_equal(tap_fd(far->tap), far->tap->fd);
	shutdown(far->fd, SHUT_RDWR);
	assert_int_equal(tap_read(far->tap, &block, far->frames, START), 0);
	assert_int_equal(tap_fd(far->tap), -1);
	far_free(far);
}

static ssize_t far_pack(struct far *far, uint8_t packet[SBC_STREAM_PACKET_BYTES])
{
	static struct frame tone[FRAMES];
	tone_fill(tone, 0, FRAMES, 997, RATE, 0.5);
	return sbc_stream_encode(&far->stream, tone, 5, packet);
}

static bool sounds(const struct frame *frames, unsigned from, unsigned to)
{
	bool any = false;
	for (unsigned i = from; i < to; i++) {
		assert_in_range(1000 + 100 * frames[i].left, 800, 1200);
		assert_in_range(1000 + 100 * frames[i].right, 800, 1200);
		any |= frames[i].left != 0 || frames[i].right != 0;
	}
	return any;
}

/* After whatever came, what is whole is heard. */
static void far_is_heard(struct far *far, int64_t now)
{
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	ssize_t size = far_pack(far, packet);
	assert_int_equal(send(far->fd, packet, (size_t)size, 0), size);
	assert_int_equal(tap_fd(far->tap), far->tap->fd);
	far_read(far, now);
	assert_true(sounds(far->frames, 0, FRAMES));
}

#define SBC_BYTES 119 /* of one frame */
#define SBC(number)                                                                                \
	(13 + (number)*SBC_BYTES) /* where it begins: a sync word, two of header, a CRC */

static void hostile_packets_are_silent_or_passed_over(void **state)
{
	(void)state;
	static const struct {
		unsigned at, value, size; /* the byte that is another; 0: as long as a whole one */
		unsigned frames, sound;   /* that come; of which so many sound */
	} cases[] = {
	    {0, 0x80, SBC(5), FRAMES, FRAMES}, /* a whole one */
	    {0, 0x81, SBC(5), 0, 0},           /* a CSRC */
	    {0, 0x8f, SBC(5), 0, 0},
	    {0, 0x90, SBC(5), 0, 0},  /* an extension */
	    {0, 0xa0, SBC(5), 0, 0},  /* padding */
	    {0, 0x40, SBC(5), 0, 0},  /* another version */
	    {12, 0, SBC(5), 0, 0},    /* no frame */
	    {12, 0x85, SBC(5), 0, 0}, /* fragments: one, the first, the last */
	    {12, 0xc5, SBC(5), 0, 0},
	    {12, 0xa5, SBC(5), 0, 0},
	    {0, 0x80, 0, 0, 0}, /* nothing, a byte, half a header, the header alone */
	    {0, 0x80, 1, 0, 0},
	    {0, 0x80, 12, 0, 0},
	    {0, 0x80, 13, FRAMES, 0},
	    {0, 0x80, SBC(2) + 5, FRAMES, 256},       /* cut off */
	    {0, 0x80, SBC(5) - 1, FRAMES, 512},       /* … by a byte */
	    {0, 0x80, SBC(5) + 9000, FRAMES, FRAMES}, /* longer than a channel carries */
	    {12, 1, SBC(5), 128, 128},                /* more than it says */
	    {12, 15, SBC(5), 1920, FRAMES},           /* less */
	    {12, 0x15, SBC(5), FRAMES, FRAMES},       /* a reserved bit */
	    {SBC(0), 0xad, SBC(5), FRAMES, 0},        /* another codec's sync word */
	    {SBC(0) + 3, 0, SBC(5), FRAMES, 0},       /* bad CRCs */
	    {SBC(2) + 3, 0, SBC(5), FRAMES, 256},
	    {SBC(4) + 3, 0, SBC(5), FRAMES, 512},
	    {SBC(2) + 2, 255, SBC(5), FRAMES, 256}, /* a bitpool that there is not */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t packet[SBC(5) + 9000] = {0};
		struct far *far = far_new(configuration);
		struct inlet_block block = {.count = 0};
		far_is_heard(far, START);
		assert_int_equal(far_pack(far, packet), SBC(5));
		packet[cases[i].at] = (uint8_t)cases[i].value;
		assert_int_equal(send(far->fd, packet, cases[i].size, 0), cases[i].size);
		tap_read(far->tap, &block, far->frames, START + PACKET_NS);
		assert_int_equal(block.count, cases[i].frames);
		assert_int_equal(sounds(far->frames, 0, cases[i].sound), cases[i].sound > 0);
		assert_false(sounds(far->frames, cases[i].sound, block.count));
		far_is_heard(far, START + 2 * PACKET_NS);
		far_free(far);
	}
}

/* Another mode, rate or form than was agreed, in the midst of it. */
static void another_stream_in_its_midst_does_no_harm(void **state)
{
	(void)state;
	static const uint8_t others[][SBC_CONFIG_BYTES] = {
	    {0x28, 0x15, 2, 31}, {0x24, 0x15, 2, 31}, {0x22, 0x15, 2, 53}, {0x11, 0x15, 2, 51},
	    {0x21, 0x19, 2, 53}, {0x21, 0x85, 2, 53}, {0x21, 0x16, 2, 53}, {0x88, 0x19, 2, 15},
	};
	for (size_t own = 0; own < COUNT(others); own++)
		for (size_t i = 0; i < COUNT(others); i++) {
			struct far *far = far_new(others[own]), *other = far_new(others[i]);
			uint8_t packet[SBC_STREAM_PACKET_BYTES];
			struct inlet_block block;
			for (int k = 0; k < 6; k++) {
				ssize_t size = far_pack(k % 3 ? other : far, packet);
				assert_int_equal(send(far->fd, packet, (size_t)size, 0), size);
				assert_int_equal(tap_read(far->tap, &block, far->frames, START), 1);
				assert_in_range(block.count, 1, TAP_BLOCK_FRAMES);
				bool sound = sounds(far->frames, 0, block.count);
				assert_true(k % 3 || sound);
			}
			far_free(other);
			far_free(far);
		}
}

/* More than any air brings, of which most is rubbish: a step takes so many, the next one goes on. */
static void a_flood_is_taken_in_parts(void **state)
{
	(void)state;
	struct far *far = far_new(configuration);
	struct inlet_block block;
	int sent = 0;
	uint8_t rubbish[20] = {0};
	while (send(far->fd, rubbish, sizeof(rubbish), MSG_DONTWAIT) > 0)
		sent++;
	assert_in_range(sent, TAP_STEP_MOST + 1, 2 * TAP_STEP_MOST + 100);
	for (int i = 0; i < 3; i++) /* room is made by so many */
		assert_int_equal(tap_read(far->tap, &block, far->frames, START), 0);
	for (int i = 0; i < TAP_STEP_MOST; i++)
		assert_int_equal(send(far->fd, rubbish, sizeof(rubbish), MSG_DONTWAIT), 20);
	assert_int_equal(send(far->fd, rubbish, sizeof(rubbish), MSG_DONTWAIT), -1);
	for (int i = 1; i < 5; i++)
		assert_int_equal(tap_read(far->tap, &block, far->frames, START + i), 0);
	far_is_heard(far, START + 10);
	far_free(far);
}

static void bad_configuration_is_refused(void **state)
{
	(void)state;
	struct tap *tap;
	assert_int_equal(tap_new(&tap, -1, (const uint8_t[]){0, 0, 0, 0}, 1), -EINVAL);
}

/* --- in the engine ------------------------------------------------------------------------------- */

static void on_output(void *user, uint32_t id)
{
	(void)user, (void)id;
}

static void on_failed(void *user, uint32_t id, int error)
{
	(void)user, (void)id, (void)error;
}

static void on_removed(void *user, const struct output_snapshot *last)
{
	(void)user, (void)last;
}

static void on_source(void *user, bool live)
{
	*(bool *)user = live;
}

static const struct engine_events events = {on_output, on_failed, on_removed, on_source};

/* It plays while packets come, and the socket is closed when another tap, or none, takes the place of it. */
static void engine_reads_it(void **state)
{
	(void)state;
	bool live = false;
	struct far far = {.fd = -1};
	struct tap *tap;
	struct engine_config config = {RATE, 16 * MS, START};
	struct engine *engine = engine_new(&config, &events, &live);
	assert_int_equal(tap_new(&tap, far_connect(&far, configuration), configuration, 1), 0);
	assert_int_equal(engine_set_tap(engine, tap), 0);
	for (int k = 0; k < 20; k++) {
		far_send_silence(&far);
		engine_step(engine, START + k * PACKET_NS);
	}
	engine_dispatch(engine);
	assert_true(live);
	assert_int_equal(engine_set_tap(engine, NULL), 0);
	engine_step(engine, START + 20 * PACKET_NS);
	engine_dispatch(engine);
	assert_false(live);
	assert_int_equal(engine_snapshot(engine)->source.frames, 20 * FRAMES);
	assert_int_equal(send(far.fd, "gone?", 5, MSG_NOSIGNAL), -1);
	far_leave(&far);
	assert_int_equal(tap_new(&tap, far_connect(&far, configuration), configuration, 2), 0);
	assert_int_equal(engine_set_tap(engine, tap), 0); /* never taken up: freed all the same */
	engine_free(engine);
	far_leave(&far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sound_comes_through),
	    cmocka_unit_test(lateness_does_not_move_the_clock),
	    cmocka_unit_test(lost_packets_have_their_place),
	    cmocka_unit_test(another_rate_is_resampled),
	    cmocka_unit_test(what_makes_no_sense_is_passed_over),
	    cmocka_unit_test(hostile_packets_are_silent_or_passed_over),
	    cmocka_unit_test(another_stream_in_its_midst_does_no_harm),
	    cmocka_unit_test(a_flood_is_taken_in_parts),
	    cmocka_unit_test(bad_configuration_is_refused),
	    cmocka_unit_test(engine_reads_it),
	};
	return RUN(tests);
}
