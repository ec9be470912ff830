/* SPDX-License-Identifier: MIT */
/* relay/ and base/, the pure parts: alignment, policy, commands, model, settings, texts, scenarios. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "relay/alignment.h"
#include "relay/command.h"
#include "a2dp/airtime.h"
#include "relay/journal.h"
#include "relay/model.h"
#include "relay/placement.h"
#include "relay/policy.h"
#include "relay/settings.h"
#include "sim/scenario.h"
#include "tests/helpers/folder.h"

#define MS 1000000ll
#define SECOND 1000000000ll

/* --- alignment ----------------------------------------------------------------------------------- */

static void slowest_waits_for_nobody(void **state)
{
	(void)state;
	struct alignment_speaker speakers[] = {
	    {187 * MS, 0, 0, 0}, {221 * MS, 0, 0, 0}, {196 * MS, 10 * MS, 0, 0}};
	int64_t target = 0;
	assert_int_equal(alignment_solve(speakers, 3, 44100, 100000, true, &target), 0);
	assert_int_equal(target, 221 * MS);
	assert_int_equal(speakers[0].delay_frames, 1499); /* 34 ms */
	assert_int_equal(speakers[1].delay_frames, 0);
	assert_int_equal(speakers[2].delay_frames, 1544); /* 25 + 10 ms */
}

static void target_falls_only_when_it_may(void **state)
{
	(void)state;
	struct alignment_speaker speaker = {150 * MS, 0, 0, 0};
	int64_t target = 250 * MS;
	assert_int_equal(alignment_solve(&speaker, 1, 44100, 100000, false, &target), 0);
	assert_int_equal(target, 250 * MS);
	assert_int_equal(speaker.delay_frames, 4410);
	assert_int_equal(alignment_solve(&speaker, 1, 44100, 100000, true, &target), 0);
	assert_int_equal(target, 150 * MS);
	assert_int_equal(speaker.delay_frames, 0);
}

static void earlier_than_the_slowest_moves_the_others(void **state)
{
	(void)state;
	struct alignment_speaker speakers[] = {{200 * MS, -50 * MS, 0, 0}, {200 * MS, 0, 0, 0}};
	int64_t target = 0;
	assert_int_equal(alignment_solve(speakers, 2, 44100, 100000, false, &target), 0);
	assert_int_equal(speakers[0].delay_frames, 0);
	assert_int_equal(speakers[1].delay_frames, 2205);
}

/* Its packets are longer than the lead: who is slowest waits for his own, and all with him. */
static void longer_packets_are_waited_for(void **state)
{
	(void)state;
	struct alignment_speaker speakers[] = {{200 * MS, 0, 10 * MS, 0},
	                                       {150 * MS, 0, 30 * MS, 0}};
	int64_t target = 200 * MS;
	assert_int_equal(alignment_solve(speakers, 2, 44100, 100000, false, &target), 0);
	assert_int_equal(target, 210 * MS);
	assert_int_equal(speakers[0].delay_frames, 441);
	assert_int_equal(speakers[1].delay_frames, 2646);
}

static void too_far_apart_is_refused(void **state)
{
	(void)state;
	struct alignment_speaker speakers[] = {{0, 1000 * MS, 0, 7}, {2000 * MS, 0, 0, 8}};
	int64_t target = 5;
	assert_int_equal(alignment_solve(speakers, 2, 44100, 98304, true, &target), -ERANGE);
	assert_int_equal(target, 5);
	assert_int_equal(speakers[0].delay_frames, 7);
	assert_int_equal(alignment_solve(speakers, 0, 44100, 98304, true, &target), 0);
}

/* --- placement ----------------------------------------------------------------------------------- */

