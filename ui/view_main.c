/* SPDX-License-Identifier: MIT */
/*
 * The main view: the source's panel, one for each speaker, events, a message, hints.
 *
 *   row 0      header
 *   …          panels of 5, 3 or 1 rows, as many as there are
 *   …          events, with what is left
 *   row n−2    the most important thing, in one sentence
 *   row n−1    keys
 */
#include "ui/view_main.h"

#include <stdlib.h>
#include <string.h>

#include "ui/private.h"
#include "ui/view_log.h"

#define LEVEL_WIDTH 7
#define FILL_FULL_US 50000 /* a full bar */
#define EVENTS_MOST 10
#define LATE_US 20000 /* jitter from here on is out of range */

/* Where the fields stand in panels of 3 and 5 rows. */
struct columns {
	int meter, level, first, second, third;
};

static struct columns columns_of(const struct ui *ui)
{
	int width = ui->canvas.columns - 52;
	if (width > 60)
		width = 60;
	return (struct columns){.meter = width,
	                        .level = 3 + width,
	                        .first = 3 + width + LEVEL_WIDTH + 1,
	                        .second = 3 + width + LEVEL_WIDTH + 14,
	                        .third = 3 + width + LEVEL_WIDTH + 32};
}

int main_panels(const struct ui *ui)
{
	return 1 + ui->model.speaker_count;
}

/* --- words ------------------------------------------------------------------------------------- */

static const char *channel_word(int32_t channel)
{
	static const char *const words[] = {"ST", "L", "R", "MONO"};
	return channel >= 0 && channel < 4 ? words[channel] : "?";
}

/* "12 s", "3 min", "2 h" */
static char *age_text(int64_t ms, char *text, size_t size)
{
	if (ms < 120000)
		snprintf(text, size, "%d s", (int)(ms / 1000));
	else if (ms < 7200000)
		snprintf(text, size, "%d min", (int)(ms / 60000));
	else
		snprintf(text, size, "%d h", (int)(ms / 3600000));
	return text;
}

static char *clock_text(int64_t ms, char *text, size_t size)
{
	int64_t seconds = ms / 1000;
	snprintf(text, size, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
	         (int)(seconds % 60));
	return text;
}

static enum theme_role state_role(int32_t state)
{
	switch (state) {
	case SPEAKER_STREAMING:
		return THEME_GOOD;
	case SPEAKER_CONGESTED:
	case SPEAKER_STALLED:
	case SPEAKER_CONNECTING:
		return THEME_WARN;
	case SPEAKER_LOST:
	case SPEAKER_FAILED:
		return THEME_BAD;
	default:
		return THEME_NORMAL;
	}
}

/* Sign, word, time: "x lost 12 s, retry 3 in 4 s". */
static char *state_text(const struct ui *ui, const struct model_speaker *speaker, char *text,
                        size_t size)
{
	const char *sign = ui->canvas.set->signs[speaker->state];
	const char *word = model_speaker_state_name(speaker->state);
	char age[24];
	if (speaker->retry_ms != MODEL_UNKNOWN)
		snprintf(text, size, "%s %s %s, retry %d in %d s", sign, word,
		         age_text(speaker->state_ms, age, sizeof(age)), speaker->attempt,
		         speaker->retry_ms / 1000 + 1);
	else if (speaker->state == SPEAKER_STREAMING || speaker->state == SPEAKER_OFF ||
	         speaker->state == SPEAKER_PAIRED)
		snprintf(text, size, "%s %s", sign, word);
	else
		snprintf(text, size, "%s %s %s", sign, word,
		         age_text(speaker->state_ms, age, sizeof(age)));
	return text;
}

