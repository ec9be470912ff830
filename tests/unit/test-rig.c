/* SPDX-License-Identifier: MIT */
/* tests/rig/parts: the model of the air, and the clicks that the rig measures with. */
#include "tests/helpers/test.h"

#include "tests/rig/parts/air.h"
#include "tests/rig/parts/clicks.h"

#define MS 1000000

/* --- air --------------------------------------------------------------------------------------- */

/* 1000 kbit/s: a packet of 117 bytes, 8 of overhead, is on the air for a millisecond. */
#define MILLISECOND_BYTES 117

struct heard {
	int completed[AIR_LINKS], flushed[AIR_LINKS], arrived[AIR_LINKS];
	int64_t now, last_arrival[AIR_LINKS];
	uint8_t order[64]; /* first bytes, as they arrived */
	int count;
};

static void on_flushed(void *user, int link)
{
	((struct heard *)user)->flushed[link]++;
}

static void on_completed(void *user, int link)
{
	((struct heard *)user)->completed[link]++;
}

static void on_arrived(void *user, int link, uint8_t *bytes, size_t size)
{
	struct heard *heard = user;
	assert_int_equal(size, MILLISECOND_BYTES);
	heard->arrived[link]++;
	heard->last_arrival[link] = heard->now;
	heard->order[heard->count++ % 64] = bytes[0];
}

static struct air *air_of(struct heard *heard, uint32_t loss_percent)
{
	struct air_config config = {1000, 2 * MS, loss_percent, 1};
	struct air_events events = {on_completed, on_flushed, on_arrived, heard};
	*heard = (struct heard){0};
	return air_new(&config, &events);
}

static void put(struct air *air, int link, enum air_kind kind, uint8_t mark, int64_t now)
{
	uint8_t bytes[MILLISECOND_BYTES] = {mark};
	assert_int_equal(air_send(air, link, kind, bytes, sizeof(bytes), now), 0);
}

static void run(struct air *air, struct heard *heard, int64_t until)
{
	int64_t next;
	while ((next = air_step(air, heard->now)) <= until) {
		assert_true(next > heard->now);
		heard->now = next;
	}
	heard->now = until;
}

static void packet_takes_its_air_time(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 0);
	int link = air_open(air, 0, 1);
	put(air, link, AIR_STAYS, 0, 0);
	run(air, &heard, MS - 1);
	assert_int_equal(heard.completed[link], 0);
	run(air, &heard, MS);
	assert_int_equal(heard.completed[link], 1);
	assert_int_equal(heard.arrived[link], 0);
	run(air, &heard, 10 * MS);
	assert_int_equal(heard.last_arrival[link], 3 * MS);
	air_free(air);
}

static void links_of_a_radio_share_its_air(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 0);
	int a = air_open(air, 0, 1), b = air_open(air, 0, 2), c = air_open(air, 3, 4);
	for (uint8_t i = 0; i < 3; i++) {
		put(air, a, AIR_STAYS, 'a', 0);
		put(air, b, AIR_STAYS, 'b', 0);
		put(air, c, AIR_STAYS, 'c', 0);
	}
	run(air, &heard, 20 * MS);
	assert_int_equal(heard.last_arrival[a], 7 * MS);
	assert_int_equal(heard.last_arrival[b], 8 * MS); /* in turns */
	assert_int_equal(heard.last_arrival[c], 5 * MS); /* other radios */
	air_free(air);
}

static void lost_packet_is_sent_again_in_its_place(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 50);
	int link = air_open(air, 0, 1);
	for (uint8_t i = 0; i < 60; i++)
		put(air, link, AIR_STAYS, i, 0);
	run(air, &heard, 1000 * MS);
	assert_int_equal(heard.completed[link], 60);
	for (uint8_t i = 0; i < 60; i++)
		assert_int_equal(heard.order[i], i);
	uint64_t lost = air_counters(air)->lost;
	assert_in_range(lost, 30, 120);
	assert_int_equal(heard.last_arrival[link], (62 + (int64_t)lost) * MS);
	air_free(air);
}

static void faded_radio_waits_and_stops_nobody(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 0);
	int faded = air_open(air, 0, 1), other = air_open(air, 0, 2);
	air_fade(air, 1, 100 * MS);
	put(air, faded, AIR_STAYS, 'f', 0);
	put(air, other, AIR_STAYS, 'o', 0);
	run(air, &heard, 99 * MS);
	assert_int_equal(heard.arrived[faded], 0);
	assert_int_equal(heard.last_arrival[other], 3 * MS);
	run(air, &heard, 200 * MS);
	assert_int_equal(heard.last_arrival[faded], 103 * MS);
	air_free(air);
}