static void speakers_go_where_air_is(void **state)
{
	(void)state;
	enum { FIRST = 1, SECOND_ONE = 2, BOTH = 3 };
	static const struct {
		const char *what;
		double taken[2];
		struct placement_speaker speakers[6];
		int at[6];
	} cases[] = {
	    {"away from the Echo", {34, 0}, {{29, BOTH, -1, false}}, {1}},
	    {"spread, the Echo counted",
	     {34, 0},
	     {{29, BOTH, -1, false}, {29, BOTH, -1, false}, {29, BOTH, -1, false}},
	     {1, 1, 0}},
	    {"who has no choice comes first",
	     {0, 0},
	     {{29, BOTH, -1, false}, {29, FIRST, -1, false}},
	     {1, 0}},
	    {"dear ones come first",
	     {0, 0},
	     {{18, BOTH, -1, false}, {29, BOTH, -1, false}, {18, BOTH, -1, false}},
	     {1, 0, 1}},
	    {"whoever is linked stays",
	     {34, 0},
	     {{29, BOTH, 0, true}, {29, BOTH, -1, false}},
	     {0, 1}},
	    {"where it is, if that is as good", {0, 0}, {{29, BOTH, 1, false}}, {1}},
	    {"paired with none that is there",
	     {0, 0},
	     {{29, 0, 1, false}, {29, BOTH, -1, false}},
	     {-1, 0}},
	    {"six on two, the Echo on the first",
	     {34, 0},
	     {{18, BOTH, -1, false},
	      {18, BOTH, -1, false},
	      {18, BOTH, -1, false},
	      {18, BOTH, -1, false},
	      {18, BOTH, -1, false},
	      {18, BOTH, -1, false}},
	     {1, 1, 0, 1, 0, 1}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct placement_speaker speakers[6];
		double taken[2] = {cases[i].taken[0], cases[i].taken[1]};
		int count = 0;
		memcpy(speakers, cases[i].speakers, sizeof(speakers));
		while (count < 6 && cases[i].speakers[count].percent > 0)
			count++;
		placement_solve(speakers, count, taken, 2);
		for (int k = 0; k < count; k++)
			if (speakers[k].at != cases[i].at[k])
				fail_msg("%s: speaker %d on %d", cases[i].what, k, speakers[k].at);
	}
}

/* How many speakers fit beside an Echo, and on an adapter of their own: facts, 6.3, its tables. */
static void as_many_fit_as_the_air_bears(void **state)
{
	(void)state;
	static const struct {
		int echo_mtu; /* 0: it is on another adapter */
		size_t mtu;
		unsigned bitpool;
		int fit;
	} cases[] = {
	    {672, 672, 53, 1},   {672, 672, 45, 1},   {672, 672, 35, 2},  {672, 672, 29, 2},
	    {672, 672, 19, 3},   {672, 1021, 53, 2},  {672, 1021, 35, 3}, {672, 1021, 29, 4},
	    {1021, 672, 53, 2},  {1021, 672, 29, 3},  {1021, 672, 19, 4}, {1021, 1021, 53, 3},
	    {1021, 1021, 35, 4}, {1021, 1021, 19, 6}, {0, 672, 53, 2},    {0, 672, 45, 3},
	    {0, 672, 29, 5},     {0, 672, 19, 6},     {0, 1021, 53, 4},   {0, 1021, 45, 5},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct placement_stream streams[8];
		for (int k = 0; k < 8; k++) {
			streams[k] = placement_usual();
			streams[k].mtu = cases[i].mtu;
		}
		struct placement_air air = {.streams = streams};
		if (cases[i].echo_mtu)
			air.inbound =
			    airtime_inbound_percent(&streams[0].config, (size_t)cases[i].echo_mtu);
		while (air.count < 7 && placement_load(&air, cases[i].bitpool) <= AIRTIME_CARRIES)
			air.count++;
		if (air.count - 1 != cases[i].fit)
			fail_msg("case %zu: %d fit", i, air.count - 1);
	}
}

static void what_does_not_fit_is_told(void **state)
{
	(void)state;
	struct placement_stream streams[6];
	for (int i = 0; i < 6; i++)
		streams[i] = placement_usual();
	static const struct {
		double inbound;
		int count;
		bool fits;
		const char *text;
	} cases[] = {
	    {0, 2, true, ""},
	    {90, 0, true, ""}, /* there is no speaker to be told of */
	    {0, 3, false,
	     "3 speakers want 86 % of the air, 80 carry well: it may crackle; helps: one channel "
	     "each, another adapter"},
	    {0, 4, false,
	     "4 speakers want 115 % of the air, 80 carry well: bitpool falls to 45; helps: one "
	     "channel each, another adapter"},
	    {34.45, 2, false,
	     "the Echo and 2 speakers want 92 % of the air, 80 carry well: it may crackle; helps: "
	     "one channel each, another adapter"},
	    {34.45, 5, false,
	     "the Echo and 5 speakers want 178 % of the air, 80 carry well: bitpool falls to 25; "
	     "helps: another adapter"},
	    {34.45, 6, false,
	     "the Echo and 6 speakers want 207 % of the air, 80 carry well: it will crackle; "
	     "helps: another adapter"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct placement_air air = {
		    .inbound = cases[i].inbound, .streams = streams, .count = cases[i].count};
		char text[MODEL_TEXT];
		assert_int_equal(placement_fits(&air, text, sizeof(text)), cases[i].fits);
		assert_string_equal(text, cases[i].text);
	}
}

/* The steps are those of congestion.c; one that is full at the smallest has no air at all. */
static void bitpool_falls_as_far_as_it_must(void **state)
{
	(void)state;
	static const struct {
		int echo_mtu; /* 0: it is on another adapter */
		size_t mtu;
		int count;
		unsigned bitpool;
		bool full;
	} cases[] = {
	    {0, 672, 1, 53, false},    {0, 672, 3, 53, false},    {0, 672, 4, 45, false},
	    {0, 672, 5, 33, false},    {0, 672, 6, 29, false},    {0, 672, 7, 25, false},
	    {0, 672, 8, 25, true},     {672, 672, 2, 53, false},  {672, 672, 3, 40, false},
	    {672, 672, 4, 29, false},  {672, 672, 5, 25, false},  {672, 672, 6, 25, true},
	    {0, 1021, 5, 53, false},   {0, 1021, 6, 45, false},   {672, 1021, 3, 53, false},
	    {672, 1021, 4, 45, false}, {672, 1021, 6, 29, false}, {0, 1021, 7, 40, false},
	    {0, 1021, 8, 33, true},    {672, 1021, 7, 25, true},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct placement_stream streams[8];
		for (int k = 0; k < 8; k++) {
			streams[k] = placement_usual();
			streams[k].mtu = cases[i].mtu;
		}
		struct placement_air air = {.streams = streams, .count = cases[i].count};
		if (cases[i].echo_mtu)
			air.inbound =
			    airtime_inbound_percent(&streams[0].config, (size_t)cases[i].echo_mtu);
		if (placement_bitpool(&air) != cases[i].bitpool)
			fail_msg("case %zu: bitpool %u", i, placement_bitpool(&air));
		if (placement_full(&air) != cases[i].full)
			fail_msg("case %zu: it is %sfull", i, cases[i].full ? "not " : "");
	}
}

/* --- policy -------------------------------------------------------------------------------------- */

static void roles_are_told_apart(void **state)
{
	(void)state;
	static const struct {
		struct policy_device device;
		enum settings_role role;
	} cases[] = {
	    {{ROLE_UNKNOWN, false, true, 0x240414, "JBL Flip 5", ""}, ROLE_SPEAKER},
	    {{ROLE_UNKNOWN, false, true, 0, "no class", ""}, ROLE_SPEAKER},
	    {{ROLE_UNKNOWN, false, true, 0x240418, "WH-1000XM3", ""}, ROLE_NONE}, /* headphones */
	    {{ROLE_UNKNOWN, false, true, 0x240404, "headset", ""}, ROLE_NONE},
	    {{ROLE_UNKNOWN, false, true, 0x08043c, "The TV", ""}, ROLE_NONE},
	    {{ROLE_UNKNOWN, false, true, 0x240420, "Golf", ""}, ROLE_NONE}, /* car */
	    {{ROLE_UNKNOWN, true, false, 0x5a020c, "Phone", ""}, ROLE_SOURCE},
	    {{ROLE_UNKNOWN, true, true, 0x0c0418, "x", "bluetooth:v0171p0413d0000"}, ROLE_SOURCE},
	    {{ROLE_UNKNOWN, true, true, 0x0c0418, "Echo Dot-1A2", ""}, ROLE_SOURCE},
	    {{ROLE_UNKNOWN, true, true, 0x240414, "Fosi BT20A", ""},
	     ROLE_UNKNOWN}, /* to be asked */
	    {{ROLE_UNKNOWN, false, false, 0x2540, "Mouse", ""}, ROLE_UNKNOWN},
	    {{ROLE_SPEAKER, true, true, 0x0c0418, "Echo as speaker", ""}, ROLE_SPEAKER},
	    {{ROLE_NONE, false, true, 0x240414, "not this one", ""}, ROLE_NONE},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(policy_role(&cases[i].device), cases[i].role);
}

static void next_action_follows_the_link(void **state)
{
	(void)state;
	static const struct {
		struct policy_link link;
		enum policy_action action;
	} cases[] = {
	    {{.wanted = true, .reachable = true}, POLICY_CONNECT},
	    {{.wanted = true, .reachable = false}, POLICY_WAIT},
	    {{.wanted = true, .reachable = true, .calling = true}, POLICY_WAIT},
	    {{.wanted = true, .reachable = true, .paging = true}, POLICY_WAIT},
	    {{.wanted = true, .reachable = true, .not_before = 11}, POLICY_WAIT},
	    {{.wanted = true, .reachable = true, .not_before = 10}, POLICY_CONNECT},
	    {{.wanted = true, .reachable = true, .foreign = true}, POLICY_HELD},
	    {{.wanted = true, .foreign = true}, POLICY_WAIT},
	    {{.wanted = true, .transport = true, .foreign = true}, POLICY_ACQUIRE},
	    {{.wanted = true, .transport = true}, POLICY_ACQUIRE},
	    {{.wanted = true, .transport = true, .paging = true}, POLICY_ACQUIRE},
	    {{.wanted = true, .transport = true, .playing = true}, POLICY_WAIT},
	    {{.wanted = false, .transport = true, .playing = true}, POLICY_STOP},
	    {{.wanted = false, .transport = true}, POLICY_DISCONNECT},
	    {{.wanted = false, .reachable = true}, POLICY_WAIT},
	    {{.wanted = true, .reachable = true, .calling = true, .unanswered = true},
	     POLICY_HANG_UP},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(policy_next(&cases[i].link, 10), cases[i].action);
}

static void back_off_grows_to_a_cap(void **state)
{
	(void)state;
	assert_int_equal(policy_backoff(1, false), 2 * SECOND);
	assert_int_equal(policy_backoff(2, false), 4 * SECOND);
	assert_int_equal(policy_backoff(5, false), 32 * SECOND);
	assert_int_equal(policy_backoff(6, false), 60 * SECOND);
	assert_int_equal(policy_backoff(1000000, false), 60 * SECOND);
	assert_int_equal(policy_endpoints(0), 1);
	assert_int_equal(policy_endpoints(3), 4);
	assert_int_equal(policy_endpoints(20), 7);
}

static void new_devices_go_where_they_were_or_air_is_free(void **state)
{
	(void)state;
	static const struct {
		struct policy_site sites[3];
		int count, place;
	} cases[] = {
	    {{{0}}, 0, -1},
	    {{{.air = 90, .rssi = -90}}, 1, 0},
	    {{{.air = 0, .rssi = -40}, {.kept = true, .air = 90, .rssi = -90}}, 2, 1},
	    {{{.kept = true, .air = 90}, {.air = 0}}, 2, 0},
	    {{{.air = 52}, {.air = 26}, {.air = 27}}, 3, 1},
	    {{{.air = 26, .rssi = -70}, {.air = 26, .rssi = -50}, {.air = 52, .rssi = -30}}, 3, 1},
	    {{{.air = 26, .rssi = -50}, {.air = 26, .rssi = -50}}, 2, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(policy_place(cases[i].sites, cases[i].count), cases[i].place);
}

/* Each way to fail has words of its own, and all but what the user did himself a cure. */
static void what_went_wrong_is_told_with_a_cure(void **state)
{
	(void)state;
	static const struct {
		struct policy_trouble trouble;
		const char *problem, *advice;
	} cases[] = {
	    {{STEP_REACH, .how = BLUEZ_PAIR_UNREACHED, .heard_ns = -1}, "out of range", "near"},
	    {{STEP_REACH, .over_time = true, .rssi = -90}, "too far", "two metres"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_UNREACHED, .rssi = -60}, "a phone holds it", "blinks"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_REJECTED}, "refused to pair", "blinks"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_FAILED}, "the keys do not fit", "reset"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_TIMEOUT}, "stopped answering", "off and on"},
	    {{STEP_PAIR, .over_time = true}, "stopped answering", "off and on"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_EXISTS}, "is paired already", "connect it"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_GONE}, "BlueZ forgot it", "scan again"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_CANCELLED}, "cancelled", ""},
	    {{STEP_PAIR, .refused_here = true}, "refused by you", "nothing was changed"},
	    {{STEP_PAIR, .unanswered = true, .over_time = true}, "not answered in time", "45 s"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_OTHER}, "failed without a reason", "off and on"},
	    {{STEP_PAIR, .how = BLUEZ_PAIR_OTHER, .problem = "no memory"}, "no memory", "again"},
	    {{STEP_CONNECT, .problem = "the page timed out"}, "page timed out", "tries again"},
	    {{STEP_CONNECT, .over_time = true}, "no sound came about", "off and on"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct policy_words words = policy_trouble_words(&cases[i].trouble);
		assert_non_null(strstr(words.problem, cases[i].problem));
		assert_non_null(strstr(words.advice, cases[i].advice));
	}
}

