/* SPDX-License-Identifier: MIT */
#include "ui/view_dialog.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"
#include "ui/view_pair.h"

#define QUESTION_ROWS 13
#define WIDTH 70

const struct hint dialog_hints[] = {{COMMAND_COUNT, "", NULL}};

/* --- typing -------------------------------------------------------------------------------------- */

static size_t encode(keymap_key key, char text[5])
{
	unsigned c = (unsigned)key;
	if (c < 0x80)
		return (size_t)snprintf(text, 5, "%c", (char)c);
	if (c < 0x800)
		return (size_t)snprintf(text, 5, "%c%c", (char)(0xc0 | c >> 6),
		                        (char)(0x80 | (c & 0x3f)));
	if (c < 0x10000)
		return (size_t)snprintf(text, 5, "%c%c%c", (char)(0xe0 | c >> 12),
		                        (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f)));
	return (size_t)snprintf(text, 5, "%c%c%c%c", (char)(0xf0 | c >> 18),
	                        (char)(0x80 | (c >> 12 & 0x3f)), (char)(0x80 | (c >> 6 & 0x3f)),
	                        (char)(0x80 | (c & 0x3f)));
}

/* A key into the field: a character, or the last one away. */
static void type(char *text, size_t size, size_t most, keymap_key key)
{
	size_t used = strlen(text);
	char character[5];
	if (key == (KEYMAP_SPECIAL | KEY_BACKSPACE)) {
		while (used && (text[used - 1] & 0xc0) == 0x80)
			used--;
		text[used ? used - 1 : 0] = 0;
		return;
	}
	if (key < ' ' || key & KEYMAP_SPECIAL || key == '"')
		return;
	size_t length = encode(key, character);
	if (used + length <= most && used + length < size)
		memcpy(text + used, character, length + 1);
}

static void field_draw(const struct ui *ui, int row, int column, int width, const char *text)
{
	int used = draw_text(&ui->canvas, row, column, width - 1, THEME_TITLE, text);
	draw_text(&ui->canvas, row, column + used, 1, THEME_TITLE, "_");
}

/* --- large digits -------------------------------------------------------------------------------- */

/* Seven segments, three rows; both character sets have them. */
static void digits_draw(const struct ui *ui, int row, int column, const char *digits)
{
	static const char *const rows[3] = {" _     _  _     _  _  _  _  _ ",
	                                    "| |  | _| _||_||_ |_   ||_||_|",
	                                    "|_|  ||_  _|  | _||_|  ||_| _|"};
	for (; *digits; digits++, column += 4)
		for (int i = 0; i < 3; i++) {
			char part[4] = {0};
			if (*digits >= '0' && *digits <= '9')
				memcpy(part, rows[i] + (*digits - '0') * 3, 3);
			else
				snprintf(part, sizeof(part), i == 2 ? " %c " : "   ", *digits);
			draw_text(&ui->canvas, row + i, column, 3, THEME_TITLE, part);
		}
}

/* The keys of a dialog in its last row; where they have no room there, closer, or in two. */
static int keys_draw(const struct ui *ui, int last, int column, int width, bool two,
                     const char *keys)
{
	char close[96];
	size_t used = 0;
	for (; *keys && used + 1 < sizeof(close); keys++)
		if (*keys != ' ' || keys[1] != ' ' || keys[2] != ' ')
			close[used++] = *keys;
	close[used] = 0;
	int rows = two && draw_width(close) > width ? 2 : 1;
	draw_wrapped(&ui->canvas, last - rows + 1, column, width, rows, THEME_TITLE, close);
	return rows;
}

/* --- what a device asks -------------------------------------------------------------------------- */

static const struct model_question *question_at(const struct ui *ui)
{
	for (int i = 0; i < ui->model.question_count; i++)
		if (ui->model.questions[i].id == ui->dialog.question)
			return &ui->model.questions[i];
	return NULL;
}

const char *question_back(const struct ui *ui)
{
	const struct model_question *question = question_at(ui);
	return question && question->kind == QUESTION_ROLE ? "later" : "no";
}

void question_follow(struct ui *ui, int64_t now)
{
	struct dialog *dialog = &ui->dialog;
	bool top = view_top(ui) == VIEW_QUESTION;
	if (top && !question_at(ui))
		view_close(ui, now);
	if (view_top(ui) == VIEW_QUESTION || view_is_open(ui, VIEW_QUESTION) ||
	    view_top(ui) == VIEW_QUIT)
		return;
	for (int i = 0; i < ui->model.question_count; i++) {
		if (ui->model.questions[i].id <= dialog->dismissed)
			continue;
		dialog->question = ui->model.questions[i].id;
		*dialog->text = 0;
		view_open(ui, VIEW_QUESTION, now);
		return;
	}
}

struct question_words {
	const char *title, *text, *keys, *brief; /* … where they have no room */
	bool field, large;
};

