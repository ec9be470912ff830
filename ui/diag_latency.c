/* SPDX-License-Identifier: MIT */
/* Latency: a graph for each link, its figures now, the parts it is made of. */
#include <stdio.h>

#include "ui/private.h"
#include "ui/trouble.h"
#include "ui/view_diag.h"
#include "ui/words.h"

#define NAME 12
#define STATS 24      /* four figures at the right */
#define SPAN_US 16000 /* of a scale, at least: an eighth of a row is 2 ms */
#define FILL_FULL_US 50000
#define TALL 8 /* rows of a graph at the most */

struct graph {
	enum history_value value;
	int32_t low, high;
	int each, columns; /* seconds of a column; columns drawn */
};

/* --- scales -------------------------------------------------------------------------------------- */

static void widen(int32_t *low, int32_t *high, const struct history_stats *stats)
{
	if (stats->least == MODEL_UNKNOWN)
		return;
	*low = *low == MODEL_UNKNOWN || stats->least < *low ? stats->least : *low;
	*high = *high == MODEL_UNKNOWN || stats->most > *high ? stats->most : *high;
}

/* Speakers share one scale, so that what is higher is later; the source has its own. */
static struct graph graph_of(const struct ui *ui, enum history_value value, bool source)
{
	int width = diag_graph_width(ui), seconds = diag_seconds(ui);
	struct graph graph = {.value = value, .low = MODEL_UNKNOWN, .high = MODEL_UNKNOWN};
	graph.each = (seconds + width - 1) / width;
	graph.columns = seconds / graph.each < width ? seconds / graph.each : width;
	if (value == HISTORY_FILL) {
		graph.low = 0;
		graph.high = FILL_FULL_US;
		return graph;
	}
	for (int i = source ? 0 : 1; i <= (source ? 0 : ui->model.speaker_count); i++) {
		struct history_stats stats = history_stats(diag_line(ui, i), value, seconds);
		widen(&graph.low, &graph.high, &stats);
	}
	if (graph.low == MODEL_UNKNOWN)
		return graph;
	int32_t short_of = SPAN_US - (graph.high - graph.low);
	if (short_of > 0) {
		graph.low -= short_of / 2;
		graph.high += short_of / 2;
	}
	if (value == HISTORY_JITTER)
		graph.low = 0;
	return graph;
}

/* Where the graphs end. */
static int right_of(const struct ui *ui)
{
	return ui->canvas.columns - diag_stats_width(ui) - 1;
}

/* --- one line ------------------------------------------------------------------------------------ */

static void line_graph(const struct ui *ui, int row, const struct graph *graph,
                       const struct history_line *line)
{
	int right = right_of(ui);
	for (int back = 0; back < graph->columns; back++) {
		bool dropped;
		int32_t value = history_column(line, graph->value, graph->each, back, &dropped);
		int column = right - 1 - back;
		if (dropped)
			draw_text(&ui->canvas, row, column, 1, THEME_BAD, "!");
		else
			draw_spark(&ui->canvas, row, column, THEME_NORMAL, value, graph->low,
			           graph->high);
	}
}

/* Least, mean, p95 and most; of the buffer p5 and what it is now. */
static void stats_draw(const struct ui *ui, int row, const struct history_stats *stats, bool fill)
{
	const int32_t values[] = {stats->least, stats->mean, fill ? stats->p5 : stats->p95,
	                          fill ? stats->last : stats->most};
	int width = diag_stats_width(ui), first = width < 24 ? 2 : 0;
	char text[16];
	for (int i = first; i < 4; i++)
		draw_format(&ui->canvas, row, ui->canvas.columns - width + (i - first) * 6, 5,
		            THEME_NORMAL, "%5s",
		            words_thousandths(values[i], 0, text, sizeof(text)));
}

