/* SPDX-License-Identifier: MIT */
/*
 * The screen: what it shows of a model (that came over the wire), and what keys make of it.
 * Goldens stand beside this file; UPDATE=1 writes them anew.
 */
#include "tests/helpers/screen.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ui/overview.h"
#include "ui/view_help.h"
#include "ui/view_log.h"
#include "ui/view_main.h"
#include "ui/words.h"

static struct keymap keys;
static struct keymap drawn; /* for the drawings of the help */

/* --- a model ------------------------------------------------------------------------------------- */

static void speaker_make(struct model_speaker *speaker, const char *name, int32_t state, int32_t ms)
{
	*speaker = (struct model_speaker){
	    .state = state,
	    .state_ms = 3727000,
	    .retry_ms = MODEL_UNKNOWN,
	    .bitpool = 53,
	    .rate = 44100,
	    .kbps = 328,
	    .mtu = 672,
	    .input = {13488, ORIGIN_SET},
	    .align = {221000 - ms * 1000, ORIGIN_SET},
	    .trim = {0, ORIGIN_SET},
	    .packet = {14512, ORIGIN_SET},
	    .queue = {0, ORIGIN_MEASURED},
	    .speaker = {ms * 1000, ORIGIN_REPORTED},
	    .total_us = 249000,
	    .delay_us = 221000 - ms * 1000,
	    .fill_us = 28000,
	    .queue_packets = 1,
	    .jitter_us = 120,
	    .spacing = {61, 2, 0, 0, 0, 1, 0, 0},
	    .sent = 256790,
	    .meter = {.peak_cdb = {-620, -680},
	              .rms_cdb = {-1400, -1520},
	              .hold_cdb = {-310, -400}},
	    .volume = 72,
	    .autoconnect = true,
	    .airtime_permille = 258,
	};
	strcpy(speaker->name, name);
	strcpy(speaker->address, "70:99:1C:0A:B2:44");
	strcpy(speaker->codec, "sbc");
	strcpy(speaker->mode, "joint");
	strcpy(speaker->adapter, "5C:F3:70:A1:22:08");
	strcpy(speaker->configuration, "21150235");
}

static void speaker_silence(struct model_speaker *speaker)
{
	for (int i = 0; i < 2; i++)
		speaker->meter.peak_cdb[i] = speaker->meter.rms_cdb[i] =
		    speaker->meter.hold_cdb[i] = MODEL_UNKNOWN;
	speaker->rate = speaker->bitpool = speaker->total_us = speaker->fill_us = MODEL_UNKNOWN;
	speaker->jitter_us = speaker->airtime_permille = speaker->queue_packets = MODEL_UNKNOWN;
	memset(speaker->spacing, 0, sizeof(speaker->spacing));
	*speaker->codec = 0;
}

static void event_add(struct model *model, int32_t level, const char *subject, const char *text)
{
	struct model_event *event = &model->events[model->event_count++];
	*event = (struct model_event){.number = model->event_count,
	                              .time_us = (50851 + model->event_count * 7) * 1000000ll,
	                              .level = level};
	strcpy(event->subject, subject);
	strcpy(event->text, text);
}

static void house_make(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->uptime_ms = 8047000;
	model->source = (struct model_source){.state = MODEL_SOURCE_STREAMING,
	                                      .bitpool = 53,
	                                      .rate = 44100,
	                                      .channels = 2,
	                                      .latency_us = 41000,
	                                      .fill_us = 28400,
	                                      .drift_ppb = 18200,
	                                      .meter = {.peak_cdb = {-620, -680},
	                                                .rms_cdb = {-1400, -1520},
	                                                .hold_cdb = {-310, -400}}};
	strcpy(model->source.name, "Echo Dot (kitchen)");
	strcpy(model->source.node, "bluez_input.44_00_49_12_AB_CD.2");
	strcpy(model->source.codec, "sbc");
	strcpy(model->source.server, "PipeWire 1.4.2");
	strcpy(model->version, "0.9");
	model->pid = 903;
	model->cpu_permille = 61;
	model->memory_kb = 14336;
	model->engine_wakes = 276;
	model->engine_wake_worst_us = 410;
	model->adapter_count = 2;
	model->adapters[0] =
	    (struct model_adapter){"00:1A:7D:DA:71:13", "kitchen-pi", "hci0", true, 5, 345, ""};
	model->adapters[1] =
	    (struct model_adapter){"5C:F3:70:A1:22:08", "kitchen-pi", "hci1", true, 5, 774, ""};
	strcpy(model->adapters[1].problem,
	       "3 speakers want 86 % of the air, 80 carry well: bitpool falls to 45; helps: one "
	       "channel each, another adapter");
	model->speaker_count = 4;
	speaker_make(&model->speakers[0], "Living JBL Flip 5", SPEAKER_STREAMING, 187);
	speaker_make(&model->speakers[1], "Bedroom Bose Mini", SPEAKER_CONGESTED, 221);
	speaker_make(&model->speakers[2], "Patio Sony XB13", SPEAKER_STREAMING, 196);
	speaker_make(&model->speakers[3], "Study UE Boom 3", SPEAKER_LOST, 200);
	for (int i = 1; i < 4; i++)
		model->speakers[i].address[16] = (char)('4' + i);
	model->speakers[0].trim.us = 35000;
	model->speakers[0].total_us = 284000;
	model->speakers[1].jitter_us = 29800;
	model->speakers[1].dropped = 14;
	model->speakers[1].state_ms = 9000;
	model->speakers[1].channel = MODEL_LEFT;
	model->speakers[2].muted = true;
	model->speakers[2].solo = true;
	model->speakers[2].channel = MODEL_MONO;
	model->speakers[2].meter.over = true;
	model->speakers[2].speaker.origin = ORIGIN_ASSUMED;
	model->speakers[3].state_ms = 12000;
	model->speakers[3].retry_ms = 3200;
	model->speakers[3].attempt = 3;
	model->speakers[3].autoconnect = false;
	strcpy(model->speakers[3].problem, "does not answer - is it switched on and near?");
	speaker_silence(&model->speakers[3]);
	event_add(model, MODEL_INFO, "relay", "the source plays");
	event_add(model, MODEL_INFO, "Patio Sony XB13", "muted");
	event_add(model, MODEL_WARNING, "Bedroom Bose Mini", "packets go out late");
	event_add(model, MODEL_ERROR, "Study UE Boom 3", "the link is gone; next attempt in 2 s");
	event_add(model, MODEL_INFO, "Living JBL Flip 5", "delay +34 -> +35 ms");
	event_add(model, MODEL_WARNING, "Study UE Boom 3",
	          "does not answer - is it switched on and near?; next attempt in 8 s");
}

