/* SPDX-License-Identifier: MIT */
/* New devices: scan, pair, questions, unpair; the whole relay in virtual time. */
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
	"pairing = held\n"                                                                         \
	"[speaker Headset]\naddress = 00:00:5E:00:53:0C\npaired = no\nheard = 3 s\n"               \
	"offers = neither\nresolves = 1 s\n"                                                       \
	"[speaker Player]\naddress = 00:00:5E:00:53:0D\npaired = no\nheard = 3 s\n"                \
	"offers = source\nresolves = 50 ms\n"

#define STUDIO                                                                                     \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Studio]\naddress = 44:00:49:12:AB:CD\npaired = no\noffers = source\nheard = 1 s\n"

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

/* Pairs; the question is answered, if there is one. */
static const struct model_pairing *pair(struct house *house, const char *name, const char *said)
{
	char line[64], reply[256];
	snprintf(line, sizeof(line), "pair \"%s\"", name);
	house_command(house, line);
	while (!pairing_over(house_model(house))) {
		house_run(house, 50 * MS);
		if (!said || !asked(house_model(house)))
			continue;
		snprintf(line, sizeof(line), "answer %d %s", house_model(house)->questions[0].id,
		         said);
		assert_int_equal(command(house, line, reply), 0);
	}
	return &house_model(house)->pairing;
}

static void scan_lists_new_ones_first_and_ends(void **state)
{
	(void)state;
	struct house *house = shop_new();
	assert_true(house_model(house)->scan.running);
	assert_string_equal(house_model(house)->found[0].name, "Charge 4");
	assert_int_equal(house_model(house)->found[0].kind, KIND_SPEAKER);
	assert_in_range(-house_model(house)->found[0].rssi, 50, 54);
	assert_false(house_model(house)->found[0].hidden);
	int known = 0;
	while (!house_model(house)->found[known].paired)
		known++;
	for (int i = known; i < house_model(house)->found_count; i++)
		assert_true(house_model(house)->found[i].paired);
	assert_int_equal(house_found(house, "Kitchen")->number, 1);
	char order[MODEL_FOUND][18];
	int count = house_model(house)->found_count;
	for (int i = 0; i < count; i++)
		memcpy(order[i], house_model(house)->found[i].address, 18);
	house_run(house, 50 * SECOND);
	assert_true(house_model(house)->scan.running);
	house_run(house, 6 * SECOND);
	assert_false(house_model(house)->scan.running);
	assert_int_equal(house_model(house)->found_count, count);
	for (int i = 0; i < count; i++)
		assert_string_equal(order[i], house_model(house)->found[i].address);
	assert_int_equal(house_speaker(house, "Kitchen")->dropped, 0);
	house_free(house);
}

