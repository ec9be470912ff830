/* SPDX-License-Identifier: MIT */
/* measure/: the sweep, the microphone's clock, single takes, conclusions, and whole rooms. */
#include "tests/helpers/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/timebase.h"
#include "measure/sweep.h"
#include "tests/helpers/acoustics.h"

#define RATE 44100
#define MS 1000000ll
#define FRAMES 80000

/* --- the sweep ------------------------------------------------------------------------------------- */

static void the_sweep_begins_and_ends_softly(void **state)
{
	(void)state;
	uint32_t count = sweep_fill(NULL, RATE);
	float *samples = calloc(count, sizeof(float));
	assert_int_equal(sweep_fill(samples, RATE), count);
	assert_near(count, SWEEP_SECONDS * RATE, 1);
	float most = 0, step = fabsf(samples[count - 1]);
	for (uint32_t i = 0; i < count; i++)
		most = fmaxf(most, fabsf(samples[i]));
	assert_near(samples[0], 0, 1e-6);
	assert_near(step, 0, 0.01);
	assert_in_range((int)(most * 1000), 990, 1000);
	free(samples);
}

static void the_centre_lies_inside(void **state)
{
	(void)state;
	assert_true(sweep_centre() > sweep_time_of(SWEEP_BAND_FROM_HZ));
	assert_true(sweep_centre() < sweep_time_of(SWEEP_BAND_TO_HZ));
	assert_near(sweep_time_of(SWEEP_FROM_HZ), 0, 1e-9);
	assert_near(sweep_time_of(SWEEP_TO_HZ), SWEEP_SECONDS, 1e-9);
}

/* --- the microphone's clock ------------------------------------------------------------------------ */

static void a_clock_is_found_through_jitter(void **state)
{
	(void)state;
	static const double ppms[] = {0, 100, -100, 400};
	for (size_t i = 0; i < COUNT(ppms); i++) {
		struct timebase timebase;
		unsigned seed = 7;
		double step = 1e9 / (RATE * (1 + ppms[i] * 1e-6));
		timebase_init(&timebase, RATE);
		for (int64_t at = 1000; at < 20 * RATE; at += 512) {
			double jitter = 4e5 * (rand_r(&seed) / (double)RAND_MAX - 0.5);
			timebase_feed(&timebase, at,
			              5000000000 + llround((double)at * step + jitter));
		}
		double frame = 7.25 * RATE;
		double truth = 5e9 + frame * step;
		assert_near((double)timebase_time_of(&timebase, frame) - truth, 0, 20000);
		assert_near(timebase_position_at(&timebase, llround(truth)) - frame, 0, 1);
	}
}

static void a_single_block_goes_by_the_nominal_rate(void **state)
{
	(void)state;
	struct timebase timebase;
	timebase_init(&timebase, RATE);
	timebase_feed(&timebase, 100, 1000 * MS);
	assert_int_equal(timebase_time_of(&timebase, 100 + RATE), 2000 * MS);
	assert_near(timebase_position_at(&timebase, 2000 * MS), 100 + RATE, 1e-3);
}

/* --- one take -------------------------------------------------------------------------------------- */

struct scene {
	struct response *response;
	float *samples;
};

static int scene_begin(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	scene->response = response_new(RATE, FRAMES);
	scene->samples = calloc(FRAMES, sizeof(float));
	*state = scene;
	return scene->response && scene->samples ? 0 : -1;
}

static int scene_end(void **state)
{
	struct scene *scene = *state;
	response_free(scene->response);
	free(scene->samples);
	free(scene);
	return 0;
}

static void hear(struct scene *scene, double place, double gain)
{
	for (int i = 0; i < FRAMES; i++)
		scene->samples[i] += (float)(gain * sweep_value((i - place) / RATE));
}

static void rustle(struct scene *scene, float amplitude)
{
	unsigned seed = 3;
	for (int i = 0; i < FRAMES; i++)
		scene->samples[i] += amplitude * (float)(rand_r(&seed) / (double)RAND_MAX * 2 - 1);
}

static struct measure_take take_of(struct scene *scene)
{
	return measure_take(scene->response, scene->samples, FRAMES, RATE);
}

static void a_place_between_frames_is_found(void **state)
{
	struct scene *scene = *state;
	for (double part = 0; part < 1; part += 0.19) {
		memset(scene->samples, 0, FRAMES * sizeof(float));
		hear(scene, 17000 + part, 0.25);
		rustle(scene, 0.001f);
		struct measure_take take = take_of(scene);
		assert_int_equal(take.verdict, MEASURE_OK);
		assert_near(take.place, 17000 + part, 0.05);
		assert_near(take.level_db, 20 * log10(0.25), 0.1);
		assert_true(take.confidence > 0.9);
	}
}

static void a_louder_echo_is_not_the_direct_sound(void **state)
{
	struct scene *scene = *state;
	hear(scene, 20000, 0.1);
	hear(scene, 20000 + 0.011 * RATE, -0.3); /* turned over by the wall, three times as loud */
	rustle(scene, 0.001f);
	struct measure_take take = take_of(scene);
	assert_int_equal(take.verdict, MEASURE_OK);
	assert_near(take.place, 20000, 0.5);
}