static void nobody_make(struct model *model)
{
	memset(model, 0, sizeof(*model));
	model->uptime_ms = 3000;
	model->source.bitpool = model->source.rate = model->source.latency_us = MODEL_UNKNOWN;
	model->source.fill_us = model->source.drift_ppb = MODEL_UNKNOWN;
	for (int i = 0; i < 2; i++)
		model->source.meter.peak_cdb[i] = model->source.meter.rms_cdb[i] =
		    model->source.meter.hold_cdb[i] = MODEL_UNKNOWN;
}

static void fresh_make(struct model *model)
{
	nobody_make(model);
	strcpy(model->source.server, "PipeWire 1.4.2");
	model->adapter_count = 1;
	model->adapters[0] =
	    (struct model_adapter){"00:1A:7D:DA:71:13", "kitchen-pi", "hci0", true, 2, 0, ""};
}

static void no_bluetooth_make(struct model *model)
{
	nobody_make(model);
	strcpy(model->problem, "bluetoothd is not running - sudo systemctl start bluetooth");
	strcpy(model->source.problem,
	       "no PipeWire - systemctl --user enable --now pipewire wireplumber");
}

static void crowd_make(struct model *model)
{
	house_make(model);
	model->speaker_count = 20;
	for (int i = 4; i < 20; i++) {
		char name[32];
		snprintf(name, sizeof(name), "Speaker with number %d", i + 1);
		speaker_make(&model->speakers[i], name, SPEAKER_STREAMING, 200);
		snprintf(model->speakers[i].address, 18, "70:99:1C:0A:B2:%02d", 50 + i);
	}
}

/* A measurement in its second round. */
static void measuring_make(struct model *model)
{
	house_make(model);
	struct model_align *align = &model->align;
	*align = (struct model_align){.state = ALIGN_PLAYING,
	                              .microphone = "Blue Yeti",
	                              .round = 2,
	                              .rounds = 3,
	                              .progress_permille = 430,
	                              .left_ms = 11300,
	                              .peak_cdb = -1800,
	                              .count = 3};
	for (int i = 0; i < 3; i++) {
		struct model_align_speaker *found = &align->speakers[i];
		*found = (struct model_align_speaker){.takes = i ? 1 : 2,
		                                      .found_us = MODEL_UNKNOWN,
		                                      .spread_us = MODEL_UNKNOWN,
		                                      .apart_us = MODEL_UNKNOWN};
		strcpy(found->address, model->speakers[i].address);
		strcpy(found->name, model->speakers[i].name);
	}
	strcpy(align->playing, model->speakers[1].address);
}

/* The Echo has only just begun. */
static void settling_make(struct model *model)
{
	measuring_make(model);
	struct model_align *align = &model->align;
	align->state = ALIGN_SETTLING;
	align->round = 0;
	align->progress_permille = 210;
	align->left_ms = 31400;
	*align->playing = 0;
	for (int i = 0; i < 3; i++)
		align->speakers[i].takes = 0;
}

static void measured_make(struct model *model)
{
	measuring_make(model);
	struct model_align *align = &model->align;
	align->state = ALIGN_DONE;
	for (int i = 0; i < 2; i++) {
		struct model_align_speaker *found = &align->speakers[i];
		strcpy(found->verdict, "ok");
		found->takes = 3;
		found->found_us = 187400 + i * 71200;
		found->spread_us = 20 + 30 * i;
		found->apart_us = i * 36900;
		found->confidence_permille = 980 - i * 100;
		found->level_cdb = -2310 + i * 420;
	}
	strcpy(align->speakers[2].verdict, "too quiet");
	strcpy(align->speakers[2].advice, "turn it up, or bring them nearer");
}

static void kept_make(struct model *model)
{
	measured_make(model);
	model->align.state = ALIGN_KEPT;
}

