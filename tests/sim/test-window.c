/* SPDX-License-Identifier: MIT */
/* The window in which an Echo may pair, who may come in, and what a device is taken for. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <string.h>

#include "tests/helpers/house.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND

#define LONELY                                                                                     \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nname = kitchen-pi\n"                         \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\npaired = no\n"                              \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"                       \
	"[speaker Thief]\naddress = 00:00:5E:00:53:66\npaired = no\noffers = both\n"

static int command(struct house *house, const char *line, char *reply)
{
	return relay_command(house->relay, line, reply, 256);
}

static bool window_open(const struct model *shown)
{
	return shown->window.open;
}

static bool bonded(struct house *house, const char *name)
{
	return house_device(house, name)->bonded;
}

static bool everybody_plays(const struct model *shown)
{
	return shown->speaker_count == 2 && all_stream(shown) &&
	       shown->source.state == MODEL_SOURCE_STREAMING;
}

static void echo_pairs_in_its_window(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	const struct adapter *adapter = &sim_world(house->sim)->adapters[0];
	peer_device_knock(house_device(house, "Echo Dot")); /* outside of it: nothing */
	house_run(house, 3 * SECOND);
	assert_false(house_device(house, "Echo Dot")->paired);
	house_command(house, "window on");
	assert_true(house_wait(house, SECOND, window_open));
	house_run(house, SECOND);
	assert_true(adapter->discoverable && adapter->pairable);
	assert_string_equal(house_model(house)->window.name, "kitchen-pi");
	assert_string_equal(sim_world(house->sim)->agent_capability, "NoInputNoOutput");
	peer_device_knock(house_device(house, "Echo Dot"));
	house_run(house, 4 * SECOND);
	assert_true(house_device(house, "Echo Dot")->trusted);
	assert_false(house_model(house)->window.open); /* it closes behind it */
	assert_false(adapter->discoverable || adapter->pairable);
	assert_string_equal(house_model(house)->window.joined, "Echo Dot");
	assert_int_equal(settings_known(&house->settings, "44:00:49:12:AB:CD")->role, ROLE_SOURCE);
	assert_int_equal(house_model(house)->source.state, MODEL_SOURCE_STREAMING);
	assert_int_equal(house_found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	house_free(house);
}

/* Where it is quick, a device is paired already when BlueZ tells of it for the first time. */
static void echo_may_be_paired_when_it_is_first_told_of(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	struct device *echo = house_device(house, "Echo Dot");
	house_run(house, 3 * SECOND);
	house_command(house, "window on");
	assert_true(house_wait(house, SECOND, window_open));
	echo->paired = echo->bonded = echo->connected = 1;
	peer_device_add(echo);
	house_run(house, SECOND);
	assert_string_equal(house_model(house)->window.joined, "Echo Dot");
	assert_string_equal(house_model(house)->window.problem, "");
	assert_false(house_model(house)->window.open);
	assert_int_equal(events_that_say(&house->journal, "paired as a source"), 1);
	assert_int_equal(settings_known(&house->settings, echo->address)->role, ROLE_SOURCE);
	house_free(house);
}

/* BlueZ says "Paired" a second after the key: "Esc" may come between. */
static void echo_is_a_source_though_the_window_closes_at_once(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	house_run(house, 3 * SECOND);
	house_command(house, "window on");
	assert_true(house_wait(house, SECOND, window_open));
	struct device *both =
	    house_device(house, "Thief"); /* plays and sends: not to be told by that */
	peer_device_knock(both);
	for (int i = 0; i < 100 && !bonded(house, "Thief"); i++)
		house_run(house, 50 * MS);
	assert_true(bonded(house, "Thief"));
	house_command(house, "window off");
	house_run(house, 4 * SECOND);
	assert_int_equal(settings_known(&house->settings, both->address)->role, ROLE_SOURCE);
	assert_int_equal(house_model(house)->question_count, 0);
	assert_true(both->trusted);
	house_free(house);
}

static void window_closes_by_itself(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	house_run(house, 3 * SECOND);
	house_command(house, "window on");
	house_run(house, 170 * SECOND);
	assert_in_range(house_model(house)->window.left_ms, 9000, 11000);
	house_run(house, 11 * SECOND);
	assert_false(house_model(house)->window.open);
	assert_false(sim_world(house->sim)->adapters[0].pairable);
	assert_string_equal(sim_world(house->sim)->agent_capability, "KeyboardDisplay");
	house_free(house);
}

static void forgotten_bond_is_explained(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"
	                                "starts = 1000 s\n");
	house_run(house, 3 * SECOND);
	house_command(house, "window on");
	house_run(house, SECOND);
	peer_device_knock(house_device(house, "Echo Dot"));
	house_run(house, 2 * SECOND);
	assert_non_null(
	    strstr(house_model(house)->window.problem, "unpair 44:00:49:12:AB:CD --yes"));
	house_free(house);
}

