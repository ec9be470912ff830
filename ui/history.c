/* SPDX-License-Identifier: MIT */
#include "ui/history.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ll

static const struct history_second nothing = {
    .latency_us = MODEL_UNKNOWN, .fill_us = MODEL_UNKNOWN, .jitter_us = MODEL_UNKNOWN};

struct history *history_new(void)
{
	struct history *history = calloc(1, sizeof(*history));
	if (history)
		history_reset(history);
	return history;
}

void history_free(struct history *history)
{
	free(history);
}

void history_reset(struct history *history)
{
	for (int i = 0; i <= MODEL_SPEAKERS; i++) {
		struct history_line *line = &history->lines[i];
		line->count = line->next = 0;
		line->ended = 0;
		line->now = nothing;
	}
	history->since = 0;
}

/* A speaker keeps its line when others come and go: it is found by its address. */
static struct history_line *line_of(struct history *history, const struct model_speaker *speaker)
{
	struct history_line *unused = NULL;
	for (int i = 1; i <= MODEL_SPEAKERS; i++) {
		struct history_line *line = &history->lines[i];
		if (!strcmp(line->address, speaker->address))
			return line;
		if (!*line->address && !unused)
			unused = line;
	}
	if (!unused) {
		unused = &history->lines[1]; /* more have come and gone than there is room for */
		*unused = (struct history_line){.now = nothing};
	}
	memcpy(unused->address, speaker->address, sizeof(unused->address));
	unused->dropped = speaker->dropped;
	unused->late = speaker->late;
	return unused;
}

static void least(int32_t *kept, int32_t value)
{
	if (value != MODEL_UNKNOWN && (*kept == MODEL_UNKNOWN || value < *kept))
		*kept = value;
}

static void most(int32_t *kept, int32_t value)
{
	if (value != MODEL_UNKNOWN && (*kept == MODEL_UNKNOWN || value > *kept))
		*kept = value;
}

static void speaker_take(struct history_line *line, const struct model_speaker *speaker)
{
	struct history_second *now = &line->now;
	now->latency_us = speaker->total_us;
	least(&now->fill_us, speaker->fill_us);
	most(&now->jitter_us, speaker->jitter_us);
	memcpy(now->spacing, speaker->spacing, sizeof(now->spacing));
	if (speaker->dropped > line->dropped)
		now->dropped += (int32_t)(speaker->dropped - line->dropped);
	if (speaker->late > line->late)
		now->late += (int32_t)(speaker->late - line->late);
	line->dropped = speaker->dropped;
	line->late = speaker->late;
}

static void second_end(struct history_line *line)
{
	line->seconds[line->next] = line->now;
	line->next = (line->next + 1) % HISTORY_SECONDS;
	line->count += line->count < HISTORY_SECONDS;
	line->ended++;
	line->now = nothing;
}

bool history_take(struct history *history, const struct model *model, int64_t now)
{
	bool ends = history->since && now - history->since >= SECOND_NS;
	struct history_line *source = &history->lines[0];
	source->now.latency_us = model->source.latency_us;
	least(&source->now.fill_us, model->source.fill_us);
	for (int i = 0; i < model->speaker_count; i++)
		speaker_take(line_of(history, &model->speakers[i]), &model->speakers[i]);
	if (!history->since)
		history->since = now;
	if (!ends)
		return false;
	for (int i = 0; i <= MODEL_SPEAKERS; i++)
		if (!i || *history->lines[i].address)
			second_end(&history->lines[i]);
	/* after a long pause the clock starts anew, it does not catch up */
	bool steady = now - history->since < 2 * SECOND_NS;
	history->since = steady ? history->since + SECOND_NS : now;
	return true;
}

const struct history_line *history_of(const struct history *history,
                                      const struct model_speaker *speaker)
{
	if (!speaker)
		return &history->lines[0];
	for (int i = 1; i <= MODEL_SPEAKERS; i++)
		if (!strcmp(history->lines[i].address, speaker->address))
			return &history->lines[i];
	return NULL;
}

const struct history_second *history_second(const struct history_line *line, int back)
{
	if (!line || back < 0 || back >= line->count)
		return NULL;
	return &line->seconds[(line->next + HISTORY_SECONDS - 1 - back) % HISTORY_SECONDS];
}

int32_t history_value(const struct history_second *second, enum history_value value)
{
	if (!second)
		return MODEL_UNKNOWN;
	return value == HISTORY_LATENCY ? second->latency_us
	       : value == HISTORY_FILL  ? second->fill_us
	                                : second->jitter_us;
}

static int compare(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
	return (left > right) - (left < right);
}

static void rank(struct history_stats *stats, int32_t *sorted, int count)
{
	int64_t sum = 0;
	if (!count)
		return;
	qsort(sorted, (size_t)count, sizeof(sorted[0]), compare);
	for (int i = 0; i < count; i++)
		sum += sorted[i];
	stats->least = sorted[0];
	stats->p5 = sorted[count * 5 / 100];
	stats->p95 = sorted[(count * 95 - 1) / 100];
	stats->most = sorted[count - 1];
	stats->mean = (int32_t)(sum / count);
}

struct history_stats history_stats(const struct history_line *line, enum history_value value,
                                   int seconds)
{
	struct history_stats stats = {MODEL_UNKNOWN,
	                              MODEL_UNKNOWN,
	                              MODEL_UNKNOWN,
	                              MODEL_UNKNOWN,
	                              MODEL_UNKNOWN,
	                              MODEL_UNKNOWN,
	                              {0},
	                              0,
	                              0};
	int32_t sorted[HISTORY_SECONDS];
	int count = 0;
	for (int i = 0; i < seconds; i++) {
		const struct history_second *second = history_second(line, i);
		if (!second)
			break;
		stats.dropped += second->dropped;
		stats.late += second->late;
		for (int class = 0; class < MODEL_SPACING; class ++)
			stats.spacing[class] += second->spacing[class];
		if (i == 0)
			stats.last = history_value(second, value);
		if (history_value(second, value) != MODEL_UNKNOWN)
			sorted[count++] = history_value(second, value);
	}
	rank(&stats, sorted, count);
	return stats;
}

int32_t history_column(const struct history_line *line, enum history_value value, int each,
                       int back, bool *dropped)
{
	int32_t worst = MODEL_UNKNOWN;
	*dropped = false;
	if (!line || !line->count)
		return MODEL_UNKNOWN;
	int64_t column = (line->ended - 1) / each - back;
	for (int64_t second = column * each; second < (column + 1) * each; second++) {
		const struct history_second *one =
		    history_second(line, (int)(line->ended - 1 - second));
		if (!one)
			continue;
		*dropped |= one->dropped > 0;
		if (value == HISTORY_FILL)
			least(&worst, history_value(one, value));
		else
			most(&worst, history_value(one, value));
	}
	return worst;
}