static void only_what_is_to_be_heard_is_missed(void **state)
{
	(void)state;
	static const char echo[] = "44:00:49:12:AB:CD";
	assert_true(policy_heard("", echo));
	assert_true(policy_heard("bluez_input.44_00_49_12_AB_CD.2", echo));
	assert_true(policy_heard("bluez_input.44_00_49_12_ab_cd", echo));
	assert_false(policy_heard("bluez_input.44_00_49_12_AB_CE.2", echo));
	assert_false(policy_heard("alsa_input.usb-turntable", echo));
}

/* --- commands ------------------------------------------------------------------------------------ */

static void command_table_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &command_table[i];
		assert_int_equal(command->id, i);
		assert_true(*command->name && *command->help);
		assert_ptr_equal(command_find(command->name), command);
		assert_non_null(command_group_name(command->group));
	}
	assert_null(command_find("xyzzy"));
	assert_string_equal(command_nearest("volme"), "volume");
	assert_null(command_nearest("xyzzy"));
	assert_null(command_nearest("a word that is much longer than any command can be"));
}

static void lines_are_split(void **state)
{
	(void)state;
	char *words[4], line[64];
	strcpy(line, "  delay \"Living  room\"\t+10ms ");
	assert_int_equal(command_split(line, words, 4), 3);
	assert_string_equal(words[0], "delay");
	assert_string_equal(words[1], "Living  room");
	assert_string_equal(words[2], "+10ms");
	strcpy(line, "a\"b c\"d \"\"");
	assert_int_equal(command_split(line, words, 4), 2);
	assert_string_equal(words[0], "ab cd");
	assert_string_equal(words[1], "");
	strcpy(line, "");
	assert_int_equal(command_split(line, words, 4), 0);
	strcpy(line, "1 2 3 4 5");
	assert_int_equal(command_split(line, words, 4), -E2BIG);
	strcpy(line, "\"open");
	assert_int_equal(command_split(line, words, 4), -EINVAL);
}

