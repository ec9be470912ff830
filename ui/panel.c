/* SPDX-License-Identifier: MIT */
#include "ui/panel.h"

#include <stdio.h>
#include <string.h>

#include "ui/history.h"
#include "ui/private.h"
#include "ui/trouble.h"
#include "ui/words.h"

#define LEVEL_WIDTH 6
#define FIELDS_WIDTH 51      /* everything right of the meter */
#define FIELDS_WIDTH_WIDE 58 /* … from 110 columns on */
#define METER_MOST 60
#define TITLE_MOST                                                                                 \
	124 /* further right there are no fields, and a rule costs three bytes a column */
#define FILL_FULL_US 50000 /* a full bar */
#define SILENT_CDB -7000
#define GRAPH_SECONDS 60
#define GRAPH_SPAN_US 16000 /* at least: a step of it is 2 ms */

/* Where the fields stand. */
struct columns {
	int meter, level, first, second, third;
};

static struct columns columns_of(const struct ui *ui)
{
	int wide = ui->canvas.columns >= 110;
	int meter = ui->canvas.columns - (wide ? FIELDS_WIDTH_WIDE : FIELDS_WIDTH);
	if (meter > METER_MOST)
		meter = METER_MOST;
	int first = 3 + meter + LEVEL_WIDTH + (wide ? 3 : 1);
	return (struct columns){.meter = meter,
	                        .level = 3 + meter,
	                        .first = first,
	                        .second = first + 13 + 2 * wide,
	                        .third = first + 33 + 4 * wide};
}

static bool selected(const struct ui *ui, int panel)
{
	return ui->lists[VIEW_MAIN].selected == panel;
}

static void title_draw(const struct ui *ui, int row, int panel, const char *name,
                       enum theme_role role, const char *state, const char *right)
{
	const struct canvas *canvas = &ui->canvas;
	int width = canvas->columns < TITLE_MOST ? canvas->columns : TITLE_MOST;
	int middle = width >= 110 ? 32 : 27;
	draw_repeat(canvas, row, 0, width, THEME_DIM, canvas->set->line);
	int used = draw_format(canvas, row, 1, middle - 3,
	                       selected(ui, panel) ? THEME_TITLE : THEME_NORMAL, " %d %s", panel,
	                       name);
	draw_text(canvas, row, 1 + used, 1, THEME_NORMAL, " ");
	used = draw_format(canvas, row, middle, width - middle - 2, role, " %s ", state);
	int left = width - 3 - draw_width(right);
	if (*right && middle + used + 1 < left)
		draw_format(canvas, row, left, width - left, THEME_NORMAL, " %s ", right);
}

static void gutter_draw(const struct ui *ui, int row, int rows, int panel)
{
	for (int i = 0; i < rows && selected(ui, panel); i++)
		draw_text(&ui->canvas, row + i, 0, 1, THEME_TITLE, ui->canvas.set->gutter);
}

static void level_draw(const struct ui *ui, int row, int column, int32_t peak, bool muted,
                       bool over)
{
	const struct canvas *canvas = &ui->canvas;
	if (muted)
		draw_format(canvas, row, column, LEVEL_WIDTH, THEME_WARN, "%6s", "MUTE");
	else if (over)
		draw_format(canvas, row, column, LEVEL_WIDTH, THEME_HEADER, "%6s", "OVER");
	else if (peak == MODEL_UNKNOWN || peak <= SILENT_CDB)
		draw_format(canvas, row, column, LEVEL_WIDTH, THEME_DIM, "%6s", "--");
	else
		draw_format(canvas, row, column, LEVEL_WIDTH, THEME_NORMAL, "%6.1f", peak / 100.0);
}

static void meters_draw(const struct ui *ui, int row, const struct columns *columns,
                        const struct model_meter *meter, const struct model_meter *calm, bool muted)
{
	static const char *const names[] = {"L", "R"};
	for (int i = 0; i < 2; i++) {
		draw_text(&ui->canvas, row + i, 1, 1, THEME_NORMAL, names[i]);
		draw_meter(&ui->canvas, row + i, 3, columns->meter, meter->rms_cdb[i],
		           meter->peak_cdb[i], meter->hold_cdb[i]);
		level_draw(ui, row + i, columns->level, calm->peak_cdb[i], muted, meter->over);
	}
}

/* "buf ▰▰▰▰▰▱▱▱  28 ms"; below nothing the packets come too late. */
static void fill_draw(const struct ui *ui, int row, int column, int32_t us)
{
	const struct canvas *canvas = &ui->canvas;
	bool known = us != MODEL_UNKNOWN, low = known && us < 0;
	char text[16];
	draw_text(canvas, row, column, 4, THEME_NORMAL, "buf ");
	draw_bar(canvas, row, column + 4, 8, known ? us : 0, FILL_FULL_US);
	draw_format(canvas, row, column + 12, 7, low ? THEME_WARN : THEME_NORMAL, "%4s%s",
	            words_thousandths(us, 0, text, sizeof(text)),
	            low     ? "!"
	            : known ? " ms"
	                    : "");
}

