/* SPDX-License-Identifier: MIT */
#include "relay/signal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/sweep.h"

#define LEAD_IN_HZ 180 /* below the band that the microphone's filter looks at */
#define LEAD_IN_PEAK 0.01
#define CLICK_SECONDS 0.006
#define CLICK_HZ 2000
#define CLICK_DECAY 0.0008 /* s */
#define TONE_PERIOD 100    /* frames: 441 Hz at 44.1 kHz; it ends where a period ends */
#define TONE_SECONDS 10
#define ENDLESS (INT64_MAX / 4)

/* How a signal is built: its turn, and how often. */
struct shape {
	uint32_t count;
	int64_t period, turns;
	struct frame (*at)(double seconds, double rate);
};

static struct frame both(double value)
{
	return (struct frame){(float)value, (float)value};
}

static struct frame click_at(double seconds, double rate)
{
	(void)rate;
	double age = seconds / CLICK_DECAY;
	return both(sin(2 * M_PI * CLICK_HZ * seconds) * exp(-age));
}

static struct frame tone_at(double seconds, double rate)
{
	return both(sin(2 * M_PI * seconds * rate / TONE_PERIOD));
}

/* Soft at both ends; the place within it, and its length, in seconds. */
static double lead_in(double seconds, double length)
{
	double edge = fmin(seconds, length - seconds) / 0.1;
	return edge <= 0 ? 0 : LEAD_IN_PEAK * fmin(1, edge) * sin(2 * M_PI * LEAD_IN_HZ * seconds);
}

/* Each sweep has its own lead-in: the other speakers' turns lie between two of them. */
static struct frame sweep_at(double seconds, double rate)
{
	double lead = SIGNAL_LEAD_IN_NS / 1e9;
	(void)rate;
	return both(seconds < lead ? lead_in(seconds, lead) / SIGNAL_PEAK
	                           : sweep_value(seconds - lead));
}

/* A note with soft ends. */
static double note(double seconds, double begin, double length, double hz)
{
	double into = seconds - begin, edge = fmin(into, length - into) / 0.02;
	return edge <= 0 ? 0 : sin(2 * M_PI * hz * into) * fmin(1, edge);
}

static struct frame channels_at(double seconds, double rate)
{
	(void)rate;
	double left = note(seconds, 0, 0.6, 440);
	double right = note(seconds, 1, 0.25, 660) + note(seconds, 1.35, 0.25, 660);
	return (struct frame){(float)left, (float)right};
}

static struct frame silence_at(double seconds, double rate)
{
	(void)seconds, (void)rate;
	return both(0);
}

static uint32_t frames_of(double seconds, uint32_t rate)
{
	return (uint32_t)ceil(seconds * rate);
}

static struct shape shape_of(const struct signal_plan *plan)
{
	uint32_t rate = plan->rate, count;
	switch (plan->kind) {
	case SIGNAL_CLICK:
		return (struct shape){frames_of(CLICK_SECONDS, rate), rate, 1, click_at};
	case SIGNAL_METRONOME:
		return (struct shape){frames_of(CLICK_SECONDS, rate), rate, ENDLESS / rate,
		                      click_at};
	case SIGNAL_TONE:
		return (struct shape){TONE_PERIOD, TONE_PERIOD, TONE_SECONDS * rate / TONE_PERIOD,
		                      tone_at};
	case SIGNAL_SWEEP:
		count = frames_of(SIGNAL_LEAD_IN_NS / 1e9, rate) + sweep_fill(NULL, rate);
		return (struct shape){count, plan->period ? plan->period : count,
		                      plan->turns ? plan->turns : 1, sweep_at};
	case SIGNAL_CHANNELS:
		return (struct shape){frames_of(1.7, rate), frames_of(2.4, rate), 2, channels_at};
	default:
		return (struct shape){1, ENDLESS, 2, silence_at};
	}
}

static uint32_t intro_of(enum signal_kind kind, uint32_t rate)
{
	bool has_none = kind == SIGNAL_SILENCE || kind == SIGNAL_SWEEP;
	return has_none ? 0 : frames_of(SIGNAL_LEAD_IN_NS / 1e9, rate);
}

static void fill(struct overlay *overlay, const struct shape *shape, uint32_t rate)
{
	for (uint32_t i = 0; i < overlay->intro; i++)
		overlay->frames[i] = both(lead_in((double)i / rate, (double)overlay->intro / rate));
	for (uint32_t i = 0; i < overlay->count; i++) {
		struct frame frame = shape->at((double)i / rate, rate);
		overlay->frames[overlay->intro + i] =
		    (struct frame){frame.left * SIGNAL_PEAK, frame.right * SIGNAL_PEAK};
	}
}

struct overlay *signal_overlay(const struct signal_plan *plan)
{
	struct shape shape = shape_of(plan);
	uint32_t intro = intro_of(plan->kind, plan->rate);
	struct overlay *overlay =
	    malloc(sizeof(*overlay) + (intro + shape.count) * sizeof(struct frame));
	if (!overlay)
		return NULL;
	int64_t begin = plan->begin;
	if (plan->kind == SIGNAL_SWEEP)
		begin -= frames_of(SIGNAL_LEAD_IN_NS / 1e9, plan->rate);
	*overlay = (struct overlay){
	    .from = begin - intro,
	    .until = begin + (shape.turns - 1) * shape.period + shape.count,
	    .begin = begin,
	    .period = shape.period,
	    .turns = shape.turns,
	    .intro = intro,
	    .count = shape.count,
	    .music = plan->with_music ? 1 : 0,
	};
	if (plan->kind == SIGNAL_SILENCE) /* at once */
		overlay->from = -ENDLESS;
	if (plan->quiet_until) {
		overlay->from = plan->quiet_from;
		overlay->until = plan->quiet_until;
	}
	fill(overlay, &shape, plan->rate);
	return overlay;
}

static const char *const names[SIGNAL_COUNT] = {
    [SIGNAL_NONE] = "off",        [SIGNAL_CLICK] = "click", [SIGNAL_METRONOME] = "metronome",
    [SIGNAL_TONE] = "tone",       [SIGNAL_SWEEP] = "sweep", [SIGNAL_CHANNELS] = "channels",
    [SIGNAL_SILENCE] = "silence",
};

const char *signal_name(enum signal_kind kind)
{
	return names[kind];
}

enum signal_kind signal_read(const char *name)
{
	int kind = 0;
	while (kind < SIGNAL_COUNT && strcmp(names[kind], name))
		kind++;
	return (enum signal_kind)kind;
}