static void values_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int result;
		bool step;
		int64_t ns;
	} times[] = {
	    {"+10ms", 0, true, 10 * MS},  {"-1 ms", 0, true, -MS},      {"35", 0, false, 35 * MS},
	    {"=-35", 0, false, -35 * MS}, {"0.5s", 0, false, 500 * MS}, {"+250us", 0, true, MS / 4},
	    {"", -EINVAL, 0, 0},          {"ms", -EINVAL, 0, 0},        {"1h", -EINVAL, 0, 0},
	    {"nan", -EINVAL, 0, 0},       {"inf", -EINVAL, 0, 0},       {"1e99", -EINVAL, 0, 0},
	};
	for (size_t i = 0; i < COUNT(times); i++) {
		bool step;
		int64_t ns;
		int result = command_read_time(times[i].text, &step, &ns);
		assert_int_equal(result, times[i].result);
		if (!result) {
			assert_int_equal(step, times[i].step);
			assert_int_equal(ns, times[i].ns);
		}
	}
	bool step, flag;
	int percent;
	assert_int_equal(command_read_percent("+5", &step, &percent), 0);
	assert_true(step && percent == 5);
	assert_int_equal(command_read_percent("72%", &step, &percent), 0);
	assert_true(!step && percent == 72);
	assert_int_equal(command_read_percent("101", &step, &percent), -EINVAL);
	assert_int_equal(command_read_switch("toggle", true, &flag), 0);
	assert_false(flag);
	assert_int_equal(command_read_switch("yes", true, &flag), -EINVAL);
}

/* --- texts --------------------------------------------------------------------------------------- */

