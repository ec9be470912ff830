/* SPDX-License-Identifier: MIT */
/* audio/: the group's clock, the timeline, readers, mix and meter. */
#include "tests/helpers/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/group_clock.h"
#include "audio/meter.h"
#include "audio/mix.h"
#include "audio/reader.h"
#include "audio/resampler.h"
#include "audio/timeline.h"
#include "tests/helpers/tone.h"

#define RATE 44100
#define SECOND 1000000000ll

/* --- group clock ------------------------------------------------------------------------------- */

static void clock_and_its_inverse_agree(void **state)
{
	(void)state;
	struct group_clock clock;
	group_clock_init(&clock, RATE, 123456789);
	for (int64_t frame = 0; frame < 90ll * 86400 * RATE; frame = frame * 3 + 1) {
		int64_t at = group_clock_time_of(&clock, (double)frame);
		assert_true(group_clock_frame_at(&clock, at) >= (double)frame);
		assert_true(group_clock_frame_at(&clock, at - 1) < (double)frame);
	}
}

/* A source `ppm` off, handing in blocks with `jitter` frames of noise on their times, for an hour. */
static double follow(double ppm, double jitter, double *worst)
{
	struct group_clock clock;
	group_clock_init(&clock, RATE, 0);
	double per_ns = RATE * (1 + ppm * 1e-6) / 1e9, sum = 0;
	unsigned seed = 1, late = 0;
	*worst = 0;
	for (double position = 0; position < 3600.0 * RATE; position += 512) {
		double noise = jitter * (rand_r(&seed) / (double)RAND_MAX - 0.5);
		int64_t ns = (int64_t)((position + noise) / per_ns);
		double ahead = position - group_clock_frame_at(&clock, ns);
		if (position > 120.0 * RATE) {
			*worst = fmax(*worst, fabs(ahead));
			sum += group_clock_ppm(&clock);
			late++;
		}
		group_clock_steer(&clock, ns, ahead, 512);
	}
	return sum / late;
}

static void clock_follows_a_source(void **state)
{
	(void)state;
	static const double ppms[] = {0, 50, -50, 150, -150, 240};
	for (size_t i = 0; i < COUNT(ppms); i++) {
		double worst;
		assert_near(follow(ppms[i], 0, &worst), ppms[i], 0.1);
		assert_true(worst < 0.5);
		assert_near(follow(ppms[i], 64, &worst), ppms[i], 1);
		assert_true(worst < 64); /* half the noise, and what the loop makes of it */
	}
}

static void clock_does_not_follow_madness(void **state)
{
	(void)state;
	struct group_clock clock;
	group_clock_init(&clock, RATE, 0);
	for (int i = 0; i < 1000; i++) {
		group_clock_steer(&clock, i * 512 * SECOND / RATE, 1e5, 512);
		assert_true(fabs(group_clock_ppm(&clock)) <= 300.001);
	}
}

static void clock_keeps_its_speed_over_a_release(void **state)
{
	(void)state;
	struct group_clock clock;
	group_clock_init(&clock, RATE, 0);
	for (int i = 0; i < 20000; i++) {
		int64_t ns = (int64_t)(i * 512.0 / (RATE * (1 + 100e-6)) * 1e9);
		group_clock_steer(&clock, ns, i * 512 - group_clock_frame_at(&clock, ns), 512);
	}
	assert_near(group_clock_ppm(&clock), 100, 1);
	group_clock_release(&clock);
	assert_near(group_clock_ppm(&clock), 100, 1);
	group_clock_steer(&clock, clock.anchor_ns + SECOND, 0, 512);
	assert_near(group_clock_ppm(&clock), 100, 1);
}

/* --- timeline ---------------------------------------------------------------------------------- */

static struct frame ring[TIMELINE_FRAMES];

static void timeline_gives_back_what_was_written(void **state)
{
	(void)state;
	struct timeline timeline;
	struct frame in[1000], out[1000];
	timeline_init(&timeline, ring, 0);
	for (int64_t at = 0; at < 3 * TIMELINE_FRAMES; at += 1000) {
		noise_fill(in, at, 1000, 1);
		timeline_write(&timeline, at, in, 1000);
		int64_t from = at > 777 ? at - 777 : 0;
		timeline_read(&timeline, from, out, 1000);
		noise_fill(in, from, 1000, 1);
		assert_memory_equal(in, out, sizeof(in));
	}
}

