/* SPDX-License-Identifier: MIT */
/*
 * A household in a hurry: all that can happen to it in a quarter of an hour, with the books kept.  `make soak` has
 * the seven days.
 */
#include "tests/helpers/test.h"

#include <stdlib.h>
#include <string.h>

#include "tests/helpers/ledger.h"

#define SECOND HOUSE_SECOND

static const char scenario[] =
    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nshared = yes\nburst = 40 %\n"
    "event = 60 s burst 10 s\n"
    "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"
    "event = 720 s unplug 5 s\n"
    "[echo Echo Dot]\nadapter = hci1\nnoise = yes\nquantum = 1024\n"
    "event = 100 s pause 10 s\nevent = 240 s reset 4 s\n"
    "[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"
    "calls = 4 s\nevent = 130 s stall 600 ms\nevent = 140 s taken 20 s\nevent = 600 s stall 2 s\n"
    "[speaker Bedroom]\naddress = 00:00:5E:00:53:02\nkind = rtp\nlatency = 150 ms\n"
    "reports = 150 ms\nmtu = 1021\nevent = 300 s off 30 s\nevent = 310 s vanish 10 s\n"
    "[world]\nevent = 400 s restart 3 s\nevent = 480 s sound 3 s\nevent = 540 s sleep 2 h\n";

/* Under a sanitizer the first few things must do. */
static int64_t seconds_of_life(void)
{
	return flavour_is_slow() ? 200 : 780;
}

static void what_is_lost_has_a_cause(const struct ledger_account *account)
{
	for (int i = 0; i < LEDGER_CAUSES; i++)
		if (account->lost_by[i] > 0)
			print_message("  %s: %s %.2f s\n", account->name, ledger_cause_name(i),
			              account->lost_by[i]);
	assert_float_equal((float)account->lost_by[LEDGER_NONE], 0, 0.001f);
	assert_int_equal(account->places_wrong, 0);
	assert_true(account->places_heard > seconds_of_life() / 4);
	assert_true(account->due_s > (double)seconds_of_life() / 2);
	/* a page that nobody answers takes 5 s, and there are pauses between two */
	assert_true(account->recover_worst_s < 60);
}

static void a_household_keeps_its_books(void **state)
{
	(void)state;
	struct house *house = house_new(scenario);
	struct ledger *ledger = ledger_new(house);
	ledger_run(ledger, seconds_of_life() * SECOND);
	assert_int_equal(ledger_count(ledger), 2);
	for (int i = 0; i < ledger_count(ledger); i++)
		what_is_lost_has_a_cause(ledger_account(ledger, i));
	assert_true(house_wait(house, 60 * SECOND, all_stream));
	ledger_free(ledger);
	house_free(house);
}

/* The books themselves: a speaker that hears nothing loses all, and one that plays elsewhere is out of place. */
static void the_books_know_silence_from_sound(void **state)
{
	static const char liar[] =
	    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[echo Echo Dot]\nnoise = yes\nquantum = 1024\n"
	    "[speaker A]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"
	    "[speaker B]\naddress = 00:00:5E:00:53:02\nlatency = 180 ms\nreports = 180 ms\n"
	    "[speaker Liar]\naddress = 00:00:5E:00:53:03\nlatency = 190 ms\nreports = 180 ms\n"
	    "[speaker Mute]\naddress = 00:00:5E:00:53:04\npaired = no\n";
	(void)state;
	struct house *house = house_new(liar);
	struct ledger *ledger = ledger_new(house);
	ledger_run(ledger, 30 * SECOND);
	const struct ledger_account *honest = ledger_account(ledger, 0);
	assert_int_equal(honest->places_wrong, 0);
	assert_true(honest->lost_s < 3);
	const struct ledger_account *dishonest = ledger_account(ledger, 2);
	assert_true(dishonest->places_wrong > 10);
	assert_true(dishonest->misplaced_s > 20);
	const struct ledger_account *mute = ledger_account(ledger, 3);
	assert_float_equal((float)mute->lost_s, (float)mute->due_s, 0.001f);
	assert_true(mute->due_s > 20);
	ledger_free(ledger);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_household_keeps_its_books),
	    cmocka_unit_test(the_books_know_silence_from_sound),
	};
	return RUN(tests);
}
