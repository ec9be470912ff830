/* SPDX-License-Identifier: MIT */
#ifndef UI_PRIVATE_H
#define UI_PRIVATE_H

#include "ui/draw.h"
#include "ui/ui.h"

/* Between the files of ui/ only. */

enum ui_view { VIEW_MAIN, VIEW_HELP, VIEW_QUIT };

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
	enum ui_view view;
	int selected; /* panel: 0 the source, 1… speakers */
	bool moved;   /* by the user */
	int scroll;   /* first panel that is drawn, when not all have room */
	int help_scroll;
	bool events;
	uint32_t request;
	char message[192]; /* the answer to the last command */
	bool message_bad;
	int64_t message_until;
	keymap_key keys[KEYMAP_SEQUENCE]; /* a sequence under way */
	int key_count;
	int64_t keys_until;
};

#define UI_SECOND 1000000000ll

/* view_main.c */
void view_main_draw(struct ui *ui, int64_t now);
int view_main_panels(const struct ui *ui);

/* view_help.c */
void view_help_draw(struct ui *ui);
void view_quit_draw(struct ui *ui);

/* Draws an empty box with a title; the inside begins one row and two columns further in. */
void box_draw(const struct ui *ui, int row, int column, int rows, int columns, const char *title);

/*
 * terminal.c.  Is that terminal (NULL: $TERM) known, and can its cursor be moved?  To be asked before
 * ncurses touches it: its modes are noted here, and given back even from a crash while it is guarded.
 */
bool terminal_able(const char *name, int fd);
void terminal_guard(void);
void terminal_unguard(void);

#endif
