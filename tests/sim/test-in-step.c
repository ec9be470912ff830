/* SPDX-License-Identifier: MIT */
/*
 * What one speaker goes through must not be heard at the others; and what must be heard at all of them, a
 * new common delay, comes without a click.  Each is held against a house where nothing happens.
 */
#include "tests/helpers/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/helpers/house.h"
#include "tests/helpers/tone.h"

#define SECOND HOUSE_SECOND
#define RATE 44100
#define MS_FRAMES (RATE / 1000)

#define KITCHEN "00:00:5E:00:53:01"
#define HALL "00:00:5E:00:53:02"

/* How sharply the sound bends at the most: a click does, a fade of some milliseconds does not. */
static float bend_most(const float *samples, int64_t from, int64_t to)
{
	float most = 0;
	for (int64_t i = from; i < to; i++)
		most = fmaxf(most, fabsf(samples[i] - 2 * samples[i - 1] + samples[i - 2]));
	return most;
}

/* --- events at others ---------------------------------------------------------------------------- */

#define NEIGHBOURS                                                                                 \
	"[world]\nrecord = FOLDER\n"                                                               \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"                                            \
	"[echo Echo Dot]\nnoise = yes\nadapter = hci1\n"                                           \
	"[speaker Kitchen]\naddress = " KITCHEN "\nlatency = 220 ms\nreports = 220 ms\n"           \
	"mtu = 1021\n"                                                                             \
	"[speaker Hall]\naddress = " HALL "\nkind = rtp\nlatency = 150 ms\nreports = 150 ms\n"     \
	"mtu = 1021\n"                                                                             \
	"[speaker Study]\naddress = 00:00:5E:00:53:03\nlatency = 180 ms\nreports = 180 ms\n"       \
	"mtu = 1021\n"                                                                             \
	"[speaker Patio]\naddress = 00:00:5E:00:53:04\nlatency = 200 ms\nreports = 200 ms\n"       \
	"mtu = 1021\nreachable = no\n"

/*
 * A fourth one joins, which is not the slowest; another is nudged, has its bitpool lowered, is switched to its
 * left channel, and leaves.
 */
static void happens_at_others(struct house *house)
{
	house_device(house, "Patio")->reachable = true;
	house_command(house, "connect Patio on");
	house_run(house, 4 * SECOND);
	assert_int_equal(house_speaker(house, "Patio")->state, SPEAKER_STREAMING);
	house_command(house, "delay Study +35ms");
	house_run(house, 2 * SECOND);
	assert_int_equal(house_speaker(house, "Study")->trim.us, 35000);
	speaker_stall(house_device(house, "Study"), house->now + 70 * HOUSE_MS);
	house_run(house, 2 * SECOND);
	assert_true(house_speaker(house, "Study")->bitpool < 53);
	house_command(house, "channel Study left");
	house_run(house, 2 * SECOND);
	house_command(house, "connect Study off");
	house_run(house, 2 * SECOND);
	assert_int_equal(house_speaker(house, "Study")->state, SPEAKER_OFF);
}

static void nothing_happens(struct house *house)
{
	house_run(house, 12 * SECOND);
}

static struct house *neighbours(void (*happens)(struct house *))
{
	struct house *house = house_new(NEIGHBOURS);
	house_run(house, 8 * SECOND);
	happens(house);
	house_close(house);
	return house;
}

static void events_at_others_leave_every_bit_as_it_is(void **state)
{
	(void)state;
	static const char *const untouched[] = {KITCHEN, HALL};
	struct house *quiet = neighbours(nothing_happens), *busy = neighbours(happens_at_others);
	for (size_t i = 0; i < COUNT(untouched); i++) {
		int64_t expected_count, count;
		float *expected = house_record(quiet, untouched[i], &expected_count);
		float *heard = house_record(busy, untouched[i], &count);
		count = count < expected_count ? count : expected_count;
		assert_true(count > 19 * RATE);
		assert_true(bend_most(expected, 8 * RATE, 9 * RATE) > 0.01f); /* it plays */
		assert_memory_equal(heard, expected, (size_t)count * sizeof(*heard));
		free(expected);
		free(heard);
	}
	house_free(quiet);
	house_free(busy);
}

/* --- a delay report that changes ------------------------------------------------------------------ */

#define REPORTS                                                                                    \
	"[world]\nrecord = FOLDER\n"                                                               \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\n"                                                                        \
	"[speaker Kitchen]\naddress = " KITCHEN "\nlatency = 180 ms\nreports = 180 ms\n"           \
	"[speaker Hall]\naddress = " HALL "\nlatency = 275 ms\nreports = 150 ms\n"

#define REPORTED                                                                                   \
	(15870ll * RATE / 1000) /* when Hall tells that it is 275 ms: heard between two strikes */
#define LATER ((275 - 180) * RATE / 1000) /* by which Kitchen then plays */

/*
 * The tune has bends of its own, where a string is struck.  So each millisecond is held against what the
 * speaker would have let hear then at its old place, and at its new one.
 */
static void assert_no_click(const float *heard, const float *unmoved, int64_t from, int64_t to)
{
	for (int64_t at = from; at < to; at += MS_FRAMES) {
		int64_t begin = at - 2 * MS_FRAMES, end = at + 3 * MS_FRAMES;
		float old = bend_most(unmoved, begin, end);
		float new = bend_most(unmoved, begin - LATER, end - LATER);
		float bend = bend_most(heard, at, at + MS_FRAMES);
		if (bend > 1.3f * fmaxf(old, new))
			fail_msg("a click at %.3f s: a bend of %f where %f was before and %f after",
			         (double)at / RATE, (double)bend, (double)old, (double)new);
	}
}

static void changed_delay_report_is_followed(void **state)
{
	(void)state;
	struct house *house = house_new(REPORTS "event = 15.87 s report 275 ms\n");
	struct house *unmoved = house_new(REPORTS);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 1015 * SECOND - house->now);
	assert_in_range(house_speaker(house, "Hall")->delay_us, 29900, 30100);
	house_run(house, 10 * SECOND);
	assert_int_equal(house_speaker(house, "Hall")->speaker.us, 275000);
	assert_int_equal(house_speaker(house, "Hall")->delay_us, 0);
	assert_in_range(house_speaker(house, "Kitchen")->delay_us, 94900, 95100);
	house_run(unmoved, 1025 * SECOND - unmoved->now);
	house_close(house);
	house_close(unmoved);
	int64_t count;
	float *kitchen = house_record(house, KITCHEN, &count);
	float *hall = house_record(house, HALL, &count);
	float *still = house_record(unmoved, KITCHEN, &count);
	assert_in_range(best_shift(kitchen, hall, 20 * RATE) + 1, 0, 2);
	assert_int_equal(best_shift(still, kitchen, REPORTED - RATE), 0);
	assert_no_click(kitchen, still, REPORTED - RATE / 10, REPORTED + 2 * RATE);
	free(kitchen);
	free(hall);
	free(still);
	house_free(house);
	house_free(unmoved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_at_others_leave_every_bit_as_it_is),
	    cmocka_unit_test(changed_delay_report_is_followed),
	};
	return RUN(tests);
}