static void texts_are_cleaned(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"JBL Flip 5", "JBL Flip 5"},
	    {"Küche 音楽 🎵", "Küche 音楽 🎵"},
	    {"  spaces  ", "spaces"},
	    {"\x1b[2J\x1b]0;evil\x07x", "?[2J?]0;evil?x"},
	    {"a\nb\tc\r", "a?b?c?"},
	    {"\x7f\xc2\x9b"
	     "31m",
	     "?31m"}, /* DEL, C1 CSI */
	    {"\xff\xfe"
	     "abc",
	     "?abc"},                  /* no UTF-8 */
	    {"\xc0\xaf", "?"},         /* overlong */
	    {"\xed\xa0\x80", "?"},     /* surrogate */
	    {"\xf4\x90\x80\x80", "?"}, /* beyond Unicode */
	    {"\xe2\x82", "?"},         /* cut short */
	    {"abc\xe2\x80\xae"
	     "fdp",
	     "abc?fdp"}, /* right-to-left override */
	    {"a\xe2\x80\x8b"
	     "b",
	     "a?b"},             /* zero width */
	    {"e\xcc\x81", "e?"}, /* combining: takes no room of its own */
	    {"", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[64];
		assert_string_equal(text_clean(out, sizeof(out), cases[i].in), cases[i].out);
	}
	char small[5];
	assert_string_equal(text_clean(small, sizeof(small), "aä音x"),
	                    "aä"); /* nothing is cut in half */
	char name[249], out[300];
	memset(name, 'x', 248);
	name[248] = 0;
	assert_int_equal(strlen(text_clean(out, sizeof(out), name)), 248);
}

static void who_holds_a_speaker_is_told_with_the_cure(void **state)
{
	(void)state;
	assert_non_null(strstr(policy_held_text("PipeWire 0.3.65"), "restart wireplumber"));
	assert_non_null(
	    strstr(policy_held_text("PipeWire 0.3.68"), "bluez5.roles = [ a2dp_sink ]"));
	assert_non_null(strstr(policy_held_text("PipeWire 1.4.2"), "bluez5.roles = [ a2dp_sink ]"));
	assert_non_null(strstr(policy_held_text(""), "bluez5.roles = [ a2dp_sink ]"));
	assert_true(strlen(policy_held_text("")) < MODEL_TEXT);
}

/* --- model --------------------------------------------------------------------------------------- */

static void model_fill(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->time_us = 1795442876123456;
	model->uptime_ms = 123456789012;
	strcpy(model->problem, "no real-time priority");
	model->source =
	    (struct model_source){.state = MODEL_SOURCE_STREAMING,
	                          .bitpool = 53,
	                          .rate = 44100,
	                          .channels = 2,
	                          .latency_us = MODEL_UNKNOWN,
	                          .fill_us = 29876,
	                          .drift_ppb = -18250,
	                          .volume = 31,
	                          .meter = {.peak_cdb = {-620, MODEL_UNKNOWN}, .over = true}};
	strcpy(model->source.name, "Echo \"Dot\" \\ Küche");
	strcpy(model->source.address, "44:00:49:12:AB:CD");
	model->speaker_count = 2;
	for (int i = 0; i < 2; i++) {
		struct model_speaker *speaker = &model->speakers[i];
		*speaker = (struct model_speaker){
		    .state = i ? SPEAKER_LOST : SPEAKER_CONGESTED,
		    .bitpool = i ? MODEL_UNKNOWN : 53,
		    .input = {13512, ORIGIN_SET},
		    .queue = {MODEL_UNKNOWN, ORIGIN_UNKNOWN},
		    .speaker = {200000, ORIGIN_ASSUMED},
		    .trim = {-12000, ORIGIN_SET},
		    .total_us = 249123,
		    .sent = 1ll << 40,
		    .retry_ms = 1234,
		    .meter = {.peak_cdb = {-1, -9000}, .rms_cdb = {-600, -2130}},
		    .volume = 72,
		    .muted = i,
		    .autoconnect = !i,
		    .channel = MODEL_MONO,
		    .airtime_permille = 258,
		};
		strcpy(speaker->address, "00:00:5E:00:53:01");
		strcpy(speaker->name, "Kitchen");
	}
	model->adapter_count = 1;
	strcpy(model->adapters[0].hci, "hci0");
	model->event_count = 1;
	model->events[0] = (struct model_event){.number = 7, .time_us = 1, .level = MODEL_ERROR};
	strcpy(model->events[0].text, "a text");
}

static void model_survives_the_wire(void **state)
{
	(void)state;
	static struct model in, out;
	model_fill(&in);
	json_t *json = model_to_json(&in, MODEL_WIRE);
	char *text = json_dumps(json, JSON_COMPACT);
	json_t *again = json_loads(text, 0, NULL);
	assert_int_equal(model_from_json(&out, again), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	free(text);
	json_decref(json);
	json_decref(again);
}

static void status_is_what_scripts_were_promised(void **state)
{
	(void)state;
	static struct model model;
	static const char *const keys[] = {
	    "address", "name",    "adapter",    "state",   "codec",           "bitpool",
	    "rate",    "mtu",     "latency_ms", "fill_ms", "queue_packets",   "jitter_ms",
	    "sent",    "dropped", "late",       "stalls",  "reconnects",      "peak_db",
	    "rms_db",  "volume",  "muted",      "channel", "airtime_percent", "spacing"};
	model_fill(&model);
	json_t *json = model_to_json(&model, MODEL_STATUS);
	json_t *speaker = json_array_get(json_object_get(json, "speakers"), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "schema")), 1);
	assert_string_equal(json_string_value(json_object_get(json, "time")),
	                    "2026-11-23T14:07:56.123456Z");
	assert_null(json_object_get(json, "events"));
	for (size_t i = 0; i < COUNT(keys); i++)
		assert_non_null(json_object_get(speaker, keys[i]));
	assert_int_equal(json_object_size(speaker), COUNT(keys));
	assert_true(json_is_null(json_object_get(speaker, "bitpool")));
	json_t *term = json_object_get(json_object_get(speaker, "latency_ms"), "speaker");
	assert_string_equal(json_string_value(json_object_get(term, "origin")), "assumed");
	assert_near(json_number_value(json_object_get(term, "ms")), 200, 1e-9);
	json_decref(json);
}

