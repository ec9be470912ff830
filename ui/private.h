/* SPDX-License-Identifier: MIT */
#ifndef UI_PRIVATE_H
#define UI_PRIVATE_H

#include "ui/draw.h"
#include "ui/history.h"
#include "ui/pace.h"
#include "ui/prompt.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/view_dialog.h"
#include "ui/view_pair.h"
#include "ui/view_align.h"
#include "ui/view_diag.h"

/* Between the files of ui/ only. */

struct ui {
	struct ui_config config;
	struct ui_port port;
	SCREEN *screen;
	struct theme theme;
	struct canvas canvas;
	struct model model; /* as of the last ui_show: states, meters */
	struct model calm;  /* numbers: read at most twice a second, or no one could read them */
	int64_t calm_at;
	bool shown_any;
	struct history *history;
	bool frozen;                    /* the picture stands still, the relay does not */
	enum view_id stack[VIEW_DEPTH]; /* of open views; the last one has the keys */
	int depth;
	struct list
	    lists[VIEW_COUNT]; /* where each view's list stands; the main view's is its panels */
	struct diag diag;
	struct align align;
	struct prompt prompt;
	int cursor_row, cursor_column;         /* where one types */
	char filters[VIEW_COUNT][PROMPT_TEXT]; /* what each view was searched for; "" for nothing */
	enum view_id help_of;                  /* whose keys the help shows */
	int log_level;                         /* the log shows events from it on */
	struct pace pace;
	struct keymap *own_keymap; /* of `keymap NAME`, else the caller's is used */
	struct {
		int row, each, first, count; /* the panels as they were drawn last */
	} panels_at;
	bool mouse, coloured;
	struct pair pair;
	struct dialog dialog;
	bool events;             /* in the main view */
	uint32_t request, quiet; /* the last one sent; the last of those that want no word */
	char message[192];       /* the answer to the last command */
	bool message_bad;
	int64_t message_until;
	keymap_key keys[KEYMAP_SEQUENCE]; /* a sequence under way */
	int key_count;
	int64_t keys_until;
};

#define UI_SECOND 1000000000ll

/* ui.c: a line for the message row, until the next key or five seconds later; bad ones stay. */
void ui_say(struct ui *ui, bool bad, const char *text, int64_t now);

/* A command line as it is typed: of the screen, or of the relay; about the selected speaker if it names none. */
void ui_run_line(struct ui *ui, const char *line, int64_t now);

/* To the shell; whoever said fg finds the screen as it was. */
void ui_suspend(struct ui *ui);
void ui_mouse(bool on);

/* Returns 0, or -ENOENT for a theme that is none. */
int ui_theme(struct ui *ui, const char *name);

/* An attached screen whose relay has ended, and the next has not begun. */
bool ui_alone(const struct ui *ui);

/* Sends a command line to the relay; the answer lands in the message row. */
void ui_send(struct ui *ui, const char *line);

/* The same, where the view shows what comes of it: only what goes wrong is said. */
void ui_send_quietly(struct ui *ui, const char *line);

/* The speaker that is selected in the main view: commands are about it.  NULL: the source is. */
const struct model_speaker *ui_speaker(const struct ui *ui);

/*
 * terminal.c.  Is that terminal (NULL: $TERM) known, and can its cursor be moved?  To be asked before
 * ncurses touches it: its modes are noted here, and given back even from a crash while it is guarded.
 */
bool terminal_able(const char *name, int fd);
void terminal_keys(void); /* tells ncurses of keys it has no constant for */
void terminal_guard(void);
void terminal_unguard(void);

#endif