static void timeline_is_silent_outside(void **state)
{
	(void)state;
	struct timeline timeline;
	struct frame in[200], out[400];
	static const struct frame zero[400];
	timeline_init(&timeline, ring, 0);
	noise_fill(in, 0, 200, 1);
	timeline_write(&timeline, 5000, in, 200);
	timeline_read(&timeline, 4900, out, 400);
	assert_memory_equal(out, zero, 100 * sizeof(*out));
	assert_memory_equal(out + 100, in, 200 * sizeof(*out));
	assert_memory_equal(out + 300, zero, 100 * sizeof(*out));
	timeline_read(&timeline, 5200 - TIMELINE_FRAMES - 300, out,
	              400); /* forgotten, and silent */
	assert_memory_equal(out, zero, sizeof(out));
	timeline_read(&timeline, 1000000, out, 400); /* far in the future */
	assert_memory_equal(out, zero, sizeof(out));
}

/* Sound, an end, a long silence, another sound: no step is larger than the sound's own. */
static void timeline_seams_do_not_click(void **state)
{
	(void)state;
	static const int64_t gaps[] = {0,    1,      100, 255,  256,  257,
	                               5000, 200000, -1,  -100, -255, -2000};
	for (size_t i = 0; i < COUNT(gaps); i++) {
		struct timeline timeline;
		static struct frame sound[8192], out[8192];
		timeline_init(&timeline, ring, 0);
		tone_fill(sound, 0, 4096, 300, RATE, 0.9);
		timeline_write(&timeline, 0, sound, 4096);
		if (gaps[i] > 0)
			timeline_silence(&timeline, 4096 + gaps[i]);
		int64_t start = 4096 + gaps[i];
		tone_fill(sound, 33, 4096, 450, RATE, 0.9);
		timeline_seam(&timeline, start);
		for (uint32_t at = 0; at < 4096; at += 128) /* in blocks shorter than the seam */
			timeline_write(&timeline, start + at, sound + at, 128);
		double own = 2 * M_PI * 450 / RATE * 0.9, seam = 1.8 / TIMELINE_SEAM;
		timeline_read(&timeline, 3000, out, 8192);
		assert_true(largest_step(out, (uint32_t)(start + 4096 - 3000 > 8192
		                                             ? 8192
		                                             : start + 4096 - 3000)) < own + seam);
		timeline_read(&timeline, start - 2000, out, 4096);
		assert_true(largest_step(out, 4096) < own + seam);
		timeline_read(&timeline, start + 2048, out, 2048);
		assert_memory_equal(out, sound + 2048, 2048 * sizeof(*out));
	}
}

/* --- reader ------------------------------------------------------------------------------------ */

static struct reader_filter filter;

/* A tone over the whole ring, and one reader over it. */
struct bench {
	struct timeline timeline;
	struct reader reader;
	struct frame out[65536];
};

static struct bench *bench_new(double hz, double ratio, double delay)
{
	static struct bench bench;
	static struct frame tone[TIMELINE_FRAMES];
	timeline_init(&bench.timeline, ring, 0);
	tone_fill(tone, 0, TIMELINE_FRAMES, hz, RATE, 0.7);
	timeline_write(&bench.timeline, 0, tone, TIMELINE_FRAMES);
	reader_init(&bench.reader, &filter, ratio, delay);
	return &bench;
}

static void bench_read(struct bench *bench, double place, uint32_t count)
{
	for (uint32_t done = 0; done < count; done += 640) {
		uint32_t chunk = count - done < 640 ? count - done : 640;
		reader_read(&bench->reader, &bench->timeline, place + done * bench->reader.ratio,
		            bench->out + done, chunk);
	}
}

static void reader_at_rest_is_a_copy(void **state)
{
	(void)state;
	struct bench *bench = bench_new(997, 1, 4321);
	static struct frame expected[20000];
	bench_read(bench, 10000, 20000);
	timeline_read(&bench->timeline, 10000 - 4321, expected, 20000);
	assert_memory_equal(bench->out, expected, sizeof(expected));
	assert_int_equal(reader_needs(&bench->reader, 10000, 640), 10000 + 640 - 4321);
}

