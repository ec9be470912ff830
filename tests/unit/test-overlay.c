/* SPDX-License-Identifier: MIT */
/* Test signals: how they lie over the music, and that the engine plays them at their place. */
#include "tests/helpers/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/overlay.h"
#include "relay/signal.h"
#include "tests/helpers/room.h"

#define RATE 44100
#define COUNT_FRAMES 4096

/* Three frames of intro, a turn of two every ten, three times, in force from 90 to 130. */
static struct overlay *ramp_overlay(float music)
{
	struct overlay *overlay = malloc(sizeof(*overlay) + 5 * sizeof(struct frame));
	*overlay = (struct overlay){.from = 90,
	                            .until = 130,
	                            .begin = 100,
	                            .period = 10,
	                            .turns = 3,
	                            .intro = 3,
	                            .count = 2,
	                            .music = music};
	for (int i = 0; i < 5; i++)
		overlay->frames[i] = (struct frame){(float)(i + 1), (float)-(i + 1)};
	return overlay;
}

static void turns_have_their_places(void **state)
{
	(void)state;
	struct overlay_player player;
	struct frame frames[60] = {{0}};
	overlay_player_init(&player);
	assert_null(overlay_player_set(&player, ramp_overlay(0)));
	overlay_apply(&player, frames, 60, 80, 1);
	for (int i = 0; i < 60; i++) {
		int place = 80 + i;
		float wanted = 0;
		if (place >= 97 && place < 100)
			wanted = (float)(place - 96);
		else if (place >= 100 && place < 130 && place % 10 < 2)
			wanted = (float)(4 + place % 10);
		assert_near(frames[i].left, wanted, 0);
		assert_near(frames[i].right, -wanted, 0);
	}
	free(overlay_player_set(&player, NULL));
}

static void between_two_frames_it_is_straight(void **state)
{
	(void)state;
	struct overlay_player player;
	struct frame frame = {0, 0};
	overlay_player_init(&player);
	overlay_player_set(&player, ramp_overlay(1));
	overlay_apply(&player, &frame, 1, 100.25, 1);
	assert_near(frame.left, 4.25, 1e-6);
	free(overlay_player_set(&player, NULL));
}

static void the_music_goes_and_comes_back_without_a_step(void **state)
{
	(void)state;
	struct overlay_player player;
	struct frame frames[COUNT_FRAMES];
	struct signal_plan plan = {
	    .kind = SIGNAL_SILENCE, .rate = RATE, .quiet_from = 0, .quiet_until = 2000};
	for (int i = 0; i < COUNT_FRAMES; i++)
		frames[i] = (struct frame){1, 1};
	overlay_player_init(&player);
	overlay_player_set(&player, signal_overlay(&plan));
	overlay_apply(&player, frames, COUNT_FRAMES, -100, 1);
	assert_near(frames[50].left, 1, 0);
	assert_near(frames[1500].left, 0, 0);
	assert_near(frames[COUNT_FRAMES - 1].left, 1, 0);
	for (int i = 1; i < COUNT_FRAMES; i++)
		assert_true(fabsf(frames[i].left - frames[i - 1].left) <= 1.001f / OVERLAY_RAMP);
	free(overlay_player_set(&player, NULL));
}

static void nothing_over_it_leaves_it_as_it_is(void **state)
{
	(void)state;
	struct overlay_player player;
	struct frame frames[3] = {{0.1f, 0.2f}, {0.3f, 0.4f}, {0.5f, 0.6f}}, same[3];
	memcpy(same, frames, sizeof(frames));
	overlay_player_init(&player);
	overlay_apply(&player, frames, 3, 0, 1);
	assert_memory_equal(frames, same, sizeof(frames));
}

static void every_signal_is_of_moderate_height(void **state)
{
	(void)state;
	for (int kind = SIGNAL_CLICK; kind < SIGNAL_COUNT; kind++) {
		struct signal_plan plan = {
		    .kind = (enum signal_kind)kind, .rate = RATE, .begin = 10 * RATE};
		struct overlay *overlay = signal_overlay(&plan);
		assert_non_null(overlay);
		assert_true(overlay->until > overlay->begin && overlay->period >= overlay->count);
		float most = 0;
		for (uint32_t i = 0; i < overlay->intro + overlay->count; i++)
			most = fmaxf(most, fmaxf(fabsf(overlay->frames[i].left),
			                         fabsf(overlay->frames[i].right)));
		assert_true(most <= SIGNAL_PEAK && (kind == SIGNAL_SILENCE) == (most == 0));
		assert_int_equal(signal_read(signal_name(plan.kind)), kind);
		free(overlay);
	}
	assert_int_equal(signal_read("bang"), SIGNAL_COUNT);
}

/* --- in the engine --------------------------------------------------------------------------------- */

static int64_t first_loud(const struct room_speaker *speaker, int64_t from)
{
	for (int64_t i = from; i < speaker->heard_count; i++)
		if (fabsf(speaker->heard[i].left) > 0.05f)
			return i;
	return -1;
}

static void silence(struct frame *frames, int64_t from, uint32_t count)
{
	(void)from;
	memset(frames, 0, count * sizeof(*frames));
}

static void the_engine_plays_a_click_when_it_is_due(void **state)
{
	(void)state;
	struct room *room = room_new(8);
	static const int64_t latencies[] = {120, 200, 330};
	int64_t delays[] = {9261, 5733, 0}; /* 210, 130 and 0 ms */
	room->fill = silence;
	for (int i = 0; i < 3; i++)
		room_add(room, DAC_FIFO, latencies[i] * ROOM_MS, delays[i], 672);
	room_run(room, 2 * ROOM_SECOND);
	int64_t began = room->now;
	struct signal_plan plan = {.kind = SIGNAL_CLICK,
	                           .rate = RATE,
	                           .begin = (int64_t)engine_frame_at(room->engine, began) + RATE};
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    engine_set_overlay(room->engine, room->speakers[i].id, signal_overlay(&plan)),
		    0);
	room_run(room, 100 * ROOM_MS);
	int64_t due = engine_time_of(room->engine, (double)plan.begin);
	assert_near((double)(due - began) / 1e9, 1, 1e-4);
	room_run(room, 4 * ROOM_SECOND);
	int64_t first = first_loud(&room->speakers[0], RATE);
	assert_true(first > 0);
	for (int i = 1; i < 3; i++)
		assert_near(first_loud(&room->speakers[i], RATE), first, 3);
	/* replaced, taken away, given to nobody: each is freed once, which the sanitizer watches */
	engine_set_overlay(room->engine, room->speakers[0].id, signal_overlay(&plan));
	engine_set_overlay(room->engine, room->speakers[1].id, NULL);
	engine_set_overlay(room->engine, 4711, signal_overlay(&plan));
	room_run(room, 100 * ROOM_MS);
	room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns_have_their_places),
	    cmocka_unit_test(between_two_frames_it_is_straight),
	    cmocka_unit_test(the_music_goes_and_comes_back_without_a_step),
	    cmocka_unit_test(nothing_over_it_leaves_it_as_it_is),
	    cmocka_unit_test(every_signal_is_of_moderate_height),
	    cmocka_unit_test(the_engine_plays_a_click_when_it_is_due),
	};
	return RUN(tests);
}
