/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_DOCTOR_H
#define DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "doctor/box.h"

/*
 * echorelay doctor: looks at this machine for every trap that is known to keep music from the speakers,
 * and says what cures it.  It needs nothing: what it cannot see it calls unknown.  Main thread only.
 */

/* The subcommand.  Exit code 0 when nothing fails, 1 when something does. */
int doctor_main(int argc, char *argv[]);

/* {"checks":[{"id","state","text","cure"}]}, a new reference; NULL without memory. */
json_t *doctor_examine(const struct box *box);

#endif