static void nudge_slews_cleanly(void **state)
{
	(void)state;
	static const double tones[] = {1000, 10000, 17000};
	for (size_t i = 0; i < COUNT(tones); i++)
		for (int sign = -1; sign <= 1; sign += 2) {
			double goal = 8000 + sign * 100;
			struct bench *bench = bench_new(tones[i], 1, 8000);
			reader_move(&bench->reader, goal, 9000);
			bench_read(bench, 9000, 65000);
			assert_true(reader_at_rest(&bench->reader));
			assert_true(bench->reader.delay == goal);
			/* 100 frames at 0.003 are 33,333: within the slew the tone is pure */
			double bent = tones[i] * (1 - sign * READER_SLEW);
			assert_true(tone_residue_db(bench->out + 1000, 30000, bent, RATE) < -95);
			/* and after it, the copy at the new place */
			static struct frame expected[20000];
			timeline_read(&bench->timeline, 9000 + 40000 - (int64_t)goal, expected,
			              20000);
			assert_memory_equal(bench->out + 40000, expected, sizeof(expected));
		}
}

static void leap_fades_without_a_step(void **state)
{
	(void)state;
	struct bench *bench = bench_new(300, 1, 20000);
	reader_move(&bench->reader, 6789, 40000);
	bench_read(bench, 30000, 30000);
	assert_true(reader_at_rest(&bench->reader));
	double own = 2 * M_PI * 300 / RATE * 0.7;
	assert_true(largest_step(bench->out, 30000) < own + 1.4 * M_PI / 2 / READER_FADE);
	static struct frame expected[8000];
	timeline_read(&bench->timeline, 30000 - 20000, expected, 8000); /* not before `begin` */
	assert_memory_equal(bench->out, expected, sizeof(expected));
	timeline_read(&bench->timeline, 30000 + 20000 - 6789, expected, 8000);
	assert_memory_equal(bench->out + 20000, expected, sizeof(expected));
}

static void readers_begin_at_the_same_frame(void **state)
{
	(void)state;
	/* two readers, out of phase, in packets of different size: the same content at each place */
	struct bench *bench = bench_new(440, 1, 5000);
	struct reader other;
	reader_init(&other, &filter, 1, 5000);
	reader_move(&bench->reader, 5090, 30500);
	reader_move(&other, 5090, 30500);
	bench_read(bench, 30000, 60000);
	static struct frame out[60000];
	for (uint32_t done = 0; done + 1024 <= 59000; done += 1024)
		reader_read(&other, &bench->timeline, 30211 + done, out + done, 1024);
	for (uint32_t i = 0; i < 58000; i += 100)
		assert_near(out[i].left, bench->out[i + 211].left, 1e-4);
}

static void change_of_mind_ends_at_the_last_goal(void **state)
{
	(void)state;
	struct bench *bench = bench_new(440, 1, 5000);
	double place = 20000;
	static const double goals[] = {5010, 4990, 9000, 5001, 5000, 123, 124};
	for (size_t i = 0; i < COUNT(goals); i++) {
		reader_move(&bench->reader, goals[i], place);
		for (int k = 0; k < 3; k++, place += 640)
			reader_read(&bench->reader, &bench->timeline, place, bench->out, 640);
	}
	for (int k = 0; k < 100; k++, place += 640)
		reader_read(&bench->reader, &bench->timeline, place, bench->out, 640);
	assert_true(reader_at_rest(&bench->reader));
	assert_true(bench->reader.delay == 124);
}

/* A speaker's rate; and those that sound files have (sim/music.h). */
static void other_rate_is_resampled(void **state)
{
	(void)state;
	static const double rates[] = {48000,        32000,        22050,
	                               44100 / 2.18, 44100 / 4.36, 44100 / 8.71};
	for (size_t i = 0; i < COUNT(rates); i++) {
		double ratio = RATE / rates[i], most = (TIMELINE_FRAMES - 4000) / ratio;
		uint32_t count = most < 60000 ? (uint32_t)most : 60000;
		struct bench *bench = bench_new(1000, ratio, 700);
		bench_read(bench, 2000, count);
		assert_true(tone_residue_db(bench->out, count, 1000, rates[i]) < -95);
	}
}

/* --- resampler --------------------------------------------------------------------------------- */