static void what_may_be_the_direct_sound_makes_unsure(void **state)
{
	struct scene *scene = *state;
	hear(scene, 20000, 0.02);
	hear(scene, 20000 + 0.008 * RATE, 0.3);
	rustle(scene, 0.0001f);
	struct measure_take take = take_of(scene);
	assert_int_equal(take.verdict, MEASURE_UNCLEAR);
	assert_true(take.confidence < MEASURE_SURE);
}

static void two_sweeps_are_told_from_one(void **state)
{
	struct scene *scene = *state;
	hear(scene, 12000, 0.2);
	hear(scene, 12000 + 0.5 * RATE, 0.2);
	rustle(scene, 0.001f);
	assert_int_equal(take_of(scene).verdict, MEASURE_UNCLEAR);
}

static void an_overdriven_microphone_is_told(void **state)
{
	struct scene *scene = *state;
	hear(scene, 20000, 4);
	for (int i = 0; i < FRAMES; i++)
		scene->samples[i] = fmaxf(-1, fminf(1, scene->samples[i]));
	assert_int_equal(take_of(scene).verdict, MEASURE_CLIPPED);
}

static void silence_is_not_heard(void **state)
{
	struct scene *scene = *state;
	assert_int_equal(take_of(scene).verdict, MEASURE_NOT_HEARD);
	rustle(scene, 0.0003f);
	struct measure_take take = take_of(scene);
	assert_int_equal(take.verdict, MEASURE_NOT_HEARD);
	assert_true(take.confidence < MEASURE_SURE);
}

static void what_drowns_is_too_noisy(void **state)
{
	struct scene *scene = *state;
	hear(scene, 20000, 0.0005);
	rustle(scene, 0.3f);
	assert_int_equal(take_of(scene).verdict, MEASURE_TOO_NOISY);
}

static void what_is_hardly_there_is_too_quiet(void **state)
{
	struct scene *scene = *state;
	hear(scene, 20000, 4.2e-5);
	rustle(scene, 0.0008f);
	struct measure_take take = take_of(scene);
	assert_int_equal(take.verdict, MEASURE_TOO_QUIET);
}

static void too_short_a_recording_says_nothing(void **state)
{
	struct scene *scene = *state;
	struct measure_take take = measure_take(scene->response, scene->samples, 1000, RATE);
	assert_int_equal(take.verdict, MEASURE_NOT_HEARD);
	assert_near(take.confidence, 0, 0);
}

/* --- conclusions ----------------------------------------------------------------------------------- */

static struct finding_take heard(double at_s, double delay_ms, double confidence)
{
	return (struct finding_take){
	    .at_ns = llround(at_s * 1e9),
	    .delay_ns = llround(delay_ms * 1e6),
	    .take = {.verdict = MEASURE_OK, .level_db = -20, .confidence = confidence},
	};
}

static struct finding_take bad(double at_s, enum measure_verdict verdict)
{
	return (struct finding_take){
	    .at_ns = llround(at_s * 1e9), .delay_ns = 999 * MS, .take = {.verdict = verdict}};
}

static void drift_is_no_spread(void **state)
{
	(void)state;
	/* 50 ppm: 0.4 ms in 8 s */
	struct finding_take takes[] = {heard(0, 200, 0.9), heard(8, 200.4, 0.95),
	                               heard(16, 200.8, 0.8)};
	struct finding found = finding_conclude(takes, 3, 12000 * MS);
	assert_int_equal(found.verdict, MEASURE_OK);
	assert_near(found.drift_ppm, 50, 0.1);
	assert_near(found.spread_ms, 0, 0.001);
	assert_near((double)found.delay_ns / 1e6, 200.6, 0.001);
	assert_near(found.confidence, 0.8, 0.001);
	assert_near(found.level_db, -20, 0.001);
}

static void takes_that_disagree_give_no_answer(void **state)
{
	(void)state;
	struct finding_take takes[] = {heard(0, 200, 1), heard(8, 203, 1), heard(16, 200, 1)};
	struct finding found = finding_conclude(takes, 3, 0);
	assert_int_equal(found.verdict, MEASURE_MOVED);
	assert_near(found.confidence, 0, 0);
	struct finding_take carried[] = {heard(0, 200, 1), heard(8, 202, 1), heard(16, 204, 1)};
	assert_int_equal(finding_conclude(carried, 3, 0).verdict, MEASURE_MOVED);
}

static void one_bad_take_costs_confidence(void **state)
{
	(void)state;
	struct finding_take takes[] = {heard(0, 200, 1), bad(8, MEASURE_TOO_NOISY),
	                               heard(16, 200.1, 1)};
	struct finding found = finding_conclude(takes, 3, 8000 * MS);
	assert_int_equal(found.verdict, MEASURE_OK);
	assert_int_equal(found.takes, 2);
	assert_near((double)found.delay_ns / 1e6, 200.05, 0.001);
	assert_near(found.confidence, 0.8, 0.001);
}

