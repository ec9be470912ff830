/* SPDX-License-Identifier: MIT */
#ifndef FRONTEND_H
#define FRONTEND_H

#include <systemd/sd-event.h>

#include "options.h"
#include "relay/relay.h"
#include "ui/keymap.h"

/*
 * What stands between the loop and whoever looks: the screen, or lines on stdout.  It shows the relay's
 * model and hands its commands over.  Main thread only.
 */

struct frontend;

/*
 * Hooks itself into the loop, and ends the loop when its reader is gone or the user leaves.  `keymap`
 * outlives it.  Returns 0; -ENOTTY and a reason on stderr where the terminal cannot show a screen.
 */
int frontend_new(struct frontend **ret_frontend, const struct options *options, sd_event *event,
                 struct relay *relay, const struct keymap *keymap);
void frontend_free(struct frontend *frontend);

/* Prints every speaker and the source once, as plain text. */
void frontend_print_status(const struct model *model);

#endif
