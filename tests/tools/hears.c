/* SPDX-License-Identifier: MIT */
/*
 * hears REFERENCE.wav CANDIDATE.wav [FRAME]: somebody who hears two speakers click once a second, while they write
 * what they let be heard.  Waits for the next click of the reference after FRAME (now, if none is given) and prints
 *
 *     MS FRAME       how much later the candidate's click came (negative: earlier), and the reference's frame
 *
 * Ends with 1 when there was none of one of them for ten seconds.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/helpers/record.h"

#define RATE 44100
#define NEAR (RATE * 45 / 100) /* clicks of one pair are nearer than this */
#define PATIENCE (10 * RATE)
#define LOUD 0.05f /* the noise of nobody reaches it */

static float loudness(const struct frame *frame)
{
	return fabsf(frame->left + frame->right) / 2;
}

/* The first loud frame from `from` on, before `to`; -1: there is none. */
static int64_t click_find(const struct record *record, int64_t from, int64_t to)
{
	static struct frame heard[4096];
	for (int64_t at = from < 0 ? 0 : from; at < to;) {
		int64_t got = record_read(record, heard, at, to - at < 4096 ? to - at : 4096);
		for (int64_t i = 0; i < got; i++)
			if (loudness(&heard[i]) > LOUD)
				return at + i;
		if (!got)
			return -1;
		at += got;
	}
	return -1;
}

static int64_t wait_until_written(const struct record *records, int64_t frame)
{
	static const struct timespec moment = {.tv_nsec = 50000000};
	int64_t there = 0;
	for (int tries = 0; tries < 600; tries++) {
		int64_t other = record_frames(&records[1]);
		there = record_frames(&records[0]);
		there = there < other ? there : other;
		if (there >= frame)
			break;
		nanosleep(&moment, NULL);
	}
	return there;
}

/* The click after the quiet that `from` lies in, or follows. */
static int64_t click_after(const struct record *records, int64_t from)
{
	for (int64_t to = from + RATE / 10; to < from + PATIENCE; to += RATE / 10) {
		int64_t click;
		wait_until_written(records, to);
		while ((click = click_find(&records[0], from, to)) >= 0) {
			if (click > from && click_find(&records[0], click - RATE / 4, click) < 0)
				return click;
			from = click + RATE / 4;
		}
	}
	return -1;
}

int main(int argc, char *argv[])
{
	struct record records[2];
	if (argc < 3 || !record_open(&records[0], argv[1]) || !record_open(&records[1], argv[2])) {
		fprintf(stderr, "hears REFERENCE.wav CANDIDATE.wav [FRAME]\n");
		return 64;
	}
	int64_t from = argc > 3 ? atoll(argv[3]) : record_frames(&records[0]);
	int64_t reference = click_after(records, from);
	if (reference < 0)
		return 1;
	wait_until_written(records, reference + NEAR);
	int64_t candidate = click_find(&records[1], reference - NEAR, reference + NEAR);
	if (candidate < 0)
		return 1;
	printf("%.1f %lld\n", (double)(candidate - reference) * 1000 / RATE, (long long)reference);
	return 0;
}
