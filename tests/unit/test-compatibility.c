/* SPDX-License-Identifier: MIT */
/* What is made of what a device tells of itself; that the manual has each key of it. */
#include "tests/helpers/test.h"

#include <stdlib.h>
#include <string.h>

#include "a2dp/codec.h"
#include "base/file.h"
#include "relay/compatibility.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SPEAKER 0x240414
#define PHONE 0x5a020c
#define ALL                                                                                        \
	{                                                                                          \
		0xff, 0xff, 2, 53                                                                  \
	}

static struct model_found judge(const struct compatibility_facts *given)
{
	struct compatibility_facts facts = *given;
	struct model_found shown = {.kind = facts.class == PHONE     ? KIND_PHONE
	                                    : facts.class == SPEAKER ? KIND_SPEAKER
	                                                             : KIND_UNKNOWN};
	facts.name = facts.name ? facts.name : "Kitchen";
	facts.address = "00:00:5E:00:53:01";
	facts.modalias = facts.modalias ? facts.modalias : "";
	facts.rate = 44100;
	compatibility_judge(&shown, &facts);
	return shown;
}

static void a_device_gets_its_verdict(void **state)
{
	(void)state;
	static const struct {
		struct compatibility_facts facts;
		int32_t works;
		const char *verdict;
	} cases[] = {
	    {{.class = 0}, MODEL_UNKNOWN, "not announced as audio"},
	    {{.class = SPEAKER}, MODEL_UNKNOWN, "may work; it tells more once it is paired"},
	    {{.class = SPEAKER, .paired = true}, false, "no A2DP"},
	    {{.class = PHONE}, false, "no A2DP sink: not a speaker"},
	    {{.class = PHONE, .offers_source = true},
	     false,
	     "a source, as an Echo is; not a speaker"},
	    {{.class = SPEAKER,
	      .offers_sink = true,
	      .offers_source = true,
	      .modalias = "bluetooth:v0171p0413d0000"},
	     false,
	     "a source, as an Echo is; not a speaker"},
	    {{.class = SPEAKER, .offers_sink = true},
	     MODEL_UNKNOWN,
	     "should work; it tells more once it is connected"},
	    {{.class = SPEAKER, .offers_sink = true, .endpoints_known = true},
	     false,
	     "no A2DP: it receives no sound"},
	    {{.endpoints_known = true, .has_sbc = true, .sbc = ALL, .delay_reporting = 1},
	     true,
	     "works"},
	    {{.endpoints_known = true,
	      .has_sbc = true,
	      .sbc = ALL,
	      .delay_reporting = MODEL_UNKNOWN},
	     true,
	     "works"},
	    {{.endpoints_known = true, .has_sbc = true, .sbc = ALL, .delay_reporting = 0},
	     true,
	     "works, delay must be set by ear"},
	    {{.endpoints_known = true,
	      .has_sbc = true,
	      .sbc = {0x21, 0x15, 2, 19},
	      .delay_reporting = 0},
	     true,
	     "works, at bitpool 19 at the most, delay must be set by ear"},
	    {{.endpoints_known = true, .has_sbc = true, .sbc = {0x1f, 0xff, 2, 53}},
	     false,
	     "does not work at 44.1 kHz"},
	    {{.endpoints_known = true, .has_sbc = true, .sbc = {0xff, 0xff, 53, 2}},
	     false,
	     "does not work: what it says of its SBC makes no sense"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct model_found shown = judge(&cases[i].facts);
		assert_string_equal(shown.verdict, cases[i].verdict);
		assert_int_equal(shown.works, cases[i].works);
	}
}

static void makers_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *modalias, *vendor, *maker, *product, *version;
	} cases[] = {
	    {"bluetooth:v0057p1234d0100", "bluetooth:0057", "Harman", "1234", "0100"},
	    {"usb:v1949p0413d0203", "usb:1949", "Amazon", "0413", "0203"},
	    {"bluetooth:vFFEEp0001d0000", "bluetooth:ffee", "", "0001", "0000"},
	    {"", "", "", "", ""},
	    {"bluetooth", "", "", "", ""},
	    {"bluetooth:v00", "", "", "", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct model_found shown =
		    judge(&(struct compatibility_facts){.modalias = cases[i].modalias});
		assert_string_equal(shown.vendor, cases[i].vendor);
		assert_string_equal(shown.maker, cases[i].maker);
		assert_string_equal(shown.product, cases[i].product);
		assert_string_equal(shown.version, cases[i].version);
	}
}

static void quirks_go_by_name_and_address(void **state)
{
	(void)state;
	assert_true(compatibility_volume_broken("SoundCore mini2", "00:00:5E:00:53:01"));
	assert_true(compatibility_volume_broken("D50s", "00:13:ef:01:02:03"));
	assert_false(compatibility_volume_broken("D50s", "00:00:5E:00:53:01"));
	assert_false(compatibility_volume_broken("JBL PartyBox 310", "00:00:5E:00:53:01"));
	assert_false(compatibility_volume_broken("", ""));
	struct model_found shown = judge(&(struct compatibility_facts){.name = "JBL PartyBox 310"});
	assert_non_null(strstr(shown.quirk, "one of its own"));
	shown = judge(&(struct compatibility_facts){.name = "Kitchen"});
	assert_string_equal(shown.quirk, "");
}

static void codecs_have_names(void **state)
{
	(void)state;
	static const uint8_t ldac[] = {0x2d, 0x01, 0, 0, 0xaa, 0, 0x3c, 0x07};
	static const uint8_t nobody[] = {1, 2, 3, 4, 5, 6};
	assert_string_equal(codec_name(0x00, NULL, 0), "SBC");
	assert_string_equal(codec_name(0x02, NULL, 0), "AAC");
	assert_string_equal(codec_name(0xff, ldac, sizeof(ldac)), "LDAC");
	assert_string_equal(codec_name(0xff, ldac, 5), "?");
	assert_string_equal(codec_name(0xff, nobody, sizeof(nobody)), "?");
	assert_string_equal(codec_name(0x77, NULL, 0), "?");
}

static void the_manual_has_every_key(void **state)
{
	(void)state;
	struct model_found shown = judge(&(struct compatibility_facts){.class = SPEAKER});
	char *manual, message[256];
	const char *key;
	json_t *value, *json = model_found_to_json(&shown);
	assert_int_equal(file_read_text("man/echorelay.1", &manual, message, sizeof(message)), 0);
	const char *part = strstr(manual, "It Ic scan");
	char *end = strstr(manual, "It Ic pair");
	assert_true(part && end > part);
	*end = 0;
	assert_true(json_object_size(json) > 20);
	json_object_foreach(json, key, value) if (!strstr(part, key))
	    fail_msg("echorelay.1 does not tell of '%s'", key);
	free(manual);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_device_gets_its_verdict),     cmocka_unit_test(makers_are_named),
	    cmocka_unit_test(quirks_go_by_name_and_address), cmocka_unit_test(codecs_have_names),
	    cmocka_unit_test(the_manual_has_every_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