static void nothing_pairs_outside_of_a_window(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *thief = house_device(house, "Thief");
	struct adapter *adapter = &sim_world(house->sim)->adapters[0];
	for (int i = 0; i < 8; i++) {
		adapter->pairable = i % 2; /* another program left it so */
		peer_device_knock(thief);
		house_run(house, 2 * SECOND);
		peer_device_call(thief);
		house_run(house, 2 * SECOND);
		assert_false(thief->paired);
		assert_false(thief->transport.exists);
	}
	assert_int_equal(events_that_say(&house->journal, "refused"), 1); /* told once */
	assert_int_equal(house_model(house)->speaker_count, 1);
	house_free(house);
}

static void adapters_left_pairable_are_closed(void **state)
{
	(void)state;
	struct house *house = house_new(LONELY);
	sim_world(house->sim)->adapters[0].pairable = 1;
	sim_world(house->sim)->adapters[0].discoverable = 1;
	house_run(house, 3 * SECOND);
	assert_false(sim_world(house->sim)->adapters[0].pairable);
	assert_false(sim_world(house->sim)->adapters[0].discoverable);
	house_free(house);
}

static void unclear_role_is_asked_once(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[speaker Both]\naddress = 00:00:5E:00:53:01\noffers = both\n"
	              "[speaker Ear]\naddress = 00:00:5E:00:53:02\n"
	              "class = 240418\n"
	              "[speaker Phone]\naddress = 00:00:5E:00:53:03\n"
	              "offers = source\nclass = 5a020c\n"
	              "[speaker Keyboard]\naddress = 00:00:5E:00:53:04\n"
	              "offers = neither\nclass = 2540\n");
	house_run(house, 5 * SECOND);
	assert_int_equal(house->settings.speaker_count,
	                 0); /* to be asked about is not to be kept */
	assert_int_equal(house_model(house)->speaker_count, 0); /* nothing connects */
	assert_int_equal(house_model(house)->question_count, 1);
	assert_int_equal(house_model(house)->questions[0].kind, QUESTION_ROLE);
	char reply[256];
	assert_int_equal(command(house, "answer 1 perhaps", reply), -EINVAL);
	house_command(house, "answer 1 speaker");
	house_run(house, 5 * SECOND);
	assert_int_equal(house_model(house)->question_count, 0);
	assert_int_equal(house_speaker(house, "Both")->state, SPEAKER_STREAMING);
	assert_int_equal(house_found(house, "Ear")->kind, KIND_HEADPHONES);
	assert_int_equal(house_found(house, "Phone")->role, MODEL_ROLE_SOURCE);
	house_command(house, "role Ear speaker");
	house_run(house, 5 * SECOND);
	assert_int_equal(house_speaker(house, "Ear")->state, SPEAKER_STREAMING);
	house_command(house, "role Both none");
	house_run(house, 3 * SECOND);
	assert_int_equal(house_model(house)->speaker_count, 1);
	assert_true(house_device(house, "Both")->paired);
	house_free(house);
}

/* What is paired with an adapter that is not ours is nobody's to decide here. */
static void other_adapters_devices_are_not_asked_about(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[adapter hci1]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[speaker Both]\noffers = both\nadapter = hci1\n");
	house_run(house, 5 * SECOND);
	assert_int_equal(house_model(house)->question_count, 0);
	assert_int_equal(house_model(house)->speaker_count, 0);
	house_free(house);
}

/* Paired by another program, which looked no further: what they are comes when they connect. */
static void services_may_come_later(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nresolves = 1 s\n"
	              "starts = 1000 s\n"
	              "[speaker Early]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"
	              "[speaker Late]\naddress = 00:00:5E:00:53:02\nreports = 180 ms\n"
	              "resolves = 500 ms\n");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_int_equal(house_model(house)->speaker_count, 1);
	peer_device_call(house_device(house, "Late"));
	peer_device_call(house_device(house, "Echo Dot"));
	assert_true(house_wait(house, 20 * SECOND, everybody_plays));
	house_run(house, 2 * SECOND);
	assert_int_equal(events_that_say(&house->journal, "refused"), 0);
	assert_int_equal(house_found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(echo_pairs_in_its_window),
	    cmocka_unit_test(echo_may_be_paired_when_it_is_first_told_of),
	    cmocka_unit_test(echo_is_a_source_though_the_window_closes_at_once),
	    cmocka_unit_test(window_closes_by_itself),
	    cmocka_unit_test(forgotten_bond_is_explained),
	    cmocka_unit_test(nothing_pairs_outside_of_a_window),
	    cmocka_unit_test(adapters_left_pairable_are_closed),
	    cmocka_unit_test(unclear_role_is_asked_once),
	    cmocka_unit_test(other_adapters_devices_are_not_asked_about),
	    cmocka_unit_test(services_may_come_later),
	};
	return RUN(tests);
}