static char *ms_text(int32_t us, int decimals, char *text, size_t size)
{
	if (us == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else
		snprintf(text, size, "%.*f", decimals, us / 1000.0);
	return text;
}

/* The whole way to the ear; "~" where a part of it is a guess. */
static char *latency_text(const struct ui *ui, const struct model_speaker *speaker, char *text,
                          size_t size)
{
	bool guess = speaker->speaker.origin == ORIGIN_ASSUMED;
	if (speaker->total_us == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else
		snprintf(text, size, "%s%.0f", guess ? ui->canvas.set->about : "",
		         speaker->total_us / 1000.0);
	return text;
}

/* "SBC 44.1k bp53" or in full */
static char *codec_text(const char *codec, int32_t rate, int32_t bitpool, const char *mode,
                        int32_t kbps, bool full, char *text, size_t size)
{
	char upper[16];
	size_t i = 0;
	for (; codec[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)(codec[i] >= 'a' && codec[i] <= 'z' ? codec[i] - 32 : codec[i]);
	upper[i] = 0;
	*text = 0;
	if (!*codec || rate == MODEL_UNKNOWN)
		return text;
	if (full && kbps != MODEL_UNKNOWN)
		snprintf(text, size, "%s %.1f kHz %s bitpool %d  %d kb/s", upper, rate / 1000.0,
		         mode, bitpool, kbps);
	else
		snprintf(text, size, "%s %.1fk bp%d", upper, rate / 1000.0, bitpool);
	return text;
}

/* --- panels of 3 and 5 rows ---------------------------------------------------------------------- */

static void title_draw(const struct ui *ui, int row, int panel, const char *name,
                       enum theme_role role, const char *state, const char *right)
{
	const struct canvas *canvas = &ui->canvas;
	bool selected = panel == ui->lists[VIEW_MAIN].selected;
	int width = canvas->columns, right_width = draw_width(right);
	int middle = width >= 120 ? 32 : 27;
	draw_repeat(canvas, row, 0, width, THEME_DIM, canvas->set->line);
	int used = draw_format(canvas, row, 1, middle - 2, selected ? THEME_TITLE : THEME_NORMAL,
	                       " %d %s", panel, name);
	draw_text(canvas, row, 1 + used, 1, THEME_NORMAL, " ");
	used =
	    draw_format(canvas, row, middle, width - middle - right_width - 5, role, " %s ", state);
	if (right_width && middle + used + right_width + 4 < width)
		draw_format(canvas, row, width - right_width - 3, right_width + 2, THEME_NORMAL,
		            " %s ", right);
}

static void gutter_draw(const struct ui *ui, int row, int rows, int panel)
{
	if (panel == ui->lists[VIEW_MAIN].selected)
		for (int i = 0; i < rows; i++)
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
	else if (peak == MODEL_UNKNOWN || peak <= -7000)
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

static void fill_draw(const struct ui *ui, int row, int column, int32_t us)
{
	const struct canvas *canvas = &ui->canvas;
	char text[16];
	draw_text(canvas, row, column, 4, THEME_NORMAL, "buf ");
	draw_bar(canvas, row, column + 4, 8, us == MODEL_UNKNOWN ? 0 : us, FILL_FULL_US);
	draw_format(canvas, row, column + 12, 5,
	            us != MODEL_UNKNOWN && us < 0 ? THEME_WARN : THEME_NORMAL, "%4s%s",
	            ms_text(us, 0, text, sizeof(text)), us != MODEL_UNKNOWN && us < 0 ? "!" : "");
}

/* The scale below the meters, and the sum that makes the latency. */
static void scale_draw(const struct ui *ui, int row, const struct columns *columns)
{
	static const int marks[] = {-40, -30, -20, -10, -6, -3};
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		int column = 3 + (int)(draw_deflection(marks[i] * 100) * columns->meter) - 2;
		draw_format(&ui->canvas, row, column, 3, THEME_DIM, "%3d", marks[i]);
	}
	draw_text(&ui->canvas, row, columns->level + 2, 4, THEME_DIM, "dBFS");
}

static void sum_draw(const struct ui *ui, int row, const struct model_speaker *speaker)
{
	const struct canvas *canvas = &ui->canvas;
	if (speaker->total_us == MODEL_UNKNOWN) {
		draw_text(canvas, row, 3, canvas->columns - 4, THEME_WARN, speaker->problem);
		return;
	}
	draw_format(
	    canvas, row, 3, canvas->columns - 4, THEME_DIM,
	    "input %.1f + packet %.1f + align %.1f + delay %+.0f + queue %.1f + speaker %.0f "
	    "(%s) = %.0f ms",
	    speaker->input.us / 1e3, speaker->packet.us / 1e3, speaker->align.us / 1e3,
	    speaker->trim.us / 1e3, speaker->queue.us / 1e3, speaker->speaker.us / 1e3,
	    model_origin_name(speaker->speaker.origin), speaker->total_us / 1e3);
}

static void speaker_more_draw(const struct ui *ui, int row, const struct columns *columns,
                              const struct model_speaker *speaker)
{
	scale_draw(ui, row, columns);
	draw_format(&ui->canvas, row, columns->first, 12, THEME_NORMAL, "queue %3d",
	            speaker->queue_packets == MODEL_UNKNOWN ? 0 : speaker->queue_packets);
	draw_format(&ui->canvas, row, columns->second, 18, THEME_NORMAL, "packets %lld",
	            (long long)speaker->sent);
	draw_format(&ui->canvas, row, columns->third, 40, THEME_NORMAL, "late %lld  stalls %d",
	            (long long)speaker->late, speaker->stalls);
	sum_draw(ui, row + 1, speaker);
}

static void speaker_draw(const struct ui *ui, int row, int rows, int panel)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_speaker *live = &ui->model.speakers[panel - 1];
	const struct model_speaker *calm = &ui->calm.speakers[panel - 1];
	struct columns columns = columns_of(ui);
	char state[96], codec[80], right[112], text[24];
	codec_text(live->codec, live->rate, live->bitpool, live->mode, live->kbps,
	           canvas->columns >= 120, codec, sizeof(codec));
	if (calm->airtime_permille != MODEL_UNKNOWN)
		snprintf(right, sizeof(right), "%s  air %d%%", codec,
		         (calm->airtime_permille + 5) / 10);
	else
		snprintf(right, sizeof(right), "%s", codec);
	title_draw(ui, row, panel, live->name, state_role(live->state),
	           state_text(ui, live, state, sizeof(state)), right);
	meters_draw(ui, row + 1, &columns, &live->meter, &calm->meter, live->muted);
	draw_format(canvas, row + 1, columns.first, 12, THEME_NORMAL, "lat %5s ms",
	            latency_text(ui, calm, text, sizeof(text)));
	fill_draw(ui, row + 1, columns.second, calm->fill_us);
	draw_format(canvas, row + 1, columns.third, 10, THEME_NORMAL, "vol %3d%%", live->volume);
	draw_format(canvas, row + 2, columns.first, 12, THEME_NORMAL, "dly %+5.0f ms",
	            live->trim.us / 1e3);
	bool late = calm->jitter_us != MODEL_UNKNOWN && calm->jitter_us >= LATE_US;
	draw_format(canvas, row + 2, columns.second, 10, late ? THEME_WARN : THEME_NORMAL,
	            "jit %4s%s", ms_text(calm->jitter_us, 1, text, sizeof(text)), late ? "!" : "");
	draw_format(canvas, row + 2, columns.second + 10, 8,
	            live->dropped ? THEME_WARN : THEME_NORMAL, "drop %lld",
	            (long long)live->dropped);
	draw_format(canvas, row + 2, columns.third, 9, THEME_NORMAL, "%-4s%s",
	            channel_word(live->channel), live->autoconnect ? "" : " man");
	if (rows == 5)
		speaker_more_draw(ui, row + 3, &columns, calm);
	gutter_draw(ui, row, rows, panel);
}

static const char *source_sign(const struct ui *ui, int32_t state)
{
	return ui->canvas.set
	    ->signs[state == MODEL_SOURCE_STREAMING ? SPEAKER_STREAMING : SPEAKER_IDLE];
}

static const char *source_word(int32_t state)
{
	static const char *const words[] = {"waiting for sound", "silent", "streaming"};
	return words[state];
}

static const char *source_name(const struct model_source *source)
{
	return *source->name ? source->name : *source->node ? source->node : "Echo";
}

static void source_draw(const struct ui *ui, int row, int rows)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_source *live = &ui->model.source, *calm = &ui->calm.source;
	struct columns columns = columns_of(ui);
	char state[64], codec[80], text[24];
	bool streams = live->state == MODEL_SOURCE_STREAMING;
	snprintf(state, sizeof(state), "%s %s", source_sign(ui, live->state),
	         source_word(live->state));
	title_draw(ui, row, 0, source_name(live), streams ? THEME_GOOD : THEME_NORMAL, state,
	           codec_text(live->codec, live->rate, live->bitpool, "", MODEL_UNKNOWN, false,
	                      codec, sizeof(codec)));
	meters_draw(ui, row + 1, &columns, &live->meter, &calm->meter, false);
	draw_format(canvas, row + 1, columns.first, 12, THEME_NORMAL, "in  %5s ms",
	            ms_text(calm->latency_us, 0, text, sizeof(text)));
	fill_draw(ui, row + 1, columns.second, calm->fill_us);
	draw_format(canvas, row + 1, columns.third, 9, THEME_NORMAL, "gaps %d", calm->gaps);
	draw_format(canvas, row + 2, columns.first, 12, THEME_NORMAL, "clk %4s ppm",
	            ms_text(calm->drift_ppb, 0, text, sizeof(text)));
	draw_format(canvas, row + 2, columns.second, 16, calm->xruns ? THEME_WARN : THEME_NORMAL,
	            "xruns %d", calm->xruns);
	if (rows == 5) {
		scale_draw(ui, row + 3, &columns);
		draw_text(canvas, row + 4, 3, canvas->columns - 4,
		          *live->problem ? THEME_WARN : THEME_DIM,
		          *live->problem ? live->problem : live->node);
	}
	gutter_draw(ui, row, rows, 0);
}

/* --- panels of one row --------------------------------------------------------------------------- */

/* Name, sign, one meter or two, latency, delay, fill, volume; what has no room is left out from the right. */
static void line_draw(const struct ui *ui, int row, int panel)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model_speaker *live = panel ? &ui->model.speakers[panel - 1] : NULL;
	const struct model_speaker *calm = panel ? &ui->calm.speakers[panel - 1] : NULL;
	const struct model_meter *meter = live ? &live->meter : &ui->model.source.meter;
	int width = canvas->columns, name = width >= 60 ? 14 : 9;
	int meters = width - name - 4 - (width >= 60 ? 26 : 12),
	    each = width >= 60 ? meters / 2 : meters;
	char text[24];
	draw_format(canvas, row, 1, name,
	            panel == ui->lists[VIEW_MAIN].selected ? THEME_TITLE : THEME_NORMAL, "%d %s",
	            panel, live ? live->name : source_name(&ui->model.source));
	draw_text(canvas, row, name + 1, 1, live ? state_role(live->state) : THEME_NORMAL,
	          live ? canvas->set->signs[live->state] : source_sign(ui, ui->model.source.state));
	int column = name + 3;
	for (int i = 0; i < (width >= 60 ? 2 : 1); i++, column += each)
		draw_meter(canvas, row, column, each - 1, meter->rms_cdb[i], meter->peak_cdb[i],
		           meter->hold_cdb[i]);
	gutter_draw(ui, row, 1, panel);
	if (!live)
		return;
	draw_format(canvas, row, column, 5, THEME_NORMAL, "%5s",
	            latency_text(ui, calm, text, sizeof(text)));
	draw_format(canvas, row, column + 5, 6, THEME_NORMAL, "%+6.0f", live->trim.us / 1e3);
	if (width >= 60)
		draw_format(canvas, row, column + 11, 15, THEME_NORMAL, " %4s%4d%% %s",
		            ms_text(calm->fill_us, 0, text, sizeof(text)), live->volume,
		            live->muted ? "MUTE" : channel_word(live->channel));
	else if (live->muted)
		draw_text(canvas, row, column + 11, 1, THEME_WARN, "M");
}

