/* SPDX-License-Identifier: MIT */
#ifndef UI_UI_H
#define UI_UI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "relay/model.h"
#include "ui/keymap.h"

/*
 * The screen.  It knows the relay as a model that it is shown and as command lines that it sends; it
 * waits for nothing.  Times are ns of any clock that only runs forward.  Main thread only; one at a time,
 * because ncurses is.
 */

struct ui;

/* How a screen reaches the relay. */
struct ui_port {
	/* A command line; its answer comes through ui_answer, now or later. */
	void (*command)(void *user, uint32_t request, const char *line);
	/* The user wants to leave; wants the music to end, too, and was asked. */
	void (*quit)(void *user);
	void (*stop)(void *user);
	void *user;
};

struct ui_config {
	const struct keymap *keymap; /* outlives the ui */
	const char *terminal;        /* TERM; NULL: as the environment says */
	FILE *in, *out;
	bool ascii;        /* no characters beyond ASCII */
	bool colour;       /* where no theme is named: "default", else "mono" */
	const char *theme; /* of theme.h; NULL: by `colour` */
	bool mouse;
	int fps;       /* pictures a second, 1 to 30; 0: 10 */
	bool attached; /* the relay runs elsewhere: leaving stops nothing, and is not asked about */
	const char *title; /* stands in the header: "echorelay", "echorelay demo" */
};

/*
 * Whether a terminal of that name (NULL: of none) can be given characters beyond ASCII where the locale is
 * UTF-8.  A VT has none of them; Linux' console knows UTF-8, but its fonts have not the half of what the
 * screen is drawn with.
 */
bool ui_terminal_has_unicode(const char *name);

/* Takes the terminal.  Returns 0; -ENOTTY where it cannot be used as one; -ENOMEM. */
int ui_new(struct ui **ret_ui, const struct ui_config *config, const struct ui_port *port);

/* Gives the terminal back as it was. */
void ui_free(struct ui *ui);

/* A newer model.  Nothing is drawn before ui_paint. */
void ui_show(struct ui *ui, const struct model *model, int64_t now);

/* The answer to a command: 0 or -errno, and the words for the user. */
void ui_answer(struct ui *ui, uint32_t request, int result, const char *text, int64_t now);

/* Something waits on the terminal.  Returns 0, or -EIO when the terminal is gone. */
int ui_input(struct ui *ui, int64_t now);

/* One key, as ui_input would read it. */
void ui_key(struct ui *ui, keymap_key key, int64_t now);

/* The terminal has another size. */
void ui_resize(struct ui *ui);

/* Paints, unless the terminal is still busy with the last picture. */
void ui_paint(struct ui *ui, int64_t now);

/* ns until the next picture is worth painting: more on a slow link. */
int64_t ui_interval(const struct ui *ui);

/*
 * What stands on the screen, as text: lines of `columns` characters without trailing space.  To be freed.
 * For tests and bug reports.
 */
char *ui_dump(struct ui *ui);

#endif
