/* SPDX-License-Identifier: MIT */
/* An Echo that plays to a sink of the relay's own, past PipeWire. */
#include "tests/helpers/test.h"

#include <string.h>

#include "tests/helpers/house.h"
#include "tests/helpers/ledger.h"

#define SECOND HOUSE_SECOND

#define FLAT FLAT_WITH("") /* the Echo comes when the relay is there */
#define FLAT_WITH(more)                                                                            \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nsink = relay\nnoise = yes\nstarts = 2 "     \
	"s\n" more                                                                                 \
	"[speaker A]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"           \
	"[speaker B]\naddress = 00:00:5E:00:53:02\nlatency = 150 ms\nreports = 150 ms\n"

static bool source_streams(const struct model *model)
{
	return model->source.state == MODEL_SOURCE_STREAMING;
}

static bool source_is_idle(const struct model *model)
{
	return model->source.state == MODEL_SOURCE_IDLE;
}

static bool source_is_absent(const struct model *model)
{
	return model->source.state == MODEL_SOURCE_ABSENT;
}

static bool both_play(const struct model *model)
{
	return all_stream(model) && source_streams(model);
}

static struct house *house_that_plays(const char *scenario)
{
	struct house *house = house_new(scenario);
	assert_true(house_wait(house, 20 * SECOND, both_play));
	return house;
}

static const struct journal *shaken; /* whose was_shaken asks for */

static struct echo *echo_in(const struct house *house)
{
	return sim_world(house->sim)->echo;
}

/* Nothing of it goes missing in so long. */
static void plays_whole(struct house *house, int64_t ns)
{
	house_run(house, 2 * SECOND); /* until the meter shows it */
	const struct model_source *source = &house_model(house)->source;
	int32_t gaps = source->gaps, xruns = source->xruns;
	for (; ns > 0; ns -= SECOND) {
		house_run(house, SECOND);
		source = &house_model(house)->source;
		assert_int_equal(source->state, MODEL_SOURCE_STREAMING);
		assert_true(source->meter.rms_cdb[0] > -4000);
	}
	assert_int_equal(source->gaps, gaps);
	assert_int_equal(source->xruns, xruns);
}

static void its_packets_are_played(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	const struct model_source *source = &house_model(house)->source;
	plays_whole(house, 10 * SECOND);
	assert_string_equal(source->name, "Echo Dot");
	assert_string_equal(source->address, "44:00:49:12:AB:CD");
	assert_string_equal(source->server, "BlueZ");
	assert_string_equal(source->node, "");
	assert_string_equal(source->codec, "sbc");
	assert_int_equal(source->rate, 44100);
	assert_int_equal(house_speaker(house, "A")->late, 0);
	assert_int_equal(house_speaker(house, "A")->dropped, 0);
	assert_true(house_speaker(house, "A")->meter.rms_cdb[0] > -4000);
	house_free(house);
}

static void pauses_end_and_begin_it(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	struct device *echo = house_device(house, "Echo Dot");
	for (int round = 0; round < 2; round++) {
		echo_pause(echo_in(house), true, house->now);
		peer_transport_suspend(echo);
		assert_true(house_wait(house, SECOND, source_is_idle));
		house_run(house, 3 * SECOND);
		peer_transport_set_state(echo, TRANSPORT_PENDING);
		assert_true(house_wait(house, SECOND, source_streams));
		plays_whole(house, 3 * SECOND);
	}
	house_free(house);
}

/* WirePlumber and PipeWire are nothing to it. */
static void sound_server_may_go(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT "[world]\nevent = 30 s sound 6 s\n");
	echo_set_managed(echo_in(house), false);
	plays_whole(house, 25 * SECOND);
	echo_set_managed(echo_in(house), true);
	plays_whole(house, 15 * SECOND);
	assert_int_equal(events_that_say(&house->journal, "source is silent"), 0);
	house_free(house);
}

static void bluetoothd_comes_back_with_it(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT "[world]\nevent = 30 s restart 3 s\n");
	assert_true(house_wait(house, 30 * SECOND, source_is_absent));
	assert_true(house_wait(house, 30 * SECOND, both_play));
	assert_non_null(house_device(house, "Echo Dot")->transport.endpoint);
	plays_whole(house, 5 * SECOND);
	house_free(house);
}

static void lost_link_is_found_again(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	peer_device_lost(house_device(house, "Echo Dot"));
	assert_true(house_wait(house, SECOND, source_is_absent));
	assert_true(house_wait(house, 30 * SECOND, both_play));
	plays_whole(house, 5 * SECOND);
	house_free(house);
}

/* It says that it plays, and sends nothing. */
static void silent_one_is_connected_anew(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	echo_pause(echo_in(house), true, house->now);
	assert_true(house_wait(house, 40 * SECOND, source_is_absent));
	assert_int_equal(events_that_say(&house->journal, "nothing comes"), 1);
	assert_true(house_wait(house, 10 * SECOND, both_play));
	plays_whole(house, 3 * SECOND);
	house_free(house);
}

