/* SPDX-License-Identifier: MIT */
/* How well the delay of a speaker is found: some thousand simulated rooms.  bench-rooms [ROOMS] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/helpers/acoustics.h"

struct tally {
	double *errors; /* of those that were sure */
	int rooms, sure, wrong;
};

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void count_in(struct tally *tally, struct acoustics_room *room)
{
	struct finding finding = acoustics_measure(room);
	tally->rooms++;
	if (finding.verdict != MEASURE_OK || finding.confidence < MEASURE_SURE)
		return;
	double error = fabs((double)finding.delay_ns / 1e6 - acoustics_truth_ms(room));
	tally->errors[tally->sure++] = error;
	tally->wrong += error > 1;
}

static void report(struct tally *tally, const char *what)
{
	qsort(tally->errors, (size_t)tally->sure, sizeof(double), compare);
	printf("%-34s %5d rooms  sure %5.1f %%", what, tally->rooms,
	       100.0 * tally->sure / tally->rooms);
	if (tally->sure)
		printf(
		    "  error, ms: median %.3f  p99 %.3f  worst %.3f  confident but > 1 ms off: %d",
		    tally->errors[tally->sure / 2], tally->errors[tally->sure * 99 / 100],
		    tally->errors[tally->sure - 1], tally->wrong);
	printf("\n");
}

static void none(struct acoustics_room *room)
{
	(void)room;
}

static void blocked(struct acoustics_room *room)
{
	room->direct_gain = 0.05 + (double)(room->random >> 40) / (1 << 24) * 0.45;
}

static void bursts(struct acoustics_room *room)
{
	room->bursts = 15;
}

static void moved(struct acoustics_room *room)
{
	room->moved_m = room->microphone[0] > room->size[0] / 2 ? -0.8 : 0.8;
}

static void silent(struct acoustics_room *room)
{
	room->silent = true;
}

static void rival(struct acoustics_room *room)
{
	room->rival = true;
}

static void series(const char *what, double snr_db, int rooms, uint64_t seed,
                   void (*change)(struct acoustics_room *))
{
	struct tally tally = {.errors = calloc((size_t)rooms, sizeof(double))};
	for (int i = 0; i < rooms; i++) {
		struct acoustics_room room = acoustics_room_random(seed + (uint64_t)i, snr_db);
		change(&room);
		count_in(&tally, &room);
	}
	report(&tally, what);
	free(tally.errors);
}

int main(int argc, char *argv[])
{
	int rooms = argc > 1 ? atoi(argv[1]) : 1000;
	series("20 dB above the noise", 20, rooms, 1000000, none);
	series("10 dB", 10, rooms, 2000000, none);
	series("3 dB", 3, rooms, 3000000, none);
	series("-10 dB", -10, rooms / 4, 4000000, none);
	series("-20 dB", -20, rooms / 4, 4500000, none);
	series("the direct way is blocked, 20 dB", 20, rooms / 2, 5000000, blocked);
	series("claps 15 dB above noise at 6 dB", 6, rooms / 4, 9000000, bursts);
	series("microphone moved 0.8 m, 20 dB", 20, rooms / 4, 6000000, moved);
	series("another sweep runs into it", 20, rooms / 4, 7000000, rival);
	series("the speaker is silent", 20, rooms / 4, 8000000, silent);
	return 0;
}