static void bad_wire_is_refused(void **state)
{
	(void)state;
	static struct model model;
	static const char *const texts[] = {
	    "{}", "[]", "3", "{\"schema\":\"1\"}", "{\"schema\":1}", "{\"schema\":1,\"time\":5}"};
	for (size_t i = 0; i < COUNT(texts); i++) {
		json_t *json = json_loads(texts[i], JSON_DECODE_ANY, NULL);
		assert_int_equal(model_from_json(&model, json), -EINVAL);
		json_decref(json);
	}
	model_fill(&model);
	json_t *json = model_to_json(&model, MODEL_WIRE);
	json_object_set_new(json, "schema", json_integer(2));
	assert_int_equal(model_from_json(&model, json), -EPROTO);
	json_object_set_new(json, "schema", json_integer(1));
	json_t *speakers = json_object_get(json, "speakers");
	for (int i = 0; i < MODEL_SPEAKERS; i++)
		json_array_append(speakers, json_array_get(speakers, 0));
	assert_int_equal(model_from_json(&model, json), -EINVAL); /* too many */
	json_array_clear(speakers);
	json_array_append_new(speakers, json_object());
	assert_int_equal(model_from_json(&model, json), -EINVAL);
	assert_int_equal(model.speaker_count, 0);
	json_decref(json);
}

/* --- settings ------------------------------------------------------------------------------------ */

static char *write_file(const char *name, const char *text)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(file_replace_text(path, text), 0);
	return path;
}

static void config_is_read(void **state)
{
	(void)state;
	static struct settings settings;
	char message[256];
	settings_init(&settings);
	const char *path = write_file("c.conf",
	                              "# mine\n[relay]\nrate = 48000\nlead = 40 ms\nkeymap = vi\n"
	                              "adapter = 00:1a:7d:da:71:13, 00:1A:7D:DA:71:14\n"
	                              "capture = pipewire\n");
	assert_int_equal(settings_read_config(&settings, path, message, sizeof(message)), 0);
	assert_int_equal(settings.config.rate, 48000);
	assert_int_equal(settings.config.lead_ns, 40 * MS);
	assert_string_equal(settings.config.keymap, "vi");
	assert_false(settings.config.own_sink);
	assert_int_equal(settings.config.adapter_count, 2);
	assert_string_equal(settings.config.adapters[0], "00:1A:7D:DA:71:13");
	assert_string_equal(settings.config.adapters[1], "00:1A:7D:DA:71:14");
}

/* The file that is shipped, with every setting switched on, says what holds without it. */
static void shipped_config_has_the_defaults(void **state)
{
	(void)state;
	static struct settings settings, defaults;
	char *text, message[256];
	assert_int_equal(
	    file_read_text("src/share/echorelay.conf", &text, message, sizeof(message)), 0);
	for (char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
		if (line[0] == '#' && line[1] != ' ')
			memmove(line, line + 1, strlen(line));
	settings_init(&settings);
	settings_init(&defaults);
	const char *path = write_file("shipped.conf", text);
	assert_int_equal(settings_read_config(&settings, path, message, sizeof(message)), 0);
	assert_string_equal(settings.config.keymap, "default");
	assert_true(*settings.config.log && *settings.config.source);
	assert_int_equal(settings.config.adapter_count, 1);
	memset(settings.config.keymap, 0, sizeof(settings.config.keymap));
	memset(settings.config.log, 0, sizeof(settings.config.log));
	memset(settings.config.source, 0, sizeof(settings.config.source));
	memset(settings.config.adapters, 0, sizeof(settings.config.adapters));
	settings.config.adapter_count = 0;
	assert_memory_equal(&settings.config, &defaults.config, sizeof(settings.config));
	free(text);
}

static void wrong_config_is_named_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *complaint;
	} cases[] = {
	    {"[relay]\n\nrat = 1\n", ":3: no key 'rat'; did you mean 'rate'?"},
	    {"[relay]\nvolume = 3\n", ":2: no key 'volume'; there are rate, "},
	    {"[relay]\nrate = 96000\n", ":2: rate is 44100 or 48000"},
	    {"[relay]\nlead = soon\n", ":2: lead is a time"},
	    {"[relay]\nlead = 2 s\n", ":2: lead is a time"},
	    {"[relay]\ncapture = jack\n", ":2: capture is bluetooth or pipewire"},
	    {"[relay]\nadapter = hci0\n", ":2: adapter is a Bluetooth address like"},
	    {"[relay]\nadapter = 00:1A:7D:DA:71:13 00:1A:7D:DA:71:1\n", "not '00:1A:7D:DA:71:1'"},
	    {"[rely]\n", ":1: no section [rely]"},
	    {"rate = 44100\n", ":1: 'rate' stands in no section"},
	    {"[relay]\nwhat is this\n", ":2: neither a [section]"},
	    {"[relay]\nrate = \x1b[2J\n", "not '?[2J'"},
	    {"[\x1b]0;\x07]\n", "no section [?]0;?]"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct settings settings;
		char message[256];
		settings_init(&settings);
		const char *path = write_file("c.conf", cases[i].text);
		assert_int_equal(settings_read_config(&settings, path, message, sizeof(message)),
		                 -EINVAL);
		assert_non_null(strstr(message, "c.conf"));
		assert_non_null(strstr(message, cases[i].complaint));
	}
	static struct settings settings;
	char message[256];
	assert_int_equal(
	    settings_read_config(&settings, "/nowhere/x.conf", message, sizeof(message)), -ENOENT);
	assert_int_equal(settings_read_config(&settings, folder, message, sizeof(message)),
	                 -EISDIR);
	assert_int_equal(settings_read_config(&settings, "/dev/zero", message, sizeof(message)),
	                 -EFBIG);
}

