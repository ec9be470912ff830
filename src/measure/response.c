/* SPDX-License-Identifier: MIT */
#include "measure/response.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

#include "measure/sweep.h"

struct response {
	uint32_t rate, sweep_frames;
	size_t size; /* of the transform, a power of two */
	size_t first_bin, bin_count;
	float complex *filter; /* the band over the sweep's spectrum */
	float *samples, *envelope;
	float complex *spectrum; /* size entries: half of them for the real transform */
	fftwf_plan forward, backward;
	double unit_energy;
};

static size_t size_for(size_t frames)
{
	size_t size = 1024;
	while (size < frames)
		size *= 2;
	return size;
}

/* Soft at both edges, so that a bump has no ripples before it that look like arrivals. */
static double band(double hz)
{
	double part = (hz - SWEEP_BAND_FROM_HZ) / (SWEEP_BAND_TO_HZ - SWEEP_BAND_FROM_HZ);
	return part <= 0 || part >= 1 ? 0 : 0.5 - 0.5 * cos(2 * M_PI * part);
}

static double bin_hz(const struct response *response, size_t bin)
{
	return (double)bin * response->rate / (double)response->size;
}

/* Computes band / sweep, scaled so that a gain of 1 gives a bump of height 1. */
static void filter_build(struct response *response)
{
	double sum = 0, energy = 0;
	memset(response->samples, 0, response->size * sizeof(float));
	sweep_fill(response->samples, response->rate);
	fftwf_execute(response->forward);
	for (size_t i = 0; i < response->bin_count; i++) {
		double weight = band(bin_hz(response, response->first_bin + i));
		sum += weight;
		energy += weight * weight;
	}
	for (size_t i = 0; i < response->bin_count; i++) {
		size_t bin = response->first_bin + i;
		double weight = band(bin_hz(response, bin)) / sum;
		response->filter[i] = (float)weight / response->spectrum[bin];
	}
	response->unit_energy = energy / (sum * sum) * (double)response->size;
}

struct response *response_new(uint32_t rate, size_t most)
{
	struct response *response = calloc(1, sizeof(*response));
	if (!response)
		return NULL;
	response->rate = rate;
	response->sweep_frames = sweep_fill(NULL, rate);
	response->size = size_for(most);
	double per_hz = (double)response->size / rate;
	response->first_bin = (size_t)(SWEEP_BAND_FROM_HZ * per_hz) + 1;
	response->bin_count = (size_t)(SWEEP_BAND_TO_HZ * per_hz) - response->first_bin;
	response->filter = fftwf_alloc_complex(response->bin_count);
	response->samples = fftwf_alloc_real(response->size);
	response->envelope = fftwf_alloc_real(response->size);
	response->spectrum = fftwf_alloc_complex(response->size);
	if (response->filter && response->samples && response->envelope && response->spectrum) {
		int size = (int)response->size;
		response->forward = fftwf_plan_dft_r2c_1d(size, response->samples,
		                                          response->spectrum, FFTW_ESTIMATE);
		response->backward = fftwf_plan_dft_1d(size, response->spectrum, response->spectrum,
		                                       FFTW_BACKWARD, FFTW_ESTIMATE);
	}
	if (!response->forward || !response->backward) {
		response_free(response);
		return NULL;
	}
	filter_build(response);
	return response;
}

void response_free(struct response *response)
{
	if (!response)
		return;
	if (response->forward)
		fftwf_destroy_plan(response->forward);
	if (response->backward)
		fftwf_destroy_plan(response->backward);
	fftwf_free(response->filter);
	fftwf_free(response->samples);
	fftwf_free(response->envelope);
	fftwf_free(response->spectrum);
	free(response);
}

/* Nothing but the band, above it zeros, and of negative frequencies nothing at all. */
static void filter_apply(struct response *response)
{
	float complex *spectrum = response->spectrum;
	size_t first = response->first_bin, behind = first + response->bin_count;
	memset(spectrum, 0, first * sizeof(*spectrum));
	for (size_t i = 0; i < response->bin_count; i++)
		spectrum[first + i] *= response->filter[i];
	memset(spectrum + behind, 0, (response->size - behind) * sizeof(*spectrum));
}

const float *response_of(struct response *response, const float *recording, size_t count,
                         size_t *ret_places)
{
	*ret_places = 0;
	if (count <= response->sweep_frames || count > response->size)
		return response->envelope;
	memcpy(response->samples, recording, count * sizeof(float));
	memset(response->samples + count, 0, (response->size - count) * sizeof(float));
	fftwf_execute(response->forward);
	filter_apply(response);
	fftwf_execute(response->backward);
	*ret_places = count - response->sweep_frames;
	for (size_t i = 0; i < *ret_places; i++)
		response->envelope[i] = cabsf(response->spectrum[i]);
	return response->envelope;
}

double response_unit_energy(const struct response *response)
{
	return response->unit_energy;
}
