/* SPDX-License-Identifier: MIT */
#include "ui/view_align.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/private.h"

#define BOX_ROWS 20
#define BOX_COLUMNS 68
#define SLIDER_MS 40 /* to either side */

static const struct hint ear_hints[] = {
    {COMMAND_HELP, "", "help"},       {COMMAND_DELAY, "-1ms", NULL},
    {COMMAND_DELAY, "+1ms", "delay"}, {COMMAND_COMPARE, "", "A/B"},
    {COMMAND_TAP, "", "tap"},         {COMMAND_ALIGN, "start", "microphone"},
    {COMMAND_ACTIVATE, "", "keep"},   {COMMAND_COUNT, "", NULL},
};

static const struct hint runs_hints[] = {{COMMAND_HELP, "", "help"}, {COMMAND_COUNT, "", NULL}};

static const struct hint found_hints[] = {
    {COMMAND_HELP, "", "help"},          {COMMAND_ACTIVATE, "", "keep"},
    {COMMAND_ALIGN, "levels", "levels"}, {COMMAND_ALIGN, "start", "again"},
    {COMMAND_COUNT, "", NULL},
};

static const struct hint kept_hints[] = {
    {COMMAND_HELP, "", "help"},          {COMMAND_ACTIVATE, "", "close"},
    {COMMAND_ALIGN, "back", "put back"}, {COMMAND_ALIGN, "start", "again"},
    {COMMAND_COUNT, "", NULL},
};

static const struct hint failed_hints[] = {
    {COMMAND_HELP, "", "help"},
    {COMMAND_ALIGN, "start", "again"},
    {COMMAND_COUNT, "", NULL},
};

const struct hint *align_hints_now(const struct ui *ui)
{
	switch (ui->model.align.state) {
	case ALIGN_OFF:
		return ear_hints;
	case ALIGN_DONE:
		return found_hints;
	case ALIGN_KEPT:
		return kept_hints;
	case ALIGN_FAILED:
		return failed_hints;
	default:
		return runs_hints;
	}
}

const char *align_back(const struct ui *ui)
{
	switch (ui->model.align.state) {
	case ALIGN_OFF:
		return "put back";
	case ALIGN_OPENING:
	case ALIGN_SETTLING:
	case ALIGN_PLAYING:
		return "cancel";
	default:
		return "by ear";
	}
}

static const struct model_speaker *speaker_at(const struct ui *ui, const char *address)
{
	for (int i = 0; i < ui->model.speaker_count; i++)
		if (!strcmp(ui->model.speakers[i].address, address))
			return &ui->model.speakers[i];
	return NULL;
}

static int number_of(const struct ui *ui, const char *address)
{
	const struct model_speaker *speaker = speaker_at(ui, address);
	return speaker ? (int)(speaker - ui->model.speakers) + 1 : 0;
}

/* --- what is heard -------------------------------------------------------------------------------- */

static void test(struct ui *ui, const char *address, const char *signal)
{
	char line[64];
	snprintf(line, sizeof(line), "test %s %s", address, signal);
	ui_send_quietly(ui, line);
}

static void clicks(struct ui *ui)
{
	const struct align *align = &ui->align;
	if (!*align->reference || !*align->candidate)
		return;
	test(ui, align->reference, align->hear == HEAR_CANDIDATE ? "silence" : "metronome");
	test(ui, align->candidate, align->hear == HEAR_REFERENCE ? "silence" : "metronome");
}

static void begin(struct ui *ui)
{
	test(ui, "all", "silence");
	clicks(ui);
}

static void hear(struct ui *ui, enum align_hear hear)
{
	ui->align.hear = hear;
	clicks(ui);
}

/* --- who ------------------------------------------------------------------------------------------ */

