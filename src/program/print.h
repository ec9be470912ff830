/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_PRINT_H
#define PROGRAM_PRINT_H

#include "relay/model.h"

/* A model on stdout, for people without a screen and for scripts.  echorelay(1) has the forms. */

/* Everything there is, once. */
void print_status(const struct model *model);

/* One line a link, each with the time. */
void print_batch(const struct model *model);

/* One JSON object on one line. */
void print_json(const struct model *model);

/* An event, as a log has it; and as a JSON object on one line. */
void print_event(const struct model_event *event);
void print_event_json(const struct model *model, const struct model_event *event);

#endif
