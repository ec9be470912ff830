/* SPDX-License-Identifier: MIT */
#include "audio/reader.h"

#include <math.h>

#define KAISER_BETA 10.0
#define CUTOFF 0.9 /* of half the rate */
#define HALF (READER_FILTER_TAPS / 2)

/* Frames read at a time: one SBC frame's worth, so that the window below stays on the stack. */
#define CHUNK 128
/* What a chunk spans at a speaker's highest ratio (48 kHz of 44.1, slewing), and the filter around it. */
#define SPAN (CHUNK * 12 / 10)
#define WINDOW (SPAN + READER_FILTER_TAPS + 4)

/* Modified Bessel function of the first kind, order 0, by its power series. */
static double bessel_i0(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; term > sum * 1e-15; k++) {
		term *= (x / 2 / k) * (x / 2 / k);
		sum += term;
	}
	return sum;
}

/* The window but for a factor, which every row is rid of: x in −1..1. */
static double kaiser(double x)
{
	double inside = 1 - x * x;
	return inside <= 0 ? 0 : bessel_i0(KAISER_BETA * sqrt(inside));
}

static double sinc(double x)
{
	return fabs(x) < 1e-12 ? 1 : sin(M_PI * x) / (M_PI * x);
}

static void filter_row(float *row, double fraction)
{
	double taps[READER_FILTER_TAPS], sum = 0;
	for (int k = 0; k < READER_FILTER_TAPS; k++) {
		double x = k - (HALF - 1) - fraction;
		taps[k] = sinc(CUTOFF * x) * kaiser(x / HALF);
		sum += taps[k];
	}
	for (int k = 0; k < READER_FILTER_TAPS; k++)
		row[k] = (float)(taps[k] / sum); /* no phase is louder than another */
}

void reader_filter_init(struct reader_filter *filter)
{
	for (int phase = 0; phase <= READER_FILTER_PHASES; phase++)
		filter_row(filter->taps[phase], (double)phase / READER_FILTER_PHASES);
}

void reader_init(struct reader *reader, const struct reader_filter *filter, double ratio,
                 double delay)
{
	*reader = (struct reader){.filter = filter, .ratio = ratio, .delay = delay, .goal = delay};
}

void reader_move(struct reader *reader, double goal, double begin)
{
	reader->goal = goal;
	reader->begin = begin;
}

bool reader_at_rest(const struct reader *reader)
{
	return reader->delay == reader->goal && !reader->fade_left;
}

int64_t reader_needs(const struct reader *reader, double place, uint32_t count)
{
	double least = fmin(reader->delay, reader->goal);
	if (reader->fade_left)
		least = fmin(least, reader->fade_to);
	bool copies = reader_at_rest(reader) && reader->ratio == 1;
	int64_t end = (int64_t)ceil(place + count * reader->ratio - least);
	return copies ? end : end + READER_LOOKAHEAD;
}

struct frame reader_between(const struct reader_filter *filter, const struct frame *window,
                            double fraction)
{
	double row = fraction * READER_FILTER_PHASES;
	int phase = (int)row;
	float weight = (float)(row - phase);
	const float *low = filter->taps[phase], *high = filter->taps[phase + 1];
	struct frame sum = {0, 0};
	for (int k = 0; k < READER_FILTER_TAPS; k++) {
		float tap = low[k] + (high[k] - low[k]) * weight;
		sum.left += window[k].left * tap;
		sum.right += window[k].right * tap;
	}
	return sum;
}

/* Reads count <= CHUNK frames from the fractional place `from` on, `step` apart. */
static void read_between(const struct reader *reader, const struct timeline *timeline, double from,
                         double step, struct frame *frames, uint32_t count)
{
	struct frame window[WINDOW];
	int64_t first = (int64_t)floor(from) - (HALF - 1);
	uint32_t span = (uint32_t)ceil(count * step) + READER_FILTER_TAPS + 2;
	timeline_read(timeline, first, window, span);
	for (uint32_t i = 0; i < count; i++) {
		double place = from + i * step - (double)first - (HALF - 1);
		int whole = (int)place;
		frames[i] = reader_between(reader->filter, window + whole, place - whole);
	}
}

static void read_at(const struct reader *reader, const struct timeline *timeline, double place,
                    double delay, struct frame *frames, uint32_t count)
{
	double from = place - delay;
	if (reader->ratio == 1 && from == floor(from))
		timeline_read(timeline, (int64_t)from, frames, count);
	else
		read_between(reader, timeline, from, reader->ratio, frames, count);
}

static void read_slewing(struct reader *reader, const struct timeline *timeline, double place,
                         struct frame *frames, uint32_t count)
{
	double slew = reader->goal > reader->delay ? READER_SLEW : -READER_SLEW;
	slew *= reader->ratio;
	read_between(reader, timeline, place - reader->delay, reader->ratio - slew, frames, count);
	reader->delay += slew * count;
}

static void read_fading(struct reader *reader, const struct timeline *timeline, double place,
                        struct frame *frames, uint32_t count)
{
	struct frame old[CHUNK];
	read_at(reader, timeline, place, reader->delay, old, count);
	read_at(reader, timeline, place, reader->fade_to, frames, count);
	for (uint32_t i = 0; i < count; i++) {
		float weight = 0.5f +
		               0.5f * cosf((float)M_PI * (float)reader->fade_left-- / READER_FADE);
		frames[i].left = old[i].left + (frames[i].left - old[i].left) * weight;
		frames[i].right = old[i].right + (frames[i].right - old[i].right) * weight;
	}
	if (!reader->fade_left)
		reader->delay = reader->fade_to;
}

/* How many of the next frames are read in one and the same way. */
static uint32_t chunk_of(const struct reader *reader, double place, uint32_t count)
{
	double fits = floor(SPAN / (reader->ratio * (1 + READER_SLEW)));
	double most = fmin(count < CHUNK ? count : CHUNK, fits);
	if (reader->fade_left)
		return (uint32_t)fmin(most, reader->fade_left);
	if (reader->delay == reader->goal)
		return (uint32_t)most;
	if (place < reader->begin)
		return (uint32_t)fmin(most, ceil((reader->begin - place) / reader->ratio));
	double frames_left = fabs(reader->goal - reader->delay) / (READER_SLEW * reader->ratio);
	return (uint32_t)fmax(1, fmin(most, floor(frames_left)));
}

static void begin_change(struct reader *reader)
{
	double distance = fabs(reader->goal - reader->delay);
	if (distance > READER_SLEW_FRAMES) {
		reader->fade_to = reader->goal;
		reader->fade_left = READER_FADE;
	} else if (distance < 2 * READER_SLEW) {
		reader->delay = reader->goal; /* the last hundredth of a frame */
	}
}

void reader_read(struct reader *reader, const struct timeline *timeline, double place,
                 struct frame *frames, uint32_t count)
{
	while (count) {
		if (!reader_at_rest(reader) && !reader->fade_left && place >= reader->begin)
			begin_change(reader);
		uint32_t chunk = chunk_of(reader, place, count);
		if (reader->fade_left)
			read_fading(reader, timeline, place, frames, chunk);
		else if (reader->delay == reader->goal || place < reader->begin)
			read_at(reader, timeline, place, reader->delay, frames, chunk);
		else
			read_slewing(reader, timeline, place, frames, chunk);
		frames += chunk;
		count -= chunk;
		place += chunk * reader->ratio;
	}
}