static const struct question_words *words_of(const struct model_question *question)
{
	static const struct question_words words[] = {
	    [QUESTION_PIN] = {"asks for its PIN",
	                      "It stands in its manual; often it is 0000 or 1234.",
	                      "Enter sends it   Esc refuses", "Enter sends, Esc refuses", true,
	                      false},
	    [QUESTION_PASSKEY] = {"asks for the number that it shows", "Type what it shows.",
	                          "Enter sends it   Esc refuses", "Enter sends, Esc refuses", true,
	                          false},
	    [QUESTION_MATCH] = {"shows a number", "Does it show this one?",
	                        "Enter, y  yes, the same      n, Esc  no", "y yes   n no", false,
	                        true},
	    [QUESTION_PAIR] = {"wants to pair", "May it?", "y  yes      n, Esc  no", "y yes   n no",
	                       false, false},
	    [QUESTION_SHOW] = {"wants a number", "Type this on it, and its Enter.",
	                       "Enter  done      Esc  refuse", "Enter done, Esc refuse", false,
	                       true},
	    [QUESTION_ROLE] = {"can play and send",
	                       "What is it here? A speaker plays, a source (an Echo) sends.",
	                       "s  speaker      e  source      n  neither      Esc  later",
	                       "s speaker  e source  n none", false, false},
	};
	return &words[question->kind];
}

void question_draw(struct ui *ui, int64_t now)
{
	const struct model_question *question = question_at(ui);
	char title[MODEL_TEXT + 48];
	if (!question)
		return frame_foot(ui, now);
	const struct question_words *words = words_of(question);
	snprintf(title, sizeof(title), "%.40s %s", question->name, words->title);
	int most = ui->canvas.rows - 2; /* the message and the hints */
	struct box box = frame_box(ui, QUESTION_ROWS < most ? QUESTION_ROWS : most, WIDTH, title);
	bool tall = box.rows >= 11;
	int answer = box.rows < 6 ? box.row + 1 : box.row + 3;
	int column = box.column + 3, width = box.columns - 5, last = box.row + box.rows - 2;
	if (box.rows >= 6)
		draw_wrapped(&ui->canvas, box.row + (tall ? 2 : 1), column, width, 2, THEME_NORMAL,
		             words->text);
	if (words->large && tall)
		digits_draw(ui, box.row + 4, column + 4, question->digits);
	else if (words->large)
		draw_text(&ui->canvas, answer, column + 4, width, THEME_TITLE, question->digits);
	if (words->field && tall)
		digits_draw(ui, box.row + 4, column + 4, ui->dialog.text);
	if (words->field)
		field_draw(ui, tall ? box.row + 8 : answer, column + 4, 24, ui->dialog.text);
	if (box.rows < 6 && draw_width(words->keys) > width)
		draw_text(&ui->canvas, last, column, width, THEME_TITLE, words->brief);
	else if (draw_width(words->keys) <= width)
		draw_text(&ui->canvas, last, column, width, THEME_TITLE, words->keys);
	else
		last -= keys_draw(ui, last, column, width, box.rows >= 6, words->keys) - 1;
	if (question->left_ms != MODEL_UNKNOWN && box.rows >= 8)
		draw_format(&ui->canvas, last - 1, column, width, THEME_DIM,
		            "no answer within %d s is a no", (int)(question->left_ms / 1000));
	frame_foot(ui, now);
}

static void question_answer(struct ui *ui, const char *answer, int64_t now)
{
	char line[128];
	snprintf(line, sizeof(line), "answer %d \"%s\"", (int)ui->dialog.question, answer);
	ui->dialog.dismissed = ui->dialog.question;
	view_close(ui, now);
	ui_send(ui, line);
}

static void question_put_off(struct ui *ui, int64_t now)
{
	ui->dialog.dismissed = ui->dialog.question;
	view_close(ui, now);
}

static void role_key(struct ui *ui, keymap_key key, int64_t now)
{
	if (key == 's')
		question_answer(ui, "speaker", now);
	else if (key == 'e')
		question_answer(ui, "source", now);
	else if (key == 'n')
		question_answer(ui, "none", now);
	else if (key == KEYMAP_ESCAPE)
		question_put_off(ui, now);
}

static void field_key(struct ui *ui, keymap_key key, int64_t now)
{
	if (key == KEYMAP_ESCAPE)
		question_answer(ui, "no", now);
	else if (key != '\n')
		type(ui->dialog.text, sizeof(ui->dialog.text), 16, key);
	else if (*ui->dialog.text)
		question_answer(ui, ui->dialog.text, now);
}

bool question_key(struct ui *ui, keymap_key key, int64_t now)
{
	const struct model_question *question = question_at(ui);
	if (!question) {
		view_close(ui, now);
		return true;
	}
	bool yes = key == 'y' || (key == '\n' && question->kind != QUESTION_PAIR);
	if (question->kind == QUESTION_ROLE)
		role_key(ui, key, now);
	else if (words_of(question)->field)
		field_key(ui, key, now);
	else if (yes)
		question_answer(ui, "yes", now);
	else if (key == 'n' || key == KEYMAP_ESCAPE)
		question_answer(ui, "no", now);
	return true;
}