static void failed_make(struct model *model)
{
	measuring_make(model);
	model->align.state = ALIGN_FAILED;
	strcpy(model->align.problem, "PipeWire has no microphone - plug one in");
}

static void unplugged_make(struct model *model)
{
	house_make(model);
	model->adapter_count = 1;
	model->speakers[1].state = SPEAKER_STREAMING;
	model->speakers[1].jitter_us = 120;
	model->speakers[3].state = SPEAKER_PAIRED;
	model->speakers[3].retry_ms = MODEL_UNKNOWN;
	strcpy(model->speakers[3].problem,
	       "hci1 is gone, and it is paired with no other - plug it in, or pair it anew (p)");
	event_add(model, MODEL_WARNING, "Study UE Boom 3", model->speakers[3].problem);
}

static void gone_make(struct model *model)
{
	model_clear(model);
	strcpy(model->problem, "the relay was stopped - waiting for the next");
}

static void foreign_make(struct model *model)
{
	house_make(model);
	strcpy(model->speakers[0].name, "音楽スピーカーのとても長い名前です");
	strcpy(model->speakers[1].name, "Küche ♫ größer als der Platz dafür ist");
	strcpy(model->source.name, "🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵🎵");
}

/* --- goldens ------------------------------------------------------------------------------------- */

/* Each of them at every size, with every set of characters. */
static const struct drawing views_drawn[] = {
    {"main", house_make, ""},
    {"fresh", fresh_make, ""},
    {"diag", house_make, "d"},
    {"packets", house_make, "d\t"},
    {"stack", house_make, "d\t\t"},
    {"events", house_make, "d\t\t\t"},
    {"one", house_make, "d2"},
    {"log", house_make, "vk"},
    {"start", house_make, ":view start\n"},
    {"help", house_make, "?"},
    {"prompt", house_make, ":channel 1 \t"},
    {"align", house_make, "2t "},
    {"measuring", measuring_make, "t"},
    {"measured", measured_make, "t"},
    {"quit", house_make, "q"},
};

static const struct keymap *keys_of(const struct drawing *drawing)
{
	return strstr(drawing->name, "help") ? &drawn : &keys;
}

static void views_are_as_drawn(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(views_drawn); i++)
		drawing_check_all(&views_drawn[i], keys_of(&views_drawn[i]));
}

static void states_are_as_drawn(void **state)
{
	(void)state;
	static const struct drawing drawings[] = {
	    {"nobody", nobody_make, ""},          {"no-bluetooth", no_bluetooth_make, ""},
	    {"crowd", crowd_make, "G"},           {"diag-crowd", crowd_make, "dG"},
	    {"foreign", foreign_make, ""},        {"no-events", house_make, "e"},
	    {"frozen", house_make, "f"},          {"help-find", house_make, "?/mute"},
	    {"help-diag", house_make, "d?"},      {"packets-one", house_make, "d\t1"},
	    {"log-find", house_make, "v/late\n"}, {"align-failed", failed_make, "t"},
	    {"align-kept", kept_make, "t"},       {"align-settling", settling_make, "t"},
	    {"unplugged", unplugged_make, ""},
	};
	static const struct drawing small = {"main", house_make, ""};
	for (size_t i = 0; i < COUNT(drawings); i++)
		drawing_check(&drawings[i], 80, 24, false, keys_of(&drawings[i]));
	drawing_check(&small, 10, 3, false, &keys);
}

static void colour_tells_nothing_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(views_drawn); i++)
		drawing_check_mono(&views_drawn[i], keys_of(&views_drawn[i]));
}

static void numbers_are_calm(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	model.speakers[0].fill_us = 11000;
	model.speakers[0].state = SPEAKER_CONNECTING; /* a state is shown at once */
	bench.now += S / 10;
	screen_show(&model);
	assert_int_equal(bench.ui->calm.speakers[0].fill_us, 28000);
	assert_int_equal(bench.ui->model.speakers[0].state, SPEAKER_CONNECTING);
	bench.now += S / 2;
	screen_show(&model);
	assert_int_equal(bench.ui->calm.speakers[0].fill_us, 11000);
	screen_close();
}

/* It plays, and its latency is not known yet; a trim of the user's makes no number of that. */
static void what_has_just_begun_has_no_latency(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	model.speaker_count = 2;
	speaker_make(&model.speakers[0], "Kitchen", SPEAKER_STREAMING, 150);
	speaker_make(&model.speakers[1], "Hall", SPEAKER_STREAMING, 180);
	model.speakers[1].total_us = MODEL_UNKNOWN;
	model.speakers[1].trim.us = 10000;
	struct overview overview = overview_of(&model);
	assert_int_equal(overview.playing, 2);
	assert_int_equal(overview.latency_us, 249000);
	assert_int_equal(overview.spread_us, 0);
}

/* The first picture is there before anything is known, and says nothing of it. */
static void first_picture_waits_for_nothing(void **state)
{
	(void)state;
	screen_open(80, 24, false, &keys);
	assert_screen("first-80x24");
	screen_press("?");
	screen_press("\33");
	screen_close();
}

