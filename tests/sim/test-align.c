/* SPDX-License-Identifier: MIT */
/* Test signals, and lining the speakers up by microphone: the whole relay in a simulated room. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/helpers/house.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND
#define RATE 44100

/* Kitchen says what is true; Hall's sound processing is kept quiet about; Study reports nothing. */
#define SPEAKERS                                                                                   \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nppm = 25\n"                                 \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"     \
	"distance = 1.2\nppm = 2\n"                                                                \
	"[speaker Hall]\naddress = 00:00:5E:00:53:02\nkind = conceal\nlatency = 255 ms\n"          \
	"reports = 150 ms\ndistance = 3.4\nppm = -3\n"                                             \
	"[speaker Study]\naddress = 00:00:5E:00:53:03\nadapter = hci1\nkind = rtp\n"               \
	"latency = 420 ms\nreports = no\nvolume = yes\nmtu = 895\ndistance = 2.1\nppm = 4\n"

#define HOUSE "[world]\nrecord = FOLDER\n" SPEAKERS

/* On the screen they stand in the order of their names. */
enum { HALL, KITCHEN, STUDY };
static const char *const addresses[] = {"00:00:5E:00:53:02", "00:00:5E:00:53:01",
                                        "00:00:5E:00:53:03"};

static bool plays_sweeps(const struct model *model)
{
	return model->align.state == ALIGN_PLAYING;
}

static bool measured(const struct model *model)
{
	return model->align.state == ALIGN_DONE || model->align.state == ALIGN_FAILED;
}

static struct house *house_playing(const char *scenario)
{
	struct house *house = house_new(scenario);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 2 * SECOND);
	return house;
}

static const struct model_align *measure(struct house *house, const char *command)
{
	house_command(house, command);
	assert_true(house_wait(house, 100 * SECOND, measured));
	const struct model_align *align = &relay_model(house->relay)->align;
	assert_string_equal(align->problem, "");
	return align;
}

/*
 * The true delay, when the stream began.  Since then the speaker's clock has gone its own way, and here
 * packets arrive up to a millisecond late, for that is a step of the house.
 */
static double truth_ms(struct house *house, int index)
{
	return (double)sim_truth_ns(house->sim, addresses[index]) / 1e6;
}

static void hidden_delays_are_found_and_made_good(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	const struct model_align *align = measure(house, "align start");
	assert_int_equal(align->count, 3);
	for (int i = 0; i < 3; i++) {
		const struct model_align_speaker *found = &align->speakers[i];
		assert_string_equal(found->verdict, "ok");
		assert_int_equal(found->takes, 3);
		assert_true(found->confidence_permille >= 500);
		assert_near(found->found_us / 1e3, truth_ms(house, i), 1.5);
		assert_in_range(found->spread_us, 0, 200);
	}
	/* the delay lines count with 180, 150 and (assumed) 200 ms: Study is 220 + 3 ms late */
	assert_in_range(align->speakers[STUDY].apart_us, 220000, 225000);
	assert_in_range(align->speakers[KITCHEN].apart_us, 0, 500);
	house_command(house, "align keep");
	house_run(house, 12 * SECOND);
	align = measure(house, "align start");
	for (int i = 0; i < 3; i++)
		assert_in_range(align->speakers[i].apart_us, 0, 500);
	house_free(house);
}

/* The group's clock follows the Echo's: bending towards it, and then 250 ppm off what the speakers go by. */
static void an_echos_clock_moves_nobody(void **state)
{
	(void)state;
	char scenario[] = HOUSE;
	memcpy(strstr(scenario, "ppm = 25"), "ppm =250", 8);
	struct house *house = house_playing(scenario);
	for (int round = 0; round < 2; round++) {
		const struct model_align *align = measure(house, "align start");
		for (int i = 0; i < 3; i++) {
			assert_string_equal(align->speakers[i].verdict, "ok");
			assert_near(align->speakers[i].drift_ppb / 1e3, 0, 10);
			assert_in_range(align->speakers[i].spread_us, 0, 100);
		}
		house_run(house, 60 * SECOND);
	}
	house_free(house);
}