/* The next one after number `after` that plays and is not `not`, round and round; 0: none. */
static int next_playing(const struct ui *ui, int after, const char * not )
{
	int count = ui->model.speaker_count;
	for (int i = 0; i < count; i++) {
		int index = (after + i) % count;
		const struct model_speaker *speaker = &ui->model.speakers[index];
		if (model_speaker_plays(speaker) && strcmp(speaker->address, not ) != 0)
			return index + 1;
	}
	return 0;
}

/* Its trim as it was when it was first picked. */
static int32_t before_us(const struct align *align, const char *address)
{
	for (int i = 0; i < align->moved_count; i++)
		if (!strcmp(align->moved[i].address, address))
			return align->moved[i].before_us;
	return MODEL_UNKNOWN;
}

static void before_note(struct align *align, const struct model_speaker *speaker)
{
	if (before_us(align, speaker->address) != MODEL_UNKNOWN ||
	    align->moved_count == MODEL_SPEAKERS)
		return;
	snprintf(align->moved[align->moved_count].address, 18, "%s", speaker->address);
	align->moved[align->moved_count++].before_us = speaker->trim.us;
}

/* Commands about a speaker are about the one that is selected on the main view. */
static void pick(struct ui *ui, int number)
{
	const struct model_speaker *speaker = &ui->model.speakers[number - 1];
	struct align *align = &ui->align;
	snprintf(align->candidate, sizeof(align->candidate), "%s", speaker->address);
	before_note(align, speaker);
	align->hear = HEAR_BOTH;
	memset(align->taps, 0, sizeof(align->taps));
	ui->lists[VIEW_MAIN].selected = number;
}

static void pick_reference(struct ui *ui, int number)
{
	struct align *align = &ui->align;
	snprintf(align->reference, sizeof(align->reference), "%s",
	         ui->model.speakers[number - 1].address);
	align->hear = HEAR_BOTH;
	memset(align->taps, 0, sizeof(align->taps));
}

/* A measurement that runs has its say, whoever plays. */
static void nobody(struct ui *ui, int64_t now)
{
	if (ui->model.align.state == ALIGN_OFF)
		view_close(ui, now);
	ui_say(ui, true, "nothing to line up: no two speakers play", now);
}

void align_opened(struct ui *ui, int64_t now)
{
	const struct model_speaker *selected = ui_speaker(ui);
	struct align *align = &ui->align;
	memset(align, 0, sizeof(*align));
	align->microphone = ui->model.align.state;
	int reference = next_playing(ui, 0, selected ? selected->address : "");
	if (!reference)
		return nobody(ui, now);
	pick_reference(ui, reference);
	bool good = selected && model_speaker_plays(selected);
	int candidate = good ? number_of(ui, selected->address)
	                     : next_playing(ui, reference, align->reference);
	if (!candidate)
		return nobody(ui, now);
	pick(ui, candidate);
	if (align->microphone == ALIGN_OFF)
		begin(ui);
}

void align_closed(struct ui *ui, int64_t now)
{
	(void)now;
	ui_send_quietly(ui, ui->model.align.state == ALIGN_OFF ? "test all off" : "align cancel");
}

/* When a measurement is over and forgotten, it clicks again. */
void align_follow(struct ui *ui, int64_t now)
{
	int32_t before = ui->align.microphone;
	(void)now;
	ui->align.microphone = ui->model.align.state;
	if (view_is_open(ui, VIEW_ALIGN) && before != ALIGN_OFF &&
	    ui->model.align.state == ALIGN_OFF)
		begin(ui);
}

/* --- tapping -------------------------------------------------------------------------------------- */

static double taps_mean(const struct align_taps *taps)
{
	return atan2(taps->sine, taps->cosine) / (2 * M_PI);
}