/* What has no room is taken out of the middle: the figures at the end stay. */
static void sentences_keep_their_end(void **state)
{
	(void)state;
	static const struct {
		const char *sentence;
		int width;
		const char *fit;
	} cases[] = {
	    {"short", 5, "short"},
	    {"shorter", 5, "shor…"},
	    {"congested: the air is full, bitpool 53 -> 45", 44,
	     "congested: the air is full, bitpool 53 -> 45"},
	    {"congested: the air is full, bitpool 53 -> 45", 36,
	     "congested: the air… bitpool 53 -> 45"},
	    {"congested: the air is full, bitpool 53 -> 45", 20, "congested: the air…"},
	    {"does not answer - is it on?; next attempt in 2 s", 36,
	     "does not answer… next attempt in 2 s"},
	    {"3 speakers want 86 %, 80 carry well", 24, "3 speakers want 86 %…"},
	    {"hci1 is gone, and it is paired with no other - plug it in", 40,
	     "hci1 is gone, and it is… plug it in"},
	    {"スピーカー", 5, "スピ…"},
	    {"anything", 1, "…"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		assert_string_equal(words_fit(charset_of(true), cases[i].sentence, cases[i].width,
		                              text, sizeof(text)),
		                    cases[i].fit);
	}
}

/* --- keys ---------------------------------------------------------------------------------------- */

#define LIVING "70:99:1C:0A:B2:44"
#define BEDROOM "70:99:1C:0A:B2:45"
#define PATIO "70:99:1C:0A:B2:46"

static void aligning_by_ear_moves_one_speaker(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("3t");
	assert_true(screen_sent("test all silence"));
	assert_true(screen_sent("test " LIVING " metronome"));
	assert_true(screen_sent("test " PATIO " metronome"));
	screen_press(".");
	assert_true(screen_sent("delay " PATIO " +1ms"));
	model.speakers[2].trim.us = 1000;
	screen_show(&model);
	screen_press(" ");
	assert_true(screen_sent("test " PATIO " silence"));
	bench.line_count = 0;
	screen_press("\33");
	assert_true(screen_sent("delay " PATIO " =0us"));
	assert_true(screen_sent("test all off"));
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	screen_press("t4"); /* Study is lost */
	assert_true(!strcmp(bench.ui->message, "that one does not play"));
	screen_press("2");
	assert_true(screen_sent("test " BEDROOM " metronome"));
	bench.line_count = 0;
	screen_press("\n");
	assert_true(screen_sent("test all off"));
	assert_int_equal(bench.line_count, 1); /* kept as it is */
	screen_close();
}

static void lining_up_wants_two(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	model.speaker_count = 1;
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("t");
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	assert_string_equal(bench.ui->message, "nothing to line up: no two speakers play");
	model.speaker_count = 0;
	screen_show(&model);
	screen_press("m");
	assert_string_equal(bench.ui->message, "there is no speaker yet; p pairs one");
	screen_close();
}

/* Whoever moved two and wants neither gets both back. */
static void lining_up_puts_back_all_that_it_moved(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("3t.");
	model.speakers[2].trim.us = 1000;
	screen_show(&model);
	screen_press("2.");
	model.speakers[1].trim.us = 1000;
	screen_show(&model);
	screen_press("3."); /* once more: what counts is what it had at first */
	model.speakers[2].trim.us = 2000;
	screen_show(&model);
	bench.line_count = 0;
	screen_press("\33");
	assert_true(screen_sent("delay " PATIO " =0us"));
	assert_true(screen_sent("delay " BEDROOM " =0us"));
	assert_int_equal(bench.line_count, 3); /* and the clicks end */
	screen_close();
}

/* Somebody whose finger is 180 ms late, and a speaker that is 120 ms late. */
static void tapping_tells_how_late_a_speaker_is(void **state)
{
	(void)state;
	static struct model model;
	static const int jitter[] = {-30, 20, 10, -20, 30, -10};
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("3tb");
	assert_true(screen_sent("test " PATIO " silence"));
	int64_t second = bench.now / S * S;
	for (int i = 0; i < 12; i++) {
		int64_t late = 900 + 180 + (i < 6 ? 0 : 120) + jitter[i % 6];
		bench.now = second + (i + 3) * S + late * S / 1000;
		screen_press("b");
	}
	assert_true(screen_sent("delay " PATIO " -120ms"));
	screen_close();
}

static void a_measurement_takes_the_view(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("tm");
	assert_true(screen_sent("align start"));
	measuring_make(&model);
	screen_show(&model);
	bench.line_count = 0;
	screen_press(".b 2"); /* none of it now */
	assert_int_equal(bench.line_count, 0);
	measured_make(&model);
	screen_show(&model);
	screen_press("\n");
	assert_true(screen_sent("align keep"));
	screen_press("\33");
	assert_true(screen_sent("align cancel"));
	bench.line_count = 0;
	house_make(&model);
	screen_show(&model);
	assert_true(screen_sent("test all silence")); /* it clicks again */
	screen_close();
}

static void keys_become_commands(void **state)
{
	(void)state;
	static struct model model;
	static const struct {
		const char *keys, *line;
	} cases[] = {
	    {".", "delay 70:99:1C:0A:B2:44 +1ms"},
	    {",", "delay 70:99:1C:0A:B2:44 -1ms"},
	    {">", "delay 70:99:1C:0A:B2:44 +10ms"},
	    {"{", "delay 70:99:1C:0A:B2:44 -10ms"},
	    {"=", "volume 70:99:1C:0A:B2:44 +5"},
	    {"m", "mute 70:99:1C:0A:B2:44 toggle"},
	    {"M", "mute all toggle"},
	    {"C", "channel 70:99:1C:0A:B2:44 next"},
	    {"r", "reset "},
	};
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	for (size_t i = 0; i < COUNT(cases); i++) {
		screen_press(cases[i].keys);
		assert_int_equal(bench.line_count, (int)i + 1);
		assert_string_equal(bench.lines[i], cases[i].line);
	}
	screen_press("0."); /* the Echo has no delay of its own */
	assert_int_equal(bench.line_count, COUNT(cases));
	assert_string_equal(bench.ui->message, "select a speaker first");
	screen_close();
}

static void selection_moves_and_stops_at_the_ends(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 1);
	screen_press("jjjjjj");
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 4);
	screen_press("kk");
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 2);
	screen_press("g");
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 0);
	screen_press("9");
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 4);
	model.speaker_count = 2;
	screen_show(&model);
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 2);
	screen_close();
}

