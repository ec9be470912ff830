/* SPDX-License-Identifier: MIT */
/*
 * Every method that the relay calls fails, is not answered, is answered late, twice, with nothing, or after what was
 * called later; the clocks are set.  In virtual time, sd-bus's time-outs included.
 * Afterwards everything must play as if nothing had been, and the user must have been told.
 */
#include "tests/helpers/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/helpers/house_time.h"

#define SECOND HOUSE_SECOND
#define HELD 32
#define CALLS 3 /* so many in a row meet the fault */

static const char scenario[] =
    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
    "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nnoise = yes\nsink = relay\nstarts = 2 s\n"
    "event = 14 s pause 230 s\nevent = 262 s pause 40 s\n"
    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\nvolume = yes\ncalls = 2 s\n"
    "[speaker B]\naddress = 00:00:5E:00:53:02\nreports = 150 ms\n"
    "event = 20 s off 5 s\nevent = 60 s stall 900 ms\n"
    "[speaker New]\naddress = 00:00:5E:00:53:03\npaired = no\nreports = 150 ms\npairs = 5 s\n"
    "[world]\nevent = 240 s restart 3 s\n";

/* --- the man in the middle ------------------------------------------------------------------------- */

enum fault {
	FAULT_ERROR,
	FAULT_SLOW,
	FAULT_LATE,
	FAULT_TWICE,
	FAULT_EMPTY,
	FAULT_OVERTAKEN,
	FAULTS
};

static const char *const fault_names[] = {"fails",
                                          "fails slowly",
                                          "fails late",
                                          "is answered twice",
                                          "is answered by nothing",
                                          "is answered after later ones"};

struct method {
	const char *member, *property; /* the latter, or a part of it, of Set */
	int timeout_s;                 /* as the caller has it, or sd-bus's own */
	bool told;                     /* its failing is something the user must know */
};

static const struct method methods[] = {
    {"GetManagedObjects", NULL, 10, true},
    {"RegisterEndpoint", NULL, 25, true},
    {"RegisterAgent", NULL, 25, true},
    {"RequestDefaultAgent", NULL, 25, true},
    {"UnregisterAgent", NULL, 25, false},
    {"ConnectProfile", NULL, 60, true},
    {"Disconnect", NULL, 60, false},
    {"Acquire", NULL, 15, true},
    {"TryAcquire", NULL, 15, true},
    {"Release", NULL, 15, true},
    {"Pair", NULL, 90, true},
    {"CancelPairing", NULL, 25, false},
    {"RemoveDevice", NULL, 25, true},
    {"SetDiscoveryFilter", NULL, 25, false},
    {"StartDiscovery", NULL, 25, true},
    {"StopDiscovery", NULL, 25, false},
    {"Set", "Volume", 25, false},
    {"Set", "Trusted", 25, true},
    {"Set", "Alias", 25, true},
    {"Set", "able", 25, false}, /* Discoverable, Pairable and their time-outs */
};

struct middle {
	const struct method *method;
	enum fault fault;
	int left, met;
	struct house *house;
	struct held {
		sd_bus_message *call;
		int64_t until;
	} held[HELD];
	sd_bus_slot *slot;
};

static bool is_it(const struct method *method, sd_bus_message *call)
{
	const char *interface, *property = "";
	if (!sd_bus_message_is_method_call(call, NULL, method->member))
		return false;
	if (!method->property)
		return true;
	sd_bus_message_read(call, "ss", &interface, &property);
	sd_bus_message_rewind(call, 1);
	return strstr(property, method->property) != NULL;
}

static void hold(struct middle *middle, sd_bus_message *call, int seconds)
{
	for (int i = 0; i < HELD; i++)
		if (!middle->held[i].call) {
			middle->held[i].call = sd_bus_message_ref(call);
			middle->held[i].until = middle->house->now + seconds * SECOND;
			return;
		}
}

static void fail_call(sd_bus_message *call)
{
	sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "as the test wants it");
}

