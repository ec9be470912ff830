/* SPDX-License-Identifier: MIT */
#include "measure/take.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define CLIP_LEVEL 0.985f
#define CLIP_RUN 3     /* frames in a row at full scale */
#define CLIP_RUNS 4    /* so many such runs are no accident */
#define ECHO_LEAD 0.04 /* s: the direct sound is at most this much before the loudest echo (14 m) */
#define ECHO_TAIL 0.35 /* s: so long after it echoes are still louder than the noise */
#define LEVEL_SPAN 0.08 /* s */
#define GUARD 0.0008    /* s around an arrival that belong to it */

/*
 * An arrival stands out when it has a fifth of the loudest one's height and is above the noise by what
 * noise reaches once in 10^7 takes: the envelope of noise is Rayleigh distributed, some 10^4 independent
 * places, and ARRIVAL_NOISE × its median is 7 sigma.
 */
#define ARRIVAL_PART 0.2
#define ARRIVAL_NOISE 6.0
#define DOUBT_PART 0.04 /* something earlier of this height: is *that* the direct sound? */
#define RIVAL_PART 0.5  /* something as high elsewhere: which of them is the speaker? */
/*
 * dB above the median of the noise: below, not sure; 10 dB more, quite.  At 16 one in 250 rooms with noise
 * 10 dB above the sweep was sure and wrong, an echo having been taken for the direct sound under the noise.
 */
#define CLEAR_LEAST 25.0
#define CLEAR_FULL 35.0
#define HEARD_LEAST 13.0 /* dB: below it there is nothing but noise */
#define NOISY_DB -45.0   /* RMS of a recording without the sweep: louder than a quiet room */

struct envelope {
	const float *values;
	size_t count;
	double rate;
};

static double decibels(double amplitude)
{
	return 20 * log10(fmax(amplitude, 1e-9));
}

static size_t frames_of(double seconds, double rate)
{
	return (size_t)(seconds * rate);
}

static bool clipped(const float *samples, size_t count)
{
	size_t run = 0, runs = 0;
	for (size_t i = 0; i < count; i++) {
		run = fabsf(samples[i]) >= CLIP_LEVEL ? run + 1 : 0;
		runs += run == CLIP_RUN;
	}
	return runs >= CLIP_RUNS;
}

static double rms(const float *samples, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += (double)samples[i] * samples[i];
	return count ? sqrt(sum / (double)count) : 0;
}

static size_t highest(const struct envelope *envelope, size_t from, size_t to)
{
	size_t best = from;
	for (size_t i = from; i < to && i < envelope->count; i++)
		if (envelope->values[i] > envelope->values[best])
			best = i;
	return best;
}

static int compare_floats(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;
	return (left > right) - (left < right);
}

/* Median of every eighth value before the arrival: neighbours say the same. */
static double noise_floor(const struct envelope *envelope, size_t loudest)
{
	float sample[4096];
	size_t lead = frames_of(ECHO_LEAD, envelope->rate), count = 0;
	size_t until = loudest > lead ? loudest - lead : 0;
	size_t step = until / 4096 + 1;
	for (size_t i = 0; i < until && count < 4096; i += step)
		sample[count++] = envelope->values[i];
	if (count < 64)
		return envelope->values[loudest]; /* nothing to compare with: nothing stands out */
	qsort(sample, count, sizeof(sample[0]), compare_floats);
	return sample[count / 2];
}

/* The first bump of at least `least` between the two places; `to` where there is none. */
static size_t first_arrival(const struct envelope *envelope, size_t from, size_t to, double least)
{
	const float *v = envelope->values;
	for (size_t i = from > 1 ? from : 1; i < to && i + 1 < envelope->count; i++)
		if (v[i] >= least && v[i] >= v[i - 1] && v[i] > v[i + 1])
			return i;
	return to;
}

/* The top of the parabola through a bump's three highest values. */
static double place_between(const struct envelope *envelope, size_t top)
{
	if (top == 0 || top + 1 >= envelope->count)
		return (double)top;
	double before = envelope->values[top - 1], at = envelope->values[top],
	       after = envelope->values[top + 1];
	double bend = before - 2 * at + after;
	double shift = bend < 0 ? 0.5 * (before - after) / bend : 0;
	return (double)top + fmax(-1, fmin(1, shift));
}

static double gain_db(const struct envelope *envelope, size_t direct, double unit_energy)
{
	size_t guard = frames_of(GUARD, envelope->rate);
	size_t until = direct + frames_of(LEVEL_SPAN, envelope->rate);
	double energy = 0;
	for (size_t i = direct > guard ? direct - guard : 0; i < until && i < envelope->count; i++)
		energy += (double)envelope->values[i] * envelope->values[i];
	return 10 * log10(fmax(energy / unit_energy, 1e-18));
}