static void nothing_changes_before_consent(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	house_command(house, "delay Hall 7ms");
	measure(house, "align start");
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 7000);
	assert_int_equal(house_speaker(house, "Hall")->speaker.us, 150000);
	assert_string_equal(house_speaker(house, "Hall")->test, "");
	house_command(house, "align keep");
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 0);
	/* what all have in common, here air, is not the speakers': the most truthful one stays */
	double common = truth_ms(house, KITCHEN) - 180;
	assert_near(house_speaker(house, "Kitchen")->speaker.us / 1e3, 180, 0.001);
	assert_near(house_speaker(house, "Hall")->speaker.us / 1e3, truth_ms(house, HALL) - common,
	            1.5);
	assert_int_equal(house_speaker(house, "Hall")->speaker.origin, ORIGIN_STORED);
	house_command(house, "align back");
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 7000);
	assert_int_equal(house_speaker(house, "Hall")->speaker.us, 150000);
	house_command(house, "align cancel");
	assert_int_equal(relay_model(house->relay)->align.state, ALIGN_OFF);
	house_free(house);
}

static void a_measurement_can_be_cancelled(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	house_run(house, 30 * SECOND); /* the source has settled */
	house_command(house, "align start");
	house_run(house, 5 * SECOND);
	const struct model_align *align = &relay_model(house->relay)->align;
	assert_int_equal(align->state, ALIGN_PLAYING);
	assert_string_equal(align->microphone, "Microphone of the room");
	assert_in_range(align->progress_permille, 50, 600);
	assert_in_range(align->left_ms, 5000, 20000);
	assert_string_equal(house_speaker(house, "Study")->test, "sweep");
	char reply[256];
	assert_int_equal(relay_command(house->relay, "align start", reply, sizeof(reply)), -EBUSY);
	house_command(house, "align cancel");
	house_run(house, SECOND);
	assert_int_equal(relay_model(house->relay)->align.state, ALIGN_OFF);
	assert_string_equal(house_speaker(house, "Study")->test, "");
	assert_true(house_speaker(house, "Study")->meter.peak_cdb[0] > -4000);
	house_free(house);
}

/* PipeWire's buffer settles when the Echo begins: for half a minute its clock says nothing. */
static void a_source_that_settles_is_waited_for(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	char reply[256];
	assert_int_equal(relay_command(house->relay, "align start", reply, sizeof(reply)), 0);
	assert_non_null(strstr(reply, "the source's clock settles first"));
	house_run(house, 5 * SECOND);
	const struct model_align *align = &relay_model(house->relay)->align;
	assert_int_equal(align->state, ALIGN_SETTLING);
	int32_t left = align->left_ms, done = align->progress_permille;
	assert_in_range(left, 30000, 45000);
	assert_string_equal(house_speaker(house, "Study")->test, ""); /* the music goes on */
	house_run(house, 5 * SECOND);
	align = &relay_model(house->relay)->align;
	assert_near(align->left_ms, left - 5000, 300);
	assert_in_range(align->progress_permille, done + 50, 500);
	house_command(house, "align cancel");
	house_run(house, SECOND);
	assert_int_equal(relay_model(house->relay)->align.state, ALIGN_OFF);
	house_command(house, "align start");
	assert_true(house_wait(house, 25 * SECOND, plays_sweeps));
	assert_true(house_wait(house, 25 * SECOND, measured));
	align = &relay_model(house->relay)->align;
	assert_string_equal(align->speakers[HALL].verdict, "ok");
	house_free(house);
}

static void without_a_source_there_is_no_wait(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	house_run(house, 2 * SECOND);
	house_command(house, "align start");
	assert_true(house_wait(house, 2 * SECOND, plays_sweeps));
	house_free(house);
}

static void some_speakers_only(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	const struct model_align *align = measure(house, "align start auto 3,Kitchen");
	assert_int_equal(align->count, 2);
	assert_string_equal(align->speakers[0].name, "Study");
	assert_near(align->speakers[0].found_us / 1e3, truth_ms(house, STUDY), 1.5);
	assert_string_equal(align->speakers[1].name, "Kitchen");
	char reply[256];
	assert_int_equal(
	    relay_command(house->relay, "align start auto 3,Cellar", reply, sizeof(reply)),
	    -ENOENT);
	assert_string_equal(reply, "no speaker 'Cellar'");
	house_free(house);
}

