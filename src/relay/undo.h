/* SPDX-License-Identifier: MIT */
#ifndef RELAY_UNDO_H
#define RELAY_UNDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/command.h"
#include "relay/settings.h"

/*
 * What the last changes of settings were made from.  One step is one command, or a row of the same one
 * for the same speaker: ten times "a millisecond later" is taken back at once.  Main thread only.
 */

#define UNDO_STEPS 20
#define UNDO_NAME 128
#define UNDO_ROW_NS 2000000000ll /* changes this close together are one step */

struct speaker;
struct relay;

/* A speaker as it was. */
struct undo_entry {
	uint32_t step;
	enum command_id command;
	char address[18];
	int64_t trim_ns;
	int volume;
	bool muted, solo, autoconnect, keepawake;
	enum mix_channel channel;
	int moved; /* rows that it went down */
	char name[UNDO_NAME];
};

#define UNDO_ENTRIES 128 /* "mute all" has one for each speaker */

struct undo {
	uint32_t step; /* the last one begun */
	int64_t at;    /* when it was last added to */
	int count;
	struct undo_entry entries[UNDO_ENTRIES]; /* oldest first */
};

/* Before a command changes a speaker; `moved` is for COMMAND_MOVE.  More than one call a command: all of
   them are one step when `more`. */
void undo_note(struct undo *undo, const struct speaker *speaker, enum command_id command, int moved,
               bool more);

/* Takes the last step back.  Returns 0 and what it did; -ENOENT when nothing is left. */
int undo_last(struct relay *relay, char *reply, size_t size);

#endif