/* Whatever somebody outside has for a name or a reason. */
static void journal_is_plain_text(void **state)
{
	static struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, NULL), 0);
	journal_write(&journal, JOURNAL_INFO, "\x1b[2J", "%s", "a\nb %s %n \xe2\x80\xae\xff");
	assert_string_equal(journal_event(&journal, 1)->subject, "?[2J");
	assert_string_equal(journal_event(&journal, 1)->text, "a?b %s %n ?");
	journal_close(&journal);
}

static void state_comes_back(void **state)
{
	(void)state;
	static struct settings one, two;
	char message[512], path[128];
	snprintf(path, sizeof(path), "%s/a/b", folder);
	settings_init(&one);
	assert_int_equal(settings_open_state(&one, path, message, sizeof(message)), 0);
	struct settings_speaker *speaker = settings_speaker(&one, "00:00:5E:00:53:01");
	strcpy(speaker->name, "Küche \"1\"");
	speaker->role = ROLE_SPEAKER;
	speaker->trim_ns = -35 * MS;
	speaker->volume = 72;
	speaker->muted = true;
	speaker->channel = MIX_RIGHT;
	speaker->autoconnect = false;
	settings_speaker(&one, "00:00:5E:00:53:02")->latency_ns = 312 * MS + 500000;
	one.dirty = true;
	assert_int_equal(settings_save(&one), 0);
	assert_false(one.dirty);
	settings_init(&two);
	assert_int_equal(settings_open_state(&two, path, message, sizeof(message)), 0);
	assert_int_equal(two.speaker_count, 2);
	assert_memory_equal(one.speakers, two.speakers, 2 * sizeof(one.speakers[0]));
}

static void damaged_state_is_set_aside(void **state)
{
	(void)state;
	static const char *const texts[] = {
	    "",
	    "{",
	    "{\"speakers\":5}",
	    "[]",
	    "\xff\xfe",
	    "{\"speakers\":[{\"address\":\"00:00:5E:00:53:01\"}",
	    "{\"speakers\":[]} \x1b[2J",
	    "{\"speakers\":[],\"speakers\":[]}",
	    "{\"speakers\":[{\"volume\":1,\"volume\":2}]}",
	    "{\"version\":2,\"speakers\":[]}",
	    "{\"version\":\"1\",\"speakers\":[]}",
	};
	for (size_t i = 0; i < COUNT(texts); i++) {
		static struct settings settings;
		char message[512], aside[160];
		settings_init(&settings);
		write_file("speakers.json", texts[i]);
		assert_int_equal(settings_open_state(&settings, folder, message, sizeof(message)),
		                 1);
		assert_non_null(strstr(message, "speakers.json.broken"));
		assert_null(strchr(message, '\x1b'));
		assert_int_equal(settings.speaker_count, 0);
		snprintf(aside, sizeof(aside), "%s/speakers.json.broken", folder);
		assert_int_equal(unlink(aside), 0);
	}
}

static void odd_values_in_the_state_do_no_harm(void **state)
{
	(void)state;
	static struct settings settings;
	char message[512];
	settings_init(&settings);
	write_file("speakers.json",
	           "{\"speakers\":[{},5,{\"address\":\"nonsense\"},"
	           "{\"address\":\"00:00:5E:00:53:01\",\"name\":\"\\u001b[2J\",\"trim_ms\":1e9,"
	           "\"volume\":1000,\"channel\":\"5.1\",\"role\":7,\"latency_ms\":-4}]}");
	assert_int_equal(settings_open_state(&settings, folder, message, sizeof(message)), 0);
	assert_int_equal(settings.speaker_count, 1);
	assert_string_equal(settings.speakers[0].name, "?[2J");
	assert_int_equal(settings.speakers[0].trim_ns, 0);
	assert_int_equal(settings.speakers[0].volume, SETTINGS_VOLUME_UNKNOWN);
	assert_int_equal(settings.speakers[0].latency_ns, -1);
}

/* --- scenarios ----------------------------------------------------------------------------------- */

static void builtin_scenarios_are_good(void **state)
{
	(void)state;
	for (const struct scenario_builtin *builtin = scenario_builtins; builtin->name; builtin++) {
		struct scenario *scenario;
		char message[256] = "";
		int error = scenario_load(&scenario, builtin->name, message, sizeof(message));
		assert_string_equal(message, "");
		assert_int_equal(error, 0);
		assert_true(scenario->speaker_count >= 4);
		free(scenario);
	}
}

