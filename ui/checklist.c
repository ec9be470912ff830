/* SPDX-License-Identifier: MIT */
#include "ui/checklist.h"

#include <stdio.h>
#include <string.h>

#include "ui/overview.h"
#include "ui/private.h"
#include "ui/words.h"

enum step { STEP_BLUETOOTH, STEP_SOUND, STEP_ECHO, STEP_SPEAKER, STEP_PLAY, STEPS };

struct item {
	bool done;
	bool broken; /* it is no step: something that has to be mended first */
	const char *name;
	char text[256], more[256]; /* a second line, where there is room */
};

/* "what is wrong - what mends it", as the relay writes it: a line each. */
static void wrong(struct item *item, const char *problem)
{
	const char *dash = strstr(problem, " - ");
	int length = dash ? (int)(dash - problem) : (int)strlen(problem);
	item->broken = true;
	snprintf(item->text, sizeof(item->text), "%.*s", length, problem);
	snprintf(item->more, sizeof(item->more), "%s", dash ? dash + 3 : "");
}

/* --- what is there ------------------------------------------------------------------------------- */

static void key_of(const struct ui *ui, enum command_id command, const char *argument, char *text,
                   size_t size)
{
	frame_keys_from(ui, CONTEXT_MAIN, command, argument, 0, 1, text, size);
}

static void bluetooth(const struct ui *ui, struct item *item)
{
	const struct model *model = &ui->model;
	item->name = "Bluetooth";
	for (int i = 0; i < model->adapter_count; i++) {
		const struct model_adapter *adapter = &model->adapters[i];
		size_t used = strlen(item->text);
		item->done |= adapter->powered;
		snprintf(item->text + used, sizeof(item->text) - used, "%s%s %s", i ? ", " : "",
		         adapter->hci, adapter->powered ? "is up" : "is off");
	}
	if (item->done)
		return;
	if (*model->problem && strncmp(model->problem, "looking", 7) != 0)
		wrong(item, model->problem); /* who looks has not found that there is none */
	else if (model->adapter_count)
		item->broken = true;
	else
		snprintf(item->text, sizeof(item->text), "looking ...");
}

static void sound(const struct ui *ui, struct item *item)
{
	const struct model_source *source = &ui->model.source;
	item->name = "Sound";
	item->done = !*source->problem;
	if (item->done)
		snprintf(item->text, sizeof(item->text), "%s",
		         *source->server ? source->server : "is there");
	else
		wrong(item, source->problem);
}

static void source(const struct ui *ui, struct item *item)
{
	const struct model_source *source = &ui->model.source;
	char key[48];
	item->name = "Pair the Echo";
	item->done = *source->address || *source->node;
	key_of(ui, COMMAND_WINDOW, "toggle", key, sizeof(key));
	if (item->done)
		snprintf(item->text, sizeof(item->text), "%s", words_source_name(source));
	else if (ui->model.window.open)
		snprintf(item->text, sizeof(item->text),
		         "say: \"Alexa, pair Bluetooth\" (open for %d s)",
		         (int)(ui->model.window.left_ms / 1000));
	else if (*key)
		snprintf(item->text, sizeof(item->text),
		         "press %s, then say: \"Alexa, pair Bluetooth\"", key);
	else
		snprintf(item->text, sizeof(item->text), "say: \"Alexa, pair Bluetooth\"");
	snprintf(item->more, sizeof(item->more), "or Alexa app > the Echo > Bluetooth > %s",
	         ui->model.adapter_count ? ui->model.adapters[0].name : "this machine");
}

static void speaker(const struct ui *ui, struct item *item)
{
	char key[48];
	int count = ui->model.speaker_count;
	item->name = "Pair a speaker";
	item->done = count > 0;
	key_of(ui, COMMAND_VIEW, "pair", key, sizeof(key));
	if (item->done)
		snprintf(item->text, sizeof(item->text), "%d paired", count);
	else if (*key)
		snprintf(item->text, sizeof(item->text),
		         "press %s, hold its Bluetooth button till it blinks", key);
	else
		snprintf(item->text, sizeof(item->text), "with bluetoothctl; it is taken at once");
}

static void play(const struct ui *ui, struct item *item)
{
	item->name = "Play something";
	item->done = ui->model.source.state == MODEL_SOURCE_STREAMING &&
	             overview_of(&ui->model).playing > 0;
	snprintf(item->text, sizeof(item->text), item->done ? "it plays" : "\"Alexa, play jazz\"");
}