static void stats_titles(const struct ui *ui, int row, bool fill)
{
	static const char *const names[2][4] = {{"min", "avg", "p95", "max"},
	                                        {"min", "avg", "p05", "now"}};
	int width = diag_stats_width(ui), first = width < 24 ? 2 : 0;
	for (int i = first; i < 4; i++)
		draw_format(&ui->canvas, row, ui->canvas.columns - width + (i - first) * 6 - 1, 6,
		            THEME_NORMAL, " %4s ", names[fill][i]);
}

static void axis_draw(const struct ui *ui, int row, const struct graph *graph)
{
	int right = right_of(ui), seconds = graph->columns * graph->each;
	draw_right(&ui->canvas, row, right, THEME_DIM, "now");
	if (graph->columns > 12)
		draw_format(&ui->canvas, row, right - graph->columns, 8, THEME_DIM, "-%d s",
		            seconds);
	if (graph->columns > 30)
		draw_format(&ui->canvas, row, right - graph->columns / 2 - 2, 8, THEME_DIM, "-%d s",
		            seconds / 2);
}

static void block_title(const struct ui *ui, const struct graph *graph, char *title, size_t size)
{
	bool wide = ui->canvas.columns >= 76;
	char each[48] = "a column a second, scale ";
	if (graph->each > 1)
		snprintf(each, sizeof(each), "a column %d seconds, scale ", graph->each);
	if (graph->value == HISTORY_FILL)
		snprintf(title, size, "Buffer, %sscale 0-%d ms",
		         wide ? "the least of each second, " : "", FILL_FULL_US / 1000);
	else if (graph->low == MODEL_UNKNOWN)
		snprintf(title, size, "Latency");
	else
		snprintf(title, size, "Latency, %s%.0f-%.0f ms", wide ? each : "", graph->low / 1e3,
		         graph->high / 1e3);
}

/* Returns the rows it took. */
static int block_draw(struct ui *ui, int row, int room, enum history_value value)
{
	struct graph graph = graph_of(ui, value, false), source = graph_of(ui, value, true);
	struct diag_span span = diag_span(ui, room - 2);
	bool fill = value == HISTORY_FILL;
	char title[96];
	block_title(ui, &graph, title, sizeof(title));
	frame_rule(ui, row, title, "");
	stats_titles(ui, row, fill);
	for (int i = 0; i < span.count; i++) {
		int panel = span.first + i;
		struct history_stats stats =
		    history_stats(diag_line(ui, panel), value, diag_seconds(ui));
		diag_name(ui, row + 1 + i, panel, diag_name_width(ui) - 1);
		line_graph(ui, row + 1 + i, panel ? &graph : &source, diag_line(ui, panel));
		stats_draw(ui, row + 1 + i, &stats, fill);
	}
	diag_more(ui, row + 1, span);
	axis_draw(ui, row + 1 + span.count, &graph);
	return span.count + 2;
}

/* --- now ----------------------------------------------------------------------------------------- */

static void now_speaker(const struct ui *ui, int row, const struct model_speaker *calm)
{
	const struct canvas *canvas = &ui->canvas;
	struct diag_base since = diag_since(ui, calm);
	bool late = calm->jitter_us != MODEL_UNKNOWN && calm->jitter_us >= TROUBLE_LATE_US;
	bool low = calm->fill_us != MODEL_UNKNOWN && calm->fill_us < 0;
	char jitter[16], fill[16], queue[16], counts[4][16];
	draw_format(canvas, row, NAME, 9, late ? THEME_WARN : THEME_NORMAL, "%7s%s",
	            words_thousandths(calm->jitter_us, 1, jitter, sizeof(jitter)), late ? "!" : "");
	draw_format(canvas, row, NAME + 9, 9, low ? THEME_WARN : THEME_NORMAL, "%6s%s",
	            words_thousandths(calm->fill_us, 0, fill, sizeof(fill)), low ? "!" : "");
	if (calm->queue_packets == MODEL_UNKNOWN)
		snprintf(queue, sizeof(queue), "--");
	else
		words_count(calm->queue_packets, queue, sizeof(queue));
	draw_format(canvas, row, NAME + 17, canvas->columns - NAME - 17, THEME_NORMAL,
	            "%5s %5s%s %5s%s %6s %7s", queue, words_count(since.late, counts[0], 16),
	            since.late ? "!" : " ", words_count(since.dropped, counts[1], 16),
	            since.dropped ? "!" : " ", words_count(since.stalls, counts[2], 16),
	            words_count(since.reconnects, counts[3], 16));
	if (calm->bitpool != MODEL_UNKNOWN)
		draw_format(canvas, row, NAME + 52, 20, THEME_NORMAL, "%5d  %3d%%", calm->bitpool,
		            calm->airtime_permille == MODEL_UNKNOWN
		                ? 0
		                : (calm->airtime_permille + 5) / 10);
}

