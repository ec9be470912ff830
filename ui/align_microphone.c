/* SPDX-License-Identifier: MIT */
/* The measurement by microphone, as the align view shows it. */
#include "ui/view_align.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"

#define BOX_COLUMNS 76

static void draw_progress(struct ui *ui, const struct box *box)
{
	const struct model_align *align = &ui->model.align;
	int column = box->column + 3, row = box->row + 4;
	const char *name = "";
	for (int i = 0; i < align->count; i++)
		if (!strcmp(align->speakers[i].address, align->playing))
			name = align->speakers[i].name;
	if (align->state == ALIGN_OPENING) {
		draw_text(&ui->canvas, row, column, box->columns - 5, THEME_NORMAL,
		          "Listening ...");
		return;
	}
	draw_bar(&ui->canvas, row, column, 40, align->progress_permille, 1000);
	draw_format(&ui->canvas, row, column + 42, 28, THEME_NORMAL, "%d s left",
	            (align->left_ms + 999) / 1000);
	draw_format(&ui->canvas, row + 1, column, 70, THEME_DIM, "round %d of %d: %s", align->round,
	            align->rounds, name);
}

static void draw_verdict(struct ui *ui, const struct box *box)
{
	const struct model_align *align = &ui->model.align;
	int column = box->column + 3, row = box->row + 4;
	if (align->state == ALIGN_FAILED)
		draw_text(&ui->canvas, row, column, box->columns - 5, THEME_BAD, align->problem);
	else if (align->state == ALIGN_KEPT)
		draw_text(&ui->canvas, row, column, box->columns - 5, THEME_GOOD,
		          "Lined up.  B puts it back as it was, Enter closes.");
	else
		draw_text(&ui->canvas, row, column, box->columns - 5, THEME_TITLE,
		          "Enter lines them up; V matches the levels, too; Esc forgets it.");
}

static void draw_found(struct ui *ui, int row, int column, int width,
                       const struct model_align_speaker *found)
{
	draw_format(&ui->canvas, row, column, 22, THEME_NORMAL, "%s", found->name);
	if (!*found->verdict) {
		draw_format(&ui->canvas, row, column + 23, 20, THEME_DIM, "%d of 3 takes",
		            found->takes);
	} else if (found->found_us == MODEL_UNKNOWN) {
		draw_format(&ui->canvas, row, column + 23, width - 23, THEME_WARN, "%s - %s",
		            found->verdict, found->advice);
	} else {
		draw_format(&ui->canvas, row, column + 23, width - 23, THEME_NORMAL,
		            "%7.1f ms %6.2f %5d %% %+8.1f ms %7.1f dB", found->found_us / 1e3,
		            found->spread_us / 1e3, found->confidence_permille / 10,
		            found->apart_us / 1e3, found->level_cdb / 1e2);
	}
}

void align_microphone_draw(struct ui *ui)
{
	const struct model_align *align = &ui->model.align;
	struct box box = frame_box(ui, 10 + align->count, BOX_COLUMNS, "Align by microphone");
	int column = box.column + 3, row = box.row;
	draw_format(&ui->canvas, row + 2, column, 70, THEME_DIM, "Microphone: %s",
	            *align->microphone ? align->microphone : "...");
	if (align->state == ALIGN_OPENING || align->state == ALIGN_PLAYING)
		draw_progress(ui, &box);
	else
		draw_verdict(ui, &box);
	draw_text(&ui->canvas, row + 7, column + 23, box.columns - 28, THEME_DIM,
	          "  found    spread   sure       apart       level");
	int room = box.rows - 9;
	for (int i = 0; i < align->count && i < room; i++)
		draw_found(ui, row + 8 + i, column, box.columns - 5, &align->speakers[i]);
}
