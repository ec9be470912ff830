/* SPDX-License-Identifier: MIT */
#include "ui/prompt.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/private.h"
#include "ui/words.h"

#define CONTROL(letter) ((letter)&0x1f)
#define SPECIAL(code) (KEYMAP_SPECIAL | (code))

void prompt_open(struct ui *ui, bool find, const char *text, int64_t now)
{
	struct prompt *prompt = &ui->prompt;
	prompt->find = find;
	prompt->of = view_top(ui);
	prompt->recalled = 0;
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	prompt->cursor = (int)strlen(prompt->text);
	*prompt->complaint = 0;
	view_open(ui, VIEW_PROMPT, now);
}

void prompt_closed(struct ui *ui, int64_t now)
{
	(void)now;
	*ui->prompt.complaint = 0;
}

void prompt_draw(struct ui *ui, int64_t now)
{
	const struct canvas *canvas = &ui->canvas;
	const struct prompt *prompt = &ui->prompt;
	int row = canvas->rows - 1, width = canvas->columns - 2;
	char before[PROMPT_TEXT];
	(void)now;
	snprintf(before, sizeof(before), "%.*s", prompt->cursor, prompt->text);
	/* a long line is seen around its cursor */
	int skip = 0, at;
	while ((at = draw_width(before + skip)) > width - 2) {
		int32_t character;
		skip += text_decode(before + skip, &character);
	}
	draw_repeat(canvas, row, 0, canvas->columns, THEME_NORMAL, " ");
	draw_text(canvas, row, 0, 1, THEME_TITLE, prompt->find ? "/" : ":");
	draw_text(canvas, row, 1, width, THEME_NORMAL, prompt->text + skip);
	ui->cursor_row = row;
	ui->cursor_column = 1 + at;
	const char *above = prompt->complaint;
	if (!*above && prompt->find)
		above = canvas->columns >= 50 ? "Enter keeps it, Esc shows everything again"
		                              : "Enter keeps it, Esc forgets it";
	if (!*above)
		return;
	char fit[sizeof(prompt->complaint)];
	words_fit(canvas->set, above, width, fit, sizeof(fit));
	draw_repeat(canvas, row - 1, 0, canvas->columns, THEME_NORMAL, " ");
	draw_text(canvas, row - 1, 1, width, THEME_NORMAL, fit);
}

/* --- editing ------------------------------------------------------------------------------------- */

static void cut(struct prompt *prompt, int from, int to)
{
	memmove(prompt->text + from, prompt->text + to, strlen(prompt->text + to) + 1);
	prompt->cursor = from;
}