static void leaving_asks_first(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("q\n");
	screen_press("qn");
	screen_press("q\x1b");
	screen_press("?q"); /* closes the help, no more */
	assert_int_equal(bench.quits + bench.stops, 0);
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	screen_press("Qy");
	assert_int_equal(bench.stops, 1);
	screen_close();
}

static void attached_screen_just_closes(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	bench.attached = true;
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("?q"); /* closes the help, no more */
	assert_int_equal(bench.quits, 0);
	screen_press("q");
	assert_int_equal(bench.quits, 1);
	screen_press("Qn");
	assert_int_equal(bench.stops, 0);
	screen_press("Q");
	ui_paint(bench.ui, bench.now += S);
	char *text = ui_dump(bench.ui);
	assert_non_null(strstr(text, "for every screen of it"));
	free(text);
	screen_press("y");
	assert_int_equal(bench.stops, 1);
	screen_close();
}

static void a_relay_that_ends_leaves_no_figures(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	bench.attached = true;
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	gone_make(&model);
	screen_show(&model);
	screen_press("m");
	assert_string_equal(bench.ui->message, "no relay runs");
	screen_press("\33");
	assert_screen("gone-80x24");
	screen_close();
}

static void answers_are_shown(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press(".");
	ui_answer(bench.ui, bench.ui->request - 1, -EINVAL, "an old answer", bench.now);
	assert_string_equal(bench.ui->message, "");
	ui_answer(bench.ui, bench.ui->request, 0, "delay +35 -> +36 ms", bench.now);
	assert_string_equal(bench.ui->message, "delay +35 -> +36 ms");
	screen_press("x");
	assert_string_equal(bench.ui->message, "x does nothing here; ? shows the keys");
	screen_close();
}

static void lines_are_typed(void **state)
{
	(void)state;
	static struct model model;
	static const struct {
		const char *keys, *line;
	} cases[] = {
	    {":delay 2 +10\n", "delay 2 +10"},
	    {":delay +10\n", "delay 70:99:1C:0A:B2:44 +10"}, /* the selected one */
	    {":vol\t1 30\n", "volume 1 30"},
	    {":mu\tall on\n", "mute all on"},
	    {"D35\n", "delay 70:99:1C:0A:B2:44 35"},
	    {":channel 1 lx\x17left\n", "channel 1 left"},
	    {":resetxx\x01\x0b:reset\n", NULL},
	    {":xyzzy\n", NULL},
	    {":delay 1\x1b", NULL},
	    {":view log\n", NULL},
	};
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int before = bench.line_count;
		screen_press(cases[i].keys);
		assert_int_equal(bench.line_count - before, cases[i].line ? 1 : 0);
		if (cases[i].line)
			assert_string_equal(bench.lines[before], cases[i].line);
	}
	assert_int_equal(view_top(bench.ui), VIEW_LOG);
	screen_press(":vieww main\n");
	assert_string_equal(bench.ui->message, "no command 'vieww'; did you mean 'view'?");
	screen_press(":volume loud\n");
	assert_string_equal(bench.ui->message, "usage: volume [+|-]PERCENT");
	screen_press(":theme nice\n");
	assert_string_equal(bench.ui->message, "no theme 'nice'");
	screen_press(":theme cb\n:keymap emacs\n");
	assert_string_equal(bench.ui->message, "keymap emacs");
	screen_close();
}

static void typed_lines_are_remembered(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press(":delay 2 +1\n:delay 3 +1\n:");
	ui_key(bench.ui, KEYMAP_SPECIAL | KEY_UP, bench.now);
	ui_key(bench.ui, KEYMAP_SPECIAL | KEY_UP, bench.now);
	ui_key(bench.ui, KEYMAP_SPECIAL | KEY_UP, bench.now);
	assert_string_equal(bench.ui->prompt.text, "delay 2 +1");
	ui_key(bench.ui, KEYMAP_SPECIAL | KEY_DOWN, bench.now);
	assert_string_equal(bench.ui->prompt.text, "delay 3 +1");
	ui_key(bench.ui, KEYMAP_SPECIAL | KEY_DOWN, bench.now);
	assert_string_equal(bench.ui->prompt.text, "");
	screen_close();
}

