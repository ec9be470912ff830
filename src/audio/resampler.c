/* SPDX-License-Identifier: MIT */
#include "audio/resampler.h"

#include <string.h>

#define HALF (READER_FILTER_TAPS / 2)

void resampler_init(struct resampler *resampler, const struct reader_filter *filter, uint32_t from,
                    uint32_t to)
{
	*resampler = (struct resampler){.filter = filter, .from = from, .to = to, .begin = -1};
}

double resampler_place(const struct resampler *resampler, int64_t number)
{
	return (double)number * (double)resampler->from / (double)resampler->to;
}

/* Another piece: before it there is silence. */
static void begin_at(struct resampler *resampler, int64_t at)
{
	memset(resampler->window, 0, HALF * sizeof(resampler->window[0]));
	resampler->held = HALF;
	resampler->begin = at - HALF;
	resampler->next = (at * resampler->to + resampler->from - 1) / resampler->from;
}

static void append(struct resampler *resampler, const struct frame *frames, uint32_t count)
{
	memcpy(resampler->window + resampler->held, frames, count * sizeof(*frames));
	resampler->held += count;
}

/* Of the window only what frame `first` and later ones need. */
static void forget_before(struct resampler *resampler, int64_t first)
{
	uint32_t gone = (uint32_t)(first - resampler->begin);
	if (gone > resampler->held)
		gone = resampler->held;
	resampler->held -= gone;
	resampler->begin += gone;
	memmove(resampler->window, resampler->window + gone,
	        resampler->held * sizeof(resampler->window[0]));
}

uint32_t resampler_convert(struct resampler *resampler, int64_t at, const struct frame *frames,
                           uint32_t count, struct frame *out, int64_t *ret_first)
{
	uint32_t made = 0;
	if (at != resampler->begin + resampler->held)
		begin_at(resampler, at);
	append(resampler, frames, count);
	*ret_first = resampler->next;
	int64_t end = resampler->begin + resampler->held, first;
	for (;; resampler->next++) {
		int64_t scaled = resampler->next * resampler->from;
		first = scaled / resampler->to - (HALF - 1);
		if (first + READER_FILTER_TAPS > end)
			break;
		out[made++] = reader_between(
		    resampler->filter, resampler->window + (first - resampler->begin),
		    (double)(scaled % resampler->to) / (double)resampler->to);
	}
	forget_before(resampler, first);
	return made;
}