static void pairing_leads_to_the_first_sound(void **state)
{
	(void)state;
	struct house *house = shop_new();
	house_command(house, "pair 00:00:5e:00:53:02");
	assert_false(house_model(house)->scan.running);
	assert_true(house_wait(house, 20 * SECOND, pairing_over));
	const struct model_pairing *pairing = &house_model(house)->pairing;
	assert_int_equal(pairing->state, PAIRING_DONE);
	for (int i = 0; i < STEP_COUNT; i++) {
		assert_int_equal(pairing->steps[i].state, STEP_DONE);
		assert_in_range(pairing->steps[i].ms, 0, 3000);
	}
	assert_string_equal(pairing->steps[STEP_PAIR].note, "no PIN needed (Just Works)");
	assert_int_equal(house_model(house)->speaker_count, 2);
	assert_int_equal(house_speaker(house, "Charge 4")->state, SPEAKER_STREAMING);
	assert_true(house_device(house, "Charge 4")->trusted);
	assert_true(house_model(house)->attempts[0].well);
	assert_int_equal(settings_known(&house->settings, "00:00:5E:00:53:02")->role, ROLE_SPEAKER);
	assert_int_equal(house_speaker(house, "Kitchen")->dropped, 0);
	assert_int_equal(house_found(house, "Charge 4")->number, 2);
	house_free(house);
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
	assert_int_equal(house_model(house)->questions[0].kind, QUESTION_MATCH);
	assert_string_equal(house_model(house)->questions[0].digits, "123456");
	char reply[256];
	assert_int_equal(command(house, "answer 99 yes", reply), -ENOENT);
	assert_int_equal(command(house, "answer 3 maybe", reply), -EINVAL);
	assert_string_equal(reply, "answer: yes or no");
	house_command(house, "answer 3 yes");
	assert_true(house_wait(house, 20 * SECOND, pairing_over));
	assert_int_equal(house_model(house)->pairing.state, PAIRING_DONE);
	assert_int_equal(house_model(house)->speaker_count, 4);
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
	    {"Headset", NULL, "does not offer A2DP in that direction", STEP_CONNECT, 1},
	    {"Player", NULL, "offers no A2DP sink: it is no speaker", STEP_CONNECT, 1},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct house *house = shop_new();
		const struct model_pairing *pairing = pair(house, cases[i].name, cases[i].said);
		assert_int_equal(pairing->state, PAIRING_FAILED);
		assert_string_equal(pairing->problem, cases[i].problem);
		assert_true(*pairing->advice);
		assert_int_equal(pairing->steps[cases[i].step].state, STEP_FAILED);
		assert_int_equal(pairing->tries, cases[i].tries);
		assert_int_equal(house_model(house)->question_count, 0);
		/* what is paired stands in the list, where it can be unpaired */
		assert_int_equal(house_model(house)->speaker_count,
		                 1 + (cases[i].step == STEP_CONNECT));
		assert_false(house_model(house)->attempts[0].well);
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

/* The device gave up, or went, while its question stood there. */
static void question_that_is_withdrawn_is_asked_no_more(void **state)
{
	(void)state;
	struct house *house = shop_new();
	char reply[256];
	house_command(house, "pair Mini");
	assert_true(house_wait(house, 10 * SECOND, asked));
	peer_pairing_abort(house_device(house, "Mini"), "org.bluez.Error.AuthenticationTimeout",
	                   "Authentication Timeout");
	assert_true(house_wait(house, SECOND, pairing_over));
	assert_int_equal(house_model(house)->question_count, 0);
	assert_string_equal(house_model(house)->pairing.problem, "stopped answering while pairing");
	assert_int_equal(command(house, "answer 1 1234", reply), -ENOENT);
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
		if (!pairing_over(house_model(house))) {
			house_command(house, "cancel");
			assert_string_equal(house_model(house)->pairing.problem, "cancelled");
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

/* One that only sends, as an Echo that is in its pairing mode with us: the relay connects to it. */
static void what_only_sends_is_paired_as_a_source(void **state)
{
	(void)state;
	struct house *house = house_new(STUDIO);
	house_run(house, SECOND);
	house_command(house, "scan on");
	house_run(house, 5 * SECOND);
	const struct model_pairing *pairing = pair(house, "Studio", NULL);
	assert_int_equal(pairing->state, PAIRING_DONE);
	assert_string_equal(pairing->steps[STEP_CONNECT].note, "A2DP source");
	assert_int_equal(settings_known(&house->settings, "44:00:49:12:AB:CD")->role, ROLE_SOURCE);
	assert_true(house_device(house, "Studio")->trusted);
	house_run(house, 3 * SECOND);
	assert_int_equal(house_model(house)->source.state, MODEL_SOURCE_STREAMING);
	house_free(house);
}

static void goes_out_of_reach(struct house *house)
{
	struct device *studio = house_device(house, "Studio");
	studio->reachable = false;
	peer_device_lost(studio);
}

static void is_taken(struct house *house)
{
	struct device *charge = house_device(house, "Charge 4");
	charge->taken = true;
	peer_device_lost(charge);
}

static void adapter_goes(struct house *house)
{
	peer_adapter_unplug(&sim_world(house->sim)->adapters[0]);
}

/* Scans and pairs, until that step begins. */
static void pair_until(struct house *house, const char *name, enum model_step step)
{
	char line[64];
	house_run(house, 3 * SECOND);
	house_command(house, "scan on");
	house_run(house, 5 * SECOND);
	snprintf(line, sizeof(line), "pair \"%s\"", name);
	house_command(house, line);
	while (house_model(house)->pairing.steps[step].state == STEP_WAITS) {
		assert_int_equal(house_model(house)->pairing.state, PAIRING_RUNS);
		house_run(house, 10 * MS);
	}
}

/* What comes between once it is paired, or nearly. */
static void pairing_is_not_all(void **state)
{
	(void)state;
	static const struct {
		const char *house, *name;
		enum model_step step; /* as it begins */
		void (*happens)(struct house *);
		const char *problem;
	} cases[] = {
	    {STUDIO, "Studio", STEP_CONNECT, goes_out_of_reach, "hung up while connecting"},
	    {SHOP, "Charge 4", STEP_CONNECT, is_taken, "refused - is it connected to a phone?"},
	    {SHOP, "Held", STEP_REACH, adapter_goes, "is gone: BlueZ forgot it meanwhile"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct house *house = house_new(cases[i].house);
		pair_until(house, cases[i].name, cases[i].step);
		cases[i].happens(house);
		assert_true(house_wait(house, 60 * SECOND, pairing_over));
		const struct model_pairing *pairing = &house_model(house)->pairing;
		assert_int_equal(pairing->state, PAIRING_FAILED);
		assert_string_equal(pairing->problem, cases[i].problem);
		assert_true(*pairing->advice);
		house_free(house);
	}
}

/* Another program's endpoint may be the one that a trusted speaker calls: it is to ask each time. */
static void who_may_be_anothers_is_not_trusted(void **state)
{
	(void)state;
	struct house *house = house_new("[world]\nrivals = 1\n" SHOP);
	house_run(house, 20 * SECOND);
	pair_until(house, "Charge 4", STEP_CONNECT);
	assert_string_equal(house_model(house)->pairing.steps[STEP_TRUST].note,
	                    "not trusted: another program would take its sound");
	assert_false(house_device(house, "Charge 4")->trusted);
	house_free(house);
}

static void what_cannot_be_is_answered(void **state)
{
	(void)state;
	static const struct {
		const char *before, *line;
		int error;
		const char *reply;
	} cases[] = {
	    {NULL, "scan perhaps", -EINVAL, "scan: on, off or toggle, not 'perhaps'"},
	    {NULL, "window perhaps", -EINVAL, "window: on, off or toggle, not 'perhaps'"},
	    {NULL, "pair Nobody", -ENOENT, "pair: no device 'Nobody'; scan first"},
	    {NULL, "role Nobody speaker", -ENOENT, "role: no device 'Nobody'"},
	    {NULL, "role Kitchen king", -EINVAL, "role: speaker, source or none, not 'king'"},
	    {NULL, "unpair Kitchen --no", -EINVAL, "usage: unpair DEVICE [--yes]"},
	    {"pair Held", "scan on", -EBUSY, "scan: not while Held is being paired"},
	    {"pair Held", "window on", -EBUSY, "window: not while Held is being paired"},
	    {"pair Held", "pair Mini", -EBUSY, "pair: Held is being paired; cancel that first"},
	    {"window on", "pair Mini", -EBUSY, "pair: the window for an Echo is open; window off"},
	};
	struct house *house = shop_new();
	for (size_t i = 0; i < COUNT(cases); i++) {
		char reply[256];
		if (cases[i].before)
			house_command(house, cases[i].before);
		assert_int_equal(command(house, cases[i].line, reply), cases[i].error);
		assert_string_equal(reply, cases[i].reply);
		command(house, "cancel", reply);
	}
	house_free(house);
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
	assert_int_equal(house_model(house)->speaker_count, 1);
	assert_null(settings_known(&house->settings, "00:00:5E:00:53:01"));
	assert_false(house_device(house, "Kitchen")->paired);
	const struct model_speaker *bath = house_speaker(house, "Bath");
	assert_int_equal(bath->trim.us, 12000);
	assert_int_equal(bath->state, SPEAKER_STREAMING);
	assert_int_equal(command(house, "unpair Kitchen --yes", reply), -ENOENT);
	assert_int_equal(command(house, "rename 1 \"a\x1b[2J\"", reply), -EINVAL);
	house_free(house);
}

static void wire_form_keeps_it_all(void **state)
{
	(void)state;
	struct house *house = shop_new();
	house_command(house, "pair Mini");
	assert_true(house_wait(house, 10 * SECOND, asked));
	json_t *json = model_to_json(house_model(house), MODEL_WIRE);
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
	    cmocka_unit_test(question_that_is_withdrawn_is_asked_no_more),
	    cmocka_unit_test(every_step_can_be_cancelled),
	    cmocka_unit_test(what_only_sends_is_paired_as_a_source),
	    cmocka_unit_test(pairing_is_not_all),
	    cmocka_unit_test(who_may_be_anothers_is_not_trusted),
	    cmocka_unit_test(what_cannot_be_is_answered),
	    cmocka_unit_test(unpairing_asks_and_forgets),
	    cmocka_unit_test(wire_form_keeps_it_all),
	};
	return RUN(tests);
}