/* Whoever taps is late by the same on both: it falls out of the difference. */
static void taps_conclude(struct ui *ui, int64_t now)
{
	struct align *align = &ui->align;
	double late = taps_mean(&align->taps[1]) - taps_mean(&align->taps[0]);
	char line[64], text[64];
	late -= round(late); /* the nearer way round */
	snprintf(line, sizeof(line), "delay %s %+.0fms", align->candidate, -late * 1000);
	ui_send(ui, line);
	snprintf(text, sizeof(text), "tapped: %+.0f ms, good to some 15; now by ear", -late * 1000);
	ui_say(ui, false, text, now);
	memset(align->taps, 0, sizeof(align->taps));
	hear(ui, HEAR_BOTH);
}

static void tap(struct ui *ui, int64_t now)
{
	struct align *align = &ui->align;
	char text[96];
	if (align->hear == HEAR_BOTH) {
		memset(align->taps, 0, sizeof(align->taps));
		hear(ui, HEAR_REFERENCE);
		ui_say(ui, false, "the reference alone: tap along when you hear it", now);
		return;
	}
	struct align_taps *taps = &align->taps[align->hear == HEAR_CANDIDATE];
	double angle = 2 * M_PI * (double)(now % UI_SECOND) / UI_SECOND;
	taps->sine += sin(angle);
	taps->cosine += cos(angle);
	taps->count++;
	snprintf(text, sizeof(text), "%d of %d", taps->count, ALIGN_TAPS);
	ui_say(ui, false, text, now);
	if (taps->count < ALIGN_TAPS)
		return;
	if (align->hear == HEAR_CANDIDATE && align->taps[0].count >= ALIGN_TAPS)
		return taps_conclude(ui, now);
	hear(ui, align->hear == HEAR_REFERENCE ? HEAR_CANDIDATE : HEAR_REFERENCE);
	ui_say(ui, false, "now the other one alone: tap along when you hear it", now);
}

/* --- keys ----------------------------------------------------------------------------------------- */

static void select_candidate(struct ui *ui, const char *digits, int64_t now)
{
	int number = atoi(digits);
	if (number < 1 || number > ui->model.speaker_count ||
	    !model_speaker_plays(&ui->model.speakers[number - 1]))
		return ui_say(ui, true, "that one does not play", now);
	if (!strcmp(ui->model.speakers[number - 1].address, ui->align.reference))
		return ui_say(ui, true, "that is the reference", now);
	pick(ui, number);
	begin(ui);
}

static void next_reference(struct ui *ui)
{
	int now = number_of(ui, ui->align.reference);
	int next = next_playing(ui, now, ui->align.candidate);
	if (!next)
		return;
	pick_reference(ui, next);
	begin(ui);
}

/* Every one that was adjusted, not the last one alone. */
static void put_back(struct ui *ui, int64_t now)
{
	const struct align *align = &ui->align;
	char line[64];
	for (int i = 0; i < align->moved_count; i++) {
		const struct model_speaker *speaker = speaker_at(ui, align->moved[i].address);
		if (!speaker || speaker->trim.us == align->moved[i].before_us)
			continue;
		snprintf(line, sizeof(line), "delay %s =%dus", speaker->address,
		         align->moved[i].before_us);
		ui_send(ui, line);
	}
	view_close(ui, now);
}

static bool act_by_ear(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	switch (binding->command->id) {
	case COMMAND_SELECT:
		select_candidate(ui, binding->argument, now);
		return true;
	case COMMAND_COMPARE:
		hear(ui, (enum align_hear)((ui->align.hear + 1) % 3));
		return true;
	case COMMAND_REFERENCE:
		next_reference(ui);
		return true;
	case COMMAND_TAP:
		tap(ui, now);
		return true;
	case COMMAND_ACTIVATE:
		view_close(ui, now);
		return true;
	case COMMAND_BACK:
	case COMMAND_CLOSE:
		put_back(ui, now);
		return true;
	default:
		return false;
	}
}

