/* SPDX-License-Identifier: MIT */
/*
 * The pair view and the dialogs: what they show of a model, and what keys make of them.  Goldens stand
 * beside this file; UPDATE=1 writes them anew.
 */
#include "tests/helpers/screen.h"

#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct keymap keys;

/* --- models -------------------------------------------------------------------------------------- */

static struct model_found *found_add(struct model *model, const char *name, int32_t kind,
                                     int32_t rssi, int32_t seen_ms)
{
	struct model_found *found = &model->found[model->found_count++];
	*found = (struct model_found){.kind = kind,
	                              .rssi = rssi,
	                              .seen_ms = seen_ms,
	                              .offers_sink = kind != KIND_PHONE,
	                              .bitpool_min = MODEL_UNKNOWN,
	                              .bitpool_max = MODEL_UNKNOWN,
	                              .delay_reporting = MODEL_UNKNOWN,
	                              .absolute_volume = MODEL_UNKNOWN,
	                              .works = MODEL_UNKNOWN};
	strcpy(found->verdict, "should work; it tells more once it is connected");
	strcpy(found->name, name);
	snprintf(found->address, sizeof(found->address), "20:15:82:33:1A:0%c",
	         '0' + model->found_count);
	return found;
}

static void meter_make(struct model_meter *meter, bool plays)
{
	for (int i = 0; i < 2; i++) {
		meter->rms_cdb[i] = plays ? -1400 : MODEL_UNKNOWN;
		meter->peak_cdb[i] = plays ? -620 : MODEL_UNKNOWN;
		meter->hold_cdb[i] = plays ? -310 : MODEL_UNKNOWN;
	}
}

static void speaker_add(struct model *model, const char *name, int32_t state)
{
	struct model_speaker *speaker = &model->speakers[model->speaker_count++];
	bool plays = state == SPEAKER_STREAMING;
	*speaker = (struct model_speaker){
	    .state = state,
	    .state_ms = 12000,
	    .retry_ms = plays ? MODEL_UNKNOWN : 3200,
	    .attempt = 3,
	    .rate = plays ? 44100 : MODEL_UNKNOWN,
	    .bitpool = plays ? 53 : MODEL_UNKNOWN,
	    .total_us = plays ? 249000 : MODEL_UNKNOWN,
	    .fill_us = plays ? 28000 : MODEL_UNKNOWN,
	    .jitter_us = plays ? 120 : MODEL_UNKNOWN,
	    .airtime_permille = plays ? 258 : MODEL_UNKNOWN,
	    .queue_packets = plays ? 1 : MODEL_UNKNOWN,
	    .autoconnect = true,
	    .volume = 66,
	    .channel = MODEL_RIGHT,
	};
	meter_make(&speaker->meter, plays);
	strcpy(speaker->codec, plays ? "sbc" : "");
	speaker->trim.us = 12000;
	strcpy(speaker->name, name);
	snprintf(speaker->address, sizeof(speaker->address), "20:15:82:33:1A:0%c",
	         '3' + model->speaker_count);
}

