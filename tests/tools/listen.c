/* SPDX-License-Identifier: MIT */
/*
 * listen [--from SECONDS] [--to SECONDS] INPUT.wav RECORD.wav...: finds the input in what each speaker let
 * hear, and says how well and where.
 *
 *     RECORD snr_db=41.2 worst_db=33.0 at=123456 drift=0 missing=0
 *     skew_frames=0
 *
 * snr      of all blocks between --from and --to of the input, against what was heard
 * at       the record's frame at which the input's frame 0 was heard (by the first block)
 * drift    how many frames later the last block was, seen from there
 * missing  blocks whose SNR is below 15 dB wherever one looks nearby
 * skew     greatest difference of place between records, over all blocks, frames
 * Exit status 1 when something is missing or not found.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "audio/frame.h"

#define RATE 44100
#define BLOCK 8192
#define COARSE 16 /* one frame of so many in the first search */
#define NEARBY 2  /* frames around the last block's place that are searched */
#define MISSING_DB 15.0
#define BLOCKS_MAX 4096

struct sound {
	const char *path;
	struct frame *frames;
	int64_t count;
};

struct finding {
	int blocks, missing;
	double signal, noise, worst_db;
	int64_t at, last;
	int64_t place[BLOCKS_MAX]; /* record frame − input frame, of each block */
};

static int sound_load(struct sound *sound, const char *path)
{
	SF_INFO info = {0};
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	if (!file || info.channels != 2) {
		fprintf(stderr, "listen: %s: %s\n", path, file ? "not stereo" : sf_strerror(NULL));
		return -1;
	}
	sound->path = path;
	sound->frames = calloc((size_t)info.frames + 1, sizeof(struct frame));
	sound->count = sf_readf_float(file, &sound->frames->left, info.frames);
	sf_close(file);
	return 0;
}

/* Left channel, every COARSE frames, averaged in between: enough to find the neighbourhood. */
static float *coarse_of(const struct sound *sound, int64_t *count)
{
	*count = sound->count / COARSE;
	float *coarse = calloc((size_t)*count + 1, sizeof(*coarse));
	for (int64_t i = 0; i < *count; i++)
		for (int k = 0; k < COARSE; k++)
			coarse[i] += sound->frames[i * COARSE + k].left;
	return coarse;
}