static int before(const struct prompt *prompt)
{
	int at = prompt->cursor;
	if (at > 0)
		at--;
	while (at > 0 && ((unsigned char)prompt->text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static int after(const struct prompt *prompt)
{
	int32_t character;
	if (!prompt->text[prompt->cursor])
		return prompt->cursor;
	return prompt->cursor + text_decode(prompt->text + prompt->cursor, &character);
}

static int word_before(const struct prompt *prompt)
{
	int at = prompt->cursor;
	while (at > 0 && prompt->text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text[at - 1] != ' ')
		at--;
	return at;
}

static int encode(int32_t character, char bytes[5])
{
	wchar_t wide[2] = {(wchar_t)character, 0};
	char clean[8];
	int length = snprintf(bytes, 5, "%ls", wide);
	text_clean(clean, sizeof(clean), bytes);
	/* what has no place on a screen has none in a line; space alone text_clean would take off */
	return length > 0 && (character == ' ' || !strcmp(clean, bytes)) ? length : 0;
}

static void insert(struct prompt *prompt, int32_t character)
{
	char bytes[5];
	int length = encode(character, bytes), used = (int)strlen(prompt->text);
	if (!length || used + length >= (int)sizeof(prompt->text))
		return;
	memmove(prompt->text + prompt->cursor + length, prompt->text + prompt->cursor,
	        (size_t)(used - prompt->cursor + 1));
	memcpy(prompt->text + prompt->cursor, bytes, (size_t)length);
	prompt->cursor += length;
}

/* Returns whether the key was one of editing. */
static bool edit(struct prompt *prompt, keymap_key key)
{
	switch (key) {
	case SPECIAL(KEY_LEFT):
	case CONTROL('b'):
		prompt->cursor = before(prompt);
		return true;
	case SPECIAL(KEY_RIGHT):
	case CONTROL('f'):
		prompt->cursor = after(prompt);
		return true;
	case SPECIAL(KEY_HOME):
	case CONTROL('a'):
		prompt->cursor = 0;
		return true;
	case SPECIAL(KEY_END):
	case CONTROL('e'):
		prompt->cursor = (int)strlen(prompt->text);
		return true;
	case SPECIAL(KEY_BACKSPACE):
		cut(prompt, before(prompt), prompt->cursor);
		return true;
	case SPECIAL(KEY_DC):
	case CONTROL('d'):
		cut(prompt, prompt->cursor, after(prompt));
		return true;
	case CONTROL('u'):
		cut(prompt, 0, prompt->cursor);
		return true;
	case CONTROL('k'):
		prompt->text[prompt->cursor] = 0;
		return true;
	case CONTROL('w'):
		cut(prompt, word_before(prompt), prompt->cursor);
		return true;
	default:
		if (key < ' ' || key & KEYMAP_SPECIAL)
			return false;
		insert(prompt, key);
		return true;
	}
}

/* --- history ------------------------------------------------------------------------------------- */

static void remember(struct prompt *prompt)
{
	int last = prompt->history_count - 1;
	if (!*prompt->text || (last >= 0 && !strcmp(prompt->history[last], prompt->text)))
		return;
	if (prompt->history_count == PROMPT_HISTORY)
		memmove(prompt->history[0], prompt->history[1],
		        sizeof(prompt->history[0]) * (size_t)--prompt->history_count);
	snprintf(prompt->history[prompt->history_count++], sizeof(prompt->history[0]), "%s",
	         prompt->text);
}

static void recall(struct prompt *prompt, int step)
{
	int back = prompt->recalled + step;
	if (prompt->find || back < 0 || back > prompt->history_count)
		return;
	prompt->recalled = back;
	snprintf(prompt->text, sizeof(prompt->text), "%s",
	         back ? prompt->history[prompt->history_count - back] : "");
	prompt->cursor = (int)strlen(prompt->text);
}

/* --- completion ---------------------------------------------------------------------------------- */

struct completion {
	const char *word; /* what there is of it */
	char common[PROMPT_TEXT];
	int count;
	char *candidates;
	size_t room;
};

static void take(struct completion *completion, const char *word)
{
	size_t used = strlen(completion->candidates);
	if (!completion->count++)
		snprintf(completion->common, sizeof(completion->common), "%s", word);
	for (size_t i = 0; completion->common[i]; i++)
		if (word[i] != completion->common[i])
			completion->common[i] = 0;
	if (used + strlen(word) + 3 < completion->room)
		snprintf(completion->candidates + used, completion->room - used, "%s%s",
		         used ? "  " : "", word);
}

static void offer(struct completion *completion, const char *word)
{
	if (!strncmp(word, completion->word, strlen(completion->word)))
		take(completion, word);
}

/* The words in "on|off|toggle"; what is in capitals or brackets is no word. */
static void offer_words(struct completion *completion, const char *arguments)
{
	char copy[96], *rest = copy, *word;
	snprintf(copy, sizeof(copy), "%s", arguments);
	while ((word = strsep(&rest, "|")))
		if (*word >= 'a' && *word <= 'z')
			offer(completion, word);
}

static void offer_speakers(const struct ui *ui, struct completion *completion)
{
	for (int i = 0; i < ui->model.speaker_count; i++) {
		char word[MODEL_TEXT + 4];
		snprintf(word, sizeof(word), "%d", i + 1);
		offer(completion, word);
		const char *name = ui->model.speakers[i].name;
		const char *typed = completion->word + (*completion->word == '"');
		snprintf(word, sizeof(word), strchr(name, ' ') ? "\"%s\"" : "%s", name);
		if (*typed && !strncasecmp(name, typed, strlen(typed)))
			take(completion, word);
	}
}

static void offer_arguments(const struct ui *ui, struct completion *completion,
                            const struct command *command, int place)
{
	if (command->speaker && place == 1) {
		offer_speakers(ui, completion);
		offer_words(completion, command->arguments); /* of the selected one */
		return;
	}
	if (command->id == COMMAND_VIEW)
		for (int id = 0; id < VIEW_COUNT; id++)
			if (views[id].name)
				offer(completion, views[id].name);
	if (command->id == COMMAND_KEYMAP)
		for (const struct keymap_builtin *keymap = keymap_builtins; keymap->name; keymap++)
			offer(completion, keymap->name);
	offer_words(completion, command->arguments);
}

void prompt_complete(const struct ui *ui, char *line, size_t size, char *candidates, size_t room)
{
	char copy[PROMPT_TEXT], *words[8];
	struct completion completion = {.candidates = candidates, .room = room};
	*candidates = 0;
	snprintf(copy, sizeof(copy), "%s", line);
	size_t length = strlen(line), begins = length;
	while (begins > 0 && line[begins - 1] != ' ')
		begins--;
	completion.word = line + begins;
	copy[begins] = 0;
	int place = command_split(copy, words, 8);
	const struct command *command = place > 0 ? command_find(words[0]) : NULL;
	if (place == 0)
		for (int i = 0; i < COMMAND_COUNT; i++)
			offer(&completion, command_table[i].name);
	else if (command)
		offer_arguments(ui, &completion, command, place);
	if (completion.count && strlen(completion.common) >= strlen(completion.word) &&
	    begins + strlen(completion.common) < size)
		snprintf(line + begins, size - begins, "%s", completion.common);
	length = strlen(line);
	if (completion.count == 1 && length + 2 < size)
		strcat(line, " ");
	if (completion.count == 1)
		*candidates = 0;
}

static void complete(struct ui *ui)
{
	struct prompt *prompt = &ui->prompt;
	char copy[PROMPT_TEXT], *words[8];
	if (prompt->find || prompt->text[prompt->cursor])
		return;
	prompt_complete(ui, prompt->text, sizeof(prompt->text), prompt->complaint,
	                sizeof(prompt->complaint));
	prompt->cursor = (int)strlen(prompt->text);
	snprintf(copy, sizeof(copy), "%s", prompt->text);
	const struct command *command = command_split(copy, words, 8) > 0 ? command_find(words[0])
	                                                                  : NULL;
	if (!*prompt->complaint && command)
		snprintf(prompt->complaint, sizeof(prompt->complaint), "%s%s %s  %s", command->name,
		         command->speaker ? " [SPEAKER]" : "", command->arguments, command->help);
}

/* --- keys ---------------------------------------------------------------------------------------- */

static void follow(struct ui *ui)
{
	struct prompt *prompt = &ui->prompt;
	if (!prompt->find)
		return;
	snprintf(ui->filters[prompt->of], sizeof(ui->filters[0]), "%s", prompt->text);
	ui->lists[prompt->of].first = 0;
	if (views[prompt->of].found)
		views[prompt->of].found(ui, prompt->text);
}

static void finish(struct ui *ui, int64_t now)
{
	struct prompt *prompt = &ui->prompt;
	char line[PROMPT_TEXT];
	view_close(ui, now);
	if (prompt->find)
		return;
	remember(prompt);
	snprintf(line, sizeof(line), "%s", prompt->text);
	if (line[strspn(line, " ")])
		ui_run_line(ui, line, now);
}

static void cancel(struct ui *ui, int64_t now)
{
	*ui->prompt.text = 0;
	follow(ui);
	view_close(ui, now);
}

bool prompt_key(struct ui *ui, keymap_key key, int64_t now)
{
	struct prompt *prompt = &ui->prompt;
	if (key != '\t')
		*prompt->complaint = 0;
	switch (key) {
	case '\n':
		finish(ui, now);
		return true;
	case KEYMAP_ESCAPE:
	case CONTROL('c'):
	case CONTROL('g'):
		cancel(ui, now);
		return true;
	case '\t':
		complete(ui);
		return true;
	case SPECIAL(KEY_UP):
	case CONTROL('p'):
		recall(prompt, 1);
		return true;
	case SPECIAL(KEY_DOWN):
	case CONTROL('n'):
		recall(prompt, -1);
		return true;
	case SPECIAL(KEY_BACKSPACE):
		if (!*prompt->text) {
			cancel(ui, now);
			return true;
		}
		break;
	default:
		break;
	}
	if (edit(prompt, key))
		follow(ui);
	return true;
}
