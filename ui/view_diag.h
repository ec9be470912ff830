/* SPDX-License-Identifier: MIT */
#ifndef UI_VIEW_DIAG_H
#define UI_VIEW_DIAG_H

#include "ui/history.h"
#include "ui/view.h"

/*
 * Diagnostics: pages of figures over a window of time, of all or of one, and what to do about what is
 * wrong.  For view.c's table and the pages' files.
 */

enum diag_page { DIAG_LATENCY, DIAG_PACKETS, DIAG_STACK, DIAG_EVENTS, DIAG_PAGES };

/* Counters as they were when they were reset, in this view only. */
struct diag_base {
	char address[18];
	int64_t sent, dropped, late;
	int32_t stalls, reconnects;
};

struct diag {
	enum diag_page page;
	int window;       /* seconds; 0: a column of the graphs a second */
	int one;          /* panel that is shown alone, −1: all */
	int stack_lines;  /* of that page, when it was last drawn */
	int64_t reset_us; /* CLOCK_REALTIME; 0: counters since the start */
	struct diag_base bases[MODEL_SPEAKERS];
};

void diag_init(struct diag *diag);
void diag_draw(struct ui *ui, int64_t now);
void diag_opened(struct ui *ui, int64_t now);
int diag_rows(const struct ui *ui);
/* A report for a bug report, from any view. */
void diag_save(struct ui *ui, int64_t now);
void diag_found(struct ui *ui, const char *text);
bool diag_act(struct ui *ui, const struct keymap_binding *binding, int64_t now);
bool diag_message(const struct ui *ui, enum theme_role *role, char *text, size_t size);
extern const struct hint diag_hints[];

/* --- for the pages ------------------------------------------------------------------------------- */

/* Seconds that the window holds, and where its graphs and figures stand at this width. */
int diag_seconds(const struct ui *ui);
int diag_name_width(const struct ui *ui);
int diag_stats_width(const struct ui *ui);
int diag_graph_width(const struct ui *ui);

/* A page draws into rows row … row + rows − 1. */
void diag_latency(struct ui *ui, int row, int rows);
void diag_packets(struct ui *ui, int row, int rows);
void diag_stack(struct ui *ui, int row, int rows);

/* What is wrong with what remedy, then how the parts are; returns the rows it took. */
int diag_health(const struct ui *ui, int row, int rows);
int diag_health_rows(const struct ui *ui);

/* "0 Echo in", "1 Living": `width` columns of panel `panel`. */
void diag_name(const struct ui *ui, int row, int panel, int width);

/* The panels a page shows: one, or those of the list that have room. */
struct diag_span {
	int first, count;
};
struct diag_span diag_span(struct ui *ui, int room);

/* Marks that there are more, on the rows of a span from `row` on. */
void diag_more(const struct ui *ui, int row, struct diag_span span);

/* A speaker's counters since they were reset. */
struct diag_base diag_since(const struct ui *ui, const struct model_speaker *speaker);

/* The line of a panel. */
const struct history_line *diag_line(const struct ui *ui, int panel);

#endif
