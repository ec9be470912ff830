/* SPDX-License-Identifier: MIT */
/* Several adapters: who plays on which, and what becomes of them when one goes. */
#include "tests/helpers/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/helpers/house.h"
#include "tests/helpers/tone.h"

#define SECOND HOUSE_SECOND

#define TWO_ADAPTERS                                                                               \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"

#define ON_BOTH(name, address)                                                                     \
	"[speaker " name "]\naddress = " address "\nreports = 180 ms\n"                            \
	"[speaker " name "]\naddress = " address "\nreports = 180 ms\nadapter = hci1\n"

#define EIGHT                                                                                      \
	"[speaker A]\nreports = 180 ms\n[speaker B]\nreports = 180 ms\n"                           \
	"[speaker C]\nreports = 180 ms\n[speaker D]\nreports = 180 ms\n"                           \
	"[speaker E]\nreports = 180 ms\n[speaker F]\nreports = 180 ms\n"                           \
	"[speaker G]\nreports = 180 ms\n[speaker H]\nreports = 180 ms\n"

static const struct model_adapter *adapter_named(struct house *house, const char *hci)
{
	for (int i = 0; i < house_model(house)->adapter_count; i++)
		if (!strcmp(house_model(house)->adapters[i].hci, hci))
			return &house_model(house)->adapters[i];
	fail_msg("no %s", hci);
	return NULL;
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
	assert_int_equal(house_model(house)->adapter_count, 1);
	assert_false(model_speaker_plays(house_speaker(house, "A")));
	assert_int_equal(house_speaker(house, "B")->state, SPEAKER_STREAMING);
	house_run(house, 1017 * SECOND - house->now);
	assert_true(house_wait(house, 5 * SECOND, all_stream));
	assert_int_equal(house_speaker(house, "B")->dropped, 0);
	house_free(house);
}

static void speakers_spread_away_from_the_echo(void **state)
{
	(void)state;
	struct house *house =
	    house_new(TWO_ADAPTERS "[echo Echo Dot]\n" ON_BOTH("A", "00:00:5E:00:53:01")
	                  ON_BOTH("B", "00:00:5E:00:53:02") ON_BOTH("C", "00:00:5E:00:53:03"));
	assert_true(house_wait(house, 12 * SECOND, all_stream));
	assert_int_equal(house_model(house)->speaker_count, 3);
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

/* As `adapter = ` of the configuration and --adapter have it. */
static void adapter_that_is_not_to_be_used_is_left_alone(void **state)
{
	(void)state;
	struct house *house = house_new(TWO_ADAPTERS "[echo Echo Dot]\n" ON_BOTH(
	    "A", "00:00:5E:00:53:01") "[speaker B]\nadapter = hci1\nreports = 150 ms\n");
	strcpy(house->settings.config.adapters[0], "00:1A:7D:DA:71:13");
	house->settings.config.adapter_count = 1;
	house_run(house, 20 * SECOND);
	assert_int_equal(house_model(house)->adapter_count, 1);
	assert_string_equal(house_speaker(house, "A")->adapter, "00:1A:7D:DA:71:13");
	assert_int_equal(house_speaker(house, "A")->state, SPEAKER_STREAMING);
	assert_false(model_speaker_plays(house_speaker(house, "B")));
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
	                    "the Echo and 2 speakers want 92 % of the air, 80 carry well: it may "
	                    "crackle; helps: one channel each, another adapter");
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
	assert_int_equal(house_model(house)->adapter_count, 1);
	assert_string_equal(house_model(house)->adapters[0].hci, "hci0");
	house_free(house);
}

static void as_many_play_as_one_adapter_carries(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nshared = yes\n"
	              "[echo Echo Dot]\n" EIGHT);
	house_run(house, 60 * SECOND);
	assert_string_equal(adapter_named(house, "hci0")->problem,
	                    "the Echo and 5 speakers want 178 % of the air, 80 carry well: bitpool "
	                    "falls to 25; helps: another adapter");
	int well = 0, out = 0;
	for (int i = 0; i < house_model(house)->speaker_count; i++) {
		const struct model_speaker *speaker = &house_model(house)->speakers[i];
		well += model_speaker_plays(speaker) && !speaker->dropped && !speaker->late &&
		        speaker->bitpool == 25;
		out += !strncmp(speaker->problem, "no air left", 11);
	}
	assert_int_equal(well, 5);
	assert_int_equal(out, 3);
	assert_int_equal(events_that_say(&house->journal, "congested"), 0);
	/* who leaves makes room */
	house_command(house, "connect 1 off");
	house_run(house, 5 * SECOND);
	out = 0;
	for (int i = 0; i < house_model(house)->speaker_count; i++)
		out += !strncmp(house_model(house)->speakers[i].problem, "no air left", 11);
	assert_int_equal(out, 2);
	house_free(house);
}