static void now_source(const struct ui *ui, int row, const struct model_source *calm)
{
	char fill[16], drift[16], xruns[16], gaps[16];
	draw_format(&ui->canvas, row, NAME + 9, 9, THEME_NORMAL, "%6s",
	            words_thousandths(calm->fill_us, 0, fill, sizeof(fill)));
	draw_format(&ui->canvas, row, NAME + 19, 50, THEME_NORMAL,
	            "xruns %s  gaps %s  clock %s ppm",
	            words_count(calm->xruns, xruns, sizeof(xruns)),
	            words_count(calm->gaps, gaps, sizeof(gaps)),
	            words_thousandths(calm->drift_ppb, 1, drift, sizeof(drift)));
}

static int now_draw(struct ui *ui, int row, int room)
{
	struct diag_span span = diag_span(ui, room - 2);
	frame_rule(ui, row, "Now", "");
	draw_text(&ui->canvas, row + 1, NAME, ui->canvas.columns - NAME, THEME_DIM,
	          " jit ms   buf ms  queue   late   drop stalls recon.  bitpool  air");
	for (int i = 0; i < span.count; i++) {
		int panel = span.first + i;
		diag_name(ui, row + 2 + i, panel, NAME - 1);
		if (panel)
			now_speaker(ui, row + 2 + i, &ui->calm.speakers[panel - 1]);
		else
			now_source(ui, row + 2 + i, &ui->calm.source);
	}
	diag_more(ui, row + 2, span);
	return span.count + 2;
}

/* --- one alone ----------------------------------------------------------------------------------- */

/* A graph of several rows: the rows below the one of a value are full. */
static void tall_draw(const struct ui *ui, int row, int rows, const struct graph *graph,
                      const struct history_line *line)
{
	int right = right_of(ui);
	int32_t step = (graph->high - graph->low) / rows;
	for (int back = 0; back < graph->columns && graph->low != MODEL_UNKNOWN; back++) {
		bool dropped;
		int32_t value = history_column(line, graph->value, graph->each, back, &dropped);
		for (int i = 0; i < rows && value != MODEL_UNKNOWN; i++) {
			int32_t low = graph->low + i * step;
			if (value >= low || i == 0)
				draw_spark(&ui->canvas, row + rows - 1 - i, right - 1 - back,
				           dropped ? THEME_BAD : THEME_NORMAL, value, low,
				           low + step);
		}
		if (dropped)
			draw_text(&ui->canvas, row, right - 1 - back, 1, THEME_BAD, "!");
	}
	if (graph->low == MODEL_UNKNOWN)
		return;
	draw_format(&ui->canvas, row, 1, NAME - 1, THEME_DIM, "%8.0f ms", graph->high / 1e3);
	draw_format(&ui->canvas, row + rows - 1, 1, NAME - 1, THEME_DIM, "%8.0f ms",
	            graph->low / 1e3);
}