/* While a measurement runs, only what is about it does something. */
static bool act_by_microphone(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	int32_t state = ui->model.align.state;
	switch (binding->command->id) {
	case COMMAND_ACTIVATE:
		if (state == ALIGN_DONE)
			ui_send(ui, "align keep");
		else if (state == ALIGN_KEPT)
			view_close(ui, now);
		return true;
	case COMMAND_BACK:
	case COMMAND_CLOSE:
		ui_send_quietly(ui, "align cancel");
		return true;
	case COMMAND_DELAY:
	case COMMAND_VOLUME:
	case COMMAND_TAP:
	case COMMAND_COMPARE:
	case COMMAND_REFERENCE:
	case COMMAND_SELECT:
		return true;
	default:
		return false;
	}
}

bool align_act(struct ui *ui, const struct keymap_binding *binding, int64_t now)
{
	return ui->model.align.state == ALIGN_OFF ? act_by_ear(ui, binding, now)
	                                          : act_by_microphone(ui, binding, now);
}

/* --- drawing -------------------------------------------------------------------------------------- */

static void draw_who(struct ui *ui, int row, int column, const char *role, const char *address,
                     bool heard, const char *hint)
{
	const struct model_speaker *speaker = speaker_at(ui, address);
	draw_format(&ui->canvas, row, column, 46, heard ? THEME_TITLE : THEME_DIM, "%-10s %d %s",
	            role, number_of(ui, address), speaker ? speaker->name : "nobody");
	if (ui->canvas.columns >= BOX_COLUMNS)
		draw_text(&ui->canvas, row, column + 47, 13, THEME_DIM, hint);
}

static void draw_slider(struct ui *ui, int row, int column)
{
	const struct model_speaker *speaker = speaker_at(ui, ui->align.candidate);
	double trim = speaker ? speaker->trim.us / 1e3 : 0;
	double before = speaker ? before_us(&ui->align, speaker->address) / 1e3 : 0;
	int middle = column + 36, at = (int)lround((trim - before) / 4);
	at = at < -SLIDER_MS / 4 ? -SLIDER_MS / 4 : at > SLIDER_MS / 4 ? SLIDER_MS / 4 : at;
	draw_format(&ui->canvas, row, column, 24, THEME_TITLE, "%-10s %+.1f ms", "delay", trim);
	if (ui->canvas.columns < BOX_COLUMNS - 10)
		return;
	draw_format(&ui->canvas, row, middle - 16, 6, THEME_DIM, "%+5.0f", before - SLIDER_MS);
	draw_repeat(&ui->canvas, row, middle - 10, 21, THEME_DIM, ui->canvas.set->line);
	draw_text(&ui->canvas, row, middle + at, 1, THEME_GOOD, ui->canvas.set->dot);
	draw_format(&ui->canvas, row, middle + 12, 8, THEME_DIM, "%+.0f", before + SLIDER_MS);
}

static void draw_advice(struct ui *ui, int row, int column, int width)
{
	const struct canvas *canvas = &ui->canvas;
	char later[24], earlier[24], text[160];
	frame_key(ui, COMMAND_DELAY, "+1ms", later, sizeof(later));
	frame_key(ui, COMMAND_DELAY, "-1ms", earlier, sizeof(earlier));
	snprintf(text, sizeof(text), "Two clicks, it comes after the reference?   press %s",
	         earlier);
	draw_text(canvas, row, column, width, THEME_NORMAL, text);
	snprintf(text, sizeof(text), "Two clicks, it comes before the reference?  press %s", later);
	draw_text(canvas, row + 1, column, width, THEME_NORMAL, text);
	draw_text(canvas, row + 2, column, width, THEME_NORMAL, "One click: it is right.");
}

