/* SPDX-License-Identifier: MIT */
#ifndef LINEUP_RELAY_H
#define LINEUP_RELAY_H

#include <systemd/sd-event.h>

#include "relay/relay.h"
#include "sim/sim.h"

/* A relay for as long as a measurement takes, without a screen.  Main thread. */

struct lineup_relay {
	const char *demo, *config, *state, *bus; /* as the options have them */
	struct settings settings;
	struct journal journal;
	struct sim *sim; /* NULL: the real world */
	struct relay *relay;
	sd_event *event;
};

/* Builds it; signals end its loop.  Returns the exit code, and has said on stderr why it is not 0. */
int lineup_relay_build(struct lineup_relay *house);
void lineup_relay_free(struct lineup_relay *house);

/* Prints a message on stderr.  Returns the code. */
int lineup_fail(int code, const char *message);

#endif
