/* SPDX-License-Identifier: MIT */
#include "measure/sweep.h"

#include <math.h>

/* Seconds in which the frequency grows e-fold. */
static double pace(void)
{
	return SWEEP_SECONDS / log(SWEEP_TO_HZ / SWEEP_FROM_HZ);
}

static double soft(double part)
{
	return part >= 1 ? 1 : 0.5 - 0.5 * cos(M_PI * part);
}

double sweep_value(double seconds)
{
	if (seconds <= 0 || seconds >= SWEEP_SECONDS)
		return 0;
	double turns = SWEEP_FROM_HZ * pace() * expm1(seconds / pace());
	return sin(2 * M_PI * turns) * soft(seconds / SWEEP_FADE_IN) *
	       soft((SWEEP_SECONDS - seconds) / SWEEP_FADE_OUT);
}

double sweep_time_of(double hz)
{
	return pace() * log(hz / SWEEP_FROM_HZ);
}

double sweep_centre(void)
{
	return sweep_time_of((SWEEP_BAND_FROM_HZ + SWEEP_BAND_TO_HZ) / 2);
}

uint32_t sweep_fill(float *samples, double rate)
{
	uint32_t count = (uint32_t)ceil(SWEEP_SECONDS * rate);
	for (uint32_t i = 0; samples && i < count; i++)
		samples[i] = (float)sweep_value(i / rate);
	return count;
}
