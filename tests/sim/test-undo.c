/* SPDX-License-Identifier: MIT */
/* Solo, order, and taking back what was set. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <string.h>

#include "relay/undo.h"
#include "tests/helpers/house.h"

#define SECOND HOUSE_SECOND

#define HOUSE                                                                                      \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"                                           \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"     \
	"[speaker Hall]\naddress = 00:00:5E:00:53:02\nlatency = 220 ms\nreports = 220 ms\n"        \
	"[speaker Study]\naddress = 00:00:5E:00:53:03\nlatency = 150 ms\nreports = 150 ms\n"

static struct house *begin(void)
{
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	return house;
}

static int run(struct house *house, const char *line, char *reply)
{
	return relay_command(house->relay, line, reply, 192);
}

static const char *name_at(struct house *house, int place)
{
	return relay_model(house->relay)->speakers[place].name;
}

static void each_setting_is_taken_back(void **state)
{
	(void)state;
	struct house *house = begin();
	char reply[192];
	assert_int_equal(run(house, "undo", reply), -ENOENT);
	house_command(house, "delay Hall +10ms");
	house_run(house, 3 * SECOND);
	house_command(house, "volume Hall 40");
	house_command(house, "channel Hall left");
	house_command(house, "mute Hall on");
	house_command(house, "autoconnect Hall off");
	house_command(house, "keepawake Hall on");
	house_command(house, "rename Hall Attic");
	assert_non_null(house_speaker(house, "Attic"));
	assert_int_equal(run(house, "undo", reply), 0);
	assert_string_equal(reply, "undone: its name is Hall again");
	assert_true(house_speaker(house, "Hall")->keepawake);
	house_command(house, "undo");
	assert_false(house_speaker(house, "Hall")->keepawake);
	house_command(house, "undo");
	assert_true(house_speaker(house, "Hall")->autoconnect);
	house_command(house, "undo");
	assert_false(house_speaker(house, "Hall")->muted);
	house_command(house, "undo");
	assert_int_equal(house_speaker(house, "Hall")->channel, MODEL_STEREO);
	house_command(house, "undo");
	assert_int_equal(house_speaker(house, "Hall")->volume, 100);
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 10000);
	assert_int_equal(run(house, "undo", reply), 0);
	assert_string_equal(reply, "undone: delay of Hall is +0 ms again");
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 0);
	assert_int_equal(run(house, "undo", reply), -ENOENT);
	house_free(house);
}

static void a_row_of_nudges_is_one_step(void **state)
{
	(void)state;
	struct house *house = begin();
	for (int i = 0; i < 10; i++)
		house_command(house, "delay Hall +1ms");
	for (int i = 0; i < 3; i++)
		house_command(house, "delay Study +1ms");
	house_run(house, 3 * SECOND);
	house_command(house, "delay Study +1ms");
	house_command(house, "undo");
	assert_int_equal(house_speaker(house, "Study")->trim.us, 3000);
	house_command(house, "undo");
	assert_int_equal(house_speaker(house, "Study")->trim.us, 0);
	house_command(house, "undo");
	assert_int_equal(house_speaker(house, "Hall")->trim.us, 0);
	house_free(house);
}

static void only_the_last_twenty_are_kept(void **state)
{
	(void)state;
	struct house *house = begin();
	char reply[192];
	int undone = 0;
	for (int i = 0; i < 50; i++)
		house_command(house, "mute all toggle");
	while (run(house, "undo", reply) == 0)
		undone++;
	assert_int_equal(undone, UNDO_STEPS);
	assert_false(house_speaker(house, "Kitchen")->muted);
	house_free(house);
}

static void solo_silences_the_others(void **state)
{
	(void)state;
	struct house *house = begin();
	house_command(house, "solo Study on");
	assert_true(house_speaker(house, "Study")->solo);
	house_run(house, 3 * SECOND);
	assert_true(house_speaker(house, "Study")->meter.peak_cdb[0] > -4000);
	assert_true(house_speaker(house, "Hall")->meter.peak_cdb[0] < -4000);
	assert_false(house_speaker(house, "Hall")->muted); /* of the moment, not a setting */
	house_command(house, "solo all off");
	house_run(house, 3 * SECOND);
	assert_true(house_speaker(house, "Hall")->meter.peak_cdb[0] > -4000);
	house_command(house, "undo");
	assert_true(house_speaker(house, "Study")->solo);
	house_free(house);
}

static void order_is_the_users(void **state)
{
	(void)state;
	struct house *house = begin();
	char reply[192], first[64], second[64], third[64];
	strcpy(first, name_at(house, 0));
	strcpy(second, name_at(house, 1));
	strcpy(third, name_at(house, 2));
	assert_int_equal(run(house, "move 1 up", reply), -ERANGE);
	assert_int_equal(run(house, "move 3 down", reply), -ERANGE);
	house_command(house, "move 1 down");
	assert_string_equal(name_at(house, 0), second);
	assert_string_equal(name_at(house, 1), first);
	house_command(house, "move 3 up");
	assert_string_equal(name_at(house, 1), third);
	assert_true(all_stream(relay_model(house->relay)));
	house_command(house, "undo");
	house_command(house, "undo");
	assert_string_equal(name_at(house, 0), first);
	assert_string_equal(name_at(house, 1), second);
	assert_string_equal(name_at(house, 2), third);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_setting_is_taken_back),
	    cmocka_unit_test(a_row_of_nudges_is_one_step),
	    cmocka_unit_test(only_the_last_twenty_are_kept),
	    cmocka_unit_test(solo_silences_the_others),
	    cmocka_unit_test(order_is_the_users),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