/* The scale below the meters, in one piece: to turn dim on and off costs more than a blank. */
static void scale_draw(const struct ui *ui, int row, const struct columns *columns)
{
	static const int marks[] = {-40, -30, -20, -10, -6, -3};
	char text[METER_MOST + LEVEL_WIDTH + 4], mark[8];
	memset(text, ' ', sizeof(text));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		snprintf(mark, sizeof(mark), "%3d", marks[i]);
		memcpy(text + (int)(draw_deflection(marks[i] * 100) * columns->meter) - 2, mark, 3);
	}
	strcpy(text + columns->meter + 2, "dBFS");
	draw_text(&ui->canvas, row, 3, columns->meter + LEVEL_WIDTH, THEME_DIM, text);
}

/* --- a minute of latency ------------------------------------------------------------------------- */

struct range {
	int32_t low, high;
};

static struct range range_of(const struct history_line *line)
{
	struct range range = {MODEL_UNKNOWN, MODEL_UNKNOWN};
	for (int i = 0; i < GRAPH_SECONDS; i++) {
		const struct history_second *second = history_second(line, i);
		if (!second || second->latency_us == MODEL_UNKNOWN)
			continue;
		if (range.low == MODEL_UNKNOWN)
			range.low = range.high = second->latency_us;
		range.low = second->latency_us < range.low ? second->latency_us : range.low;
		range.high = second->latency_us > range.high ? second->latency_us : range.high;
	}
	return range;
}

/* A second in which packets were given up stands out whatever its latency was. */
static void graph_draw(const struct ui *ui, int row, const struct history_line *line)
{
	struct range range = range_of(line);
	int32_t middle = range.low / 2 + range.high / 2, span = range.high - range.low;
	int32_t half = (span > GRAPH_SPAN_US ? span : GRAPH_SPAN_US) / 2;
	int column = 12;
	draw_format(&ui->canvas, row, 3, 9, THEME_DIM, "lat %d s", GRAPH_SECONDS);
	if (range.low == MODEL_UNKNOWN) {
		draw_text(&ui->canvas, row, column, 40, THEME_DIM, "--");
		return;
	}
	for (int i = 0; i < GRAPH_SECONDS; i++) {
		const struct history_second *second = history_second(line, GRAPH_SECONDS - 1 - i);
		if (second && second->dropped)
			draw_text(&ui->canvas, row, column + i, 1, THEME_BAD, "!");
		else if (second)
			draw_spark(&ui->canvas, row, column + i, THEME_NORMAL, second->latency_us,
			           middle - half, middle + half);
	}
	draw_format(&ui->canvas, row, column + GRAPH_SECONDS + 1, 20, THEME_NORMAL, "%.0f-%.0f ms",
	            range.low / 1e3, range.high / 1e3);
}

/* --- a speaker ----------------------------------------------------------------------------------- */

static void speaker_title(const struct ui *ui, int row, int panel)
{
	const struct model_speaker *live = &ui->model.speakers[panel - 1];
	const struct model_speaker *calm = &ui->calm.speakers[panel - 1];
	char state[96], codec[80], right[112];
	words_codec(live, ui->canvas.columns >= 110, codec, sizeof(codec));
	if (calm->airtime_permille != MODEL_UNKNOWN)
		snprintf(right, sizeof(right), "%s  air %d%%", codec,
		         (calm->airtime_permille + 5) / 10);
	else
		snprintf(right, sizeof(right), "%s", codec);
	title_draw(ui, row, panel, live->name, words_state_role(live->state),
	           words_state(ui->canvas.set, live, state, sizeof(state)), right);
}

static void jitter_draw(const struct ui *ui, int row, int column, const struct model_speaker *calm)
{
	bool late = calm->jitter_us != MODEL_UNKNOWN && calm->jitter_us >= TROUBLE_LATE_US;
	char jitter[16], dropped[16];
	draw_format(&ui->canvas, row, column, 10, late ? THEME_WARN : THEME_NORMAL, "jit %5s%s",
	            words_thousandths(calm->jitter_us, 1, jitter, sizeof(jitter)), late ? "!" : "");
	draw_format(&ui->canvas, row, column + 11, 9, calm->dropped ? THEME_WARN : THEME_NORMAL,
	            "drop %s", words_count(calm->dropped, dropped, sizeof(dropped)));
}