static void shop_make(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->source.state = MODEL_SOURCE_STREAMING;
	model->source.state_ms = 61000;
	model->source.rate = 44100;
	model->source.bitpool = 53;
	model->source.latency_us = 41000;
	model->source.fill_us = 28400;
	model->source.drift_ppb = 18200;
	meter_make(&model->source.meter, true);
	strcpy(model->source.codec, "sbc");
	strcpy(model->source.name, "Echo Dot (kitchen)");
	strcpy(model->source.address, "44:00:49:12:AB:CD");
	model->adapter_count = 1;
	strcpy(model->adapters[0].address, "00:1A:7D:DA:71:13");
	speaker_add(model, "Living JBL Flip 5", SPEAKER_STREAMING);
	speaker_add(model, "Study UE Boom 3", SPEAKER_LOST);
	model->uptime_ms = 8047000;
	model->scan = (struct model_scan){.running = true, .ms = 12000, .limit_ms = 60000};
	found_add(model, "JBL Charge 4", KIND_SPEAKER, -52, 400);
	found_add(model, "Soundcore Mini", KIND_SPEAKER, -63, 2000);
	found_add(model, "WH-1000XM3", KIND_HEADPHONES, -70, 1700);
	for (int i = 0; i < 2; i++) {
		struct model_found *known = found_add(model, model->speakers[i].name, KIND_SPEAKER,
		                                      i ? MODEL_UNKNOWN : -51, i ? 26000 : 900);
		known->paired = true;
		known->role = MODEL_ROLE_SPEAKER;
		known->number = i + 1;
		known->works = true;
		known->bitpool_min = 2;
		known->bitpool_max = 53;
		known->delay_reporting = known->absolute_volume = i == 0;
		strcpy(known->codecs, "SBC AAC");
		strcpy(known->vendor, "bluetooth:0057");
		strcpy(known->maker, "Harman");
		strcpy(known->product, "1ed6");
		strcpy(known->version, "0100");
		strcpy(known->verdict, i ? "works, delay must be set by ear" : "works");
		strcpy(known->quirk, i ? "" : "known to take the adapter for itself");
	}
	struct model_found *echo =
	    found_add(model, "Echo Dot (kitchen)", KIND_SPEAKER, MODEL_UNKNOWN, MODEL_UNKNOWN);
	echo->paired = echo->connected = true;
	echo->role = MODEL_ROLE_SOURCE;
	echo->offers_source = true;
	echo->works = false;
	strcpy(echo->verdict, "a source, as an Echo is; not a speaker");
	found_add(model, "58:C5:83:01:22:90", KIND_UNKNOWN, -81, 3000)->hidden = true;
	found_add(model, "Pixel 8", KIND_PHONE, -60, 3000)->hidden = true;
}

static void pairing_make(struct model *model)
{
	static const struct model_pairing_step steps[STEP_COUNT] = {
	    {STEP_DONE, 400, 12000, ""},
	    {STEP_DONE, 1900, 20000, "no PIN needed (Just Works)"},
	    {STEP_DONE, 20, 3000, "will reconnect by itself"},
	    {STEP_RUNS, 3200, 20000, "A2DP sink"},
	    {STEP_WAITS, MODEL_UNKNOWN, 10000, ""},
	};
	shop_make(model);
	model->scan = (struct model_scan){.limit_ms = 60000, .ms = MODEL_UNKNOWN};
	model->pairing.state = PAIRING_RUNS;
	model->pairing.tries = 1;
	strcpy(model->pairing.name, "JBL Charge 4");
	strcpy(model->pairing.address, "20:15:82:33:1A:01");
	memcpy(model->pairing.steps, steps, sizeof(steps));
}

static void failed_make(struct model *model)
{
	pairing_make(model);
	struct model_pairing *pairing = &model->pairing;
	pairing->state = PAIRING_FAILED;
	pairing->tries = 2;
	pairing->steps[STEP_PAIR].state = STEP_FAILED;
	pairing->steps[STEP_PAIR].note[0] = 0;
	for (int i = STEP_TRUST; i < STEP_COUNT; i++)
		pairing->steps[i] = (struct model_pairing_step){.ms = MODEL_UNKNOWN};
	strcpy(pairing->problem, "refused to pair");
	strcpy(pairing->advice, "hold its Bluetooth button till it blinks, again");
	model->attempt_count = 2;
	model->attempts[0].time_us = 50531000000;
	strcpy(model->attempts[0].name, "JBL Charge 4");
	strcpy(model->attempts[0].text, "failed at step 2: refused to pair");
	strcpy(model->attempts[0].advice, pairing->advice);
	model->attempts[1].time_us = 50320000000;
	model->attempts[1].well = true;
	strcpy(model->attempts[1].name, "Study UE Boom 3");
	strcpy(model->attempts[1].text, "paired in 4.1 s, first sound after 5.0 s");
}