#define FOUR                                                                                       \
	"[world]\nrecord = FOLDER\n[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nshared = yes\n"    \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n[echo Echo Dot]\nadapter = hci1\n"           \
	"[speaker A]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"           \
	"[speaker B]\nlatency = 180 ms\nreports = 180 ms\n"                                        \
	"[speaker C]\nlatency = 180 ms\nreports = 180 ms\n"                                        \
	"[speaker D]\naddress = 00:00:5E:00:53:04\nlatency = 180 ms\nreports = 180 ms\n"           \
	"reachable = no\n"

static void assert_bitpools(struct house *house, int expected)
{
	static const char *const names[] = {"A", "B", "C"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(house_speaker(house, names[i])->bitpool, expected);
}

/* How much later than A's D's sound is heard, in frames. */
static int shift_of_last(struct house *house)
{
	int64_t count, at = (house->now - 1000 * SECOND) * 44100 / SECOND - 2 * 44100;
	house_close(house);
	float *first = house_record(house, "00:00:5E:00:53:01", &count);
	float *last = house_record(house, "00:00:5E:00:53:04", &count);
	int shift = best_shift(first, last, at);
	free(first);
	free(last);
	return shift;
}

/* Who plays what comes, as it comes, stays behind for good where his first packets wait. */
static void bitpools_fall_before_the_one_too_many_begins(void **state)
{
	(void)state;
	struct house *house = house_new(FOUR);
	house_run(house, 15 * SECOND);
	assert_bitpools(house, 53);
	house_device(house, "D")->reachable = true;
	house_command(house, "connect D on");
	while (house_speaker(house, "D")->sent == 0 && house->now < 1030 * SECOND)
		house_run(house, SECOND / 100);
	assert_bitpools(house, 45);
	assert_in_range(house_speaker(house, "D")->sent, 1, 10);
	house_run(house, 8 * SECOND);
	assert_int_equal(house_speaker(house, "D")->bitpool, 45);
	assert_int_equal(events_that_say(&house->journal, "congested"), 0);
	assert_true(events_that_say(&house->journal, "4 speakers want 115 % of the air, 80 carry "
	                                             "well: bitpool falls to 45") > 0);
	assert_in_range(shift_of_last(house) + 1, 0, 2);
	house_free(house);
}

static void bitpools_rise_when_one_has_left(void **state)
{
	(void)state;
	struct house *house = house_new(FOUR);
	house_device(house, "D")->reachable = true;
	assert_true(house_wait(house, 12 * SECOND, all_stream));
	house_run(house, 2 * SECOND);
	assert_bitpools(house, 45);
	house_command(house, "connect D off");
	house_run(house, 8 * SECOND);
	assert_bitpools(house, 45); /* it might be back at once */
	house_run(house, 4 * SECOND);
	assert_bitpools(house, 53);
	assert_int_equal(
	    events_that_say(&house->journal, "there is more air again: bitpool rises to 53"), 1);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adapter_goes_and_comes_back),
	    cmocka_unit_test(speakers_spread_away_from_the_echo),
	    cmocka_unit_test(adapter_that_is_not_to_be_used_is_left_alone),
	    cmocka_unit_test(adapter_pulled_out_moves_its_speakers),
	    cmocka_unit_test(room_on_another_adapter_is_told),
	    cmocka_unit_test(adapters_with_one_address_are_told_apart),
	    cmocka_unit_test(as_many_play_as_one_adapter_carries),
	    cmocka_unit_test(bitpools_fall_before_the_one_too_many_begins),
	    cmocka_unit_test(bitpools_rise_when_one_has_left),
	};
	return RUN(tests);
}
