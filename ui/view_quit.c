/* SPDX-License-Identifier: MIT */
#include "ui/view_quit.h"

#include "ui/private.h"

const struct hint quit_hints[] = {{COMMAND_COUNT, "", NULL}};

void quit_draw(struct ui *ui, int64_t now)
{
	struct box box = frame_box(ui, 8, 58, "Stop the music?");
	int column = box.column + 3, width = box.columns - 5;
	(void)now;
	draw_text(&ui->canvas, box.row + 2, column, width, THEME_NORMAL,
	          "This screen is the relay: when it closes, the");
	draw_text(&ui->canvas, box.row + 3, column, width, THEME_NORMAL, "speakers fall silent.");
	draw_text(&ui->canvas, box.row + 5, column, width, THEME_TITLE,
	          "[ Play on ]        y  stop and leave");
	frame_foot(ui, now);
}

/* The question has its own two answers; a slip of any other key keeps the music on. */
bool quit_key(struct ui *ui, keymap_key key, int64_t now)
{
	view_close(ui, now);
	if (key == 'y' || key == 'Y')
		ui->port.quit(ui->port.user);
	return true;
}