static void draw_ways(struct ui *ui, int row, int column, int width)
{
	static const char *const heard[] = {"both are heard", "the reference alone is heard",
	                                    "the other one alone is heard"};
	const struct align *align = &ui->align;
	char key[24], text[160];
	frame_key(ui, COMMAND_COMPARE, "", key, sizeof(key));
	snprintf(text, sizeof(text), "%s: A/B; %s", key, heard[align->hear]);
	draw_text(&ui->canvas, row, column, width, THEME_NORMAL, text);
	frame_key(ui, COMMAND_TAP, "", key, sizeof(key));
	snprintf(text, sizeof(text), "%s: tap along, %d taps on each, sets it to about 15 ms", key,
	         ALIGN_TAPS);
	draw_text(&ui->canvas, row + 1, column, width, THEME_NORMAL, text);
	frame_key(ui, COMMAND_ALIGN, "start", key, sizeof(key));
	snprintf(text, sizeof(text), "%s: let a microphone do it, for all of them at once", key);
	draw_text(&ui->canvas, row + 2, column, width, THEME_NORMAL, text);
}

/* "Nobody else plays.  Enter keeps, Esc puts back." */
static void draw_ends(struct ui *ui, int row, int column, int width)
{
	char keep[24], back[24], text[96];
	frame_key(ui, COMMAND_ACTIVATE, "", keep, sizeof(keep));
	frame_key(ui, COMMAND_BACK, "", back, sizeof(back));
	snprintf(text, sizeof(text), "%s%s keeps, %s puts back.",
	         width >= 50 ? "Nobody else plays.  " : "", keep, back);
	draw_text(&ui->canvas, row, column, width, THEME_DIM, text);
}

/* Without air between the lines; where they have no room, the ways are the first to go. */
static void compact_draw(struct ui *ui, const struct box *box)
{
	const struct align *align = &ui->align;
	int column = box->column + 2, row = box->row + 1, last = box->row + box->rows - 2;
	char later[24], earlier[24];
	if (last - row >= 3) {
		draw_who(ui, row++, column, "reference", align->reference,
		         align->hear != HEAR_CANDIDATE, "");
		draw_who(ui, row++, column, "adjusting", align->candidate,
		         align->hear != HEAR_REFERENCE, "");
	}
	draw_slider(ui, row++, column);
	frame_key(ui, COMMAND_DELAY, "+1ms", later, sizeof(later));
	frame_key(ui, COMMAND_DELAY, "-1ms", earlier, sizeof(earlier));
	draw_format(&ui->canvas, row++, column, box->columns - 4, THEME_NORMAL,
	            "late: press %s   early: %s", earlier, later);
	if (last - row >= 4)
		row++;
	if (last - row >= 3)
		draw_ways(ui, row, column, box->columns - 4);
	if (last >= row)
		draw_ends(ui, last, column, box->columns - 4);
}

void align_draw(struct ui *ui, int64_t now)
{
	if (ui->model.align.state != ALIGN_OFF) {
		align_microphone_draw(ui);
		return frame_foot(ui, now);
	}
	struct box box = frame_box(ui, BOX_ROWS, BOX_COLUMNS, "Align by ear");
	const struct align *align = &ui->align;
	int column = box.column + 3, row = box.row, width = box.columns - 5;
	char key[24], changes[40];
	if (box.rows < BOX_ROWS) {
		compact_draw(ui, &box);
		return frame_foot(ui, now);
	}
	draw_text(&ui->canvas, row + 2, column, width, THEME_NORMAL,
	          "A click plays once a second on two speakers.");
	frame_key(ui, COMMAND_REFERENCE, "", key, sizeof(key));
	snprintf(changes, sizeof(changes), *key ? "%s changes it" : "%s", key);
	draw_who(ui, row + 4, column + 2, "reference", align->reference,
	         align->hear != HEAR_CANDIDATE, changes);
	draw_who(ui, row + 5, column + 2, "adjusting", align->candidate,
	         align->hear != HEAR_REFERENCE, "1-9 change it");
	draw_slider(ui, row + 7, column + 2);
	draw_advice(ui, row + 9, column, width);
	draw_ways(ui, row + 13, column, width);
	draw_ends(ui, row + 17, column, width);
	frame_foot(ui, now);
}
