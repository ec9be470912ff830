/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/clicks.h"

#include <math.h>

#define CLICK_HZ 2000
#define CLICK_PEAK 0.6
#define TONE_HZ 440
#define TONE_PEAK 0.05
#define TURN (2 * M_PI)

#define ONSET 5.0f   /* times the mean: a click's beginning; the tone's peak is 1.6 times its own */
#define WEIGHTY 3.0f /* times the mean: counts for its centre */
#define FLOOR 1e-4f  /* below it, all is silence */
#define MEAN_SECONDS 0.05f
#define COLLECT_SECONDS 0.008
#define PAUSE_SECONDS 0.1
#define SILENCE_SECONDS 0.002 /* the tone crosses zero in less */
#define JUMP 0.02f            /* a click bends by less before it is one: 0.013 at full volume */
#define JUMP_SECONDS 0.01     /* within so long it is the same one */

/* --- making ------------------------------------------------------------------------------------ */

static float sound_at(int64_t place, uint32_t rate)
{
	double seconds = (double)(place % rate) / rate, click = 0;
	if (seconds < CLICK_SECONDS)
		click = CLICK_PEAK * sin(TURN * CLICK_HZ * seconds) *
		        pow(sin(M_PI * seconds / CLICK_SECONDS), 2);
	return (float)(click + TONE_PEAK * sin(TURN * TONE_HZ * seconds));
}

void clicks_fill(struct frame *frames, int64_t from, uint32_t count, uint32_t rate)
{
	for (uint32_t i = 0; i < count; i++)
		frames[i].left = frames[i].right = sound_at(from + i, rate);
}

double clicks_next(int64_t from, uint32_t rate)
{
	double centre = CLICK_SECONDS / 2 * rate;
	double number = ceil(((double)from - centre) / rate);
	return number * rate + centre;
}

int64_t clicks_between(uint32_t rate)
{
	return rate / 2 + rate / TONE_HZ / 4;
}

/* --- finding ----------------------------------------------------------------------------------- */

void click_finder_init(struct click_finder *finder, uint32_t rate,
                       const struct click_events *events)
{
	*finder = (struct click_finder){.events = *events, .rate = rate};
}

static void weigh(struct click_finder *finder, float value, int64_t place)
{
	float magnitude = fabsf(value);
	if (magnitude < WEIGHTY * finder->mean)
		return;
	finder->energy += (double)magnitude * magnitude;
	finder->moment += (double)magnitude * magnitude * (double)place;
	finder->peak = fmaxf(finder->peak, magnitude);
}

static void click_begin(struct click_finder *finder)
{
	finder->left = (int64_t)(COLLECT_SECONDS * finder->rate);
	finder->energy = finder->moment = 0;
	finder->peak = 0;
	for (int64_t place = finder->at - CLICK_HISTORY + 1; place < finder->at; place++)
		if (place >= 0)
			weigh(finder, finder->history[place % CLICK_HISTORY], place);
}

static void click_end(struct click_finder *finder)
{
	finder->left = -(int64_t)(PAUSE_SECONDS * finder->rate);
	finder->events.click(finder->events.user, finder->moment / finder->energy, finder->peak);
}

static void listen_click(struct click_finder *finder, float value)
{
	float magnitude = fabsf(value);
	if (finder->left == 0 && finder->mean > FLOOR && magnitude > ONSET * finder->mean)
		click_begin(finder);
	if (finder->left > 0) {
		weigh(finder, value, finder->at);
		if (--finder->left == 0)
			click_end(finder);
		return; /* the mean is that of the tone */
	}
	if (finder->left < 0)
		finder->left++;
	finder->mean += (magnitude - finder->mean) / (MEAN_SECONDS * (float)finder->rate);
}

static void listen_silence(struct click_finder *finder, float value)
{
	bool silent = fabsf(value) < FLOOR;
	if (silent && !finder->silent)
		finder->silent_from = finder->at;
	int64_t lasted = finder->at - finder->silent_from;
	if (!silent && finder->silent && lasted > (int64_t)(SILENCE_SECONDS * finder->rate)) {
		finder->events.silence(finder->events.user, finder->silent_from, lasted);
		/* a tone that begins is no click: it is listened to for a while first */
		finder->left = -(int64_t)(PAUSE_SECONDS * finder->rate);
	}
	finder->silent = silent;
}

static float heard_before(const struct click_finder *finder, int frames)
{
	return finder->history[(uint64_t)(finder->at - frames) % CLICK_HISTORY];
}

static void listen_jump(struct click_finder *finder, float value)
{
	float bend = fabsf(value - 2 * heard_before(finder, 1) + heard_before(finder, 2));
	if (!finder->events.jump || finder->left > 0 || bend < JUMP ||
	    finder->at - finder->jump_at < (int64_t)(JUMP_SECONDS * finder->rate))
		return;
	finder->jump_at = finder->at;
	finder->events.jump(finder->events.user, finder->at, bend);
}

void click_finder_feed(struct click_finder *finder, int64_t from, const struct frame *frames,
                       uint32_t count)
{
	if (from != finder->at) {
		finder->silent = false;
		finder->left = 0;
		finder->mean = 0;
		finder->jump_at = from; /* before it there is nothing to compare with */
	}
	for (finder->at = from; finder->at < from + count; finder->at++) {
		float value = frames[finder->at - from].left;
		finder->history[(uint64_t)finder->at % CLICK_HISTORY] = value;
		listen_click(finder, value);
		listen_silence(finder, value);
		listen_jump(finder, value);
	}
}
