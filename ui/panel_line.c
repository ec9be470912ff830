/* SPDX-License-Identifier: MIT */
/* A panel in one row: name, sign, meters, figures; what has no room goes from the right. */
#include <stdio.h>

#include "ui/panel.h"
#include "ui/private.h"
#include "ui/trouble.h"
#include "ui/words.h"

/* Where the columns stand at a width; 0: no room for it. */
struct line {
	int name, sign, left, right, meter, latency, delay, fill, volume, flags, state;
};

static struct line line_of(int width)
{
	struct line line = {.name = width >= 100 ? 22 : width >= 76 ? 16 : width >= 60 ? 12 : 9};
	bool figures = width >= 60, word = width >= 100;
	bool apart = width >= 40; /* the flag from the delay */
	int tail = figures ? 29 : 12 + apart, room;
	line.sign = 3 + line.name;
	line.left = line.sign + 2;
	if (word) {
		line.state = line.left;
		line.left += 24;
	}
	room = width - line.left - tail - 1;
	line.meter = figures ? (room - 1) / 2 : room;
	line.right = figures ? line.left + line.meter + 1 : 0;
	line.latency = width - tail;
	line.delay = line.latency + 6;
	line.fill = figures ? line.delay + 6 : 0;
	line.volume = figures ? line.fill + 5 : 0;
	line.flags = figures ? line.volume + 5 : line.delay + 5 + apart;
	return line;
}

static void line_name(const struct ui *ui, int row, const struct line *line, int panel,
                      const char *name)
{
	bool selected = ui->lists[VIEW_MAIN].selected == panel;
	enum theme_role role = selected ? THEME_TITLE : THEME_NORMAL;
	char text[MODEL_TEXT];
	if (selected)
		draw_text(&ui->canvas, row, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
	draw_format(&ui->canvas, row, 1, line->name + 1, role, "%d %s", panel,
	            words_name(name, line->name - (panel > 9 ? 2 : 1), text, sizeof(text)));
}

static void line_meters(const struct ui *ui, int row, const struct line *line,
                        const struct model_meter *meter)
{
	draw_meter(&ui->canvas, row, line->left, line->meter, meter->rms_cdb[0], meter->peak_cdb[0],
	           meter->hold_cdb[0]);
	if (line->right)
		draw_meter(&ui->canvas, row, line->right, line->meter, meter->rms_cdb[1],
		           meter->peak_cdb[1], meter->hold_cdb[1]);
}

static void line_figures(const struct ui *ui, int row, const struct line *line, int panel)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_speaker *live = &ui->model.speakers[panel - 1];
	const struct model_speaker *calm = &ui->calm.speakers[panel - 1];
	bool low = calm->fill_us != MODEL_UNKNOWN && calm->fill_us < 0;
	char text[24];
	draw_format(canvas, row, line->latency, 5, THEME_NORMAL, "%5s",
	            words_latency(canvas->set, calm, text, sizeof(text)));
	draw_format(canvas, row, line->delay, 5, THEME_NORMAL, "%+5.0f", live->trim.us / 1e3);
	if (line->fill) {
		draw_format(canvas, row, line->fill, 5, low ? THEME_WARN : THEME_NORMAL, "%4s%s",
		            words_thousandths(calm->fill_us, 0, text, sizeof(text)),
		            low ? "!" : "");
		draw_format(canvas, row, line->volume, 4, THEME_NORMAL, "%4d", live->volume);
		draw_format(canvas, row, line->flags, 7, THEME_NORMAL, " %s%s%s",
		            words_channel(live->channel), live->muted ? " M" : "",
		            live->solo ? " S" : "");
	} else {
		draw_text(canvas, row, line->flags, 1, THEME_WARN,
		          live->muted  ? "M"
		          : live->solo ? "S"
		                       : "");
	}
}

void panel_line_draw(const struct ui *ui, int row, int panel)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_speaker *speaker = panel ? &ui->model.speakers[panel - 1] : NULL;
	const struct model_source *source = &ui->model.source;
	struct line line = line_of(canvas->columns);
	char state[96];
	if (!speaker) {
		line_name(ui, row, &line, 0, words_source_name(source));
		words_source_state(canvas->set, source, state, sizeof(state));
		draw_text(canvas, row, line.sign, line.state ? 25 : 1, THEME_NORMAL, state);
		line_meters(ui, row, &line, &source->meter);
		return;
	}
	line_name(ui, row, &line, panel, speaker->name);
	words_state(canvas->set, speaker, state, sizeof(state));
	draw_text(canvas, row, line.sign, line.state ? 25 : 1, words_state_role(speaker->state),
	          state);
	line_meters(ui, row, &line, &speaker->meter);
	line_figures(ui, row, &line, panel);
}

void panel_line_titles(const struct ui *ui, int row)
{
	const struct canvas *canvas = &ui->canvas;
	struct line line = line_of(canvas->columns);
	draw_text(canvas, row, 3, 8, THEME_DIM, "name");
	if (line.state)
		draw_text(canvas, row, line.sign + 2, 8, THEME_DIM, "state");
	draw_text(canvas, row, line.left, 1, THEME_DIM, "L");
	draw_text(canvas, row, line.right, 1, THEME_DIM, "R");
	draw_text(canvas, row, line.latency, 29, THEME_DIM, "  lat   dly  buf  vol");
}