static void lines_are_completed(void **state)
{
	(void)state;
	static struct model model;
	static const struct {
		const char *line, *completed, *candidates;
	} cases[] = {
	    {"dela", "delay ", ""},
	    {"m", "m", "mouse  mute  move"},
	    {"mo", "mo", "mouse  move"},
	    {"mute 1 o", "mute 1 o", "on  off"},
	    {"mute 1 t", "mute 1 toggle ", ""},
	    {"channel 2 ", "channel 2 ", "stereo  left  right  mono  next"},
	    {"delay ", "delay ", "1  2  3  4"},
	    {"view d", "view diag ", ""},
	    {"keymap v", "keymap vi ", ""},
	    {"theme l", "theme light ", ""},
	    {"xyz", "xyz", ""},
	    {"xyz a", "xyz a", ""},
	    {"", "", NULL},
	};
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[PROMPT_TEXT], candidates[400];
		strcpy(line, cases[i].line);
		prompt_complete(bench.ui, line, sizeof(line), candidates, sizeof(candidates));
		assert_string_equal(line, cases[i].completed);
		if (cases[i].candidates)
			assert_string_equal(candidates, cases[i].candidates);
	}
	screen_close();
}

static void searches_leave_the_rest_out(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("/PATIO\n"); /* the main view goes to it */
	assert_int_equal(bench.ui->lists[VIEW_MAIN].selected, 3);
	screen_press("v/late\n");
	assert_int_equal(log_rows(bench.ui), 1);
	screen_press("\x1b");
	assert_int_equal(log_rows(bench.ui), 6);
	screen_press("l");
	assert_int_equal(log_rows(bench.ui), 3);
	screen_press("l");
	assert_int_equal(log_rows(bench.ui), 1);
	assert_int_equal(view_top(bench.ui), VIEW_LOG);
	screen_press("\x1b");
	assert_int_equal(view_top(bench.ui), VIEW_MAIN);
	screen_press("?");
	int before = help_rows(bench.ui);
	screen_press("/mute\n");
	assert_in_range(help_rows(bench.ui), 1, before - 1);
	screen_close();
}

static void a_click_finds_its_panel(void **state)
{
	(void)state;
	static struct model model;
	static const struct {
		int columns, rows, row, panel;
	} cases[] = {
	    {80, 24, 0, -1}, {80, 24, 1, 0},   {80, 24, 3, 0},  {80, 24, 4, 1},
	    {80, 24, 15, 4}, {80, 24, 16, -1}, {120, 40, 6, 1}, {120, 40, 25, 4},
	    {60, 16, 1, -1}, {60, 16, 2, 0},   {60, 16, 6, 4},
	};
	house_make(&model);
	for (size_t i = 0; i < COUNT(cases); i++) {
		screen_open(cases[i].columns, cases[i].rows, false, &keys);
		screen_show(&model);
		ui_paint(bench.ui, bench.now);
		assert_int_equal(main_at(bench.ui, cases[i].row), cases[i].panel);
		screen_close();
	}
}

static void links_that_lag_get_fewer_pictures(void **state)
{
	(void)state;
	struct pace pace;
	int64_t now = S;
	pace_init(&pace, 0);
	assert_int_equal(pace.rate, 10);
	for (int i = 0; i < 100; i++, now += S / 10)
		pace_count(&pace, i % 5 == 0, now); /* two in ten are no lag */
	assert_false(pace_slow(&pace));
	for (int i = 0; i < 3; i++, now += S / 10)
		pace_count(&pace, true, now);
	assert_int_equal(pace.rate, 5);
	assert_int_equal(pace_interval(&pace), S / 5);
	for (int i = 0; i < 30; i++, now += S / 5)
		pace_count(&pace, true, now);
	assert_int_equal(pace.rate, 1); /* never none */
	for (int i = 0; i < 60; i++, now += S)
		pace_count(&pace, false, now);
	assert_int_equal(pace.rate, 10);
	pace_fall(&pace, now);
	assert_int_equal(pace.rate, 5);
}

static void frozen_is_the_picture_alone(void **state)
{
	(void)state;
	static struct model model;
	house_make(&model);
	screen_open(80, 24, false, &keys);
	screen_show(&model);
	screen_press("f");
	model.speakers[0].volume = 11;
	for (int i = 0; i < 5; i++, bench.now += S)
		screen_show(&model);
	assert_int_equal(bench.ui->model.speakers[0].volume, 72);
	assert_int_equal(history_of(bench.ui->history, &model.speakers[0])->count, 4);
	screen_press("f");
	screen_show(&model);
	assert_int_equal(bench.ui->model.speakers[0].volume, 11);
	screen_close();
}

/* 1,250 sizes, 10,000 keys. */
static void any_size_and_any_key_is_survived(void **state)
{
	(void)state;
	static struct model model;
	unsigned seed = 7;
	crowd_make(&model);
	screen_open(80, 24, false, &keys);
	for (int i = 0; i < 2500; i++) {
		if (i % 2 == 0) {
			screen_resize_at_random(&seed);
			model.speaker_count = rand_r(&seed) % 21;
		}
		screen_show(&model);
		screen_press_at_random(&seed, 4);
		ui_paint(bench.ui, bench.now);
	}
	screen_close();
}