static void old_flushable_packets_go_with_their_rest(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 0);
	int link = air_open(air, 0, 1);
	air_set_flush(air, link, 50 * MS);
	air_fade(air, 1, 100 * MS);
	put(air, link, AIR_FLUSHABLE, 'a', 0);
	put(air, link, AIR_CONTINUES, 'b', 0);
	put(air, link, AIR_STAYS, 'c', 0);
	put(air, link, AIR_CONTINUES, 'd', 0);
	put(air, link, AIR_FLUSHABLE, 'e', 60 * MS);
	run(air, &heard, 99 * MS);
	assert_int_equal(air_counters(air)->flushed, 2);
	assert_int_equal(heard.completed[link], 2);
	assert_int_equal(heard.flushed[link], 2);
	run(air, &heard, 200 * MS);
	assert_int_equal(heard.count, 3);
	assert_memory_equal(heard.order, "cde", 3);
	air_free(air);
}

static void closed_link_takes_its_packets_along(void **state)
{
	(void)state;
	struct heard heard;
	struct air *air = air_of(&heard, 0);
	int link = air_open(air, 0, 1), other = air_open(air, 0, 2);
	for (int i = 0; i < 4; i++)
		put(air, link, AIR_STAYS, 'x', 0);
	put(air, other, AIR_STAYS, 'o', 0);
	run(air, &heard, MS + MS / 2);
	air_close(air, link);
	run(air, &heard, 100 * MS);
	assert_int_equal(heard.arrived[link], 0);
	assert_int_equal(heard.arrived[other], 1);
	assert_int_equal(air_step(air, heard.now), INT64_MAX);
	assert_int_equal(air_open(air, 0, 3), link);
	air_free(air);
}

/* --- clicks ------------------------------------------------------------------------------------ */

struct found {
	double places[8];
	float peak;
	int clicks, silences, jumps;
	int64_t silent_from, silent_for;
};

static void on_click(void *user, double place, float peak)
{
	struct found *found = user;
	found->places[found->clicks++ % 8] = place;
	found->peak = peak;
}

static void on_silence(void *user, int64_t from, int64_t count)
{
	struct found *found = user;
	found->silences++;
	found->silent_from = from;
	found->silent_for = count;
}

static void on_jump(void *user, int64_t at, float size)
{
	struct found *found = user;
	(void)at, (void)size;
	found->jumps++;
}

static void sound_is_played(struct found *found, uint32_t rate, float gain, int64_t mute_from,
                            int64_t mute_for)
{
	struct click_events events = {on_click, on_silence, on_jump, found};
	struct click_finder finder;
	*found = (struct found){0};
	click_finder_init(&finder, rate, &events);
	for (int64_t at = 0; at < 4 * rate; at += 100) {
		struct frame frames[100];
		clicks_fill(frames, at, 100, rate);
		for (int i = 0; i < 100; i++) {
			bool mute = at + i >= mute_from && at + i < mute_from + mute_for;
			frames[i].left *= mute ? 0 : gain;
		}
		click_finder_feed(&finder, at, frames, 100);
	}
}

static void clicks_are_found_where_they_are(void **state)
{
	(void)state;
	static const struct {
		uint32_t rate;
		float gain;
	} cases[] = {{44100, 1}, {48000, 1}, {44100, 0.03f}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct found found;
		sound_is_played(&found, cases[i].rate, cases[i].gain, 0, 0);
		assert_int_equal(found.clicks, 4);
		assert_int_equal(found.silences, 0);
		assert_int_equal(found.jumps, 0);
		assert_near(found.peak, 0.6 * cases[i].gain, 0.05 * cases[i].gain);
		for (int k = 1; k < 4; k++)
			assert_near(found.places[k] -
			                clicks_next(k * (int64_t)cases[i].rate, cases[i].rate),
			            0, 0.5);
	}
}

static void what_is_left_out_is_found(void **state)
{
	(void)state;
	struct found found;
	sound_is_played(&found, 44100, 1, 100000, 441);
	assert_int_equal(found.clicks, 4);
	assert_int_equal(found.silences, 1);
	assert_near(found.silent_from, 100000, 2);
	assert_near(found.silent_for, 441, 4);
	assert_int_equal(found.jumps, 2); /* where it breaks off, and where it goes on */
}

/* A tone that begins after a long silence is a jump, and no click. */
static void tone_that_begins_is_no_click(void **state)
{
	(void)state;
	struct found found;
	sound_is_played(&found, 44100, 1, 50000, 90000);
	assert_int_equal(found.clicks, 2);
	assert_int_equal(found.silences, 1);
	assert_int_equal(found.jumps, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packet_takes_its_air_time),
	    cmocka_unit_test(links_of_a_radio_share_its_air),
	    cmocka_unit_test(lost_packet_is_sent_again_in_its_place),
	    cmocka_unit_test(faded_radio_waits_and_stops_nobody),
	    cmocka_unit_test(old_flushable_packets_go_with_their_rest),
	    cmocka_unit_test(closed_link_takes_its_packets_along),
	    cmocka_unit_test(clicks_are_found_where_they_are),
	    cmocka_unit_test(what_is_left_out_is_found),
	    cmocka_unit_test(tone_that_begins_is_no_click),
	};
	return RUN(tests);
}
