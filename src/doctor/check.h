/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include "doctor/findings.h"

/*
 * One row for each trap.  A check makes of the findings what the user should know: how it stands, what
 * that means, and the exact line that cures it.  Pure.
 */

enum check_state { CHECK_OK, CHECK_WARN, CHECK_FAIL, CHECK_UNKNOWN };

#define CHECK_TEXT 256
#define CHECK_CURE 512

struct verdict {
	enum check_state state;
	char text[CHECK_TEXT];
	char cure[CHECK_CURE]; /* a line for the shell; empty: none, or it stands in the text */
	bool safe;             /* the cure takes nothing away that works now: --fix may run it */
};

struct check {
	const char *id;
	void (*judge)(struct verdict *verdict, const struct findings *findings,
	              const struct box *box);
};

extern const struct check check_table[]; /* ends with a row without id */

/* "ok", "warn", "fail", "unknown" */
const char *check_state_name(enum check_state state);

/* For the checks: the state and the words; then the cure. */
void verdict_say(struct verdict *verdict, enum check_state state, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void verdict_cure(struct verdict *verdict, bool safe, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* check_bluetooth.c */
void check_adapter(struct verdict *, const struct findings *, const struct box *);
void check_same_address(struct verdict *, const struct findings *, const struct box *);
void check_rfkill(struct verdict *, const struct findings *, const struct box *);
void check_powered(struct verdict *, const struct findings *, const struct box *);
void check_autosuspend(struct verdict *, const struct findings *, const struct box *);
void check_chip(struct verdict *, const struct findings *, const struct box *);
void check_onboard(struct verdict *, const struct findings *, const struct box *);
void check_bluetoothd(struct verdict *, const struct findings *, const struct box *);
void check_bluez_version(struct verdict *, const struct findings *, const struct box *);
void check_bluez_mode(struct verdict *, const struct findings *, const struct box *);
void check_class(struct verdict *, const struct findings *, const struct box *);
void check_discoverable(struct verdict *, const struct findings *, const struct box *);
void check_echo(struct verdict *, const struct findings *, const struct box *);
void check_speakers(struct verdict *, const struct findings *, const struct box *);
void check_air(struct verdict *, const struct findings *, const struct box *);
void check_wifi(struct verdict *, const struct findings *, const struct box *);

/* check_sound.c */
void check_pipewire(struct verdict *, const struct findings *, const struct box *);
void check_wireplumber(struct verdict *, const struct findings *, const struct box *);
void check_spa_bluetooth(struct verdict *, const struct findings *, const struct box *);
void check_seat(struct verdict *, const struct findings *, const struct box *);
void check_sink_role(struct verdict *, const struct findings *, const struct box *);
void check_source_role(struct verdict *, const struct findings *, const struct box *);
void check_input_role(struct verdict *, const struct findings *, const struct box *);
void check_auto_connect(struct verdict *, const struct findings *, const struct box *);
void check_second_server(struct verdict *, const struct findings *, const struct box *);

/* check_rights.c */
void check_user(struct verdict *, const struct findings *, const struct box *);
void check_linger(struct verdict *, const struct findings *, const struct box *);
void check_real_time(struct verdict *, const struct findings *, const struct box *);
void check_flush_helper(struct verdict *, const struct findings *, const struct box *);
void check_terminal(struct verdict *, const struct findings *, const struct box *);

#endif
