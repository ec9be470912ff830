/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ui/keymap.h"
#include "ui/theme.h"

/*
 * A view is one screen or one box over it.  Each is a row in view.c's table and a file of its own; the
 * open ones lie on a stack, the last has the keys.  What all have alike is here: opening and closing,
 * moving in a list, the lines around.
 *
 *   a key ──► view.key, if it has one ──► keymap (the view's context, then "*") ──► view.act
 *                                                        ──► what all views understand ──► the relay
 *
 * Main thread only; nothing here waits.
 */

struct ui;

enum view_id {
	VIEW_MAIN,
	VIEW_DIAG,
	VIEW_LOG,
	VIEW_ALIGN,
	VIEW_START,
	VIEW_PAIR,
	VIEW_HELP,
	VIEW_PROMPT, /* the line that one types into */
	VIEW_UNPAIR,
	VIEW_RENAME,
	VIEW_QUESTION, /* what a device asks while it pairs */
	VIEW_QUIT,     /* the question before the music stops */
	VIEW_COUNT
};

#define VIEW_DEPTH 8
#define VIEW_ROWS 6 /* on smaller screens no view is drawn */
#define VIEW_COLUMNS 32

/* A list with a selected row, and the first row that is drawn. */
struct list {
	int selected, first;
	bool moved; /* by the user */
};

/* One hint of the last row.  A row without a word shares the word of the next: ",/. delay". */
struct hint {
	enum command_id command;
	const char *argument, *word; /* argument NULL: any, its keys stand as the digits do */
};

struct view {
	const char *name; /* what `view NAME` opens; NULL: it opens by itself */
	const char *title;
	enum keymap_context context;
	bool over; /* a box: the view below is drawn first */
	void (*draw)(struct ui *ui, int64_t now);
	/* Each of the following may be NULL. */
	void (*opened)(struct ui *ui, int64_t now);
	void (*closed)(struct ui *ui, int64_t now);
	/* After every new model, also while the view is closed: a question may open itself. */
	void (*follow)(struct ui *ui, int64_t now);
	/* How many rows its list has now: next, prev, first, last, page-up, page-down move in it. */
	int (*rows)(const struct ui *ui);
	/* The row of the list that stands in a row of the screen; −1: none. */
	int (*at)(const struct ui *ui, int row);
	/* A text was searched for, letter by letter; views that only filter need none. */
	void (*found)(struct ui *ui, const char *text);
	/* A command before all others see it.  True: it was for this view, and it is done. */
	bool (*act)(struct ui *ui, const struct keymap_binding *binding, int64_t now);
	/* A key before the keymap sees it: for fields and questions.  True: taken. */
	bool (*key)(struct ui *ui, keymap_key key, int64_t now);
	/* The sentence in the message row while nothing else is said.  False: nothing to say. */
	bool (*message)(const struct ui *ui, enum theme_role *role, char *text, size_t size);
	/* What the key that goes back does here, as a hint: "cancel"; else `back`, else "back". */
	const char *(*back_now)(const struct ui *ui);
	const char *back;
	/* The hints of now, where they change; else `hints`. */
	const struct hint *(*hints_now)(const struct ui *ui);
	const struct hint
	    *hints; /* in the order in which they are dropped, last first; ends with no word
	                             and COMMAND_COUNT */
};

extern const struct view views[VIEW_COUNT];

/* The view that has the keys. */
enum view_id view_top(const struct ui *ui);

/* Opens a view; the one that is on top already is left as it is. */
void view_open(struct ui *ui, enum view_id id, int64_t now);

/* Closes the one on top; the main view stays. */
void view_close(struct ui *ui, int64_t now);

/* Is it open, anywhere on the stack? */
bool view_is_open(const struct ui *ui, enum view_id id);

/* The view of that name, VIEW_COUNT if there is none. */
enum view_id view_named(const char *name);

/* Draws what is open, from the lowest that is to be seen. */
void view_draw(struct ui *ui, int64_t now);

/*
 * What a view was searched for: rows that do not pass are left out.  Without regard to case; everything
 * passes where nothing was searched for.
 */
bool view_passes(const struct ui *ui, enum view_id id, const char *text);

/* The list of the view on top: moves to a row, or as near as there is one. */
void list_move(struct ui *ui, int to);

/*
 * Brings the selected row into a window of `room` rows of `count`.  Returns how many rows are drawn, from
 * list->first on.
 */
int list_window(struct list *list, int count, int room);

/* --- what stands around a view: frame.c ---------------------------------------------------------- */

/* The first row: the view's words at the left, `right` at the right if there is room. */
void frame_header(const struct ui *ui, const char *left, const char *right);

/* A rule with a title, and something at its right end ("" for nothing). */
void frame_rule(const struct ui *ui, int row, const char *title, const char *right);

/* Rows of a list that has more above or below than are shown: arrows at their right end. */
void frame_more(const struct ui *ui, int row, int rows, bool above, bool below);

/* What stands on a screen on which no view has room. */
void frame_too_small(const struct ui *ui);

/* The two last rows: the message, the hints of the view on top. */
void frame_foot(const struct ui *ui, int64_t now);

/*
 * An empty box in the middle of the screen, as large as asked or as there is room.  Its inside begins one
 * row and two columns further in.
 */
struct box {
	int row, column, rows, columns;
};
struct box frame_box(const struct ui *ui, int rows, int columns, const char *title);

/* The keys that do it in a context, as they are shown: "←" for <Left>, "Esc" for <Esc>; the two first. */
char *frame_keys(const struct ui *ui, enum keymap_context context, enum command_id command,
                 const char *argument, char *text, size_t size);

/* The same from key `first` on, `most` of them. */
char *frame_keys_from(const struct ui *ui, enum keymap_context context, enum command_id command,
                      const char *argument, int first, int most, char *text, size_t size);

/* The first key of the view on top that does it: "c"; "" if there is none. */
char *frame_key(const struct ui *ui, enum command_id command, const char *argument, char *text,
                size_t size);

#endif