/* Pieces of a tone, of many sizes, are one tone at the other rate, each frame at its place. */
static void pieces_are_resampled(void **state)
{
	(void)state;
	static const uint32_t rates[][2] = {{48000, 44100}, {44100, 48000}, {32000, 44100}};
	static const uint32_t pieces[] = {640, 1, 16, RESAMPLER_PIECE, 24, 640};
	for (size_t i = 0; i < COUNT(rates); i++) {
		static struct frame in[RESAMPLER_PIECE], piece[RESAMPLER_OUT], out[60000];
		struct resampler *resampler = malloc(sizeof(*resampler));
		int64_t at = 0, made = 0, first;
		resampler_init(resampler, &filter, rates[i][0], rates[i][1]);
		for (int k = 0; made < 50000; at += pieces[k++ % COUNT(pieces)]) {
			uint32_t count = pieces[k % COUNT(pieces)];
			tone_fill(in, at, count, 1000, rates[i][0], 0.5);
			count = resampler_convert(resampler, at, in, count, piece, &first);
			assert_true(!count || first == made);
			memcpy(out + made, piece, count * sizeof(*out));
			made += count;
			double behind = (double)at + pieces[k % COUNT(pieces)] -
			                resampler_place(resampler, made);
			assert_in_range((int64_t)behind, 0, READER_LOOKAHEAD);
		}
		assert_true(tone_residue_db(out + 100, (uint32_t)made - 100, 1000, rates[i][1]) <
		            -95);
		free(resampler);
	}
}

/* What is lost between two pieces is silence, and no frame after it moves. */
static void lost_pieces_keep_their_place(void **state)
{
	(void)state;
	static struct frame in[640], out[RESAMPLER_OUT];
	struct resampler *resampler = malloc(sizeof(*resampler));
	int64_t first;
	resampler_init(resampler, &filter, 48000, 44100);
	tone_fill(in, 0, 640, 1000, 48000, 0.5);
	resampler_convert(resampler, 0, in, 640, out, &first);
	assert_int_equal(first, 0);
	for (int64_t at = 6400; at < 20000000000; at *= 100) {
		resampler_convert(resampler, at, in, 640, out, &first);
		double place = resampler_place(resampler, first);
		assert_true(place >= (double)at && place < (double)at + 2);
		assert_true(fabsf(out[0].left) < 0.1f);
	}
	free(resampler);
}

/* --- mix --------------------------------------------------------------------------------------- */