static int tall_block(struct ui *ui, int row, int rows, int panel, enum history_value value,
                      const char *title)
{
	struct graph graph = graph_of(ui, value, panel == 0);
	const struct history_line *line = diag_line(ui, panel);
	struct history_stats stats = history_stats(line, value, diag_seconds(ui));
	bool fill = value == HISTORY_FILL;
	frame_rule(ui, row, title, "");
	stats_titles(ui, row, fill);
	tall_draw(ui, row + 1, rows, &graph, line);
	stats_draw(ui, row + 1, &stats, fill);
	axis_draw(ui, row + 1 + rows, &graph);
	return rows + 2;
}

static int sum_draw(const struct ui *ui, int row, int room, const struct model_speaker *calm)
{
	const struct {
		const char *name;
		struct model_term term;
		const char *what;
	} parts[] = {
	    {"input", calm->input, "from the Echo's air to the timeline"},
	    {"packet", calm->packet, "until a packet is whole"},
	    {"align", calm->align, "waits for the slowest speaker"},
	    {"delay", calm->trim, "what you added"},
	    {"queue", calm->queue, "packets that stand in the socket"},
	    {"speaker", calm->speaker, "until it sounds"},
	};
	int count = (int)(sizeof(parts) / sizeof(parts[0]));
	char text[24];
	frame_rule(ui, row, "Echo to ear", "");
	for (int i = 0; i < count && i + 2 < room; i++)
		draw_format(&ui->canvas, row + 1 + i, 1, ui->canvas.columns - 2, THEME_NORMAL,
		            "%-8s %8s ms  %-9s %s", parts[i].name,
		            words_thousandths(parts[i].term.us, 1, text, sizeof(text)),
		            model_origin_name(parts[i].term.origin), parts[i].what);
	if (count + 2 <= room)
		draw_format(&ui->canvas, row + 1 + count, 1, ui->canvas.columns - 2, THEME_TITLE,
		            "%-8s %8s ms", "in all",
		            words_thousandths(calm->total_us, 1, text, sizeof(text)));
	return count + 2;
}

static void one_draw(struct ui *ui, int row, int rows, int panel)
{
	int tall = (rows - 8 - 2 * 2 - 2) / 2;
	char title[MODEL_TEXT + 16];
	tall = tall > TALL ? TALL : tall < 2 ? 2 : tall;
	snprintf(title, sizeof(title), "%d %s: latency", panel,
	         panel ? ui->model.speakers[panel - 1].name : words_source_name(&ui->model.source));
	int used = tall_block(ui, row, tall, panel, HISTORY_LATENCY, title);
	if (rows - used >= tall + 2)
		used += tall_block(ui, row + used, tall, panel,
		                   panel ? HISTORY_JITTER : HISTORY_FILL,
		                   panel ? "How late its packets went out, p95" : "Audio in stock");
	if (panel && rows - used > 3)
		used += sum_draw(ui, row + used, rows - used, &ui->calm.speakers[panel - 1]);
	if (!panel)
		used += now_draw(ui, row + used, rows - used);
	if (rows - used > 2)
		diag_health(ui, row + used, rows - used);
}

/* --- the page ------------------------------------------------------------------------------------ */

void diag_latency(struct ui *ui, int row, int rows)
{
	int panels = 1 + ui->model.speaker_count, health = diag_health_rows(ui), used = 0;
	if (ui->diag.one >= 0 && ui->diag.one < panels)
		return one_draw(ui, row, rows, ui->diag.one);
	int most = rows < 5 ? 0 : rows < 12 ? 2 : 4;
	int left = rows - (health < most ? health : most);
	bool now = left >= 2 * (panels + 2) && ui->canvas.columns >= 76,
	     fill = left >= 3 * (panels + 2);
	used += block_draw(ui, row, now ? panels + 2 : left, HISTORY_LATENCY);
	if (fill)
		used += block_draw(ui, row + used, panels + 2, HISTORY_FILL);
	if (now)
		used += now_draw(ui, row + used, panels + 2);
	diag_health(ui, row + used, rows - used);
}
