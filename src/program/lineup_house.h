/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_LINEUP_HOUSE_H
#define PROGRAM_LINEUP_HOUSE_H

#include "daemon/client.h"
#include "program/program.h"

/*
 * The relay that measures: the one that runs, over its socket, or one of our own for as long as it takes,
 * built as every other (program.h).  What returns an exit code has said on stderr why it is not 0.  Main
 * thread only.
 */

struct lineup_house {
	struct program program;
	struct client *client; /* NULL: the relay is our own */
	sd_event_source *io;
	struct model model; /* the other's, as it came last */
	bool fresh;         /* … after the last command was answered */
	bool answered, lost;
	int result;
	char reply[256];
};

/* From program.options on.  Signals end the loop program.event.  Returns an exit code. */
int lineup_house_open(struct lineup_house *house);
void lineup_house_close(struct lineup_house *house);

/* The model, NULL where none has come since the last command. */
const struct model *lineup_house_model(struct lineup_house *house);

/* Runs a command, and waits for its answer: 0 or -errno, and the words in house->reply. */
int lineup_house_command(struct lineup_house *house, const char *line);

#endif
