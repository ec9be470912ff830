/* SPDX-License-Identifier: MIT */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdint.h>

#include "engine/source.h"
#include "sim/scenario.h"

/*
 * The simulated world for the rest of the program: a D-Bus peer that is org.bluez, and an Echo.
 * Everything here is for the main thread.
 */

struct sim;

/*
 * Builds the world of a scenario (scenario_load's names; "file:FILE" is the default scenario with an
 * Echo that plays FILE).  `now` is the instant at which its time begins.  Returns 0, or -errno and the
 * reason in `message`.
 */
int sim_new(struct sim **ret_sim, const char *scenario, int64_t now, char *message, size_t size);

/* The same of a scenario in memory, in virtual time: sim_step moves it, there is no thread. */
int sim_new_virtual(struct sim **ret_sim, const char *scenario_text, int64_t now, char *message,
                    size_t size);
void sim_free(struct sim *sim);

/* The relay's end of the D-Bus connection; it owns it from now on.  To be asked once. */
int sim_bus_fd(struct sim *sim);

/* The relay's end of the flush helper; it owns it from now on.  To be asked once. */
int sim_flush_fd(struct sim *sim);

/* The Echo, as a source. */
struct source *sim_source(struct sim *sim);

/* The microphone in the room, as a source. */
struct source *sim_microphone(struct sim *sim);

/*
 * What a measurement has to find: from the instant a packet is due to the instant its sound is at the
 * microphone.  −1 for an address that is no speaker's.
 */
int64_t sim_truth_ns(const struct sim *sim, const char *address);

/* Lets the world live on a thread of its own, with real-time priority where that is allowed.  Returns 0 or -errno. */
int sim_start(struct sim *sim);

/*
 * How late that thread was at the worst since this was last asked, in ns.  While it is late its radios take nothing and
 * its speakers hear nothing, which looks as if the air were full: the machine is busy with something else.
 */
int64_t sim_late_ns(struct sim *sim);

/* Virtual time: lets everything happen that is due; returns when there is more. */
int64_t sim_step(struct sim *sim, int64_t now);

struct world;
struct world *sim_world(struct sim *sim); /* for tests */

#endif