static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct middle *middle = user;
	(void)error;
	if (!middle->left || !is_it(middle->method, call))
		return 0;
	middle->left--;
	middle->met++;
	switch (middle->fault) {
	case FAULT_ERROR:
		fail_call(call);
		return 1;
	case FAULT_SLOW:
		hold(middle, call, middle->method->timeout_s - 1);
		return 1;
	case FAULT_LATE:
		hold(middle, call, middle->method->timeout_s + 1);
		return 1;
	case FAULT_TWICE: /* it fails, and is carried out */
		fail_call(call);
		return 0;
	case FAULT_EMPTY:
		sd_bus_reply_method_return(call, "");
		return 1;
	case FAULT_OVERTAKEN:
		hold(middle, call, 3);
		return 1;
	default:
		return 1;
	}
}

static void answer_held(struct middle *middle, bool all)
{
	for (int i = 0; i < HELD; i++) {
		struct held *held = &middle->held[i];
		if (!held->call || (!all && middle->house->now < held->until))
			continue;
		if (middle->fault == FAULT_OVERTAKEN)
			sd_bus_reply_method_return(held->call, "");
		else
			fail_call(held->call);
		held->call = sd_bus_message_unref(held->call);
	}
}

static void pass(struct middle *middle, int seconds)
{
	for (int i = 0; i < seconds * 2; i++) {
		house_run(middle->house, SECOND / 2);
		answer_held(middle, false);
	}
}

/* Commands that may be refused: what they want is under way, or not to be had. */
static void try(struct middle *middle, const char *line)
{
	char reply[256] = "";
	relay_command(middle->house->relay, line, reply, sizeof(reply));
	for (const char *c = reply; *c; c++)
		assert_true((unsigned char)*c >= ' ');
}

static bool told(const struct house *house)
{
	for (uint64_t i = 1; i <= house->journal.count; i++) {
		const struct journal_event *event = journal_event(&house->journal, i);
		if (event && event->level >= JOURNAL_WARNING &&
		    (strstr(event->text, "as the test wants it") ||
		     strstr(event->text, "did not answer") || strstr(event->text, "no socket") ||
		     strstr(event->text, "makes no sense") ||
		     strstr(event->text, "stopped answering")))
			return true;
	}
	return relay_model(house->relay)->pairing.state == PAIRING_FAILED;
}

/* What a user does in some minutes. */
static void live(struct middle *middle)
{
	pass(middle, 8);
	try(middle, "volume A 60");
	try(middle, "scan on");
	pass(middle, 4);
	try(middle, "pair 00:00:5E:00:53:03");
	pass(middle, 2);
	try(middle, "cancel");
	pass(middle, 4);
	try(middle, "scan on");
	pass(middle, 27);
	try(middle, "scan off");
	try(middle, "pair 00:00:5E:00:53:03");
	pass(middle, 110);
	try(middle, "rename 00:00:5E:00:53:03 Kitchen");
	try(middle, "connect A off");
	pass(middle, 3);
	try(middle, "connect A on");
	try(middle, "window on");
	pass(middle, 30);
	try(middle, "window off");
	try(middle, "unpair 00:00:5E:00:53:03 --yes");
	pass(middle, 100);
}

static bool a_and_b_stream(const struct model *model)
{
	int count = 0;
	for (int i = 0; i < model->speaker_count; i++)
		if (strncmp(model->speakers[i].address, "00:00:5E:00:53:03", 17))
			count += model_speaker_plays(&model->speakers[i]);
	return count == 2;
}

static bool all_is_heard(const struct model *model)
{
	return a_and_b_stream(model) && model->source.state == MODEL_SOURCE_STREAMING &&
	       model->source.meter.rms_cdb[0] > -4000;
}

static void journal_print(const struct house *house)
{
	for (uint64_t i = 1; i <= house->journal.count; i++) {
		const struct journal_event *event = journal_event(&house->journal, i);
		if (event)
			print_message("    %s: %s\n", event->subject, event->text);
	}
}