static void channels_are_chosen(void **state)
{
	(void)state;
	static const struct {
		enum mix_channel channel;
		float gain;
		struct frame out;
	} cases[] = {
	    {MIX_STEREO, 1, {0.5f, -0.25f}},      {MIX_LEFT, 1, {0.5f, 0.5f}},
	    {MIX_RIGHT, 1, {-0.25f, -0.25f}},     {MIX_MONO, 1, {0.125f, 0.125f}},
	    {MIX_STEREO, 0.5f, {0.25f, -0.125f}}, {MIX_MONO, 0, {0, 0}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mix mix;
		struct frame frame = {0.5f, -0.25f};
		mix_init(&mix, mix_matrix_of(cases[i].channel, cases[i].gain));
		mix_apply(&mix, &frame, 1);
		assert_memory_equal(&frame, &cases[i].out, sizeof(frame));
	}
}

static void gain_ramps(void **state)
{
	(void)state;
	struct mix mix;
	struct frame frames[2000];
	for (size_t i = 0; i < COUNT(frames); i++)
		frames[i] = (struct frame){1, 1};
	mix_init(&mix, mix_matrix_of(MIX_STEREO, 1));
	mix_set(&mix, mix_matrix_of(MIX_STEREO, 0));
	mix_apply(&mix, frames, 400);
	mix_apply(&mix, frames + 400, 1600);
	assert_true(largest_step(frames, 2000) < 1.01 / MIX_RAMP);
	assert_true(frames[MIX_RAMP].left == 0);
	assert_true(frames[0].left > 0.99);
}

static void volume_is_a_gain(void **state)
{
	(void)state;
	assert_true(mix_gain_of_volume(100) == 1);
	assert_true(mix_gain_of_volume(1000) == 1);
	assert_true(mix_gain_of_volume(0) == 0);
	assert_near(mix_gain_of_volume(50), 0.125, 1e-6);
}

/* --- meter ------------------------------------------------------------------------------------- */

static struct meter_reading meter_after(struct meter *meter, float amplitude, uint32_t count)
{
	static struct frame block[441];
	for (; count >= 441; count -= 441) {
		tone_fill(block, 0, 441, 1000, RATE, amplitude);
		meter_feed(meter, block, 441);
	}
	return meter_read(meter);
}

static void meter_has_its_ballistics(void **state)
{
	(void)state;
	struct meter meter;
	meter_init(&meter, RATE);
	struct meter_reading reading = meter_read(&meter);
	assert_true(reading.peak_db[0] == METER_FLOOR_DB);
	reading = meter_after(&meter, 0.5f, 3 * RATE);
	assert_near(reading.peak_db[0], -6.02, 0.1);
	assert_near(reading.rms_db[1], -9.03, 0.1);
	assert_near(reading.hold_db[1], -6.02, 0.1);
	reading =
	    meter_after(&meter, 0, RATE); /* one second of silence: 13.3 dB down, hold stays */
	assert_near(reading.peak_db[0], -6.02 - 13.3, 0.2);
	assert_near(reading.hold_db[0], -6.02, 0.1);
	reading = meter_after(&meter, 0, RATE);
	assert_true(reading.hold_db[0] < -19);
	reading = meter_after(&meter, 0, 20 * RATE);
	assert_true(reading.peak_db[0] == METER_FLOOR_DB);
}

static void over_latches(void **state)
{
	(void)state;
	struct meter meter;
	meter_init(&meter, RATE);
	const struct frame two[] = {{1, 0}, {1, 0}, {0, 0}, {1, 0}, {1, 0}};
	meter_feed(&meter, two, 5);
	assert_false(meter_read(&meter).over);
	const struct frame three[] = {{1, 0}, {0, 0}};
	meter_feed(&meter, three, 2); /* the third in a row, across blocks */
	assert_true(meter_read(&meter).over);
	meter_reset(&meter);
	assert_false(meter_read(&meter).over);
}

static int setup(void **state)
{
	(void)state;
	reader_filter_init(&filter);
	return 0;
}

static float loudest(const struct frame *frames, int count)
{
	float most = 0;
	for (int i = 0; i < count; i++)
		most = fmaxf(most, fmaxf(fabsf(frames[i].left), fabsf(frames[i].right)));
	return most;
}

static void keep_awake_tone_is_only_in_silence(void **state)
{
	(void)state;
	enum { BLOCK = 640 };
	struct frame frames[BLOCK];
	struct mix mix;
	struct mix_matrix matrix = mix_matrix_of(MIX_STEREO, 1);
	matrix.awake = true;
	mix_init(&mix, matrix);
	float last = 0, step = 0;
	for (int block = 0; block < 100; block++) {
		for (int i = 0; i < BLOCK; i++)
			frames[i] = (struct frame){0, 0};
		mix_apply(&mix, frames, BLOCK);
		for (int i = 0; i < BLOCK; last = frames[i++].left)
			step = fmaxf(step, fabsf(frames[i].left - last));
	}
	assert_true(loudest(frames, BLOCK) > 0.0003f && loudest(frames, BLOCK) < 0.00101f);
	assert_true(step < 0.00001f); /* it comes without a click */
	for (int block = 0; block < 20; block++) {
		for (int i = 0; i < BLOCK; i++)
			frames[i] = (struct frame){0.25f, -0.25f};
		mix_apply(&mix, frames, BLOCK);
	}
	for (int i = 0; i < BLOCK; i++) /* gone to the last bit */
		assert_true(frames[i].left == 0.25f && frames[i].right == -0.25f);
	mix_init(&mix, mix_matrix_of(MIX_STEREO, 1));
	for (int i = 0; i < BLOCK; i++)
		frames[i] = (struct frame){0, 0};
	mix_apply(&mix, frames, BLOCK);
	assert_true(loudest(frames, BLOCK) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(clock_and_its_inverse_agree),
	    cmocka_unit_test(clock_follows_a_source),
	    cmocka_unit_test(clock_does_not_follow_madness),
	    cmocka_unit_test(clock_keeps_its_speed_over_a_release),
	    cmocka_unit_test(timeline_gives_back_what_was_written),
	    cmocka_unit_test(timeline_is_silent_outside),
	    cmocka_unit_test(timeline_seams_do_not_click),
	    cmocka_unit_test(reader_at_rest_is_a_copy),
	    cmocka_unit_test(nudge_slews_cleanly),
	    cmocka_unit_test(leap_fades_without_a_step),
	    cmocka_unit_test(readers_begin_at_the_same_frame),
	    cmocka_unit_test(change_of_mind_ends_at_the_last_goal),
	    cmocka_unit_test(other_rate_is_resampled),
	    cmocka_unit_test(pieces_are_resampled),
	    cmocka_unit_test(lost_pieces_keep_their_place),
	    cmocka_unit_test(channels_are_chosen),
	    cmocka_unit_test(gain_ramps),
	    cmocka_unit_test(volume_is_a_gain),
	    cmocka_unit_test(meter_has_its_ballistics),
	    cmocka_unit_test(over_latches),
	    cmocka_unit_test(keep_awake_tone_is_only_in_silence),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