static void line_titles_draw(const struct ui *ui, int row)
{
	int width = ui->canvas.columns;
	if (width < 60)
		return;
	draw_text(&ui->canvas, row, 3, 20, THEME_DIM, "name");
	draw_text(&ui->canvas, row, width - 27, 25, THEME_DIM, "  lat   dly  buf  vol");
}

/* --- header, events, message, hints -------------------------------------------------------------- */

static int playing_count(const struct model *model)
{
	int count = 0;
	for (int i = 0; i < model->speaker_count; i++)
		count += model_speaker_plays(&model->speakers[i]);
	return count;
}

/* Echo → ear, but for its trim, is the same for all that are aligned: the first one's will do. */
static const struct model_speaker *first_playing(const struct model *model)
{
	for (int i = 0; i < model->speaker_count; i++)
		if (model_speaker_plays(&model->speakers[i]) &&
		    model->speakers[i].total_us != MODEL_UNKNOWN)
			return &model->speakers[i];
	return NULL;
}

static void header_draw(const struct ui *ui)
{
	const struct canvas *canvas = &ui->canvas;
	const struct model *model = &ui->model;
	int playing = playing_count(model), missing = model->speaker_count - playing;
	bool runs = playing && model->source.state == MODEL_SOURCE_STREAMING;
	const struct model_speaker *first = first_playing(&ui->calm);
	char clock[16], latency[24], left[96], right[96];
	snprintf(left, sizeof(left), " %s  %s %s  Echo%s%d", ui->config.title,
	         runs ? canvas->set->play : canvas->set->pause, runs ? "RUN" : "IDLE",
	         canvas->set->arrow, playing);
	if (missing)
		snprintf(left + strlen(left), sizeof(left) - strlen(left), ", %d not", missing);
	clock_text(model->uptime_ms, clock, sizeof(clock));
	if (first)
		snprintf(right, sizeof(right), "Echo%sear %s ms  up %s ", canvas->set->arrow,
		         ms_text(first->total_us - first->trim.us, 0, latency, sizeof(latency)),
		         clock);
	else
		snprintf(right, sizeof(right), "up %s ", clock);
	frame_header(ui, left, right);
}

