/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_LEDGER_H
#define TESTS_HELPERS_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/scenario.h"
#include "tests/helpers/house.h"

/*
 * Keeps the books of a house: what was due at each speaker's DAC, what of it was not heard, and why.
 *
 *   due       The Echo played it, and at that moment the speaker was on and in reach: nobody had switched it
 *             off, carried it away or connected it to a phone, and no fade of a second or more was under way.
 *             Shorter fades and bursts of Wi-Fi count: a relay has to get over them.
 *   lost      It did not leave the DAC; or it did, more than two milliseconds from the others' place.
 *   glitch    Lost sound without 0.3 s of unbroken sound in between.  Its length is the time to recover.
 *   cause     The last thing that the scenario made happen to the speaker, to its adapter or to all, else to a
 *             neighbour whose packets fill its adapter's buffers; until it has played without a break for five seconds.
 *
 * What is missing is known for each frame, from the DAC.  Whether the rest is in its place is listened to
 * once in two seconds: the Echo plays noise, and for 34 ms what the speaker let be heard is sought in it.
 */

#define LEDGER_SPEAKERS 8
#define LEDGER_CAUSES (ACTION_SLEEP + 4)
#define LEDGER_START (ACTION_SLEEP + 1)     /* the relay has just begun */
#define LEDGER_NEIGHBOUR (ACTION_SLEEP + 2) /* another speaker of its adapter is out of reach */
#define LEDGER_NONE (ACTION_SLEEP + 3)      /* nothing explains it */

struct ledger_account {
	const char *name;
	double due_s, lost_s, misplaced_s; /* the last is a part of what was lost */
	double lost_by[LEDGER_CAUSES];     /* s */
	int64_t glitches, places_heard, places_wrong;
	double recover_median_s, recover_worst_s;
};

struct ledger;

/* Opens the books; the house must have just been built. */
struct ledger *ledger_new(struct house *house);
void ledger_free(struct ledger *ledger);

/* Lets the time pass. */
void ledger_run(struct ledger *ledger, int64_t ns);

int ledger_count(const struct ledger *ledger);
/* The account of a speaker as of now; good until the next call. */
const struct ledger_account *ledger_account(struct ledger *ledger, int speaker);
const char *ledger_cause_name(int cause);

/* The table that is meant to be read. */
void ledger_print(struct ledger *ledger, FILE *file);

#endif