static void what_cannot_be_heard_is_told(void **state)
{
	(void)state;
	/* Hall is 50 m off, in a noisy place: its sound drowns */
	struct house *house = house_playing("[microphone Fan]\nnoise = -36\n" SPEAKERS
	                                    "[speaker Far]\naddress = 00:00:5E:00:53:04\n"
	                                    "adapter = hci1\nlatency = 100 ms\ndistance = 50\n");
	const struct model_align *align = measure(house, "align start");
	const struct model_align_speaker *far = &align->speakers[0];
	assert_string_equal(far->name, "Far");
	assert_string_equal(align->speakers[1].verdict, "ok");
	if (far->found_us != MODEL_UNKNOWN) /* sure, then it is right */
		assert_near(far->found_us / 1e3, 100 + 1.7 + 50 / 0.343, 1.5);
	else
		assert_true(*far->advice);
	house_command(house, "align keep");
	house_free(house);
}

static void levels_are_matched(void **state)
{
	(void)state;
	struct house *house = house_playing(HOUSE);
	const struct model_align *align = measure(house, "align start");
	assert_in_range(align->speakers[KITCHEN].level_cdb - align->speakers[HALL].level_cdb, 300,
	                1500); /* 1.2 m against 3.4 m */
	assert_int_equal(align->speakers[HALL].volume, 100);
	assert_in_range(align->speakers[KITCHEN].volume, 50, 90);
	house_command(house, "align levels");
	house_run(house, 10 * SECOND);
	align = measure(house, "align start");
	assert_near(align->speakers[KITCHEN].level_cdb, align->speakers[HALL].level_cdb, 60);
	house_free(house);
}

/* A microphone that is there and says what is wrong, from memory that goes when it is closed. */
struct broken {
	struct source source;
	const struct source_events *events;
	void *user;
};

static int broken_open(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct broken *broken = (struct broken *)source;
	(void)inlet, (void)rate;
	broken->events = events;
	broken->user = user;
	return 0;
}

static void broken_dispatch(struct source *source)
{
	struct broken *broken = (struct broken *)source;
	struct source_info info = {.problem = "PipeWire has no node 'cellar'"};
	broken->events->changed(broken->user, &info);
}

static void broken_close(struct source *source)
{
	free(source);
}

static void a_microphone_that_fails_is_told(void **state)
{
	(void)state;
	static const struct source_ops ops = {
	    .open = broken_open, .dispatch = broken_dispatch, .close = broken_close};
	struct house *house = house_playing(HOUSE);
	struct broken *broken = calloc(1, sizeof(*broken));
	broken->source.ops = &ops;
	house->microphone = &broken->source;
	house_command(house, "align start cellar");
	assert_true(house_wait(house, 10 * SECOND, measured));
	const struct model_align *align = &relay_model(house->relay)->align;
	assert_int_equal(align->state, ALIGN_FAILED);
	assert_string_equal(align->problem, "PipeWire has no node 'cellar'");
	house->microphone = NULL;
	measure(house, "align start"); /* and the next one works */
	house_free(house);
}

static void no_microphone_no_speaker_no_answer(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	char reply[256];
	house_run(house, 100 * MS);
	assert_int_equal(relay_command(house->relay, "align start", reply, sizeof(reply)), -ENODEV);
	assert_string_equal(reply, "no speaker plays");
	assert_int_equal(relay_command(house->relay, "align keep", reply, sizeof(reply)), -ENOENT);
	assert_int_equal(relay_command(house->relay, "align sideways", reply, sizeof(reply)),
	                 -EINVAL);
	house_free(house);
}

/* --- test signals ---------------------------------------------------------------------------------- */