/* Returns the step to do now, STEPS when all are done. */
static enum step items_make(const struct ui *ui, struct item items[STEPS])
{
	memset(items, 0, STEPS * sizeof(items[0]));
	bluetooth(ui, &items[STEP_BLUETOOTH]);
	sound(ui, &items[STEP_SOUND]);
	source(ui, &items[STEP_ECHO]);
	speaker(ui, &items[STEP_SPEAKER]);
	play(ui, &items[STEP_PLAY]);
	for (int step = 0; step < STEPS; step++)
		if (!items[step].done)
			return (enum step)step;
	return STEPS;
}

/* --- drawing ------------------------------------------------------------------------------------- */

static int item_draw(const struct ui *ui, int row, int room, const struct item *item, bool now)
{
	const struct charset *set = ui->canvas.set;
	int column = ui->canvas.columns >= 60 ? 22 : 5, width = ui->canvas.columns - column - 1;
	const char *sign = item->done     ? set->done
	                   : item->broken ? set->signs[SPEAKER_LOST]
	                   : now          ? set->todo
	                                  : " ";
	enum theme_role role = item->done     ? THEME_GOOD
	                       : item->broken ? THEME_BAD
	                       : now          ? THEME_TITLE
	                                      : THEME_DIM;
	draw_text(&ui->canvas, row, 3, 1, role, sign);
	draw_text(&ui->canvas, row, 5, 16, now ? THEME_TITLE : THEME_NORMAL, item->name);
	if (column == 5 && (!now || room < 2))
		return 1;
	int used = column == 5;
	used += draw_wrapped(&ui->canvas, row + used, column, width, room - used,
	                     item->broken ? THEME_BAD : THEME_NORMAL, item->text);
	if ((now || item->broken) && *item->more && used < room)
		used += draw_wrapped(&ui->canvas, row + used, column, width, room - used,
		                     THEME_NORMAL, item->more);
	return used ? used : 1;
}

/* What comes after the last step. */
static void further_draw(const struct ui *ui, int row, bool all_done)
{
	char key[48],
	    text[96] = "No hardware at hand?  echorelay --demo  plays on simulated speakers";
	key_of(ui, COMMAND_VIEW, "align", key, sizeof(key));
	if (all_done && *key)
		snprintf(text, sizeof(text), "Not in step yet?  %s lines the speakers up", key);
	draw_text(&ui->canvas, row, 2, ui->canvas.columns - 3, THEME_DIM, text);
}

/* Where not all have room, what is done gives way first: the step to do now has up to three rows. */
static int first_shown(int now, int room)
{
	int first = 0, more = now < STEPS ? 2 : 0;
	while (first < now && STEPS - first + more > room)
		first++;
	return first;
}

void checklist_draw(const struct ui *ui, int row, int rows, const char *title)
{
	struct item items[STEPS];
	enum step now = items_make(ui, items);
	int used = 1;
	if (rows < 2)
		return;
	frame_rule(ui, row, title, "");
	bool airy = rows >= STEPS + 7;
	if (airy) {
		draw_text(&ui->canvas, row + 2, 2, ui->canvas.columns - 3, THEME_NORMAL,
		          "Welcome. Three steps, and the Echo plays on every speaker.");
		used = 4;
	}
	for (int step = first_shown((int)now, rows - used); step < STEPS && used < rows; step++)
		used += item_draw(ui, row + used, rows - used, &items[step], step == (int)now);
	if (airy && rows - used >= 3)
		further_draw(ui, row + used + 1, now == STEPS);
}

bool checklist_message(const struct ui *ui, enum theme_role *role, char *text, size_t size)
{
	struct item items[STEPS];
	enum step now = items_make(ui, items);
	if (now == STEPS)
		return false;
	*role = items[now].broken ? THEME_BAD : THEME_NORMAL;
	snprintf(text, size, "%s: %s%s%s", items[now].name, items[now].text,
	         items[now].broken && *items[now].more ? " - " : "",
	         items[now].broken ? items[now].more : "");
	return true;
}

/* --- the view ------------------------------------------------------------------------------------ */

const struct hint start_hints[] = {
    {COMMAND_HELP, "", "help"},      {COMMAND_WINDOW, "toggle", "Echo"},
    {COMMAND_VIEW, "pair", "pair"},  {COMMAND_VIEW, "diag", "diagnostics"},
    {COMMAND_VIEW, "log", "events"}, {COMMAND_COUNT, "", NULL},
};

void start_draw(struct ui *ui, int64_t now)
{
	char left[96];
	snprintf(left, sizeof(left), " %s  Getting started", ui->config.title);
	frame_header(ui, left, "");
	checklist_draw(ui, 1, ui->canvas.rows - 3, "Three steps");
	frame_foot(ui, now);
}
