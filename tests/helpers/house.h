/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_HOUSE_H
#define TESTS_HELPERS_HOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "relay/relay.h"
#include "sim/sim.h"
#include "sim/world.h"

/*
 * The whole relay in the simulated world, in virtual time, on one thread: everything but the threads and
 * the terminal is what a user runs.
 */

#define HOUSE_MS 1000000ll
#define HOUSE_SECOND 1000000000ll

struct house {
	struct clock clock;
	int64_t now;
	struct settings settings;
	struct journal journal;
	struct sim *sim;
	struct relay *relay;
	int bus_fd, flush_fd;      /* the relay's: only to see whether something waits in them */
	struct source *microphone; /* instead of the one in the room */
	char folder[64];           /* of the speakers' records; removed with the house */
};

/*
 * Called as a turn of the relay begins and as it ends, its making included, for who wants to know what it does
 * in between; NULL: nobody.  With one, a relay that could not be made is none: house->relay is NULL then.
 */
extern void (*house_relay_turn)(bool begins);

/* `scenario` as a text; what the speakers let hear is kept if it has a line "record = FOLDER". */
struct house *house_new(const char *scenario);
void house_free(struct house *house);
void house_run(struct house *house, int64_t ns);

/* Runs until the model satisfies `is`, at most `ns`; says whether it did. */
bool house_wait(struct house *house, int64_t ns, bool (*is)(const struct model *));

const struct model *house_model(const struct house *house);

const struct model_speaker *house_speaker(struct house *house, const char *name);
/* NULL: it is not on the list of devices. */
const struct model_found *house_found(const struct house *house, const char *name);
struct device *house_device(struct house *house, const char *name);

/* A command that must succeed. */
void house_command(struct house *house, const char *line);

/* The record of a speaker, mono mean of both channels; to be freed.  The house must be closed first. */
float *house_record(const struct house *house, const char *address, int64_t *count);

/* Ends relay and world, so that the records are complete. */
void house_close(struct house *house);

bool all_stream(const struct model *model);

/* How many of the events that are kept have `text` in them. */
int events_that_say(const struct journal *journal, const char *text);

#endif