static void window_make(struct model *model)
{
	shop_make(model);
	model->scan.running = false;
	model->window = (struct model_window){.open = true, .left_ms = 171000};
	strcpy(model->window.name, "kitchen-pi");
}

static void question_make(struct model *model, int32_t kind, const char *digits)
{
	pairing_make(model);
	model->question_count = 1;
	model->questions[0] = (struct model_question){.id = 7, .kind = kind, .left_ms = 41000};
	strcpy(model->questions[0].name, "JBL Charge 4");
	strcpy(model->questions[0].digits, digits);
}

static void match_make(struct model *model)
{
	question_make(model, QUESTION_MATCH, "047291");
}

static void pin_make(struct model *model)
{
	question_make(model, QUESTION_PIN, "");
}

static void role_make(struct model *model)
{
	question_make(model, QUESTION_ROLE, "");
	model->questions[0].left_ms = MODEL_UNKNOWN;
}

static void nothing_make(struct model *model)
{
	memset(model, 0, sizeof(*model));
	strcpy(model->problem,
	       "no Bluetooth adapter - plug one in, or: sudo rfkill unblock bluetooth");
	model->scan.ms = MODEL_UNKNOWN;
}

/* --- goldens ------------------------------------------------------------------------------------- */

/* Each of them at every size, with every set of characters. */
static const struct drawing views_drawn[] = {
    {"pair", shop_make, "p"},
    {"pair-known", shop_make, "pjjj"},
    {"pair-running", pairing_make, "p"},
    {"pair-failed", failed_make, "p"},
    {"question-match", match_make, ""},
    {"question-pin", pin_make, "12"},
    {"question-role", role_make, ""},
    {"unpair", shop_make, "2u"},
    {"rename", shop_make, "2nBath"},
};

static void views_are_as_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(views_drawn); i++)
		drawing_check_all(&views_drawn[i], &keys);
}

static void states_are_as_drawn(void **state)
{
	(void)state;
	static const struct drawing drawings[] = {{"pair-all", shop_make, "paj"},
	                                          {"pair-window", window_make, "p"},
	                                          {"pair-nothing", nothing_make, "p"}};
	for (size_t i = 0; i < COUNT(drawings); i++)
		drawing_check(&drawings[i], 80, 24, false, &keys);
}

static void colour_tells_nothing_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(views_drawn); i++)
		drawing_check_mono(&views_drawn[i], &keys);
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void assert_sent(const char *line)
{
	assert_true(bench.line_count > 0);
	assert_string_equal(bench.lines[(bench.line_count - 1) % 64], line);
}

static void cursor_stays_on_its_device(void **state)
{
	(void)state;
	static struct model model;
	shop_make(&model);
	model.scan.running = false;
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("p");
	assert_sent("scan on");
	screen_press("jjj"); /* a known one: new ones come in above it */
	screen_show(&model);
	assert_string_equal(pair_selected(bench.ui)->name, "Living JBL Flip 5");
	memmove(&model.found[1], &model.found[0], 7 * sizeof(model.found[0]));
	strcpy(model.found[0].address, "00:00:5E:00:53:77");
	screen_show(&model);
	screen_show(&model);
	assert_string_equal(pair_selected(bench.ui)->name, "Living JBL Flip 5");
	screen_press("\n");
	assert_sent("pair 20:15:82:33:1A:04");
	screen_press("g");
	screen_show(&model);
	screen_press("\n");
	assert_sent("pair 00:00:5E:00:53:77");
	screen_close();
}

static void escape_cancels_first_and_leaves_then(void **state)
{
	(void)state;
	static struct model model;
	pairing_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("p\x1b");
	assert_sent("cancel");
	assert_int_equal(view_top(bench.ui), VIEW_PAIR);
	model.pairing.state = PAIRING_FAILED;
	screen_show(&model);
	screen_press("\x1b");
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	screen_close();
}

