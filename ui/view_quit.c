/* SPDX-License-Identifier: MIT */
#include "ui/view_quit.h"

#include "ui/private.h"

const struct hint quit_hints[] = {{COMMAND_COUNT, "", NULL}};

void quit_draw(struct ui *ui, int64_t now)
{
	bool roomy = ui->canvas.rows >= 11;
	struct box box = frame_box(ui, roomy ? 8 : 4, 58, "Stop the music?");
	int row = box.row + 1, column = box.column + 3, width = box.columns - 5;
	if (roomy) {
		draw_text(&ui->canvas, row + 1, column, width, THEME_NORMAL,
		          ui->config.attached ? "The relay ends, for every screen of it: the"
		                              : "This screen is the relay: when it closes, the");
		draw_text(&ui->canvas, row + 2, column, width, THEME_NORMAL,
		          "speakers fall silent.");
		row += 4;
	}
	draw_text(&ui->canvas, row, column, width, THEME_TITLE, "[ Play on ]");
	draw_text(&ui->canvas, roomy ? row : row + 1, roomy ? column + 18 : column, width,
	          THEME_TITLE, "y  stop and leave");
	frame_foot(ui, now);
}

/* The question has its own two answers; a slip of any other key keeps the music on. */
bool quit_key(struct ui *ui, keymap_key key, int64_t now)
{
	view_close(ui, now);
	if (key != 'y' && key != 'Y')
		return true;
	ui->port.stop(ui->port.user);
	return true;
}
