/* SPDX-License-Identifier: MIT */
/* Known devices that go, stay silent and come back, the Echo above all; and rest. */
#include "tests/helpers/test.h"

#include <string.h>

#include "tests/helpers/house.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND

#define FLAT                                                                                       \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"                                           \
	"[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"                             \
	"[speaker B]\naddress = 00:00:5E:00:53:02\nreports = 150 ms\n"

static int command(struct house *house, const char *line, char *reply)
{
	return relay_command(house->relay, line, reply, 256);
}

static bool source_streams(const struct model *shown)
{
	return shown->source.state == MODEL_SOURCE_STREAMING;
}

static bool all_rest(const struct model *shown)
{
	for (int i = 0; i < shown->speaker_count; i++)
		if (shown->speakers[i].state != SPEAKER_IDLE)
			return false;
	return shown->idle;
}

static void speaker_that_calls_is_taken_at_once(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *a = house_device(house, "A");
	a->reachable = false;
	peer_device_off(a);
	house_run(house, 75 * SECOND); /* far into the pauses between two attempts */
	assert_int_equal(house_speaker(house, "A")->state, SPEAKER_LOST);
	assert_true(house_speaker(house, "A")->attempt > 3);
	while (a->connect_call) /* it is switched on between two pages */
		house_run(house, 100 * MS);
	peer_device_call(a);
	assert_true(house_wait(house, 2 * SECOND, all_stream));
	assert_int_equal(house_speaker(house, "B")->dropped, 0);
	house_free(house);
}

/* BlueZ looks for what speaks LE, too, for most of a minute: nobody else waits for that. */
static void a_call_that_nobody_answers_is_given_up(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"
	              "[speaker A]\naddress = 00:00:5E:00:53:01\nconnects = 50 s\n"
	              "[speaker B]\naddress = 00:00:5E:00:53:02\n");
	house_run(house, 22 * SECOND);
	assert_int_equal(house_speaker(house, "B")->state, SPEAKER_STREAMING);
	assert_int_equal(events_that_say(&house->journal, "does not answer"), 1);
	house_free(house);
}

static void echo_is_brought_back_when_it_was_lost(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	peer_device_lost(house_device(house, "Echo Dot"));
	house_run(house, SECOND);
	assert_false(source_streams(house_model(house)));
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	house_free(house);
}

/* PipeWire was started anew: its endpoints went, and the Echo's stream with them; the link stayed. */
static void echo_whose_stream_went_is_called_soon(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *echo = house_device(house, "Echo Dot");
	peer_transport_remove(echo);
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	house_run(house, 2 * SECOND);
	assert_true(echo->connected);
	assert_false(source_streams(house_model(house)));
	assert_true(house_wait(house, 4 * SECOND, source_streams));
	house_free(house);
}

static void echo_that_leaves_after_its_stream_went_is_called(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *echo = house_device(house, "Echo Dot");
	echo->reachable = false;
	peer_transport_remove(echo);
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	house_run(house, 4 * SECOND);
	peer_device_off(echo); /* a link without a stream ends */
	echo->reachable = true;
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	house_free(house);
}

/* As the one of pairing ends: nobody has sent it away. */
static void echo_whose_link_had_no_stream_is_called(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nstarts = 300 s\n");
	struct device *echo = house_device(house, "Echo Dot");
	echo->reachable = false;
	house_run(house, SECOND);
	peer_device_set_connected(echo, true);
	house_run(house, SECOND);
	peer_device_set_connected(echo, false);
	echo->reachable = true;
	assert_true(house_wait(house, 20 * SECOND, source_streams));
	house_free(house);
}

static void hostile_echo_is_logged_in_plain_text(void **state)
{
	(void)state;
	const struct journal_event *event;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[echo \x1b[2JEcho]\n"
	                                "address = 44:00:49:12:AB:CD\nstarts = 300 s\n");
	house_device(house, "\x1b[2JEcho")->reachable = false;
	house_run(house, 60 * SECOND);
	bool told = false;
	for (uint64_t n = house->journal.count; (event = journal_event(&house->journal, n)); n--) {
		assert_null(strchr(event->subject, '\x1b'));
		told |= !strcmp(event->subject, "?[2JEcho") && strstr(event->text, "source: ");
	}
	assert_true(told);
	house_free(house);
}

static void echo_that_was_sent_away_stays_away(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *echo = house_device(house, "Echo Dot");
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	peer_transport_set_state(echo, TRANSPORT_IDLE);
	house_run(house, 5 * SECOND);
	peer_device_off(echo); /* "Alexa, disconnect" */
	house_run(house, 90 * SECOND);
	assert_false(echo->connected);
	house_free(house);
}