static void characters_go_by_the_terminal_too(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool unicode;
	} cases[] = {
	    {"xterm-256color", true}, {"screen-256color", true}, {"tmux-256color", true},
	    {"vte-256color", true},   {"rxvt-unicode", true},    {"linux-16color", false},
	    {"linux", false},         {"vt100", false},          {"vt220-w", false},
	    {"ansi", false},          {"ansifoo", true},         {NULL, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ui_terminal_has_unicode(cases[i].name), cases[i].unicode);
}

/* --- keymaps ------------------------------------------------------------------------------------- */

static void shipped_keymaps_are_good(void **state)
{
	(void)state;
	for (const struct keymap_builtin *builtin = keymap_builtins; builtin->name; builtin++) {
		static struct keymap keymap;
		int error = keymap_load(&keymap, builtin->name);
		if (error)
			fail_msg("%s", keymap.problems[0].text);
		assert_true(keymap.count > 20);
		assert_string_equal(keymap.name, builtin->name);
	}
}

static void sequences_wait_for_their_end(void **state)
{
	(void)state;
	static struct keymap keymap;
	const struct keymap_binding *binding;
	assert_int_equal(keymap_load(&keymap, "vi"), 0);
	keymap_key g[] = {'g', 'g'};
	assert_int_equal(keymap_look_up(&keymap, CONTEXT_MAIN, g, 1, &binding), KEYMAP_PREFIX);
	assert_int_equal(keymap_look_up(&keymap, CONTEXT_MAIN, g, 2, &binding), KEYMAP_FOUND);
	assert_int_equal(binding->command->id, COMMAND_FIRST);
	g[1] = 'x';
	assert_int_equal(keymap_look_up(&keymap, CONTEXT_MAIN, g, 2, &binding), KEYMAP_NONE);
}

static void key_names_read_back(void **state)
{
	(void)state;
	static const char *const names[] = {"Space", "Enter", "Esc",    "F12",  "C-l",     "C-_",
	                                    "M-x",   "M-lt",  "S-Left", "PgUp", "C-Right", "M-ø"};
	for (size_t i = 0; i < COUNT(names); i++) {
		char why[96] = "", name[32], wanted[32];
		keymap_key key = keymap_key_named(names[i], why, sizeof(why));
		if (!key)
			fail_msg("%s: %s", names[i], why);
		snprintf(wanted, sizeof(wanted), "<%s>", names[i]);
		assert_string_equal(keymap_key_name(key, name, sizeof(name)), wanted);
	}
	/* one that no terminal can print has a name, too: found by fuzzing */
	char name[32];
	assert_string_equal(keymap_key_name(0x85, name, sizeof(name)), "<U+0085>");
}

static void later_lines_win(void **state)
{
	(void)state;
	static struct keymap keymap;
	const struct keymap_binding *binding;
	keymap_key key = '.';
	const char *text = "keymap 1\ninclude default\nbind main . volume +5 # louder\n"
			   "unbind * ?\nbind * ø help\nname \"My own\"\n";
	assert_int_equal(keymap_parse(&keymap, text, "mine"), 0);
	assert_string_equal(keymap.name, "My own");
	assert_int_equal(keymap_look_up(&keymap, CONTEXT_MAIN, &key, 1, &binding), KEYMAP_FOUND);
	assert_int_equal(binding->command->id, COMMAND_VOLUME);
	key = '?';
	assert_int_equal(keymap_look_up(&keymap, CONTEXT_MAIN, &key, 1, &binding), KEYMAP_NONE);
	char keys_text[48];
	assert_string_equal(keymap_keys_of(&keymap, CONTEXT_MAIN, COMMAND_HELP, "", keys_text, 48),
	                    "<F1> ø");
}

static void wrong_keymaps_are_named_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *complaint;
	} cases[] = {
	    {"keymap 2\n", "k:1: this program reads keymaps of version 1"},
	    {"\n\nbnd main x help\n", "k:3: no statement 'bnd'"},
	    {"bind main x\n", "k:1: bind CONTEXT KEYS ACTION"},
	    {"bind mian x help\n", "k:1: no context 'mian'"},
	    {"bind main x hlep\n", "k:1: no action 'hlep'; did you mean 'help'?"},
	    {"bind main x xyzzy\n", "k:1: no action 'xyzzy'"},
	    {"bind main x delay soon\n", "k:1: delay takes [+|-|=]TIME, not 'soon'"},
	    {"bind main x help me\n", "k:1: help takes nothing, not 'me'"},
	    {"bind main <C-m> help\n", "k:1: <C-m> is <Enter>: terminals send the same"},
	    {"bind main <C-A> help\n", "k:1: <C-A>: a terminal does not tell it from <C-a>"},
	    {"bind main <S-a> help\n", "k:1: <S-a>: write the capital letter alone"},
	    {"bind main <M-Foo> help\n", "k:1: no key <M-Foo>"},
	    {"describe main x \"y\"\n", "k:1: x is not bound there"},
	    {"bind main <Foo> help\n", "k:1: no key <Foo>"},
	    {"bind main abcde help\n", "k:1: more than 4 keys in a row"},
	    {"bind main g first\nbind main gg last\n", "k:2: g... and g... are bound both"},
	    {"unbind main y\n", "k:1: y is not bound there"},
	    {"bind main \"x help\n", "k:1: a quote does not end"},
	    {"include nowhere\n", "no keymap 'nowhere'"},
	    {"include tests/screens/loop.keys\n", "more than 8 includes within each other"},
	    {"include tests/screens/tree.keys\n", "more than 8 includes within each other"},
	    {"\xff\n", "k:1: no statement"},
	    {"\x1b[2J\n", "k:1: no statement '?[2J'"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct keymap keymap;
		assert_int_equal(keymap_parse(&keymap, cases[i].text, "k"), -EINVAL);
		if (!strstr(keymap.problems[0].text, cases[i].complaint))
			fail_msg("%s, not %s", keymap.problems[0].text, cases[i].complaint);
	}
}

