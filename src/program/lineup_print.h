/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_LINEUP_PRINT_H
#define PROGRAM_LINEUP_PRINT_H

#include <stdbool.h>

#include "relay/model.h"
#include "sim/sim.h"

/* How `echorelay align` says what it does and what it found. */

/* On stderr, over itself where that is a terminal. */
void lineup_progress(const struct model_align *align);

/*
 * The results on stdout, as a table or as JSON; `sim` (or NULL) knows the truth.  Returns how many were
 * found for sure.
 */
int lineup_print(const struct model_align *align, const struct sim *sim, bool json);

#endif