static double similarity(const float *a, const float *b, int count)
{
	double ab = 0, aa = 1e-9, bb = 1e-9;
	for (int i = 0; i < count; i++) {
		ab += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return ab / sqrt(aa * bb);
}

/* Where in the record the input's block at `from` is, to within COARSE frames; −1: nowhere. */
static int64_t find_coarsely(const struct sound *input, const struct sound *record, int64_t from)
{
	int64_t input_count, record_count, found = -1;
	float *pattern = coarse_of(input, &input_count), *heard = coarse_of(record, &record_count);
	int length = 4 * BLOCK / COARSE;
	double best = 0.5;
	if (from / COARSE + length > input_count)
		record_count = 0;
	for (int64_t i = 0; i + length < record_count; i++) {
		double like = similarity(pattern + from / COARSE, heard + i, length);
		if (like > best) {
			best = like;
			found = i * COARSE;
		}
	}
	free(pattern);
	free(heard);
	return found;
}

struct fit {
	double signal, noise; /* powers, over a block */
};

/* The best gain for the block, and what is left then. */
static struct fit fit_block(const struct frame *input, const struct frame *heard)
{
	double ih = 0, ii = 1e-12, hh = 0;
	for (int i = 0; i < BLOCK; i++) {
		ih += input[i].left * heard[i].left + input[i].right * heard[i].right;
		ii += input[i].left * input[i].left + input[i].right * input[i].right;
		hh += heard[i].left * heard[i].left + heard[i].right * heard[i].right;
	}
	double signal = ih > 0 ? ih * ih / ii : 0;
	return (struct fit){signal, fmax(hh - signal, 1e-9)};
}

static double decibels(struct fit fit)
{
	return 10 * log10(fmax(fit.signal, 1e-12) / fit.noise);
}

static int64_t find_nearby(const struct sound *input, const struct sound *record, int64_t from,
                           int64_t place, int reach, struct fit *best)
{
	int64_t found = place;
	*best = (struct fit){0, 1};
	for (int64_t p = place - reach; p <= place + reach; p++) {
		if (from + p < 0 || from + p + BLOCK > record->count)
			continue;
		struct fit fit = fit_block(input->frames + from, record->frames + from + p);
		if (decibels(fit) > decibels(*best)) {
			*best = fit;
			found = p;
		}
	}
	return found;
}

/* One block: near the place of its neighbour, else further away, else nowhere. */
static int64_t block_listen(const struct sound *input, const struct sound *record, int64_t from,
                            int64_t place, struct finding *finding)
{
	struct fit fit;
	int64_t here = find_nearby(input, record, from, place, NEARBY, &fit);
	if (decibels(fit) < MISSING_DB)
		here = find_nearby(input, record, from, place, 2000, &fit);
	bool missing = decibels(fit) < MISSING_DB;
	finding->missing += missing;
	finding->signal += fit.signal;
	finding->noise += fit.noise;
	finding->worst_db = fmin(finding->worst_db, decibels(fit));
	return missing ? place : here;
}

/* From one block that is found by search, forward and back, for clocks may drift. */
static int listen(const struct sound *input, const struct sound *record, int64_t first,
                  int64_t last, struct finding *finding)
{
	struct fit fit;
	int blocks = (int)((last - first) / BLOCK), middle = blocks / 3;
	int64_t from = first + (int64_t)middle * BLOCK;
	*finding = (struct finding){.worst_db = 999, .blocks = blocks};
	int64_t coarse = blocks > BLOCKS_MAX ? -1 : find_coarsely(input, record, from);
	if (coarse < 0)
		return -1;
	int64_t start = find_nearby(input, record, from, coarse - from, 3 * COARSE, &fit);
	int64_t place = start;
	for (int i = middle; i < blocks; i++)
		place = finding->place[i] =
		    block_listen(input, record, first + (int64_t)i * BLOCK, place, finding);
	place = start;
	for (int i = middle - 1; i >= 0; i--)
		place = finding->place[i] =
		    block_listen(input, record, first + (int64_t)i * BLOCK, place, finding);
	finding->at = finding->place[0];
	finding->last = finding->place[blocks - 1];
	return 0;
}

static int64_t skew_of(const struct finding *findings, int count)
{
	int64_t most = 0;
	for (int b = 0; b < findings[0].blocks; b++) {
		int64_t low = findings[0].place[b], high = low;
		for (int i = 1; i < count; i++) {
			int64_t place = findings[i].place[b];
			low = place < low ? place : low;
			high = place > high ? place : high;
		}
		most = high - low > most ? high - low : most;
	}
	return most;
}

int main(int argc, char *argv[])
{
	static struct finding findings[32];
	struct sound input, record;
	double from = 0, to = 1e9;
	int first = 1, failures = 0, count = 0;
	for (; first + 1 < argc && argv[first][0] == '-'; first += 2)
		*(strcmp(argv[first], "--from") ? &to : &from) = atof(argv[first + 1]);
	if (argc - first < 2 || argc - first > 32 || sound_load(&input, argv[first]) < 0) {
		fprintf(stderr, "listen [--from S] [--to S] INPUT.wav RECORD.wav...\n");
		return 64;
	}
	int64_t last = to * RATE < (double)input.count ? (int64_t)(to * RATE) : input.count;
	for (int i = first + 1; i < argc; i++, count++) {
		struct finding *finding = &findings[count];
		if (sound_load(&record, argv[i]) < 0)
			return 66;
		if (listen(&input, &record, (int64_t)(from * RATE), last, finding) < 0) {
			printf("%s not found\n", argv[i]);
			failures++;
		} else {
			printf("%s snr_db=%.1f worst_db=%.1f at=%lld drift=%lld missing=%d of %d\n",
			       argv[i], 10 * log10(finding->signal / finding->noise),
			       finding->worst_db, (long long)finding->at,
			       (long long)(finding->last - finding->at), finding->missing,
			       finding->blocks);
			failures += finding->missing > 0;
		}
		free(record.frames);
	}
	if (!failures)
		printf("skew_frames=%lld\n", (long long)skew_of(findings, count));
	free(input.frames);
	return failures ? 1 : 0;
}
