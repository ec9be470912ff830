/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include <systemd/sd-event.h>

#include "program/options.h"
#include "relay/relay.h"
#include "sim/sim.h"
#include "ui/keymap.h"

/*
 * The parts of the program, put together from the options and taken down in reverse order; standalone.h,
 * attached.h and background.h make something of them.  What returns an int returns an exit code
 * (sysexits.h), and has said why on stderr.  Main thread only.
 */

struct program {
	struct options options;
	struct settings settings;
	struct journal journal;
	struct keymap keymap;
	struct sim *sim; /* NULL: the real world */
	struct source *source;
	struct relay *relay;
	sd_event *event;
	uint64_t demo_tells_us; /* from then on, again (demo.h) */
	int lock;               /* this world's one relay is this process; 0 or -1: it is not */
};

/* Prints a message on stderr.  Returns the code. */
int program_fail(int code, const char *message);

/* Before any thread is made. */
void program_block_signals(void);

/* The configuration file and the keymap. */
int program_read(struct program *program);

/*
 * Journal, state, world and relay, in a loop; that this is the only relay is made sure of first.  Its two
 * halves are for who has something to show in between: what may be refused to a user, with a line on stderr
 * and a code as program_fail has it; then the relay, the longer half, 0 or -errno.
 */
int program_build(struct program *program);
int program_prepare(struct program *program);
int program_start(struct program *program);

/* The loop alone, for who needs no relay.  Returns 0 or -errno. */
int program_loop(struct program *program);

/* Signals end the loop, and the time does after so many seconds; 0: it does not. */
int program_hook_ends(struct program *program, double seconds);

void program_tear_down(struct program *program);

#endif