static bool was_shaken(const struct model *model)
{
	(void)model;
	return events_that_say(shaken, "nothing comes");
}

/* BlueZ may be stuck in a stream that never came about: only the link's end gets it out of that. */
static void one_that_cannot_be_had_is_connected_anew(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	struct device *echo = house_device(house, "Echo Dot");
	echo_pause(echo_in(house), true, house->now);
	peer_transport_close(echo);
	echo->adapter->paging = true; /* all calls fail */
	shaken = &house->journal;
	assert_true(house_wait(house, 10 * SECOND, was_shaken));
	echo->adapter->paging = false;
	assert_true(house_wait(house, 20 * SECOND, both_play));
	house_free(house);
}

/* 64 of 127, cubed: the relay applies it, as nobody else does. */
static void its_volume_counts_once(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT);
	house_run(house, 4 * SECOND);
	int32_t full = house_speaker(house, "A")->meter.rms_cdb[0];
	peer_transport_set_volume(house_device(house, "Echo Dot"), 64);
	house_run(house, 4 * SECOND);
	assert_int_equal(house_model(house)->source.volume, 50);
	assert_in_range(full - house_speaker(house, "A")->meter.rms_cdb[0], 1500, 2100);
	house_free(house);
}

/*
 * The first packet after a pause may be late: how far ahead of the clock its sound begins is then so much less, and
 * that stays.  Were it steered away, it would end up in the buffers of the speakers that play on, a little more with
 * each pause, and one that begins anew would be out of place.
 */
static void pauses_leave_every_speaker_in_its_place(void **state)
{
	(void)state;
	struct house *house = house_that_plays(
	    FLAT_WITH("jitter = 5 ms\nevent = every 15 s .. 20 s pause 4 s .. 5 s\n"));
	struct ledger *ledger = ledger_new(house);
	ledger_run(ledger, 300 * SECOND);
	speaker_stall(house_device(house, "A"), house->now + 3 * SECOND);
	ledger_run(ledger, 60 * SECOND);
	for (int i = 0; i < 2; i++)
		assert_int_equal(ledger_account(ledger, i)->places_wrong, 0);
	ledger_free(ledger);
	house_free(house);
}

/*
 * The relay stands still, as by SIGSTOP or in a virtual machine that is held: the Echo's packets wait, and what finds no
 * room is lost.  They are read all at once, and a moment later all is in its place.
 */
static void one_that_stood_still_is_soon_in_step_again(void **state)
{
	static const int64_t stands[] = {SECOND / 5, 2 * SECOND, 20 * SECOND};
	(void)state;
	for (size_t i = 0; i < COUNT(stands); i++) {
		struct house *house = house_that_plays(FLAT);
		for (int64_t end = house->now + stands[i]; house->now < end;) {
			int64_t next = sim_step(house->sim, house->now);
			house->now = next < end ? next : end;
		}
		house_run(house, 5 * SECOND);
		struct ledger *ledger = ledger_new(house);
		ledger_run(ledger,
		           4 * SECOND); /* opened in the midst of it, it has not heard all */
		int64_t wrong[] = {ledger_account(ledger, 0)->places_wrong,
		                   ledger_account(ledger, 1)->places_wrong};
		ledger_run(ledger, 60 * SECOND);
		assert_true(both_play(house_model(house)));
		for (int k = 0; k < 2; k++) {
			assert_in_range(ledger_account(ledger, k)->places_heard, 25, 45);
			assert_int_equal(ledger_account(ledger, k)->places_wrong, wrong[k]);
		}
		assert_int_equal(events_that_say(&house->journal, "nothing comes"), 0);
		ledger_free(ledger);
		house_free(house);
	}
}

/* Who is no source, as its user said, is refused. */
static void others_are_refused(void **state)
{
	(void)state;
	struct house *house = house_that_plays(FLAT_WITH("event = 30 s reset 5 s\n"));
	house_command(house, "role 44:00:49:12:AB:CD none");
	house_run(house, 40 * SECOND);
	assert_true(house_device(house, "Echo Dot")->connected);
	assert_false(house_device(house, "Echo Dot")->transport.exists);
	assert_true(source_is_absent(house_model(house)));
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_packets_are_played),
	    cmocka_unit_test(pauses_end_and_begin_it),
	    cmocka_unit_test(sound_server_may_go),
	    cmocka_unit_test(bluetoothd_comes_back_with_it),
	    cmocka_unit_test(lost_link_is_found_again),
	    cmocka_unit_test(silent_one_is_connected_anew),
	    cmocka_unit_test(one_that_cannot_be_had_is_connected_anew),
	    cmocka_unit_test(its_volume_counts_once),
	    cmocka_unit_test(pauses_leave_every_speaker_in_its_place),
	    cmocka_unit_test(one_that_stood_still_is_soon_in_step_again),
	    cmocka_unit_test(others_are_refused),
	};
	return RUN(tests);
}