static void wrong_scenario_is_named_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *complaint;
	} cases[] = {
	    {"", "s:0: there is no [adapter"},
	    {"[adapter eth0]\n", "s:1: an adapter is called hci0"},
	    {"[adapter hci0]\naddress = 12\n", "s:2: '12' is no Bluetooth address"},
	    {"[adapter hci0]\n[speaker A]\nlatency = long\n", "s:3: 'long' is no duration"},
	    {"[adapter hci0]\n[speaker A]\nlatency = 709999999.9 h\n", "is no duration"},
	    {"[adapter hci0]\n[speaker A]\nadapter = hci7\n", "s:3: there is no [adapter hci7]"},
	    {"[adapter hci0]\n[speaker A]\nkind = tape\n", "s:3: no kind 'tape'"},
	    {"[adapter hci0]\n[speaker A]\nevent = 5 s explode 1 s\n",
	     "s:3: '5 s explode 1 s' is no"},
	    {"[adapter hci0]\n[speaker A]\nevent = 5 s pause 1 s\n", "s:3: that cannot happen"},
	    {"[adapter hci0]\n[speaker A]\nevent = every 0 s stall 1 s\n", "would never end"},
	    {"[adapter hci0]\n[speaker A]\nevent = 5 s .. 3 s stall 1 s\n", "is no event"},
	    {"[adapter hci0]\n[echo A]\n[echo B]\n", "s:3: there is one Echo already"},
	    {"[adapter hci0]\n[radio]\n", "s:2: no section [radio]"},
	    {"[adapter hci0]\n[echo A]\nquantum = 7\n", "s:3: '7' is no number"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scenario *scenario;
		char message[256];
		int error = scenario_parse(&scenario, cases[i].text, "s", message, sizeof(message));
		assert_int_equal(error, -EINVAL);
		if (!strstr(message, cases[i].complaint))
			fail_msg("%s, not %s", message, cases[i].complaint);
	}
}

/* The agent's answer to AuthorizeService: A2DP and AVRCP alone, and only of who has a role here. */
static void only_sound_and_its_control_are_let_in(void **state)
{
	(void)state;
	static const struct {
		enum settings_role role;
		bool contested;
		const char *service;
		bool in;
	} rows[] = {
	    {ROLE_SOURCE, false, "0000110a-0000-1000-8000-00805f9b34fb", true},
	    {ROLE_SOURCE, true, "0000110D-0000-1000-8000-00805F9B34FB", true},
	    {ROLE_SOURCE, false, "0000110e-0000-1000-8000-00805f9b34fb", true},
	    {ROLE_SPEAKER, false, "0000110b-0000-1000-8000-00805f9b34fb", true},
	    {ROLE_SPEAKER, true, "0000110b-0000-1000-8000-00805f9b34fb", false},
	    {ROLE_SPEAKER, true, "0000110c-0000-1000-8000-00805f9b34fb", true},
	    {ROLE_SOURCE, false, "00001124-0000-1000-8000-00805f9b34fb", false},  /* a keyboard */
	    {ROLE_SPEAKER, false, "00001105-0000-1000-8000-00805f9b34fb", false}, /* files */
	    {ROLE_SPEAKER, false, "0000111e-0000-1000-8000-00805f9b34fb", false}, /* hands-free */
	    {ROLE_SOURCE, false, "", false},
	    {ROLE_UNKNOWN, false, "0000110a-0000-1000-8000-00805f9b34fb", false},
	    {ROLE_NONE, false, "0000110b-0000-1000-8000-00805f9b34fb", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(policy_let_in(rows[i].role, rows[i].contested, rows[i].service),
		                 rows[i].in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_sound_and_its_control_are_let_in),
	    cmocka_unit_test(who_holds_a_speaker_is_told_with_the_cure),
	    cmocka_unit_test(slowest_waits_for_nobody),
	    cmocka_unit_test(target_falls_only_when_it_may),
	    cmocka_unit_test(earlier_than_the_slowest_moves_the_others),
	    cmocka_unit_test(speakers_go_where_air_is),
	    cmocka_unit_test(as_many_fit_as_the_air_bears),
	    cmocka_unit_test(what_does_not_fit_is_told),
	    cmocka_unit_test(bitpool_falls_as_far_as_it_must),
	    cmocka_unit_test(longer_packets_are_waited_for),
	    cmocka_unit_test(too_far_apart_is_refused),
	    cmocka_unit_test(roles_are_told_apart),
	    cmocka_unit_test(next_action_follows_the_link),
	    cmocka_unit_test(back_off_grows_to_a_cap),
	    cmocka_unit_test(new_devices_go_where_they_were_or_air_is_free),
	    cmocka_unit_test(what_went_wrong_is_told_with_a_cure),
	    cmocka_unit_test(only_what_is_to_be_heard_is_missed),
	    cmocka_unit_test(command_table_is_whole),
	    cmocka_unit_test(lines_are_split),
	    cmocka_unit_test(values_are_read),
	    cmocka_unit_test(texts_are_cleaned),
	    cmocka_unit_test(model_survives_the_wire),
	    cmocka_unit_test(status_is_what_scripts_were_promised),
	    cmocka_unit_test(bad_wire_is_refused),
	    cmocka_unit_test(config_is_read),
	    cmocka_unit_test(shipped_config_has_the_defaults),
	    cmocka_unit_test(wrong_config_is_named_by_line),
	    cmocka_unit_test(journal_is_plain_text),
	    cmocka_unit_test(state_comes_back),
	    cmocka_unit_test(damaged_state_is_set_aside),
	    cmocka_unit_test(odd_values_in_the_state_do_no_harm),
	    cmocka_unit_test(builtin_scenarios_are_good),
	    cmocka_unit_test(wrong_scenario_is_named_by_line),
	};
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
