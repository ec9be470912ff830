/* SPDX-License-Identifier: MIT */
/* sim/radio: the air of one adapter, shared; what a speaker that nobody hears does to the others. */
#include "tests/helpers/test.h"

#include <string.h>

#include "sim/radio.h"

#define MS 1000000ll
#define SECOND 1000000000ll
#define INTERVAL (640 * SECOND / 44100)
#define LINKS 5
#define START (10 * SECOND)

/* A speaker that is sent a packet of 608 bytes every 14.5 ms. */
struct listener {
	struct radio_link link;
	int64_t next; /* packet to be sent */
	int64_t last, gap_worst;
	unsigned arrived, flushed;
};

struct scene {
	struct radio radio;
	int64_t now;
	struct listener listeners[LINKS];
};

static struct scene scene;

static ssize_t fetch(void *user, uint8_t *packet, size_t size, int64_t *ret_sent_ns)
{
	struct listener *listener = user;
	(void)size;
	if (listener->next > scene.now)
		return 0;
	*ret_sent_ns = listener->next;
	listener->next += INTERVAL;
	memset(packet, 0, 608);
	return 608;
}

static void arrived(void *user, const uint8_t *packet, size_t size, int64_t ns)
{
	struct listener *listener = user;
	(void)packet;
	assert_int_equal(size, 608);
	assert_true(ns <= scene.now);
	if (listener->last && ns - listener->last > listener->gap_worst)
		listener->gap_worst = ns - listener->last;
	listener->last = ns;
	listener->arrived++;
}

static void flushed(void *user)
{
	((struct listener *)user)->flushed++;
}

static const struct radio_ops ops = {fetch, arrived, flushed};

static void scene_begin(int links)
{
	memset(&scene, 0, sizeof(scene));
	scene.now = START;
	radio_init(&scene.radio, 8, 1);
	for (int i = 0; i < links; i++) {
		struct listener *listener = &scene.listeners[i];
		listener->link = (struct radio_link){.ops = &ops, .user = listener, .mtu = 672};
		listener->next = START + i * INTERVAL / links;
		radio_add(&scene.radio, &listener->link);
	}
}

static void scene_run(int64_t ns, int links)
{
	for (int64_t end = scene.now + ns; scene.now < end;) {
		int64_t next = radio_run(&scene.radio, scene.now);
		for (int i = 0; i < links; i++)
			if (scene.listeners[i].next > scene.now && scene.listeners[i].next < next)
				next = scene.listeners[i].next;
		scene.now = next < end ? next : end;
	}
}

static void three_streams_fit_and_five_do_not(void **state)
{
	(void)state;
	scene_begin(3);
	scene_run(10 * SECOND, 3);
	for (int i = 0; i < 3; i++) {
		assert_in_range(scene.listeners[i].arrived, 687, 690);
		assert_true(scene.listeners[i].gap_worst < 15 * MS);
	}
	scene_begin(5);
	scene_run(10 * SECOND, 5);
	unsigned all = 0;
	for (int i = 0; i < 5; i++)
		all += scene.listeners[i].arrived;
	assert_in_range(all, 2660, 2667); /* 1600 slots a second, 6 a packet */
}

static int64_t worst_gap_beside_a_fade(int64_t fade, int64_t flush)
{
	scene_begin(3);
	scene.listeners[1].link.flush_ns = flush;
	scene_run(2 * SECOND, 3);
	scene.listeners[1].link.faded_until = scene.now + fade;
	scene_run(3 * SECOND, 3);
	int64_t first = scene.listeners[0].gap_worst, third = scene.listeners[2].gap_worst;
	return first > third ? first : third;
}

/* As measured in the emulator with a real kernel: 600 ms make 509 ms gaps, 16 ms with a flush. */
static void fade_chokes_the_others_unless_flushed(void **state)
{
	(void)state;
	assert_in_range(worst_gap_beside_a_fade(600 * MS, 0), 440 * MS, 600 * MS);
	assert_true(scene.listeners[1].flushed == 0);
	assert_true(worst_gap_beside_a_fade(600 * MS, 100 * MS) < 20 * MS);
	assert_in_range(scene.listeners[1].flushed, 30, 45);
	assert_true(worst_gap_beside_a_fade(80 * MS, 100 * MS) < 20 * MS);
	assert_int_equal(scene.listeners[1].flushed, 0);
}

static void lost_packets_cost_air_and_arrive(void **state)
{
	(void)state;
	scene_begin(3);
	scene.listeners[1].link.loss = 0.2;
	scene_run(20 * SECOND, 3);
	assert_in_range(scene.listeners[1].arrived, 1376, 1379);
	assert_in_range(scene.listeners[1].link.lost, 250, 450); /* a quarter of what arrived */
	assert_true(scene.listeners[0].gap_worst < 25 * MS);
}

static void closed_link_gives_its_buffers_back(void **state)
{
	(void)state;
	scene_begin(3);
	scene_run(SECOND, 3);
	scene.listeners[1].link.faded_until = INT64_MAX;
	scene_run(SECOND, 3);
	assert_true(scene.listeners[1].link.held >= 6);
	scene.listeners[1].next = INT64_MAX; /* suspended */
	radio_forget(&scene.radio, &scene.listeners[1].link);
	assert_int_equal(scene.listeners[1].link.held, 0);
	unsigned before = scene.listeners[0].arrived;
	scene_run(SECOND, 3);
	assert_in_range(scene.listeners[0].arrived - before, 68, 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_streams_fit_and_five_do_not),
	    cmocka_unit_test(fade_chokes_the_others_unless_flushed),
	    cmocka_unit_test(lost_packets_cost_air_and_arrive),
	    cmocka_unit_test(closed_link_gives_its_buffers_back),
	};
	return RUN(tests);
}