/* "<C-l>" as the help has it, between spaces; "" where the key means something else there. */
static void shown_key(const struct keymap *keymap, enum keymap_context context,
                      const struct keymap_binding *binding, char *text, size_t size)
{
	const struct keymap_binding *found;
	size_t at = 1;
	bool apart = false; /* from a key that has a name of its own */
	*text = 0;
	if (keymap_look_up(keymap, context, binding->keys, binding->length, &found) !=
	        KEYMAP_FOUND ||
	    found != binding || binding->command->id == COMMAND_SELECT)
		return;
	text[0] = ' ';
	for (int i = 0; i < binding->length; i++) {
		char name[32], *bare = name;
		keymap_key_name(binding->keys[i], name, sizeof(name));
		size_t length = strlen(name);
		if (length > 1 && *name == '<') {
			name[length - 1] = 0;
			bare++;
		}
		at += (size_t)snprintf(text + at, size - at, "%s%s", apart ? " " : "", bare);
		apart = bare != name;
	}
	snprintf(text + at, size - at, " ");
}

static void every_bound_key_is_in_the_help(void **state)
{
	(void)state;
	static struct keymap keymap;
	for (const struct keymap_builtin *builtin = keymap_builtins; builtin->name; builtin++) {
		assert_int_equal(keymap_load(&keymap, builtin->name), 0);
		screen_open(80, 24, true, &keymap);
		for (int id = 0; id < VIEW_COUNT; id++) {
			static char all[4096];
			char key[64];
			bench.ui->help_of = (enum view_id)id;
			help_keys(bench.ui, all, sizeof(all));
			for (int i = 0; i < keymap.count; i++) {
				shown_key(&keymap, views[id].context, &keymap.bindings[i], key,
				          sizeof(key));
				if (*key && !strstr(all, key))
					fail_msg("%s: the help of %s lacks%s, it has%s",
					         builtin->name, views[id].title, key, all);
			}
		}
		screen_close();
	}
}

static void every_command_has_a_key(void **state)
{
	(void)state;
	for (int id = 0; id < COMMAND_COUNT; id++) {
		bool bound = command_table[id].group == GROUP_DEVICES; /* dialogs send them */
		for (int i = 0; i < keys.count; i++)
			bound |= (int)keys.bindings[i].command->id == id;
		/* the rest is typed: what it is about must be said */
		assert_true(bound || *command_table[id].arguments);
	}
}

static int setup(void **state)
{
	(void)state;
	setlocale(LC_ALL, "C.UTF-8");
	int error = keymap_load(&drawn, "tests/screens/drawn.keys");
	return error ? error : keymap_load(&keys, "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(views_are_as_drawn),
	    cmocka_unit_test(states_are_as_drawn),
	    cmocka_unit_test(colour_tells_nothing_alone),
	    cmocka_unit_test(numbers_are_calm),
	    cmocka_unit_test(what_has_just_begun_has_no_latency),
	    cmocka_unit_test(first_picture_waits_for_nothing),
	    cmocka_unit_test(sentences_keep_their_end),
	    cmocka_unit_test(aligning_by_ear_moves_one_speaker),
	    cmocka_unit_test(lining_up_wants_two),
	    cmocka_unit_test(lining_up_puts_back_all_that_it_moved),
	    cmocka_unit_test(tapping_tells_how_late_a_speaker_is),
	    cmocka_unit_test(a_measurement_takes_the_view),
	    cmocka_unit_test(keys_become_commands),
	    cmocka_unit_test(selection_moves_and_stops_at_the_ends),
	    cmocka_unit_test(leaving_asks_first),
	    cmocka_unit_test(attached_screen_just_closes),
	    cmocka_unit_test(a_relay_that_ends_leaves_no_figures),
	    cmocka_unit_test(answers_are_shown),
	    cmocka_unit_test(lines_are_typed),
	    cmocka_unit_test(typed_lines_are_remembered),
	    cmocka_unit_test(lines_are_completed),
	    cmocka_unit_test(searches_leave_the_rest_out),
	    cmocka_unit_test(a_click_finds_its_panel),
	    cmocka_unit_test(links_that_lag_get_fewer_pictures),
	    cmocka_unit_test(frozen_is_the_picture_alone),
	    cmocka_unit_test(characters_go_by_the_terminal_too),
	    cmocka_unit_test(any_size_and_any_key_is_survived),
	    cmocka_unit_test(shipped_keymaps_are_good),
	    cmocka_unit_test(sequences_wait_for_their_end),
	    cmocka_unit_test(key_names_read_back),
	    cmocka_unit_test(later_lines_win),
	    cmocka_unit_test(wrong_keymaps_are_named_by_line),
	    cmocka_unit_test(every_bound_key_is_in_the_help),
	    cmocka_unit_test(every_command_has_a_key),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