static void speaker_counts(const struct ui *ui, int row, const struct columns *columns,
                           const struct model_speaker *calm)
{
	const struct canvas *canvas = &ui->canvas;
	char count[16];
	bool plays = calm->queue_packets != MODEL_UNKNOWN;
	draw_format(canvas, row, columns->first, 12, THEME_NORMAL, "queue %3s",
	            plays ? words_count(calm->queue_packets, count, sizeof(count)) : "--");
	draw_format(canvas, row, columns->second, 20, THEME_NORMAL, "sent %s",
	            words_count(calm->sent, count, sizeof(count)));
	draw_format(canvas, row, columns->second + 11, 9, THEME_NORMAL, "late %s",
	            words_count(calm->late, count, sizeof(count)));
	draw_format(canvas, row, columns->third, 12, THEME_NORMAL, "stalls %d", calm->stalls);
}

/* Channel, then what is out of the ordinary. */
static void flags_draw(const struct ui *ui, int row, int column, const struct model_speaker *live)
{
	draw_format(&ui->canvas, row, column, 14, THEME_NORMAL, "%-4s%s%s%s",
	            words_channel(live->channel), live->solo ? " S" : "", live->muted ? " M" : "",
	            live->autoconnect ? "" : " man");
}

static void speaker_draw(const struct ui *ui, int row, int rows, int panel)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_speaker *live = &ui->model.speakers[panel - 1];
	const struct model_speaker *calm = &ui->calm.speakers[panel - 1];
	struct columns columns = columns_of(ui);
	char text[24];
	speaker_title(ui, row, panel);
	meters_draw(ui, row + 1, &columns, &live->meter, &calm->meter, live->muted);
	draw_format(canvas, row + 1, columns.first, 12, THEME_NORMAL, "lat %5s ms",
	            words_latency(canvas->set, calm, text, sizeof(text)));
	fill_draw(ui, row + 1, columns.second, calm->fill_us);
	draw_format(canvas, row + 1, columns.third, 10, THEME_NORMAL, "vol %3d%%", live->volume);
	draw_format(canvas, row + 2, columns.first, 12, THEME_NORMAL, "dly %+5.0f ms",
	            live->trim.us / 1e3);
	jitter_draw(ui, row + 2, columns.second, calm);
	flags_draw(ui, row + 2, columns.third, live);
	if (rows < 5)
		return;
	scale_draw(ui, row + 3, &columns);
	speaker_counts(ui, row + 3, &columns, calm);
	if (*live->problem && !model_speaker_plays(live))
		draw_text(canvas, row + 4, 3, canvas->columns - 4, words_state_role(live->state),
		          live->problem);
	else
		graph_draw(ui, row + 4, history_of(ui->history, live));
}

/* --- the source ---------------------------------------------------------------------------------- */

static void source_draw(const struct ui *ui, int row, int rows)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_source *live = &ui->model.source, *calm = &ui->calm.source;
	struct columns columns = columns_of(ui);
	char state[64], codec[80], text[24];
	bool streams = live->state == MODEL_SOURCE_STREAMING;
	title_draw(ui, row, 0, words_source_name(live), streams ? THEME_GOOD : THEME_NORMAL,
	           words_source_state(canvas->set, live, state, sizeof(state)),
	           words_source_codec(live, codec, sizeof(codec)));
	meters_draw(ui, row + 1, &columns, &live->meter, &calm->meter, false);
	draw_format(canvas, row + 1, columns.first, 12, THEME_NORMAL, "in  %5s ms",
	            words_thousandths(calm->latency_us, 0, text, sizeof(text)));
	fill_draw(ui, row + 1, columns.second, calm->fill_us);
	draw_format(canvas, row + 1, columns.third, 9, THEME_NORMAL, "gaps %d", calm->gaps);
	if (calm->drift_ppb == MODEL_UNKNOWN)
		draw_text(canvas, row + 2, columns.first, 12, THEME_NORMAL, "clk   --");
	else
		draw_format(canvas, row + 2, columns.first, 12, THEME_NORMAL, "clk %+4.0f ppm",
		            calm->drift_ppb / 1e3);
	draw_format(canvas, row + 2, columns.second, 16, calm->xruns ? THEME_WARN : THEME_NORMAL,
	            "xruns %d", calm->xruns);
	if (rows < 5)
		return;
	scale_draw(ui, row + 3, &columns);
	draw_text(canvas, row + 4, 3, canvas->columns - 4, *live->problem ? THEME_WARN : THEME_DIM,
	          *live->problem ? live->problem : live->node);
}

void panel_draw(const struct ui *ui, int row, int rows, int panel)
{
	if (panel)
		speaker_draw(ui, row, rows, panel);
	else
		source_draw(ui, row, rows);
	gutter_draw(ui, row, rows, panel);
}
