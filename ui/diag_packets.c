/* SPDX-License-Identifier: MIT */
/* Packets: how many, and how late they went out. */
#include <stdio.h>

#include "ui/private.h"
#include "ui/view_diag.h"
#include "ui/words.h"

#define NAME 12
#define CLASS 8 /* columns of a class */

static const char *const class_names[MODEL_SPACING] = {"<0.5", "<1",  "<2",  "<5",
                                                       "<10",  "<20", "<50", "50+"};

static int64_t sum_of(const struct history_stats *stats)
{
	int64_t sum = 0;
	for (int i = 0; i < MODEL_SPACING; i++)
		sum += stats->spacing[i];
	return sum;
}

static void counts_draw(const struct ui *ui, int row, const struct model_speaker *calm)
{
	struct diag_base since = diag_since(ui, calm);
	char text[6][16], queue[16] = "--", stream[24] = "--";
	if (calm->queue_packets != MODEL_UNKNOWN)
		words_count(calm->queue_packets, queue, sizeof(queue));
	if (model_speaker_plays(calm) && calm->kbps != MODEL_UNKNOWN)
		snprintf(stream, sizeof(stream), "%d kb/s", calm->kbps);
	draw_format(&ui->canvas, row, NAME, ui->canvas.columns - NAME, THEME_NORMAL,
	            " %7s %7s%s %7s%s %7s %7s %7s %11s", words_count(since.sent, text[0], 16),
	            words_count(since.late, text[1], 16), since.late ? "!" : " ",
	            words_count(since.dropped, text[2], 16), since.dropped ? "!" : " ",
	            words_count(since.stalls, text[3], 16),
	            words_count(since.reconnects, text[4], 16), queue, stream);
}

/* A share of a whole: "97.1%", "." for none. */
static void share_draw(const struct ui *ui, int row, int column, int64_t part, int64_t whole,
                       bool bad)
{
	double percent = whole ? 100.0 * (double)part / (double)whole : 0;
	if (!part)
		draw_format(&ui->canvas, row, column, CLASS, THEME_DIM, "%7s", ui->canvas.set->dot);
	else
		draw_format(&ui->canvas, row, column, CLASS, bad ? THEME_WARN : THEME_NORMAL,
		            percent < 9.95 ? "%5.1f%%%s" : "%5.0f%%%s", percent, bad ? "!" : "");
}

static int table_draw(struct ui *ui, int row, int room)
{
	struct diag_span span = diag_span(ui, room - 2);
	frame_rule(ui, row, "Packets", "");
	draw_text(&ui->canvas, row + 1, NAME, ui->canvas.columns - NAME, THEME_DIM,
	          "    sent    late     drop   stalls  recon.   queue   stream");
	for (int i = 0; i < span.count; i++) {
		int panel = span.first + i;
		diag_name(ui, row + 2 + i, panel, NAME - 1);
		if (panel)
			counts_draw(ui, row + 2 + i, &ui->calm.speakers[panel - 1]);
		else
			draw_format(&ui->canvas, row + 2 + i, NAME + 1, 40, THEME_NORMAL,
			            "gaps %d  xruns %d", ui->calm.source.gaps,
			            ui->calm.source.xruns);
	}
	diag_more(ui, row + 2, span);
	return span.count + 2;
}

static int spacing_draw(struct ui *ui, int row, int room)
{
	int speakers = ui->model.speaker_count;
	int shown = speakers < room - 2 ? speakers : room - 2;
	frame_rule(ui, row, "How late they went out, ms", "");
	for (int class = 0; class < MODEL_SPACING; class ++)
		draw_format(&ui->canvas, row + 1, NAME + class * CLASS, CLASS, THEME_DIM, "%6s",
		            class_names[class]);
	for (int i = 0; i < shown; i++) {
		struct history_stats stats =
		    history_stats(diag_line(ui, i + 1), HISTORY_JITTER, diag_seconds(ui));
		int64_t sum = sum_of(&stats);
		diag_name(ui, row + 2 + i, i + 1, NAME - 1);
		for (int class = 0; class < MODEL_SPACING; class ++)
			share_draw(ui, row + 2 + i, NAME + class * CLASS, stats.spacing[class], sum,
			           class >= MODEL_SPACING - 2);
	}
	return shown + 2;
}

/* One alone: a bar for each class. */
static void bars_draw(struct ui *ui, int row, int rows, int panel)
{
	struct history_stats stats =
	    history_stats(diag_line(ui, panel), HISTORY_JITTER, diag_seconds(ui));
	int64_t sum = sum_of(&stats);
	int width = ui->canvas.columns - 32;
	char title[MODEL_TEXT + 48];
	snprintf(title, sizeof(title), "%d %s: how late packets went out", panel,
	         ui->model.speakers[panel - 1].name);
	frame_rule(ui, row, title, "");
	for (int class = 0; class < MODEL_SPACING && class + 1 < rows; class ++) {
		draw_format(&ui->canvas, row + 1 + class, 1, 10, THEME_NORMAL, "%6s ms",
		            class_names[class]);
		draw_bar(&ui->canvas, row + 1 + class, 12, width, stats.spacing[class], sum);
		share_draw(ui, row + 1 + class, 12 + width, stats.spacing[class], sum,
		           class >= MODEL_SPACING - 2);
		draw_format(&ui->canvas, row + 1 + class, 22 + width, 9, THEME_DIM, "%lld",
		            (long long)stats.spacing[class]);
	}
}

void diag_packets(struct ui *ui, int row, int rows)
{
	int panels = 1 + ui->model.speaker_count, used, health = diag_health_rows(ui);
	bool one = ui->diag.one > 0 && ui->diag.one < panels;
	int least = rows < 12 ? 2 : 4; /* rows of health; the figures are what one came for */
	int room = rows - (health < least ? health : least);
	used = table_draw(ui, row, one ? 3 : room < panels + 2 ? room : panels + 2);
	if (one) {
		bars_draw(ui, row + used, rows - used, ui->diag.one);
		used += MODEL_SPACING + 1;
	} else if (room - used >= 4) {
		used += spacing_draw(ui, row + used, room - used);
	}
	if (rows - used > 1)
		diag_health(ui, row + used, rows - used);
}
