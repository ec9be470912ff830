/* SPDX-License-Identifier: MIT */
/* Devices that come and go: scan, pair, questions, the window, who may in; the whole relay in virtual time. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <string.h>

#include "tests/helpers/house.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND

#define SHOP                                                                                       \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nname = kitchen-pi\n"                         \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"                                           \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"                       \
	"[speaker Charge 4]\naddress = 00:00:5E:00:53:02\npaired = no\nrssi = -52\n"               \
	"reports = 150 ms\n"                                                                       \
	"[speaker Mini]\naddress = 00:00:5E:00:53:03\npaired = no\nrssi = -63\nheard = 3 s\n"      \
	"asks = pin\npin = 1234\n"                                                                 \
	"[speaker Match]\naddress = 00:00:5E:00:53:04\npaired = no\nheard = 3 s\nasks = match\n"   \
	"[speaker Key]\naddress = 00:00:5E:00:53:05\npaired = no\nheard = 3 s\nasks = passkey\n"   \
	"passkey = 42\n"                                                                           \
	"[speaker No]\naddress = 00:00:5E:00:53:06\npaired = no\nheard = 3 s\n"                    \
	"pairing = rejects\n"                                                                      \
	"[speaker Silent]\naddress = 00:00:5E:00:53:07\npaired = no\nheard = 3 s\n"                \
	"pairing = ignores\n"                                                                      \
	"[speaker Held]\naddress = 00:00:5E:00:53:08\npaired = no\nheard = 3 s\n"                  \
	"pairing = held\n"                                                                         \
	"[speaker Bound]\naddress = 00:00:5E:00:53:09\npaired = no\nheard = 3 s\n"                 \
	"pairing = fails\n"                                                                        \
	"[speaker Plain]\naddress = 00:00:5E:00:53:0A\npaired = no\nheard = 3 s\n"                 \
	"pairing = plain\n"                                                                        \
	"[speaker Far]\naddress = 00:00:5E:00:53:0B\npaired = no\nheard = 3 s\nrssi = -88\n"       \
	"pairing = held\n"

static const struct model *model(struct house *house)
{
	return relay_model(house->relay);
}

static const struct model_found *found(struct house *house, const char *name)
{
	for (int i = 0; i < model(house)->found_count; i++)
		if (!strcmp(model(house)->found[i].name, name))
			return &model(house)->found[i];
	return NULL;
}

static int command(struct house *house, const char *line, char *reply)
{
	return relay_command(house->relay, line, reply, 256);
}

static bool pairing_over(const struct model *shown)
{
	return shown->pairing.state != PAIRING_RUNS;
}

static bool asked(const struct model *shown)
{
	return shown->question_count > 0;
}

/* A house with one speaker that plays, after a scan of five seconds. */
static struct house *shop_new(void)
{
	struct house *house = house_new(SHOP);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_command(house, "scan on");
	house_run(house, 5 * SECOND);
	return house;
}

static void scan_lists_new_ones_first_and_ends(void **state)
{
	(void)state;
	struct house *house = shop_new();
	assert_true(model(house)->scan.running);
	assert_string_equal(model(house)->found[0].name, "Charge 4");
	assert_int_equal(model(house)->found[0].kind, KIND_SPEAKER);
	assert_in_range(-model(house)->found[0].rssi, 50, 54);
	assert_false(model(house)->found[0].hidden);
	int known = 0;
	while (!model(house)->found[known].paired)
		known++;
	for (int i = known; i < model(house)->found_count; i++)
		assert_true(model(house)->found[i].paired);
	assert_int_equal(found(house, "Kitchen")->number, 1);
	char order[MODEL_FOUND][18];
	int count = model(house)->found_count;
	for (int i = 0; i < count; i++)
		memcpy(order[i], model(house)->found[i].address, 18);
	house_run(house, 50 * SECOND);
	assert_true(model(house)->scan.running);
	house_run(house, 6 * SECOND);
	assert_false(model(house)->scan.running);
	assert_int_equal(model(house)->found_count, count);
	for (int i = 0; i < count; i++)
		assert_string_equal(order[i], model(house)->found[i].address);
	assert_int_equal(house_speaker(house, "Kitchen")->dropped, 0);
	house_free(house);
}