/* Returns whether everything is as it should be in the end. */
static bool meet(const struct method *method, enum fault fault)
{
	struct house *house = house_new(scenario);
	struct middle middle = {.method = method, .fault = fault, .left = CALLS, .house = house};
	clocked = house;
	house->settings.config.idle_ns = 5 * SECOND;
	for (int i = 0; i < 3; i++) /* nobody listens */
		dac_sample(sim_world(house->sim)->devices[i].dac, 1, 3600 * SECOND);
	sd_bus_add_filter(sim_world(house->sim)->bus, &middle.slot, on_call, &middle);
	live(&middle);
	middle.left = 0;
	bool plays = house_wait(house, 400 * SECOND, all_is_heard);
	bool silent = fault == FAULT_EMPTY || fault == FAULT_OVERTAKEN;
	bool knows = !method->told || silent || told(house);
	if (!plays || !knows || !middle.met) {
		print_message("  %s%s %s %d times: %s\n", method->member,
		              method->property ? method->property : "", fault_names[fault],
		              middle.met, plays ? "nobody was told" : "does not play any more");
		journal_print(house);
	}
	answer_held(&middle, true);
	sd_bus_slot_unref(middle.slot);
	clocked = NULL;
	house_free(house);
	return plays && knows && middle.met;
}

/* Under a sanitizer, which is slower, a part must do. */
static size_t step(void)
{
	return flavour_is_slow() ? 5 : 1;
}

static void every_call_may_fail(void **state)
{
	enum fault fault = *(enum fault *)*state;
	int wrong = 0;
	for (size_t i = 0; i < COUNT(methods); i += step())
		wrong += !meet(&methods[i], fault);
	assert_int_equal(wrong, 0);
}

/* --- clocks ---------------------------------------------------------------------------------------- */

/* The wall clock is set, by years, while everything plays: NTP at the start of a box without a battery. */
static void the_wall_clock_does_not_matter(void **state)
{
	static const char calm[] =
	    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nnoise = yes\nsink = relay\n"
	    "starts = 2 s\n"
	    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"
	    "[speaker B]\naddress = 00:00:5E:00:53:02\nreports = 150 ms\n";
	(void)state;
	struct house *house = house_new(calm);
	clocked = house;
	assert_true(house_wait(house, 20 * SECOND, all_is_heard));
	house_run(house, 3 * SECOND);
	wall_step = 10ll * 365 * 86400;
	house_run(house, 3 * SECOND);
	wall_step = -wall_step;
	house_run(house, 3 * SECOND);
	wall_step = 0;
	assert_true(all_is_heard(relay_model(house->relay)));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(relay_model(house->relay)->speakers[i].dropped, 0);
		assert_int_equal(relay_model(house->relay)->speakers[i].reconnects, 0);
	}
	assert_int_equal(relay_model(house->relay)->source.gaps, 0);
	clocked = NULL;
	house_free(house);
}

/* The host sleeps: all links are gone; both come back at once, one of them called by us. */
static void all_come_back_after_the_host_has_slept(void **state)
{
	static const char sleeper[] =
	    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[echo Echo Dot]\nnoise = yes\n"
	    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\ncalls = 2 s\n"
	    "[speaker B]\naddress = 00:00:5E:00:53:02\nreports = 150 ms\n"
	    "[world]\nevent = 8 s sleep 6 h\n";
	(void)state;
	struct house *house = house_new(sleeper);
	house_run(house, 7 * SECOND);
	assert_true(a_and_b_stream(relay_model(house->relay)));
	house_run(house, 1100 * HOUSE_MS);
	assert_false(a_and_b_stream(relay_model(house->relay)));
	assert_true(house_wait(house, 7 * SECOND, a_and_b_stream));
	bool noticed = false;
	for (uint64_t i = 1; i <= house->journal.count; i++)
		noticed |= !strcmp(journal_event(&house->journal, i)->text,
		                   "the host has slept for 21600 s");
	assert_true(noticed);
	house_free(house);
}

int main(void)
{
	static enum fault faults[FAULTS] = {FAULT_ERROR, FAULT_SLOW,  FAULT_LATE,
	                                    FAULT_TWICE, FAULT_EMPTY, FAULT_OVERTAKEN};
	struct CMUnitTest tests[FAULTS + 2] = {
	    cmocka_unit_test(the_wall_clock_does_not_matter),
	    cmocka_unit_test(all_come_back_after_the_host_has_slept),
	};
	for (int i = 0; i < FAULTS; i++)
		tests[2 + i] = (struct CMUnitTest){fault_names[i], every_call_may_fail, NULL, NULL,
		                                   &faults[i]};
	return RUN(tests);
}