/* Is there an arrival of its own, before the direct sound or long after, that may be meant instead? */
static bool has_rival(const struct envelope *envelope, size_t direct, size_t loudest, double noise)
{
	double height = envelope->values[loudest];
	size_t lead = frames_of(ECHO_LEAD, envelope->rate),
	       guard = frames_of(GUARD, envelope->rate);
	size_t tail = loudest + frames_of(ECHO_TAIL, envelope->rate);
	double doubt = fmax(DOUBT_PART * height, ARRIVAL_NOISE * noise);
	size_t from = loudest > lead ? loudest - lead : 0;
	size_t until = direct > guard ? direct - guard : 0;
	if (until > from && first_arrival(envelope, from, until, doubt) < until)
		return true;
	double rival = fmax(RIVAL_PART * height, ARRIVAL_NOISE * noise);
	if (from > 0 && envelope->values[highest(envelope, 0, from)] > rival)
		return true;
	return tail < envelope->count &&
	       envelope->values[highest(envelope, tail, envelope->count)] > rival;
}

static enum measure_verdict why_unheard(double clear_db, double noise_db)
{
	if (noise_db > NOISY_DB)
		return MEASURE_TOO_NOISY;
	return clear_db < HEARD_LEAST ? MEASURE_NOT_HEARD : MEASURE_TOO_QUIET;
}

static double confidence_of(double clear_db)
{
	double part = (clear_db - CLEAR_LEAST) / (CLEAR_FULL - CLEAR_LEAST);
	return fmax(0, fmin(1, MEASURE_SURE + (1 - MEASURE_SURE) * part));
}

static void arrival_read(struct measure_take *take, const struct envelope *envelope, double noise,
                         double unit_energy)
{
	size_t loudest = highest(envelope, 0, envelope->count);
	double height = envelope->values[loudest];
	size_t lead = frames_of(ECHO_LEAD, envelope->rate);
	double least = fmax(ARRIVAL_PART * height, ARRIVAL_NOISE * noise);
	size_t direct =
	    first_arrival(envelope, loudest > lead ? loudest - lead : 0, loudest, least);
	take->place = place_between(envelope, direct);
	take->level_db = gain_db(envelope, direct, unit_energy);
	take->confidence = confidence_of(take->clear_db);
	if (!has_rival(envelope, direct, loudest, noise))
		return;
	take->verdict = MEASURE_UNCLEAR;
	take->confidence *= 0.4;
}

struct measure_take measure_take(struct response *response, const float *recording, size_t count,
                                 double rate)
{
	struct measure_take take = {.verdict = MEASURE_OK, .level_db = -180};
	struct envelope envelope = {.rate = rate};
	envelope.values = response_of(response, recording, count, &envelope.count);
	if (!envelope.count) {
		take.verdict = MEASURE_NOT_HEARD;
		return take;
	}
	size_t loudest = highest(&envelope, 0, envelope.count);
	double noise = noise_floor(&envelope, loudest);
	take.clear_db = decibels(envelope.values[loudest]) - decibels(noise);
	take.noise_db = decibels(rms(recording, frames_of(0.2, rate)));
	if (clipped(recording, count))
		take.verdict = MEASURE_CLIPPED;
	else if (take.clear_db < CLEAR_LEAST)
		take.verdict = why_unheard(take.clear_db, take.noise_db);
	else
		arrival_read(&take, &envelope, noise, response_unit_energy(response));
	return take;
}

const char *measure_verdict_name(enum measure_verdict verdict)
{
	static const char *const names[] = {
	    [MEASURE_OK] = "ok",
	    [MEASURE_NOT_HEARD] = "not heard",
	    [MEASURE_TOO_QUIET] = "too quiet",
	    [MEASURE_TOO_NOISY] = "too noisy",
	    [MEASURE_CLIPPED] = "clipped",
	    [MEASURE_UNCLEAR] = "unclear",
	    [MEASURE_MOVED] = "moved",
	};
	return names[verdict];
}

const char *measure_verdict_advice(enum measure_verdict verdict)
{
	static const char *const advice[] = {
	    [MEASURE_OK] = "",
	    [MEASURE_NOT_HEARD] = "is it on? is it the right microphone?",
	    [MEASURE_TOO_QUIET] = "turn it up, or bring them nearer",
	    [MEASURE_TOO_NOISY] = "make the room quieter, or it louder",
	    [MEASURE_CLIPPED] = "turn it or the microphone down",
	    [MEASURE_UNCLEAR] = "another sound, or something in the way",
	    [MEASURE_MOVED] = "keep the microphone still, and again",
	};
	return advice[verdict];
}