static void pairing_leads_to_the_first_sound(void **state)
{
	(void)state;
	struct house *house = shop_new();
	house_command(house, "pair 00:00:5e:00:53:02");
	assert_false(model(house)->scan.running);
	assert_true(house_wait(house, 20 * SECOND, pairing_over));
	const struct model_pairing *pairing = &model(house)->pairing;
	assert_int_equal(pairing->state, PAIRING_DONE);
	for (int i = 0; i < STEP_COUNT; i++) {
		assert_int_equal(pairing->steps[i].state, STEP_DONE);
		assert_in_range(pairing->steps[i].ms, 0, 3000);
	}
	assert_string_equal(pairing->steps[STEP_PAIR].note, "no PIN needed (Just Works)");
	assert_int_equal(model(house)->speaker_count, 2);
	assert_int_equal(house_speaker(house, "Charge 4")->state, SPEAKER_STREAMING);
	assert_true(house_device(house, "Charge 4")->trusted);
	assert_true(model(house)->attempts[0].well);
	assert_int_equal(settings_known(&house->settings, "00:00:5E:00:53:02")->role, ROLE_SPEAKER);
	assert_int_equal(house_speaker(house, "Kitchen")->dropped, 0);
	assert_int_equal(found(house, "Charge 4")->number, 2);
	house_free(house);
}

/* Pairs; the question is answered, if there is one. */
static const struct model_pairing *pair(struct house *house, const char *name, const char *said)
{
	char line[64], reply[256];
	snprintf(line, sizeof(line), "pair \"%s\"", name);
	house_command(house, line);
	while (!pairing_over(model(house))) {
		house_run(house, 50 * MS);
		if (!said || !asked(model(house)))
			continue;
		snprintf(line, sizeof(line), "answer %d %s", model(house)->questions[0].id, said);
		assert_int_equal(command(house, line, reply), 0);
	}
	return &model(house)->pairing;
}

static void questions_are_answered(void **state)
{
	(void)state;
	struct house *house = shop_new();
	assert_int_equal(pair(house, "Mini", "1234")->state, PAIRING_DONE);
	house_command(house, "scan on");
	house_run(house, 4 * SECOND);
	assert_int_equal(pair(house, "Key", "42")->state, PAIRING_DONE);
	house_command(house, "pair Match");
	assert_true(house_wait(house, 10 * SECOND, asked));
	assert_int_equal(model(house)->questions[0].kind, QUESTION_MATCH);
	assert_string_equal(model(house)->questions[0].digits, "123456");
	char reply[256];
	assert_int_equal(command(house, "answer 99 yes", reply), -ENOENT);
	assert_int_equal(command(house, "answer 3 maybe", reply), -EINVAL);
	assert_string_equal(reply, "answer: yes or no");
	house_command(house, "answer 3 yes");
	assert_true(house_wait(house, 20 * SECOND, pairing_over));
	assert_int_equal(model(house)->pairing.state, PAIRING_DONE);
	assert_int_equal(model(house)->speaker_count, 4);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_free(house);
}