/* WirePlumber starts anew: the stream ends, and with it, some seconds later, the link.  Nobody said so. */
static void echo_that_lost_wireplumber_is_called_back(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *echo = house_device(house, "Echo Dot");
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	peer_transport_set_state(echo, TRANSPORT_IDLE);
	echo_set_managed(sim_world(house->sim)->echo, false);
	house_run(house, SECOND);
	echo_set_managed(sim_world(house->sim)->echo, true);
	house_run(house, 3 * SECOND);
	peer_device_off(echo);
	house_run(house, 20 * SECOND);
	assert_true(echo->connected);
	house_free(house);
}

static void echo_from_which_nothing_comes_is_connected_anew(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	echo_pause(sim_world(house->sim)->echo, true, house->now); /* it says that it plays */
	house_run(house, 15 * SECOND);
	assert_false(source_streams(house_model(house)));
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	assert_int_equal(events_that_say(&house->journal, "nothing comes"), 1);
	house_free(house);
}

/* The relay starts beside an Echo that plays: its sound may take a moment to arrive. */
static void echo_is_given_time_at_the_start(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	for (int ms = 0; ms < 3000; ms++) {
		echo_pause(sim_world(house->sim)->echo, true, house->now);
		house_run(house, SECOND / 1000);
	}
	assert_false(source_streams(house_model(house)));
	echo_pause(sim_world(house->sim)->echo, false, house->now);
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	assert_int_equal(events_that_say(&house->journal, "nothing comes"), 0);
	house_free(house);
}

/* Something else is to be heard: the Echo may be silent. */
static void echo_is_left_alone_beside_another_source(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	snprintf(house->settings.config.source, sizeof(house->settings.config.source),
	         "alsa_input.usb-turntable");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 5 * SECOND);
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	house_run(house, 60 * SECOND);
	assert_int_equal(events_that_say(&house->journal, "nothing comes"), 0);
	assert_false(source_streams(house_model(house)));
	house_free(house);
}

static void known_echo_stays_a_source(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_int_equal(house_found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	char reply[256];
	command(house, "pair \"Echo Dot\"", reply); /* Enter on its row */
	house_run(house, 5 * SECOND);
	assert_int_equal(house_model(house)->pairing.state, PAIRING_DONE);
	assert_int_equal(house_model(house)->speaker_count, 2);
	assert_int_equal(house_found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	assert_true(source_streams(house_model(house)));
	house_free(house);
}

static void streams_rest_in_long_silence(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[echo Echo Dot]\nevent = 12 s pause 20 s\n"
	                                "[speaker A]\nreports = 180 ms\n"
	                                "[speaker B]\nreports = 150 ms\n");
	house->settings.config.idle_ns = 10 * SECOND;
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 1020 * SECOND - house->now);
	assert_true(all_stream(house_model(house))); /* not yet */
	assert_true(house_wait(house, 4 * SECOND, all_rest));
	assert_true(house_device(house, "A")->connected); /* the links stay */
	house_run(house, 1031 * SECOND - house->now);
	assert_true(all_rest(house_model(house)));
	assert_true(house_wait(house, 3 * SECOND, all_stream));
	house_run(house, SECOND);
	assert_int_equal(house_speaker(house, "A")->late, 0);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(speaker_that_calls_is_taken_at_once),
	    cmocka_unit_test(a_call_that_nobody_answers_is_given_up),
	    cmocka_unit_test(echo_is_brought_back_when_it_was_lost),
	    cmocka_unit_test(echo_whose_stream_went_is_called_soon),
	    cmocka_unit_test(echo_that_leaves_after_its_stream_went_is_called),
	    cmocka_unit_test(echo_whose_link_had_no_stream_is_called),
	    cmocka_unit_test(hostile_echo_is_logged_in_plain_text),
	    cmocka_unit_test(echo_that_was_sent_away_stays_away),
	    cmocka_unit_test(echo_that_lost_wireplumber_is_called_back),
	    cmocka_unit_test(echo_from_which_nothing_comes_is_connected_anew),
	    cmocka_unit_test(echo_is_given_time_at_the_start),
	    cmocka_unit_test(echo_is_left_alone_beside_another_source),
	    cmocka_unit_test(known_echo_stays_a_source),
	    cmocka_unit_test(streams_rest_in_long_silence),
	};
	return RUN(tests);
}
