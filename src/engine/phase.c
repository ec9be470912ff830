/* SPDX-License-Identifier: MIT */
#include "engine/phase.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define TOUCH (1.0 / 256) /* so little is none: phases are rounded to frames */

/* How far it is from one phase on to another. */
static double ahead(double from, double to)
{
	double way = to - from - floor(to - from);
	return way > 1 - TOUCH ? 0 : way;
}

/* Does nobody send at that phase? */
static bool is_free(const struct phase_taken *taken, uint32_t count, double phase)
{
	for (uint32_t i = 0; i < count; i++)
		if (ahead(taken[i].at, phase) < taken[i].share - TOUCH)
			return false;
	return true;
}

/* From there on until the next one begins. */
static double room_from(const struct phase_taken *taken, uint32_t count, double phase)
{
	double room = 1;
	for (uint32_t i = 0; i < count; i++)
		room = fmin(room, ahead(phase, taken[i].at));
	return room;
}

/* The one behind a packet that leaves most room, −1 where there is none. */
static double behind_another(const struct phase_taken *taken, uint32_t count)
{
	double best = -1, most = TOUCH;
	for (uint32_t i = 0; i < count; i++) {
		double phase = taken[i].at + taken[i].share;
		double room = room_from(taken, count, phase);
		if (!is_free(taken, count, phase) || room < most + TOUCH)
			continue;
		most = room;
		best = phase - floor(phase);
	}
	return best;
}

static double in_widest_gap(const struct phase_taken *taken, uint32_t count)
{
	double best = 0, widest = 0;
	for (uint32_t i = 0; i < count; i++) {
		double gap = room_from(taken, count, taken[i].at + 2 * TOUCH);
		if (gap < widest + TOUCH)
			continue;
		widest = gap;
		best = taken[i].at + TOUCH + gap / 2;
	}
	return best - floor(best);
}

double phase_pick(const struct phase_taken *taken, uint32_t count, double share)
{
	static const double places[] = {0, 2 / 6.0, 4 / 6.0, 1 / 6.0, 3 / 6.0, 5 / 6.0};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_free(taken, count, places[i]) &&
		    room_from(taken, count, places[i]) >= share - TOUCH)
			return places[i];
	double behind = behind_another(taken, count);
	return behind >= 0 ? behind : in_widest_gap(taken, count);
}