static void events_draw(const struct ui *ui, int row, int rows)
{
	char keys[48], all[64] = "";
	if (rows < 2)
		return;
	if (*frame_key(ui, COMMAND_VIEW, "log", keys, sizeof(keys)))
		snprintf(all, sizeof(all), "%s all", keys);
	frame_rule(ui, row, "Events", all);
	int lines = rows - 1 < EVENTS_MOST ? rows - 1 : EVENTS_MOST;
	int first = ui->model.event_count > lines ? ui->model.event_count - lines : 0;
	for (int i = first; i < ui->model.event_count; i++)
		log_line(ui, row + 1 + i - first, &ui->model.events[i]);
}

/* How much a state wants to be told of; 0: not at all. */
static int urgency_of(int32_t state)
{
	switch (state) {
	case SPEAKER_LOST:
	case SPEAKER_FAILED:
		return 3;
	case SPEAKER_STALLED:
		return 2;
	default:
		return state == SPEAKER_CONGESTED;
	}
}

/* The worst speaker, and the key that helps. */
static bool speaker_trouble(const struct ui *ui, char *text, size_t size)
{
	char keys[48];
	int worst = -1, most = 0;
	for (int i = 0; i < ui->model.speaker_count; i++) {
		int urgency = urgency_of(ui->model.speakers[i].state);
		if (urgency > most) {
			most = urgency;
			worst = i;
		}
	}
	if (worst < 0)
		return false;
	const struct model_speaker *speaker = &ui->model.speakers[worst];
	frame_key(ui, COMMAND_CONNECT, "toggle", keys, sizeof(keys));
	if (speaker->state == SPEAKER_CONGESTED)
		snprintf(text, size, "%d %s: packets go out late: too far, or Wi-Fi near",
		         worst + 1, speaker->name);
	else
		snprintf(text, size, "%d %s: %s (%d %s: now)", worst + 1, speaker->name,
		         speaker->problem, worst + 1, keys);
	return true;
}