static void failures_are_said_in_words(void **state)
{
	(void)state;
	static const struct {
		const char *name, *said, *problem;
		int step, tries;
	} cases[] = {
	    {"No", NULL, "refused to pair", STEP_PAIR, 2},
	    {"Silent", NULL, "stopped answering while pairing", STEP_PAIR, 1},
	    {"Held", NULL, "is heard but does not answer: a phone holds it", STEP_REACH, 1},
	    {"Far", NULL, "too far away to be reached", STEP_REACH, 1},
	    {"Bound", NULL, "the keys do not fit: it is paired elsewhere, or the PIN is wrong",
	     STEP_PAIR, 2},
	    {"Mini", "9999", "the keys do not fit: it is paired elsewhere, or the PIN is wrong",
	     STEP_PAIR, 2},
	    {"Match", "no", "refused by you", STEP_PAIR, 1},
	    {"Match", NULL, "its question was not answered in time", STEP_PAIR, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct house *house = shop_new();
		const struct model_pairing *pairing = pair(house, cases[i].name, cases[i].said);
		assert_int_equal(pairing->state, PAIRING_FAILED);
		assert_string_equal(pairing->problem, cases[i].problem);
		assert_true(*pairing->advice);
		assert_int_equal(pairing->steps[cases[i].step].state, STEP_FAILED);
		assert_int_equal(pairing->tries, cases[i].tries);
		assert_int_equal(model(house)->question_count, 0);
		assert_int_equal(model(house)->speaker_count, 1);
		assert_false(model(house)->attempts[0].well);
		house_free(house);
	}
}

static void the_other_capability_is_tried(void **state)
{
	(void)state;
	struct house *house = shop_new();
	const struct model_pairing *pairing = pair(house, "Plain", NULL);
	assert_int_equal(pairing->state, PAIRING_DONE);
	assert_int_equal(pairing->tries, 2);
	house_run(house, SECOND);
	assert_string_equal(sim_world(house->sim)->agent_capability, "KeyboardDisplay");
	house_free(house);
}

static void every_step_can_be_cancelled(void **state)
{
	(void)state;
	static const int at_ms[] = {100, 500, 1000, 1500, 2300, 2420};
	for (size_t i = 0; i < COUNT(at_ms); i++) {
		struct house *house = shop_new();
		house_command(house, "pair \"Charge 4\"");
		house_run(house, at_ms[i] * MS);
		if (!pairing_over(model(house))) {
			house_command(house, "cancel");
			assert_string_equal(model(house)->pairing.problem, "cancelled");
		}
		house_run(house, 5 * SECOND);
		char reply[256];
		assert_int_equal(command(house, "cancel", reply), -ENOENT);
		assert_int_equal(house_speaker(house, "Kitchen")->state, SPEAKER_STREAMING);
		/* and again, to the end */
		house_command(house, "scan on");
		house_run(house, 3 * SECOND);
		assert_int_equal(pair(house, "Charge 4", NULL)->state, PAIRING_DONE);
		house_free(house);
	}
}

static void unpairing_asks_and_forgets(void **state)
{
	(void)state;
	struct house *house = shop_new();
	char reply[256];
	assert_int_equal(pair(house, "Charge 4", NULL)->state, PAIRING_DONE);
	house_command(house, "delay 2 +12ms");
	house_command(house, "rename 2 \"Bath\"");
	house_run(house, SECOND);
	assert_string_equal(house_speaker(house, "Bath")->address, "00:00:5E:00:53:02");
	assert_int_equal(command(house, "unpair Kitchen", reply), -EPERM);
	assert_non_null(strstr(reply, "unpair 00:00:5E:00:53:01 --yes"));
	house_command(house, "unpair Kitchen --yes");
	house_run(house, 2 * SECOND);
	assert_int_equal(model(house)->speaker_count, 1);
	assert_null(settings_known(&house->settings, "00:00:5E:00:53:01"));
	assert_false(house_device(house, "Kitchen")->paired);
	const struct model_speaker *bath = house_speaker(house, "Bath");
	assert_int_equal(bath->trim.us, 12000);
	assert_int_equal(bath->state, SPEAKER_STREAMING);
	assert_int_equal(command(house, "unpair Kitchen --yes", reply), -ENOENT);
	assert_int_equal(command(house, "rename 1 \"a\x1b[2J\"", reply), -EINVAL);
	house_free(house);
}

/* --- the window ---------------------------------------------------------------------------------- */

#define LONELY                                                                                     \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nname = kitchen-pi\n"                         \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\npaired = no\n"                              \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"                       \
	"[speaker Thief]\naddress = 00:00:5E:00:53:66\npaired = no\noffers = both\n"

static bool window_open(const struct model *shown)
{
	return shown->window.open;
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
	assert_string_equal(model(house)->window.name, "kitchen-pi");
	assert_string_equal(sim_world(house->sim)->agent_capability, "NoInputNoOutput");
	peer_device_knock(house_device(house, "Echo Dot"));
	house_run(house, 4 * SECOND);
	assert_true(house_device(house, "Echo Dot")->trusted);
	assert_false(model(house)->window.open); /* it closes behind it */
	assert_false(adapter->discoverable || adapter->pairable);
	assert_string_equal(model(house)->window.joined, "Echo Dot");
	assert_int_equal(settings_known(&house->settings, "44:00:49:12:AB:CD")->role, ROLE_SOURCE);
	assert_int_equal(model(house)->source.state, MODEL_SOURCE_STREAMING);
	assert_int_equal(found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	house_free(house);
}

static bool bonded(struct house *house, const char *name)
{
	return house_device(house, name)->bonded;
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
	assert_int_equal(model(house)->question_count, 0);
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
	assert_in_range(model(house)->window.left_ms, 9000, 11000);
	house_run(house, 11 * SECOND);
	assert_false(model(house)->window.open);
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
	assert_non_null(strstr(model(house)->window.problem, "unpair 44:00:49:12:AB:CD --yes"));
	house_free(house);
}

static int events_about(struct house *house, const char *text)
{
	int count = 0;
	for (int i = 0; i < model(house)->event_count; i++)
		count += strstr(model(house)->events[i].text, text) != NULL;
	return count;
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
	assert_int_equal(events_about(house, "refused"), 1); /* told once */
	assert_int_equal(model(house)->speaker_count, 1);
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

/* --- roles --------------------------------------------------------------------------------------- */

static void unclear_role_is_asked_once(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[speaker Both]\naddress = 00:00:5E:00:53:01\noffers = both\n"
	              "[speaker Ear]\naddress = 00:00:5E:00:53:02\n"
	              "class = 240418\n"
	              "[speaker Phone]\naddress = 00:00:5E:00:53:03\n"
	              "offers = source\nclass = 5a020c\n");
	house_run(house, 5 * SECOND);
	assert_int_equal(model(house)->speaker_count, 0); /* nothing connects */
	assert_int_equal(model(house)->question_count, 1);
	assert_int_equal(model(house)->questions[0].kind, QUESTION_ROLE);
	char reply[256];
	assert_int_equal(command(house, "answer 1 perhaps", reply), -EINVAL);
	house_command(house, "answer 1 speaker");
	house_run(house, 5 * SECOND);
	assert_int_equal(model(house)->question_count, 0);
	assert_int_equal(house_speaker(house, "Both")->state, SPEAKER_STREAMING);
	assert_int_equal(found(house, "Ear")->kind, KIND_HEADPHONES);
	assert_int_equal(found(house, "Phone")->role, MODEL_ROLE_SOURCE);
	house_command(house, "role Ear speaker");
	house_run(house, 5 * SECOND);
	assert_int_equal(house_speaker(house, "Ear")->state, SPEAKER_STREAMING);
	house_command(house, "role Both none");
	house_run(house, 3 * SECOND);
	assert_int_equal(model(house)->speaker_count, 1);
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
	assert_int_equal(model(house)->question_count, 0);
	assert_int_equal(model(house)->speaker_count, 0);
	house_free(house);
}

static bool everybody_plays(const struct model *shown)
{
	return shown->speaker_count == 2 && all_stream(shown) &&
	       shown->source.state == MODEL_SOURCE_STREAMING;
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
	assert_int_equal(model(house)->speaker_count, 1);
	peer_device_call(house_device(house, "Late"));
	peer_device_call(house_device(house, "Echo Dot"));
	assert_true(house_wait(house, 20 * SECOND, everybody_plays));
	house_run(house, 2 * SECOND);
	assert_int_equal(events_about(house, "refused"), 0);
	assert_int_equal(found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	house_free(house);
}

/* --- coming back --------------------------------------------------------------------------------- */

#define FLAT                                                                                       \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"                                           \
	"[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"                             \
	"[speaker B]\naddress = 00:00:5E:00:53:02\nreports = 150 ms\n"

static bool source_streams(const struct model *shown)
{
	return shown->source.state == MODEL_SOURCE_STREAMING;
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

static void adapter_goes_and_comes_back(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "event = 12 s unplug 5 s\n"
	                                "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"
	                                "[echo Echo Dot]\nadapter = hci1\n"
	                                "[speaker A]\nreports = 180 ms\n"
	                                "[speaker B]\nadapter = hci1\nreports = 150 ms\n");
	assert_true(house_wait(house, 11 * SECOND, all_stream));
	house_run(house, 1013 * SECOND - house->now);
	assert_int_equal(model(house)->adapter_count, 1);
	assert_false(model_speaker_plays(house_speaker(house, "A")));
	assert_int_equal(house_speaker(house, "B")->state, SPEAKER_STREAMING);
	house_run(house, 1017 * SECOND - house->now);
	assert_true(house_wait(house, 5 * SECOND, all_stream));
	assert_int_equal(house_speaker(house, "B")->dropped, 0);
	house_free(house);
}

/* --- several adapters ---------------------------------------------------------------------------- */

#define TWO_ADAPTERS                                                                               \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"
#define ON_BOTH(name, address)                                                                     \
	"[speaker " name "]\naddress = " address "\nreports = 180 ms\n"                            \
	"[speaker " name "]\naddress = " address "\nreports = 180 ms\nadapter = hci1\n"

static const struct model_adapter *adapter_named(struct house *house, const char *hci)
{
	for (int i = 0; i < model(house)->adapter_count; i++)
		if (!strcmp(model(house)->adapters[i].hci, hci))
			return &model(house)->adapters[i];
	fail_msg("no %s", hci);
	return NULL;
}

static void speakers_spread_away_from_the_echo(void **state)
{
	(void)state;
	struct house *house =
	    house_new(TWO_ADAPTERS "[echo Echo Dot]\n" ON_BOTH("A", "00:00:5E:00:53:01")
	                  ON_BOTH("B", "00:00:5E:00:53:02") ON_BOTH("C", "00:00:5E:00:53:03"));
	assert_true(house_wait(house, 12 * SECOND, all_stream));
	assert_int_equal(model(house)->speaker_count, 3);
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:14");
	assert_string_equal(house_speaker(house, "B")->adapter, "00:1A:7D:DA:71:14");
	assert_string_equal(house_speaker(house, "C")->adapter, "00:1A:7D:DA:71:13");
	house_run(house, SECOND);
	/* the Echo's own stream takes air, too */
	assert_in_range(adapter_named(house, "hci0")->airtime_permille, 595, 610);
	assert_in_range(adapter_named(house, "hci1")->airtime_permille, 510, 520);
	assert_string_equal(adapter_named(house, "hci1")->problem, "");
	house_free(house);
}

static void adapter_pulled_out_moves_its_speakers(void **state)
{
	(void)state;
	struct house *house = house_new(
	    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\nevent = 12 s unplug 60 s\n"
	    "[echo Echo Dot]\n" ON_BOTH(
		"A", "00:00:5E:00:53:01") "[speaker B]\nadapter = hci1\nreports = 150 ms\n");
	assert_true(house_wait(house, 11 * SECOND, all_stream));
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:14");
	house_run(house, 1013 * SECOND - house->now);
	assert_true(events_that_say(&house->journal, "moves from hci1 to hci0") > 0);
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:13");
	assert_non_null(strstr(house_speaker(house, "B")->problem, "hci1 is gone"));
	house_run(house, 10 * SECOND);
	assert_int_equal(house_speaker(house, "A")->state, SPEAKER_STREAMING);
	house_run(house, 1072 * SECOND - house->now);
	assert_true(
	    house_wait(house, 10 * SECOND, all_stream)); /* B, when it is plugged in again */
	assert_string_equal(house_speaker(house, "B")->problem, "");
	house_free(house);
}

/* Nobody is moved while he plays; that there is room again is told, with the key. */
static void room_on_another_adapter_is_told(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\nevent = 12 s unplug 20 s\n"
	              "[echo Echo Dot]\n" ON_BOTH("A", "00:00:5E:00:53:01")
	                  ON_BOTH("B", "00:00:5E:00:53:02"));
	assert_true(house_wait(house, 11 * SECOND, all_stream));
	house_run(house, 1025 * SECOND - house->now);
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:13");
	assert_string_equal(house_speaker(house, "B")->adapter, "00:1A:7D:DA:71:13");
	assert_string_equal(adapter_named(house, "hci0")->problem,
	                    "the Echo and 2 speakers want 92 % of the air, 80 carry well: bitpool "
	                    "falls to 40; helps: one channel each, another adapter");
	house_run(house, 12 * SECOND);
	assert_true(events_that_say(&house->journal, "helps: c twice on 1, it goes to hci1") > 0);
	house_command(house, "connect 1 off");
	house_run(house, SECOND);
	house_command(house, "connect 1 on");
	house_run(house, 5 * SECOND);
	assert_int_equal(house_speaker(house, "A")->state, SPEAKER_STREAMING);
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:14");
	assert_string_equal(adapter_named(house, "hci0")->problem, "");
	house_free(house);
}

static void adapters_with_one_address_are_told_apart(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[adapter hci1]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[echo Echo Dot]\n[speaker A]\nreports = 180 ms\n");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_true(events_that_say(&house->journal, "the same address as hci0") > 0);
	assert_int_equal(model(house)->adapter_count, 1);
	assert_string_equal(model(house)->adapters[0].hci, "hci0");
	house_free(house);
}

#define EIGHT                                                                                      \
	"[speaker A]\nreports = 180 ms\n[speaker B]\nreports = 180 ms\n"                           \
	"[speaker C]\nreports = 180 ms\n[speaker D]\nreports = 180 ms\n"                           \
	"[speaker E]\nreports = 180 ms\n[speaker F]\nreports = 180 ms\n"                           \
	"[speaker G]\nreports = 180 ms\n[speaker H]\nreports = 180 ms\n"

static void as_many_play_as_one_adapter_carries(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nshared = yes\n"
	              "[echo Echo Dot]\n" EIGHT);
	house_run(house, 60 * SECOND);
	assert_true(events_that_say(&house->journal,
	                            "want 92 % of the air, 80 carry well: bitpool falls to 40") >
	            0);
	assert_non_null(strstr(model(house)->adapters[0].problem, "another adapter"));
	int well = 0, out = 0;
	for (int i = 0; i < model(house)->speaker_count; i++) {
		const struct model_speaker *speaker = &model(house)->speakers[i];
		well += model_speaker_plays(speaker) && !speaker->dropped && !speaker->late;
		out += !strncmp(speaker->problem, "no air left", 11);
	}
	assert_in_range(well, 4, 6);
	assert_in_range(out, 1, 3);
	house_free(house);
}

static void echo_is_brought_back_when_it_was_lost(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	peer_device_lost(house_device(house, "Echo Dot"));
	house_run(house, SECOND);
	assert_false(source_streams(model(house)));
	assert_true(house_wait(house, 10 * SECOND, source_streams));
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

static void echo_from_which_nothing_comes_is_connected_anew(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	echo_pause(sim_world(house->sim)->echo, true, house->now); /* it says that it plays */
	house_run(house, 15 * SECOND);
	assert_false(source_streams(model(house)));
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	assert_int_equal(events_about(house, "nothing comes"), 1);
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
	assert_false(source_streams(model(house)));
	echo_pause(sim_world(house->sim)->echo, false, house->now);
	assert_true(house_wait(house, 10 * SECOND, source_streams));
	assert_int_equal(events_about(house, "nothing comes"), 0);
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
	assert_int_equal(events_about(house, "nothing comes"), 0);
	assert_false(source_streams(model(house)));
	house_free(house);
}

static void known_echo_stays_a_source(void **state)
{
	(void)state;
	struct house *house = house_new(FLAT);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_int_equal(found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	char reply[256];
	command(house, "pair \"Echo Dot\"", reply); /* Enter on its row */
	house_run(house, 5 * SECOND);
	assert_int_equal(model(house)->pairing.state, PAIRING_DONE);
	assert_int_equal(model(house)->speaker_count, 2);
	assert_int_equal(found(house, "Echo Dot")->role, MODEL_ROLE_SOURCE);
	assert_true(source_streams(model(house)));
	house_free(house);
}

/* --- rest ---------------------------------------------------------------------------------------- */

static bool all_rest(const struct model *shown)
{
	for (int i = 0; i < shown->speaker_count; i++)
		if (shown->speakers[i].state != SPEAKER_IDLE)
			return false;
	return shown->idle;
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
	assert_true(all_stream(model(house))); /* not yet */
	assert_true(house_wait(house, 4 * SECOND, all_rest));
	assert_true(house_device(house, "A")->connected); /* the links stay */
	house_run(house, 1031 * SECOND - house->now);
	assert_true(all_rest(model(house)));
	assert_true(house_wait(house, 3 * SECOND, all_stream));
	house_run(house, SECOND);
	assert_int_equal(house_speaker(house, "A")->late, 0);
	house_free(house);
}

static void wire_form_keeps_it_all(void **state)
{
	(void)state;
	struct house *house = shop_new();
	house_command(house, "pair Mini");
	assert_true(house_wait(house, 10 * SECOND, asked));
	json_t *json = model_to_json(model(house), MODEL_WIRE);
	static struct model back;
	assert_int_equal(model_from_json(&back, json), 0);
	json_t *again = model_to_json(&back, MODEL_WIRE);
	assert_true(json_equal(json, again));
	assert_int_equal(back.question_count, 1);
	assert_int_equal(back.pairing.state, PAIRING_RUNS);
	json_decref(json);
	json_decref(again);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scan_lists_new_ones_first_and_ends),
	    cmocka_unit_test(pairing_leads_to_the_first_sound),
	    cmocka_unit_test(questions_are_answered),
	    cmocka_unit_test(failures_are_said_in_words),
	    cmocka_unit_test(the_other_capability_is_tried),
	    cmocka_unit_test(every_step_can_be_cancelled),
	    cmocka_unit_test(unpairing_asks_and_forgets),
	    cmocka_unit_test(echo_pairs_in_its_window),
	    cmocka_unit_test(echo_is_a_source_though_the_window_closes_at_once),
	    cmocka_unit_test(window_closes_by_itself),
	    cmocka_unit_test(forgotten_bond_is_explained),
	    cmocka_unit_test(nothing_pairs_outside_of_a_window),
	    cmocka_unit_test(adapters_left_pairable_are_closed),
	    cmocka_unit_test(unclear_role_is_asked_once),
	    cmocka_unit_test(other_adapters_devices_are_not_asked_about),
	    cmocka_unit_test(services_may_come_later),
	    cmocka_unit_test(speaker_that_calls_is_taken_at_once),
	    cmocka_unit_test(adapter_goes_and_comes_back),
	    cmocka_unit_test(speakers_spread_away_from_the_echo),
	    cmocka_unit_test(adapter_pulled_out_moves_its_speakers),
	    cmocka_unit_test(room_on_another_adapter_is_told),
	    cmocka_unit_test(adapters_with_one_address_are_told_apart),
	    cmocka_unit_test(as_many_play_as_one_adapter_carries),
	    cmocka_unit_test(echo_is_brought_back_when_it_was_lost),
	    cmocka_unit_test(hostile_echo_is_logged_in_plain_text),
	    cmocka_unit_test(echo_that_was_sent_away_stays_away),
	    cmocka_unit_test(echo_from_which_nothing_comes_is_connected_anew),
	    cmocka_unit_test(echo_is_given_time_at_the_start),
	    cmocka_unit_test(echo_is_left_alone_beside_another_source),
	    cmocka_unit_test(known_echo_stays_a_source),
	    cmocka_unit_test(streams_rest_in_long_silence),
	    cmocka_unit_test(wire_form_keeps_it_all),
	};
	return RUN(tests);
}