/* --- forgetting and naming ----------------------------------------------------------------------- */

/* Whom it is about: the row under the cursor of the pair view, else the selected speaker. */
static bool subject_take(struct ui *ui)
{
	struct dialog *dialog = &ui->dialog;
	const struct model_found *found = view_is_open(ui, VIEW_PAIR) ? pair_selected(ui) : NULL;
	const struct model_speaker *speaker = ui_speaker(ui);
	*dialog->address = 0;
	if (view_is_open(ui, VIEW_PAIR) && (!found || !found->paired))
		return false;
	if (!found && !speaker)
		return false;
	snprintf(dialog->address, sizeof(dialog->address), "%s",
	         found ? found->address : speaker->address);
	snprintf(dialog->name, sizeof(dialog->name), "%s", found ? found->name : speaker->name);
	return true;
}

static const struct model_speaker *subject_speaker(const struct ui *ui)
{
	for (int i = 0; i < ui->model.speaker_count; i++)
		if (!strcmp(ui->model.speakers[i].address, ui->dialog.address))
			return &ui->model.speakers[i];
	return NULL;
}

static void open_or_say(struct ui *ui, int64_t now)
{
	if (subject_take(ui))
		return;
	view_close(ui, now);
	ui_say(ui, false, "select one that is paired first", now);
}

void unpair_opened(struct ui *ui, int64_t now)
{
	open_or_say(ui, now);
}

void unpair_draw(struct ui *ui, int64_t now)
{
	const struct model_speaker *speaker = subject_speaker(ui);
	char title[MODEL_TEXT + 16], text[256];
	snprintf(title, sizeof(title), "Unpair %.48s?", ui->dialog.name);
	struct box box = frame_box(ui, 10, WIDTH, title);
	bool tall = box.rows >= 9;
	int column = box.column + 2 + tall, width = box.columns - 4 - tall;
	int last = box.row + box.rows - 2;
	if (box.rows < 6)
		snprintf(text, sizeof(text), "Its settings go, too.");
	else if (speaker)
		snprintf(text, sizeof(text),
		         "It will forget this speaker: delay %+d ms, volume %d %%, %s. To use it "
		         "again you have to pair it again (hold its button).",
		         (int)(speaker->trim.us / 1000), (int)speaker->volume,
		         model_channel_name(speaker->channel));
	else
		snprintf(text, sizeof(text),
		         "It will forget this device, and what it was to the relay. To use it "
		         "again you have to pair it again.");
	draw_wrapped(&ui->canvas, box.row + 1 + tall, column, width, box.rows - 3, THEME_NORMAL,
	             text);
	draw_text(&ui->canvas, last - 2 * tall, column, width, THEME_TITLE,
	          "[ Keep ]     y  Unpair");
	if (tall)
		draw_text(&ui->canvas, last, column, width, THEME_DIM, "Enter or Esc keeps it");
	frame_foot(ui, now);
}

bool unpair_key(struct ui *ui, keymap_key key, int64_t now)
{
	char line[48];
	view_close(ui, now);
	snprintf(line, sizeof(line), "unpair %s --yes", ui->dialog.address);
	if (key == 'y' || key == 'Y')
		ui_send(ui, line);
	return true;
}

void rename_opened(struct ui *ui, int64_t now)
{
	open_or_say(ui, now);
	*ui->dialog.text = 0;
}

void rename_draw(struct ui *ui, int64_t now)
{
	char title[MODEL_TEXT + 16];
	snprintf(title, sizeof(title), "Rename %.48s", ui->dialog.name);
	struct box box = frame_box(ui, 7, WIDTH, title);
	int column = box.column + 3, width = box.columns - 5;
	bool tall = box.rows >= 7;
	field_draw(ui, box.row + 1 + tall, column, width, ui->dialog.text);
	draw_text(&ui->canvas, box.row + box.rows - 2 - tall, column, width, THEME_TITLE,
	          width >= 42 ? "Enter  this is its name      Esc  leave it"
	                      : "Enter  name it   Esc  leave");
	frame_foot(ui, now);
}

bool rename_key(struct ui *ui, keymap_key key, int64_t now)
{
	char line[128];
	if (key != '\n' && key != KEYMAP_ESCAPE) {
		type(ui->dialog.text, sizeof(ui->dialog.text), sizeof(ui->dialog.text) - 1, key);
		return true;
	}
	view_close(ui, now);
	snprintf(line, sizeof(line), "rename %s \"%s\"", ui->dialog.address, ui->dialog.text);
	if (key == '\n' && *ui->dialog.text)
		ui_send(ui, line);
	return true;
}
