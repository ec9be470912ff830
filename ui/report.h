/* SPDX-License-Identifier: MIT */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include <stddef.h>

#include "relay/model.h"
#include "ui/history.h"

/*
 * Writes all that the diagnostics show as JSON, for a bug report: the model and ten minutes of history.
 * Bluetooth addresses are shortened to their maker's half.  The file is report-DATE-TIME.json in
 * $XDG_STATE_HOME/echorelay (or ~/.local/state/echorelay).  Returns 0 or -errno, and the path.
 */
int report_save(const struct model *model, const struct history *history, char *path, size_t size);

/* The same as a JSON object: a new reference; NULL without memory. */
json_t *report_json(const struct model *model, const struct history *history);

#endif
