/* SPDX-License-Identifier: MIT */
/* Health: what is wrong and what cures it, then how each part of the machine is. */
#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/trouble.h"
#include "ui/view_diag.h"
#include "ui/words.h"

#define NAME 15

/* One row: a sign, whom it is about, cause and remedy. */
static void row_draw(const struct ui *ui, int row, enum theme_role role, const char *sign,
                     const char *who, const char *text)
{
	const struct canvas *canvas = &ui->canvas;
	draw_text(canvas, row, 1, 2, role, sign);
	char fit[2 * TROUBLE_TEXT + 8];
	draw_text(canvas, row, 3, NAME - 3, THEME_NORMAL, who);
	words_fit(canvas->set, text, canvas->columns - NAME - 1, fit, sizeof(fit));
	draw_text(canvas, row, NAME, canvas->columns - NAME - 1, role, fit);
}

static void trouble_draw(const struct ui *ui, int row, const struct trouble *trouble,
                         const char *sign, const char *who)
{
	char text[2 * TROUBLE_TEXT + 8];
	snprintf(text, sizeof(text), "%s%s%s", trouble->cause, *trouble->remedy ? " - " : "",
	         trouble->remedy);
	row_draw(ui, row, trouble->role, sign, who, text);
}

static int troubles_draw(const struct ui *ui, int row, int room)
{
	const char *const *signs = ui->canvas.set->signs;
	struct trouble trouble;
	int used = 0;
	if (used < room && trouble_of_relay(ui, &trouble))
		trouble_draw(ui, row + used++, &trouble, signs[SPEAKER_LOST], "relay");
	if (used < room && trouble_of_source(ui, &trouble))
		trouble_draw(ui, row + used++, &trouble, signs[SPEAKER_CONGESTED], "source");
	for (int i = 0; i < ui->model.speaker_count && used < room; i++) {
		char who[64];
		if (!trouble_of_speaker(ui, i, &trouble))
			continue;
		words_subject(&ui->model, ui->model.speakers[i].name, NAME - 4, who, sizeof(who));
		trouble_draw(ui, row + used++, &trouble, signs[ui->model.speakers[i].state], who);
	}
	return used;
}

/* "hci0 up, air 35%"; where there is little room "hci0 35%". */
static size_t adapter_text(bool wide, const struct model_adapter *adapter, char *text, size_t size)
{
	int percent = (adapter->airtime_permille + 5) / 10;
	if (wide)
		return (size_t)snprintf(text, size, "%s %s, air %d%%", adapter->hci,
		                        adapter->powered ? "up" : "off", percent);
	if (!adapter->powered)
		return (size_t)snprintf(text, size, "%s off", adapter->hci);
	return (size_t)snprintf(text, size, "%s %d%%", adapter->hci, percent);
}

static void adapters_text(const struct ui *ui, char *text, size_t size)
{
	bool wide = ui->canvas.columns >= 76;
	size_t used = 0;
	snprintf(text, size, "no adapter");
	for (int i = 0; i < ui->calm.adapter_count && used < size; i++) {
		if (i)
			used += (size_t)snprintf(text + used, size - used, wide ? "   " : "  ");
		if (used < size)
			used += adapter_text(wide, &ui->calm.adapters[i], text + used, size - used);
	}
}

static int parts_draw(const struct ui *ui, int row, int room)
{
	const struct model *calm = &ui->calm;
	const char *good = ui->canvas.set->signs[SPEAKER_STREAMING];
	const char *bad = ui->canvas.set->signs[SPEAKER_LOST];
	char text[192];
	bool wide = ui->canvas.columns >= 76;
	if (room < 1)
		return 0;
	adapters_text(ui, text, sizeof(text));
	row_draw(ui, row, THEME_NORMAL, calm->adapter_count ? good : bad, "Bluetooth", text);
	if (room < 2)
		return 1;
	snprintf(text, sizeof(text), "%s%s%d xruns, %d gaps", calm->source.server,
	         *calm->source.server ? ", " : "", calm->source.xruns, calm->source.gaps);
	row_draw(ui, row + 1, THEME_NORMAL, *calm->source.problem ? bad : good, "sound", text);
	if (room < 3)
		return 2;
	if (wide)
		snprintf(text, sizeof(text),
		         "%s, %d wake-ups/s, latest %.1f ms late, CPU %.1f %%, %d MB",
		         calm->version, calm->engine_wakes, calm->engine_wake_worst_us / 1e3,
		         calm->cpu_permille / 10.0, calm->memory_kb / 1024);
	else
		snprintf(text, sizeof(text), "CPU %.1f %%, %d MB, %.1f ms late",
		         calm->cpu_permille / 10.0, calm->memory_kb / 1024,
		         calm->engine_wake_worst_us / 1e3);
	row_draw(ui, row + 2, THEME_NORMAL, *calm->problem ? bad : good, "echorelay", text);
	return 3;
}

int diag_health_rows(const struct ui *ui)
{
	struct trouble trouble;
	int count = 1 + 3 + trouble_of_relay(ui, &trouble) + trouble_of_source(ui, &trouble);
	for (int i = 0; i < ui->model.speaker_count; i++)
		count += trouble_of_speaker(ui, i, &trouble);
	return count;
}

int diag_health(const struct ui *ui, int row, int rows)
{
	if (rows < 2)
		return 0;
	frame_rule(ui, row,
	           ui->canvas.columns >= 50 ? "Health: what is wrong and what to do" : "Health",
	           "");
	int used = 1 + troubles_draw(ui, row + 1, rows - 1);
	if (used == 1 && rows - used > 3)
		row_draw(ui, row + used++, THEME_GOOD, ui->canvas.set->done, "all",
		         "nothing is wrong");
	return used + parts_draw(ui, row + used, rows - used);
}
