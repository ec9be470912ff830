/* SPDX-License-Identifier: MIT */
/* Of the pair view: what the device under the cursor can do, as far as it has told. */
#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/view_pair.h"
#include "ui/words.h"

/* The one in the row that is marked: the cursor's own word of it is as old as the last model. */
static const struct model_found *chosen(const struct ui *ui)
{
	int row = ui->lists[VIEW_PAIR].selected;
	for (int i = 0; row < ui->pair.count && i < ui->model.found_count; i++)
		if (!strcmp(ui->model.found[i].address, ui->pair.addresses[row]))
			return &ui->model.found[i];
	return NULL;
}

static const char *sides(const struct model_found *found)
{
	if (found->offers_sink && found->offers_source)
		return "A2DP sink and source";
	if (found->offers_sink)
		return "A2DP sink";
	return found->offers_source ? "A2DP source" : "no A2DP told";
}

static void codecs(const struct model_found *found, char *text, size_t size)
{
	*text = 0;
	if (*found->codecs && found->bitpool_max != MODEL_UNKNOWN)
		snprintf(text, size, "   %s, bitpool %d-%d", found->codecs, (int)found->bitpool_min,
		         (int)found->bitpool_max);
	else if (*found->codecs)
		snprintf(text, size, "   %s", found->codecs);
}

static const char *maybe(int32_t value, const char *yes, const char *no)
{
	return value == MODEL_UNKNOWN ? "" : value ? yes : no;
}

static void maker(const struct model_found *found, char *text, size_t size)
{
	*text = 0;
	if (*found->vendor)
		snprintf(text, size, "%s%s%s product %s version %s", found->maker,
		         *found->maker ? ", " : "", found->vendor, found->product, found->version);
}

int pair_device_rows(const struct ui *ui)
{
	const struct model_found *found = chosen(ui);
	if (!found)
		return 0;
	return 2 + (*found->vendor || *found->quirk);
}

int pair_device_draw(const struct ui *ui, int row, int room)
{
	const struct model_found *found = chosen(ui);
	const struct canvas *canvas = &ui->canvas;
	char title[MODEL_TEXT + 8], text[96], fit[160];
	int rows = found ? pair_device_rows(ui) : 0;
	if (!rows || room < rows)
		return 0;
	snprintf(title, sizeof(title), "%s", found->name);
	frame_rule(ui, row, title, "");
	int used = draw_width(title) + 2;
	enum theme_role role = found->works == MODEL_UNKNOWN ? THEME_NORMAL
	                       : found->works                ? THEME_GOOD
	                                                     : THEME_WARN;
	words_fit(canvas->set, found->verdict, canvas->columns - used - 5, fit, sizeof(fit));
	draw_format(canvas, row, used, canvas->columns - used - 2, role, ": %s ", fit);
	bool receives = *found->codecs;
	codecs(found, text, sizeof(text));
	draw_format(
	    canvas, row + 1, 3, canvas->columns - 4, THEME_NORMAL, "%s%s%s%s", sides(found), text,
	    receives ? maybe(found->delay_reporting, "   reports its delay", "   reports no delay")
		     : "",
	    receives ? maybe(found->absolute_volume, "   own volume", "   no own volume") : "");
	if (rows < 3)
		return rows;
	used = draw_text(canvas, row + 2, 3, canvas->columns - 4, THEME_WARN, found->quirk);
	used += used ? 3 : 0;
	maker(found, text, sizeof(text));
	words_fit(canvas->set, text, canvas->columns - 4 - used, fit, sizeof(fit));
	draw_text(canvas, row + 2, 3 + used, canvas->columns - 4 - used, THEME_DIM, fit);
	return rows;
}