bool main_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	const struct model *model = &ui->model;
	*role = THEME_WARN;
	if (*model->problem || *model->source.problem) {
		snprintf(text, size, "%s",
		         *model->problem ? model->problem : model->source.problem);
		return true;
	}
	if (speaker_trouble(ui, text, size))
		return true;
	*role = THEME_NORMAL;
	if (!model->speaker_count)
		snprintf(text, size,
		         "no speaker is paired yet: pair one with bluetoothctl, it is "
		         "taken at once");
	else if (model->source.state != MODEL_SOURCE_STREAMING)
		snprintf(text, size, "waiting for the Echo: \"Alexa, play some music\"");
	return *text;
}

const struct hint main_hints[] = {
    {COMMAND_HELP, "", "help"},
    {COMMAND_SELECT, NULL, "pick"},
    {COMMAND_DELAY, "-1ms", NULL},
    {COMMAND_DELAY, "+1ms", "delay"},
    {COMMAND_VOLUME, "-5", NULL},
    {COMMAND_VOLUME, "+5", "vol"},
    {COMMAND_MUTE, "toggle", "mute"},
    {COMMAND_CHANNEL, "next", "channel"},
    {COMMAND_CONNECT, "toggle", "connect"},
    {COMMAND_COUNT, "", NULL},
};