static void one_good_take_is_none(void **state)
{
	(void)state;
	struct finding_take takes[] = {heard(0, 200, 1), bad(8, MEASURE_CLIPPED),
	                               bad(16, MEASURE_CLIPPED)};
	struct finding found = finding_conclude(takes, 3, 0);
	assert_int_equal(found.verdict, MEASURE_CLIPPED);
	assert_near(found.confidence, 0, 0);
}

static void every_verdict_has_words(void **state)
{
	(void)state;
	for (int i = MEASURE_OK; i <= MEASURE_MOVED; i++) {
		assert_true(*measure_verdict_name((enum measure_verdict)i));
		assert_true(!*measure_verdict_advice((enum measure_verdict)i) == (i == MEASURE_OK));
	}
}

/* --- rooms ----------------------------------------------------------------------------------------- */

#define ROOMS 64

/* A sanitizer looks for other things than accuracy, and takes ten times as long. */
static int fewer(int rooms)
{
	return flavour_is_slow() ? rooms / 8 : rooms;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

/* Measures in many rooms; returns how many were sure, their errors sorted. */
static int measure_rooms(double *errors, int rooms, uint64_t seed, double snr_db,
                         void (*change)(struct acoustics_room *))
{
	int sure = 0;
	for (int i = 0; i < rooms; i++) {
		struct acoustics_room room = acoustics_room_random(seed + (uint64_t)i, snr_db);
		if (change)
			change(&room);
		struct finding finding = acoustics_measure(&room);
		if (finding.confidence >= MEASURE_SURE)
			errors[sure++] =
			    fabs((double)finding.delay_ns / 1e6 - acoustics_truth_ms(&room));
	}
	qsort(errors, (size_t)sure, sizeof(errors[0]), compare);
	return sure;
}

static void rooms_are_measured_well(void **state)
{
	(void)state;
	static const double snrs[] = {20, 10, 3};
	for (size_t i = 0; i < COUNT(snrs); i++) {
		double errors[ROOMS];
		int rooms = fewer(ROOMS);
		int sure = measure_rooms(errors, rooms, 100 + 1000 * i, snrs[i], NULL);
		assert_true(sure >= rooms * 95 / 100);
		assert_true(errors[sure / 2] <= 0.2);
		assert_true(errors[sure - 1] <= 1);
	}
}

static void block_direct(struct acoustics_room *room)
{
	room->direct_gain = 0.05 + (double)(room->random >> 40) / (1 << 24) * 0.45;
}

static void silence(struct acoustics_room *room)
{
	room->silent = true;
}

static void add_rival(struct acoustics_room *room)
{
	room->rival = true;
}

static void move(struct acoustics_room *room)
{
	room->moved_m = room->microphone[0] > room->size[0] / 2 ? -0.8 : 0.8;
}

static void clap(struct acoustics_room *room)
{
	room->bursts = 15;
}

static void no_answer_is_wrong_and_sure(void **state)
{
	(void)state;
	void (*const changes[])(struct acoustics_room *) = {block_direct, silence, add_rival, move,
	                                                    clap};
	for (size_t i = 0; i < COUNT(changes); i++) {
		double errors[16];
		int sure = measure_rooms(errors, fewer(16), 7 + 1000 * i, 6, changes[i]);
		assert_true(!sure || errors[sure - 1] <= 1);
		assert_true(changes[i] != silence || !sure);
	}
}

/* A room where noise covers the direct sound and leaves an echo, 19 ms later, in all three takes. */
static void an_echo_above_the_noise_is_no_sure_answer(void **state)
{
	(void)state;
	double error;
	assert_int_equal(measure_rooms(&error, 1, 4000072, -10, NULL), 0);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_sweep_begins_and_ends_softly),
	    cmocka_unit_test(the_centre_lies_inside),
	    cmocka_unit_test(a_clock_is_found_through_jitter),
	    cmocka_unit_test(a_single_block_goes_by_the_nominal_rate),
	    SCENE(a_place_between_frames_is_found),
	    SCENE(a_louder_echo_is_not_the_direct_sound),
	    SCENE(what_may_be_the_direct_sound_makes_unsure),
	    SCENE(two_sweeps_are_told_from_one),
	    SCENE(an_overdriven_microphone_is_told),
	    SCENE(silence_is_not_heard),
	    SCENE(what_drowns_is_too_noisy),
	    SCENE(what_is_hardly_there_is_too_quiet),
	    SCENE(too_short_a_recording_says_nothing),
	    cmocka_unit_test(drift_is_no_spread),
	    cmocka_unit_test(takes_that_disagree_give_no_answer),
	    cmocka_unit_test(one_bad_take_costs_confidence),
	    cmocka_unit_test(one_good_take_is_none),
	    cmocka_unit_test(every_verdict_has_words),
	    cmocka_unit_test(rooms_are_measured_well),
	    cmocka_unit_test(no_answer_is_wrong_and_sure),
	    cmocka_unit_test(an_echo_above_the_noise_is_no_sure_answer),
	};
	return RUN(tests);
}
