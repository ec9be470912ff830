/* SPDX-License-Identifier: MIT */
/* The measurement by microphone, as the align view shows it. */
#include "ui/view_align.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/words.h"

#define BOX_COLUMNS 76
#define NAME 22
#define NAME_NARROW 12

/* Where the parts stand: with air between them where there is room, else line by line. */
struct places {
	int column, width;
	bool wide;                     /* has room for every figure */
	int microphone, state, titles; /* rows; 0: not shown */
	int found, rows;               /* the first of the speakers, and how many have room */
};

static struct places places_of(const struct box *box, int count)
{
	int inside = box->rows - 2, row = box->row + 1;
	struct places at = {.column = box->column + 2, .width = box->columns - 4};
	at.wide = at.width >= 70;
	if (inside >= count + 8) {
		at.column++;
		at.width--;
		at.microphone = row + 1;
		at.state = row + 3;
		at.titles = at.wide ? row + 6 : 0;
		at.found = row + 7;
	} else {
		at.microphone = inside >= count + 4 ? row++ : 0;
		at.state = row;
		row += inside >= count + 2 ? 2 : 1;
		at.titles = at.wide && inside >= count + 5 ? row++ : 0;
		at.found = row;
	}
	at.rows = box->row + box->rows - 1 - at.found;
	return at;
}

/* --- what happens -------------------------------------------------------------------------------- */

static const char *playing_name(const struct model_align *align)
{
	for (int i = 0; i < align->count; i++)
		if (!strcmp(align->speakers[i].address, align->playing))
			return align->speakers[i].name;
	return "";
}

static void draw_progress(struct ui *ui, const struct places *at)
{
	const struct model_align *align = &ui->model.align;
	const struct canvas *canvas = &ui->canvas;
	int bar = at->width >= 60 ? 40 : 10;
	char text[MODEL_TEXT + 40], fit[MODEL_TEXT + 40];
	if (align->state == ALIGN_OPENING) {
		draw_text(canvas, at->state, at->column, at->width, THEME_NORMAL, "Listening ...");
		return;
	}
	draw_bar(canvas, at->state, at->column, bar, align->progress_permille, 1000);
	draw_format(canvas, at->state, at->column + bar + 2, at->width - bar - 2, THEME_NORMAL,
	            "%d s left", (align->left_ms + 999) / 1000);
	if (at->found < at->state + 2)
		return;
	if (align->state == ALIGN_SETTLING)
		snprintf(text, sizeof(text), "The source has only begun: its clock settles first.");
	else
		snprintf(text, sizeof(text), "round %d of %d: %s", align->round, align->rounds,
		         playing_name(align));
	words_fit(canvas->set, text, at->width, fit, sizeof(fit));
	draw_text(canvas, at->state + 1, at->column, at->width, THEME_DIM, fit);
}

/* What there is to do now, with the keys that do it. */
static void verdict_words(const struct ui *ui, bool wide, char *text, size_t size)
{
	const struct model_align *align = &ui->model.align;
	char enter[24], escape[24], levels[24], back[24];
	frame_key(ui, COMMAND_ACTIVATE, "", enter, sizeof(enter));
	frame_key(ui, COMMAND_BACK, "", escape, sizeof(escape));
	frame_key(ui, COMMAND_ALIGN, "levels", levels, sizeof(levels));
	frame_key(ui, COMMAND_ALIGN, "back", back, sizeof(back));
	if (align->state == ALIGN_FAILED)
		snprintf(text, size, "%s", align->problem);
	else if (align->state == ALIGN_KEPT && wide)
		snprintf(text, size, "Lined up.  %s puts it back as it was, %s closes.", back,
		         enter);
	else if (align->state == ALIGN_KEPT)
		snprintf(text, size, "Lined up.  %s puts it back", back);
	else if (wide)
		snprintf(text, size, "%s lines them up; %s matches the levels, too; %s forgets it.",
		         enter, levels, escape);
	else
		snprintf(text, size, "%s lines them up", enter);
}

static void draw_verdict(struct ui *ui, const struct places *at)
{
	int32_t state = ui->model.align.state;
	enum theme_role role = state == ALIGN_FAILED ? THEME_BAD
	                       : state == ALIGN_KEPT ? THEME_GOOD
	                                             : THEME_TITLE;
	char text[MODEL_TEXT + 96];
	verdict_words(ui, at->wide, text, sizeof(text));
	int rows = at->found > at->state + 1 ? at->found - at->state - 1 : 1;
	draw_wrapped(&ui->canvas, at->state, at->column, at->width, rows, role, text);
}

/* --- what was found ------------------------------------------------------------------------------ */

static void figures_draw(struct ui *ui, int row, int column, const struct places *at,
                         const struct model_align_speaker *found)
{
	int width = at->column + at->width - column;
	if (at->wide)
		draw_format(&ui->canvas, row, column, width, THEME_NORMAL,
		            "%7.1f ms %6.2f %5d %% %+8.1f ms %7.1f dB", found->found_us / 1e3,
		            found->spread_us / 1e3, found->confidence_permille / 10,
		            found->apart_us / 1e3, found->level_cdb / 1e2);
	else
		draw_format(&ui->canvas, row, column, width, THEME_NORMAL,
		            width >= 20 ? "%+6.1f ms later %3d %%" : "%+6.1f ms",
		            found->apart_us / 1e3, found->confidence_permille / 10);
}

static void draw_found(struct ui *ui, int row, const struct places *at,
                       const struct model_align_speaker *found)
{
	int name = at->wide ? NAME : NAME_NARROW, column = at->column + name + 1;
	int width = at->column + at->width - column;
	char text[2 * MODEL_TEXT + 8], fit[2 * MODEL_TEXT + 8];
	draw_text(&ui->canvas, row, at->column, name, THEME_NORMAL,
	          words_name(found->name, name, text, sizeof(text)));
	if (!*found->verdict) {
		draw_format(&ui->canvas, row, column, width, THEME_DIM, "%d of 3 takes",
		            found->takes);
	} else if (found->found_us == MODEL_UNKNOWN) {
		snprintf(text, sizeof(text), "%s - %s", found->verdict, found->advice);
		words_fit(ui->canvas.set, text, width, fit, sizeof(fit));
		draw_text(&ui->canvas, row, column, width, THEME_WARN, fit);
	} else {
		figures_draw(ui, row, column, at, found);
	}
}

/* --- the whole ----------------------------------------------------------------------------------- */

void align_microphone_draw(struct ui *ui)
{
	const struct model_align *align = &ui->model.align;
	const struct canvas *canvas = &ui->canvas;
	struct box box = frame_box(ui, 10 + align->count, BOX_COLUMNS, "Align by microphone");
	struct places at = places_of(&box, align->count);
	if (at.microphone)
		draw_format(canvas, at.microphone, at.column, at.width, THEME_DIM, "Microphone: %s",
		            *align->microphone ? align->microphone : "...");
	if (align->state >= ALIGN_OPENING && align->state <= ALIGN_PLAYING)
		draw_progress(ui, &at);
	else
		draw_verdict(ui, &at);
	if (at.titles)
		draw_text(canvas, at.titles, at.column + NAME + 1, at.width - NAME - 1, THEME_DIM,
		          "  found    spread   sure       apart       level");
	for (int i = 0; i < align->count && i < at.rows; i++)
		draw_found(ui, at.found + i, &at, &align->speakers[i]);
}
