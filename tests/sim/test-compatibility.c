/* SPDX-License-Identifier: MIT */
/* What devices tell of themselves, over the bus: before they are paired, connected, and when they are gone again. */
#include "tests/helpers/test.h"

#include <string.h>

#include "tests/helpers/house.h"

#define SECOND HOUSE_SECOND

#define SHELF                                                                                      \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n[echo Echo Dot]\n"                           \
	"[speaker Kitchen]\nreports = 180 ms\nvolume = yes\naac = yes\nevent = 30 s vanish 900 "   \
	"s\n"                                                                                      \
	"[speaker Hall]\nreports = no\ncapabilities = ff150223\n"                                  \
	"modalias = bluetooth:v009Ep4023d0112\n"                                                   \
	"[speaker Tribit MAXSound Plus]\nreports = 150 ms\nvolume = yes\n"                         \
	"[speaker New]\npaired = no\nheard = 1 s\n"

static const struct model_found *found(struct house *house, const char *name)
{
	const struct model *model = relay_model(house->relay);
	for (int i = 0; i < model->found_count; i++)
		if (!strcmp(model->found[i].name, name))
			return &model->found[i];
	fail_msg("no %s", name);
	return NULL;
}

static void what_is_known_grows_with_the_link(void **state)
{
	(void)state;
	struct house *house = house_new(SHELF);
	house_run(house, SECOND / 2);
	assert_string_equal(found(house, "Hall")->codecs, "");
	assert_string_equal(found(house, "Hall")->maker, "Bose");
	assert_int_equal(found(house, "Hall")->works, MODEL_UNKNOWN);
	house_run(house, 12 * SECOND);
	const struct model_found *kitchen = found(house, "Kitchen"), *hall = found(house, "Hall");
	assert_string_equal(kitchen->codecs, "AAC SBC");
	assert_int_equal(kitchen->bitpool_min, 2);
	assert_int_equal(kitchen->bitpool_max, 53);
	assert_int_equal(kitchen->delay_reporting, true);
	assert_int_equal(kitchen->absolute_volume, true);
	assert_string_equal(kitchen->verdict, "works");
	assert_string_equal(hall->codecs, "SBC");
	assert_int_equal(hall->bitpool_max, 35);
	assert_int_equal(hall->delay_reporting, false);
	assert_string_equal(hall->verdict, "works, delay must be set by ear");
	house_run(house, 6 * SECOND);
	assert_int_equal(found(house, "Hall")->absolute_volume, false);
	house_command(house, "scan on");
	house_run(house, 3 * SECOND);
	assert_int_equal(found(house, "New")->works, MODEL_UNKNOWN);
	assert_string_equal(found(house, "New")->codecs, "");
	house_free(house);
}

static void it_is_kept_when_the_device_is_gone(void **state)
{
	(void)state;
	struct house *house = house_new(SHELF);
	house_run(house, 60 * SECOND);
	const struct model_found *kitchen = found(house, "Kitchen");
	assert_false(kitchen->connected);
	assert_string_equal(kitchen->codecs, "AAC SBC");
	assert_string_equal(kitchen->verdict, "works");
	house_free(house);
}

/* Its volume says that it can be set, and cannot: the engine turns it down instead, whatever it is called. */
static void a_broken_volume_is_made_here(void **state)
{
	(void)state;
	struct house *house = house_new(SHELF);
	house_run(house, 12 * SECOND);
	house_command(house, "volume 3 50");
	house_command(house, "volume 1 50");
	house_run(house, SECOND);
	assert_true(house_speaker(house, "Kitchen")->absolute_volume);
	assert_false(house_speaker(house, "Tribit MAXSound Plus")->absolute_volume);
	assert_int_equal(house_speaker(house, "Tribit MAXSound Plus")->volume, 50);
	assert_non_null(strstr(found(house, "Tribit MAXSound Plus")->quirk, "set here"));
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_known_grows_with_the_link),
	    cmocka_unit_test(it_is_kept_when_the_device_is_gone),
	    cmocka_unit_test(a_broken_volume_is_made_here),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
