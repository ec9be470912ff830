/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <jansson.h>

#include "doctor/box.h"

/*
 * echorelay report: one file for a bug report.  Versions, the doctor's checks, all that BlueZ has, and
 * what the relay sees; addresses and names are hidden unless asked.  Main thread only.
 */

/* The subcommand. */
int report_main(int argc, char *argv[]);

/* All of it, with everything in the open; a new reference, NULL without memory. */
json_t *report_make(const struct box *box);

/* The same fit for strangers. */
json_t *report_hide(json_t *report, const struct box *box);

#endif
