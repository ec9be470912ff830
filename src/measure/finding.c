/* SPDX-License-Identifier: MIT */
#include "measure/finding.h"

#include <math.h>
#include <stdbool.h>

#define TAKES_LEAST 2 /* one alone may be an accident */

/* delay = middle + slope × (time − centre) */
struct line {
	double centre, middle, slope; /* s, ms, ms/s */
};

static bool good(const struct finding_take *take)
{
	return take->take.verdict == MEASURE_OK && take->take.confidence >= MEASURE_SURE;
}

static double seconds(const struct finding_take *take, const struct finding_take *first)
{
	return (double)(take->at_ns - first->at_ns) / 1e9;
}

static double milliseconds(const struct finding_take *take)
{
	return (double)take->delay_ns / 1e6;
}

static struct line fit(const struct finding_take *takes, int count, int used)
{
	struct line line = {0, 0, 0};
	double square = 0, product = 0;
	for (int i = 0; i < count; i++) {
		if (!good(&takes[i]))
			continue;
		line.centre += seconds(&takes[i], takes) / used;
		line.middle += milliseconds(&takes[i]) / used;
	}
	for (int i = 0; i < count; i++) {
		double x = seconds(&takes[i], takes) - line.centre;
		if (!good(&takes[i]))
			continue;
		square += x * x;
		product += x * (milliseconds(&takes[i]) - line.middle);
	}
	/* two takes cannot tell drift from chance: no line through them */
	line.slope = used > 2 && square > 0 ? product / square : 0;
	return line;
}

static double spread(const struct finding_take *takes, int count, const struct line *line)
{
	double least = INFINITY, most = -INFINITY;
	for (int i = 0; i < count; i++) {
		if (!good(&takes[i]))
			continue;
		double x = seconds(&takes[i], takes) - line->centre;
		double rest = milliseconds(&takes[i]) - line->slope * x;
		least = fmin(least, rest);
		most = fmax(most, rest);
	}
	return most - least;
}

/* Why the speaker has no answer: what most of its bad takes say, the last of those. */
static enum measure_verdict complaint(const struct finding_take *takes, int count)
{
	int votes[MEASURE_MOVED + 1] = {0};
	enum measure_verdict worst = MEASURE_NOT_HEARD;
	for (int i = 0; i < count; i++) {
		enum measure_verdict verdict = takes[i].take.verdict;
		if (verdict != MEASURE_OK && ++votes[verdict] >= votes[worst])
			worst = verdict;
	}
	return worst;
}

static void summarise(struct finding *finding, const struct finding_take *takes, int count)
{
	finding->confidence = 1;
	for (int i = 0; i < count; i++) {
		if (!good(&takes[i]))
			continue;
		finding->takes++;
		finding->level_db += takes[i].take.level_db;
		finding->confidence = fmin(finding->confidence, takes[i].take.confidence);
	}
	if (finding->takes)
		finding->level_db /= finding->takes;
}

struct finding finding_conclude(const struct finding_take *takes, int count, int64_t at_ns)
{
	struct finding finding = {.verdict = MEASURE_OK};
	summarise(&finding, takes, count);
	if (finding.takes < TAKES_LEAST) {
		finding.verdict = complaint(takes, count);
		finding.confidence = 0;
		return finding;
	}
	struct line line = fit(takes, count, finding.takes);
	double ahead = (double)(at_ns - takes[0].at_ns) / 1e9 - line.centre;
	finding.drift_ppm = line.slope * 1e3;
	finding.spread_ms = spread(takes, count, &line);
	finding.delay_ns = llround((line.middle + line.slope * ahead) * 1e6);
	if (finding.spread_ms > FINDING_SPREAD_MS || fabs(finding.drift_ppm) > FINDING_DRIFT_PPM) {
		finding.verdict = MEASURE_MOVED;
		finding.confidence = 0;
	} else if (finding.takes < count) {
		/* one take was bad; the others agree, but less is known */
		finding.confidence = fmax(MEASURE_SURE, finding.confidence * 0.8);
	}
	return finding;
}
