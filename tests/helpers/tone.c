/* SPDX-License-Identifier: MIT */
#include "tests/helpers/tone.h"

#include <math.h>

void tone_fill(struct frame *frames, int64_t from, uint32_t count, double hz, double rate,
               double amplitude)
{
	for (uint32_t i = 0; i < count; i++) {
		double turns = fmod((double)(from + i) * hz / rate, 1);
		frames[i].left = frames[i].right = (float)(amplitude * sin(2 * M_PI * turns));
	}
}

static float noise_at(uint64_t n)
{
	n ^= n >> 33;
	n *= 0xff51afd7ed558ccdu;
	n ^= n >> 33;
	n *= 0xc4ceb9fe1a85ec53u;
	n ^= n >> 33;
	return (float)((double)(n >> 11) / (double)(1ull << 52) - 1);
}

void noise_fill(struct frame *frames, int64_t from, uint32_t count, float amplitude)
{
	for (uint32_t i = 0; i < count; i++) {
		frames[i].left = amplitude * noise_at(2 * (uint64_t)(from + i));
		frames[i].right = amplitude * noise_at(2 * (uint64_t)(from + i) + 1);
	}
}

struct fit {
	double signal, residue; /* powers */
};

/* Least squares of a·sin + b·cos at one frequency. */
static struct fit fit_at(const struct frame *frames, uint32_t count, double omega)
{
	double ss = 0, cc = 0, sc = 0, xs = 0, xc = 0, xx = 0;
	for (uint32_t i = 0; i < count; i++) {
		double s = sin(omega * i), c = cos(omega * i), x = frames[i].left;
		ss += s * s;
		cc += c * c;
		sc += s * c;
		xs += x * s;
		xc += x * c;
		xx += x * x;
	}
	double determinant = ss * cc - sc * sc;
	double a = (xs * cc - xc * sc) / determinant, b = (xc * ss - xs * sc) / determinant;
	double signal = a * xs + b * xc;
	return (struct fit){signal, xx - signal};
}

double tone_residue_db(const struct frame *frames, uint32_t count, double hz, double rate)
{
	double low = 2 * M_PI * hz / rate - 2 * M_PI / count, high = low + 4 * M_PI / count;
	for (int i = 0; i < 60; i++) { /* the residue has one minimum there */
		double third = (high - low) / 3;
		if (fit_at(frames, count, low + third).residue <
		    fit_at(frames, count, high - third).residue)
			high -= third;
		else
			low += third;
	}
	struct fit best = fit_at(frames, count, (low + high) / 2);
	double floor = 1e-16 * best.signal;
	return 10 * log10(fmax(best.residue, floor) / best.signal);
}

double largest_step(const struct frame *frames, uint32_t count)
{
	float largest = 0; /* by hand: GCC 12 for arm64 fails at fmax() over differences */
	for (uint32_t i = 1; i < count; i++) {
		float step = fabsf(frames[i].left - frames[i - 1].left);
		largest = step > largest ? step : largest;
	}
	return largest;
}

int best_shift(const float *a, const float *b, int64_t at)
{
	double best = -1;
	int found = 9999;
	for (int shift = -600; shift <= 600; shift++) {
		double ab = 0, bb = 1e-9;
		for (int64_t i = at; i < at + 8192; i++) {
			ab += a[i] * b[i + shift];
			bb += b[i + shift] * b[i + shift];
		}
		double fit = ab / sqrt(bb);
		if (fit > best) {
			best = fit;
			found = shift;
		}
	}
	return found;
}