/* --- the whole ----------------------------------------------------------------------------------- */

static void too_small_draw(const struct ui *ui)
{
	const struct canvas *canvas = &ui->canvas;
	draw_text(canvas, 0, 0, canvas->columns, THEME_NORMAL, "too small");
	draw_text(canvas, 1, 0, canvas->columns, THEME_NORMAL, "need 32x6");
	draw_format(canvas, 2, 0, canvas->columns, THEME_NORMAL, "%d/%d playing",
	            playing_count(&ui->model), ui->model.speaker_count);
}

/* The densest that is needed: 5 rows a panel, 3, or 1. */
static int density_of(const struct ui *ui, int room)
{
	int panels = main_panels(ui);
	if (ui->canvas.columns >= 120 && ui->canvas.rows >= 40 && panels * 5 <= room)
		return 5;
	return ui->canvas.columns >= 76 && panels * 3 <= room ? 3 : 1;
}

/* As many lines as there are rows; the selected one is always among them. */
static int lines_draw(struct ui *ui, int row, int room)
{
	struct list *list = &ui->lists[VIEW_MAIN];
	int panels = main_panels(ui), titles = ui->canvas.columns >= 60 && panels < room;
	if (titles)
		line_titles_draw(ui, row++);
	int shown = list_window(list, panels, room - titles), last = ui->canvas.columns - 1;
	for (int i = 0; i < shown; i++)
		line_draw(ui, row + i, list->first + i);
	if (list->first > 0)
		draw_text(&ui->canvas, row, last, 1, THEME_TITLE, ui->canvas.set->up);
	if (list->first + shown < panels)
		draw_text(&ui->canvas, row + shown - 1, last, 1, THEME_TITLE, ui->canvas.set->down);
	return row + shown;
}

/* What one wants to turn is a speaker; one that is gone is no longer selected. */
void main_follow(struct ui *ui, int64_t now)
{
	struct list *list = &ui->lists[VIEW_MAIN];
	(void)now;
	if (!list->moved)
		list->selected = ui->model.speaker_count > 0;
	if (list->selected >= main_panels(ui))
		list->selected = main_panels(ui) - 1;
}

void main_draw(struct ui *ui, int64_t now)
{
	const struct canvas *canvas = &ui->canvas;
	int room = canvas->rows - 3, row = 1;
	if (canvas->rows < 6 || canvas->columns < 32)
		return too_small_draw(ui);
	header_draw(ui);
	int density = density_of(ui, room);
	if (density == 1) {
		row = lines_draw(ui, row, room);
	} else {
		source_draw(ui, row, density);
		for (int i = 1; i < main_panels(ui); i++)
			speaker_draw(ui, row + i * density, density, i);
		row += main_panels(ui) * density;
	}
	if (ui->events)
		events_draw(ui, row, canvas->rows - 2 - row);
	frame_foot(ui, now);
}
