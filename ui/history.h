/* SPDX-License-Identifier: MIT */
#ifndef UI_HISTORY_H
#define UI_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/model.h"

/*
 * The last ten minutes, a second at a time, of the source and each speaker: what the graphs are drawn
 * from.  It belongs to the screen, not to the relay: one that attaches later begins with an empty one.
 * Main thread.
 */

#define HISTORY_SECONDS 600

/* One second.  MODEL_UNKNOWN where nothing streamed. */
struct history_second {
	int32_t latency_us; /* Echo to ear; of the source: from its air to here */
	int32_t fill_us;    /* the least */
	int32_t jitter_us;  /* the most */
	int32_t dropped, late;
	int32_t spacing[MODEL_SPACING]; /* packets by how late they went out */
};

struct history_line {
	char address[18]; /* of the speaker; "" for the source */
	int count;        /* of seconds, HISTORY_SECONDS at the most */
	int64_t ended;    /* seconds ever */
	int next;         /* where the next second goes */
	int64_t dropped, late;
	struct history_second now; /* the one under way */
	struct history_second seconds[HISTORY_SECONDS];
};

struct history {
	int64_t since; /* of the second under way */
	struct history_line lines[1 + MODEL_SPEAKERS];
};

struct history *history_new(void);
void history_free(struct history *history);

/* A newer model, at `now` ns.  True where a second has ended with it. */
bool history_take(struct history *history, const struct model *model, int64_t now);

/* The line of the source (NULL) or a speaker; NULL while there is none. */
const struct history_line *history_of(const struct history *history,
                                      const struct model_speaker *speaker);

/* A second, 0 the last, 1 the one before; NULL beyond what is kept. */
const struct history_second *history_second(const struct history_line *line, int back);

enum history_value { HISTORY_LATENCY, HISTORY_FILL, HISTORY_JITTER };

/* In us; MODEL_UNKNOWN where the second is none. */
int32_t history_value(const struct history_second *second, enum history_value value);

/* Over the last `seconds`: MODEL_UNKNOWN where nothing streamed in any of them. */
struct history_stats {
	int32_t least, mean, p5, p95, most, last;
	int64_t spacing[MODEL_SPACING];
	int64_t dropped, late;
};
struct history_stats history_stats(const struct history_line *line, enum history_value value,
                                   int seconds);

/*
 * Column `back` of a graph whose columns are `each` seconds: 0 is the one under way.  The bounds of a
 * column are always the same seconds, so that a graph moves and does not shimmer.  What is worse stands
 * for a column: the most, of HISTORY_FILL the least.  *dropped is set where packets were given up in it.
 */
int32_t history_column(const struct history_line *line, enum history_value value, int each,
                       int back, bool *dropped);

/* Forgets everything. */
void history_reset(struct history *history);

#endif