static void dialogs_answer(void **state)
{
	(void)state;
	static const struct {
		int32_t kind;
		const char *keys, *line;
	} cases[] = {
	    {QUESTION_PIN, NULL, NULL},
	    {QUESTION_PIN, "\x1b", "answer 7 \"no\""},
	    {QUESTION_PASSKEY, "047291\n", "answer 7 \"047291\""},
	    {QUESTION_MATCH, "\n", "answer 7 \"yes\""},
	    {QUESTION_MATCH, "n", "answer 7 \"no\""},
	    {QUESTION_PAIR, "\ny", "answer 7 \"yes\""}, /* Enter alone lets nobody in */
	    {QUESTION_SHOW, "\n", "answer 7 \"yes\""},
	    {QUESTION_ROLE, "s", "answer 7 \"speaker\""},
	    {QUESTION_ROLE, "e", "answer 7 \"source\""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct model model;
		question_make(&model, cases[i].kind, "047291");
		screen_open(80, 24, false, &keys);
		screen_show(&model);
		assert_int_equal(view_top(bench.ui), VIEW_QUESTION);
		if (i == 0) { /* the last character away, as a terminal says it */
			screen_press("12x");
			ui_key(bench.ui, KEYMAP_SPECIAL | KEY_BACKSPACE, bench.now);
			screen_press("\n");
			assert_sent("answer 7 \"12\"");
		} else {
			screen_press(cases[i].keys);
			assert_sent(cases[i].line);
		}
		screen_show(&model); /* an answered one does not come again */
		assert_int_equal(view_top(bench.ui), VIEW_MAIN);
		screen_close();
	}
}

static void question_goes_when_it_is_withdrawn(void **state)
{
	(void)state;
	static struct model model;
	match_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	assert_int_equal(view_top(bench.ui), VIEW_QUESTION);
	model.question_count = 0;
	screen_show(&model);
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	assert_int_equal(bench.line_count, 0);
	screen_close();
}

static void unpairing_needs_its_own_key(void **state)
{
	(void)state;
	static struct model model;
	shop_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("2u\n");
	screen_press("u\x1b");
	screen_press("ux");
	assert_int_equal(bench.line_count, 0);
	screen_press("uy");
	assert_sent("unpair 20:15:82:33:1A:05 --yes");
	screen_press("nBath \"2\"\n");
	assert_sent("rename 20:15:82:33:1A:05 \"Bath 2\"");
	screen_press("0u"); /* the Echo is no speaker: not from here */
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	screen_close();
}

/* The same as of test-screens, where devices come, ask and go. */
static void any_size_and_any_key_is_survived(void **state)
{
	(void)state;
	static void (*const makes[])(struct model *) = {shop_make,   pairing_make, failed_make,
	                                                window_make, match_make,   pin_make,
	                                                role_make,   nothing_make};
	static struct model model;
	unsigned seed = 11;
	screen_open(80, 24, false, &keys);
	for (int i = 0; i < 1000; i++) {
		makes[rand_r(&seed) % COUNT(makes)](&model);
		for (int k = 0; k < model.question_count; k++)
			model.questions[k].id = i;
		screen_resize_at_random(&seed);
		screen_show(&model);
		if (view_top(bench.ui) == VIEW_MAIN)
			screen_press("p");
		screen_press_at_random(&seed, 4);
		ui_paint(bench.ui, bench.now);
	}
	screen_close();
}

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	unsetenv("COLORTERM");
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return -1;
	return keymap_load(&keys, "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(views_are_as_drawn),
	    cmocka_unit_test(states_are_as_drawn),
	    cmocka_unit_test(colour_tells_nothing_alone),
	    cmocka_unit_test(cursor_stays_on_its_device),
	    cmocka_unit_test(escape_cancels_first_and_leaves_then),
	    cmocka_unit_test(dialogs_answer),
	    cmocka_unit_test(question_goes_when_it_is_withdrawn),
	    cmocka_unit_test(unpairing_needs_its_own_key),
	    cmocka_unit_test(any_size_and_any_key_is_survived),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
