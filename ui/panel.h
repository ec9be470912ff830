/* SPDX-License-Identifier: MIT */
#ifndef UI_PANEL_H
#define UI_PANEL_H

/*
 * A panel of the main view: the source (panel 0) or a speaker, in five, three or one rows.
 *
 *   ─ 1 Living JBL Flip 5 ───── ● streaming ────────────── SBC 44.1k bp53  air 26% ─
 *    L ████████████████▒▒▒▒▒··│····  -6.2 lat  284 ms  buf ▰▰▰▰▰▱▱▱  28 ms vol  72%
 *    R ███████████████▒▒▒▒▒▒··│····  -6.8 dly  +35 ms  jit  0.1  drop    0 ST
 *           -40    -30      -20       -10  dBFS …                  only with five rows
 *      lat 60 s ▃▃▃▃▃▃▄▃▃▃▃▃▃▃▃▃▃▃▃▃ 284-291 ms                      only with five rows
 *
 * What it shows is known here: A2DP tells nothing of a speaker's own buffer, losses or signal.
 * `lat` is the whole way from the Echo to the ear, `dly` what the user added to it, `buf` the audio in
 * stock, `jit` how late packets go out, `drop` how many never did.
 */

struct ui;

/* With 5 or 3 rows; at least 76 columns. */
void panel_draw(const struct ui *ui, int row, int rows, int panel);

/* With one row, and the titles of its columns; at least 32 columns. */
void panel_line_draw(const struct ui *ui, int row, int panel);
void panel_line_titles(const struct ui *ui, int row);

#endif
