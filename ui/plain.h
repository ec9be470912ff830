/* SPDX-License-Identifier: MIT */
#ifndef UI_PLAIN_H
#define UI_PLAIN_H

#include <stdio.h>

#include "relay/model.h"
#include "ui/ui.h"

/*
 * The relay as lines, for a screen reader, a braille line, or a terminal without a cursor: what happens is
 * told in words when it happens, and command lines are read.  No sign, no bar, nothing is written over.
 *
 *     Living JBL Flip 5: connected
 *     > volume 2 30
 *     volume 72 -> 30 %
 *
 * `status` tells how everything is, `help` lists the commands, `select 2` makes speaker 2 the one that a
 * command without one is about, `quit` leaves.  Main thread only.
 */

struct plain;

/* `port` as of a screen; its user and functions outlive this.  Returns 0 or -ENOMEM. */
int plain_new(struct plain **ret_plain, FILE *out, const struct ui_port *port);
void plain_free(struct plain *plain);

/* A newer model: tells what has happened since the last one. */
void plain_show(struct plain *plain, const struct model *model);

/* The answer to a command. */
void plain_answer(struct plain *plain, int result, const char *text);

/* Reads what waits on `fd` and carries out whole lines.  Returns 0, or -EIO at its end. */
int plain_input(struct plain *plain, int fd);

#endif
