/* SPDX-License-Identifier: MIT */
#ifndef PIPEWIRE_MICROPHONE_H
#define PIPEWIRE_MICROPHONE_H

#include "engine/source.h"

/*
 * A microphone of PipeWire's as a source: records one node and stamps its blocks with the graph's time,
 * which is CLOCK_MONOTONIC, as the engine's is.  For seconds, not for hours: when the node or the daemon
 * goes away it says so and is silent.  Main thread; the blocks come from PipeWire's data thread.
 */

/*
 * `node` is a node's name or serial number (a sink's means its monitor), or NULL: the microphone that the
 * session manager ranks highest.  NULL where PipeWire's library does not start.
 */
struct source *microphone_new(const char *node);

#define MICROPHONE_TEXT 128

struct microphone_entry {
	char node[MICROPHONE_TEXT], description[MICROPHONE_TEXT];
};

/*
 * The microphones there are, at most `most`, the one that NULL would choose first.  Asks PipeWire and waits
 * for its answer, so not for a program that plays.  Returns how many; -ENOTCONN without PipeWire.
 */
int microphone_list(struct microphone_entry *entries, int most);

#endif