/* Frames of the record at which something loud begins after half a second without. */
static int onsets(const float *samples, int64_t count, int64_t *places, int most)
{
	int64_t quiet = 0;
	int found = 0;
	for (int64_t i = 0; i < count && found < most; i++) {
		bool loud = fabsf(samples[i]) > 0.1f;
		if (loud && quiet > RATE / 2)
			places[found++] = i;
		quiet = loud ? 0 : quiet + 1;
	}
	return found;
}

static void clicks_meet_in_the_air(void **state)
{
	(void)state;
	/* what is reported is true, and everybody sits at the ear */
	struct house *house = house_playing(
	    "[world]\nrecord = FOLDER\n[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[echo E]\naddress = 44:00:49:12:AB:CD\n"
	    "[speaker A]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"
	    "[speaker B]\naddress = 00:00:5E:00:53:02\nlatency = 260 ms\nreports = 260 ms\n"
	    "[speaker C]\naddress = 00:00:5E:00:53:03\nlatency = 90 ms\nreports = 90 ms\n");
	house_command(house, "test all silence");
	house_run(house, 2 * SECOND);
	house_command(house, "test A metronome");
	house_run(house, 700 * MS); /* whoever begins later ticks with the others */
	house_command(house, "test B metronome");
	house_command(house, "test C metronome");
	house_run(house, 6 * SECOND);
	assert_string_equal(house_speaker(house, "B")->test, "metronome");
	house_command(house, "test all off");
	house_run(house, SECOND);
	house_close(house);
	int64_t places[3][8], counts[3];
	for (int i = 0; i < 3; i++) {
		int64_t count;
		float *samples = house_record(house, addresses[i], &count);
		counts[i] = onsets(samples + 4 * RATE, count - 5 * RATE, places[i], 8);
		assert_in_range(counts[i], 4, 8);
		free(samples);
	}
	for (int i = 1; i < 3; i++)
		assert_near(places[i][counts[i] - 1], places[0][counts[0] - 1], 4);
	house_free(house);
}

static void a_signal_lies_over_the_music_or_instead(void **state)
{
	(void)state;
	char reply[256];
	struct house *house = house_playing(HOUSE);
	assert_int_equal(relay_command(house->relay, "test 1 bang", reply, sizeof(reply)), -EINVAL);
	house_command(house, "test Kitchen silence");
	house_run(house, 5 * SECOND);
	assert_in_range(-house_speaker(house, "Kitchen")->meter.rms_cdb[0], 5000, INT32_MAX);
	assert_true(house_speaker(house, "Hall")->meter.rms_cdb[0] > -4000);
	house_command(house, "test Kitchen click+music");
	assert_string_equal(house_speaker(house, "Kitchen")->test, "click");
	house_run(house, 4 * SECOND);
	assert_string_equal(house_speaker(house, "Kitchen")->test, ""); /* it is over */
	house_command(house, "test Kitchen toggle");
	assert_string_equal(house_speaker(house, "Kitchen")->test, "tone");
	house_command(house, "test Kitchen toggle");
	house_run(house, 3 * SECOND);
	assert_true(house_speaker(house, "Kitchen")->meter.rms_cdb[0] > -4000);
	house_command(house, "test all off");
	assert_string_equal(house_speaker(house, "Kitchen")->test, "");
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hidden_delays_are_found_and_made_good),
	    cmocka_unit_test(an_echos_clock_moves_nobody),
	    cmocka_unit_test(nothing_changes_before_consent),
	    cmocka_unit_test(a_measurement_can_be_cancelled),
	    cmocka_unit_test(a_source_that_settles_is_waited_for),
	    cmocka_unit_test(without_a_source_there_is_no_wait),
	    cmocka_unit_test(some_speakers_only),
	    cmocka_unit_test(what_cannot_be_heard_is_told),
	    cmocka_unit_test(levels_are_matched),
	    cmocka_unit_test(a_microphone_that_fails_is_told),
	    cmocka_unit_test(no_microphone_no_speaker_no_answer),
	    cmocka_unit_test(clicks_meet_in_the_air),
	    cmocka_unit_test(a_signal_lies_over_the_music_or_instead),
	};
	return RUN(tests);
}
