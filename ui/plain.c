/* SPDX-License-Identifier: MIT */
#include "ui/plain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/overview.h"
#include "ui/words.h"

#define LINE_BYTES 256

struct plain {
	FILE *out;
	struct ui_port port;
	struct model model;
	bool shown;
	int64_t told; /* the last event that was */
	int selected; /* 0: none */
	bool busy;    /* with a line that was typed: its prompt comes at the end */
	char said[MODEL_TEXT +
	          64]; /* the last answer, or the last event: an event is not told as both */
	uint32_t request;
	char line[LINE_BYTES];
	size_t used;
};

int plain_new(struct plain **ret_plain, FILE *out, const struct ui_port *port)
{
	struct plain *plain = calloc(1, sizeof(*plain));
	if (!plain)
		return -ENOMEM;
	plain->out = out;
	plain->port = *port;
	*ret_plain = plain;
	return 0;
}

void plain_free(struct plain *plain)
{
	free(plain);
}

static void prompt(struct plain *plain)
{
	fputs("> ", plain->out);
	fflush(plain->out);
}

/* --- telling ------------------------------------------------------------------------------------- */

static void speaker_tell(const struct plain *plain, int index)
{
	const struct model_speaker *speaker = &plain->model.speakers[index];
	fprintf(plain->out, "%d %s: %s, volume %d percent%s, delay %+.0f milliseconds, %s",
	        index + 1, speaker->name, model_speaker_state_name(speaker->state), speaker->volume,
	        speaker->muted ? ", muted" : "", speaker->trim.us / 1e3,
	        model_channel_name(speaker->channel));
	if (speaker->dropped)
		fprintf(plain->out, ", %lld packets dropped", (long long)speaker->dropped);
	if (*speaker->problem && !model_speaker_plays(speaker))
		fprintf(plain->out, "; %s", speaker->problem);
	fputc('\n', plain->out);
}

static void status_tell(const struct plain *plain)
{
	const struct model *model = &plain->model;
	struct overview overview = overview_of(model);
	if (*model->problem)
		fprintf(plain->out, "problem: %s\n", model->problem);
	if (*model->source.problem)
		fprintf(plain->out, "problem: %s\n", model->source.problem);
	fprintf(plain->out, "%s: %s\n", words_source_name(&model->source),
	        model->source.state == MODEL_SOURCE_STREAMING ? "plays" : "is silent");
	fprintf(plain->out, "%d of %d speakers play\n", overview.playing, overview.speakers);
	for (int i = 0; i < model->speaker_count; i++)
		speaker_tell(plain, i);
}

/* Whatever happens to a speaker is an event: there is nothing to compare. */
static bool news_tell(struct plain *plain)
{
	const struct model *model = &plain->model;
	bool any = false;
	for (int i = 0; i < model->event_count; i++) {
		const struct model_event *event = &model->events[i];
		if (event->number <= plain->told)
			continue;
		plain->told = event->number;
		if (!strcmp(plain->said, event->text)) { /* the answer said it already */
			*plain->said = 0;
			continue;
		}
		if (plain->busy)
			snprintf(plain->said, sizeof(plain->said), "%s", event->text);
		fprintf(plain->out, "%s%s%s: %s\n", any || plain->busy ? "" : "\n",
		        event->level == MODEL_ERROR     ? "error, "
		        : event->level == MODEL_WARNING ? "warning, "
		                                        : "",
		        event->subject, event->text);
		any = true;
	}
	return any;
}

void plain_show(struct plain *plain, const struct model *model)
{
	plain->model = *model;
	if (!plain->shown) {
		plain->shown = true;
		plain->told = model->event_count ? model->events[model->event_count - 1].number : 0;
		fputs("echorelay, in lines; help lists the commands\n", plain->out);
		status_tell(plain);
		prompt(plain);
	} else if (news_tell(plain) && !plain->busy) {
		prompt(plain);
	}
}

void plain_answer(struct plain *plain, int result, const char *text)
{
	if (!strcmp(plain->said, text)) { /* the event said it already */
		*plain->said = 0;
		return;
	}
	snprintf(plain->said, sizeof(plain->said), "%s", result < 0 ? "" : text);
	fprintf(plain->out, "%s%s\n", result < 0 ? "error: " : "", text);
	if (!plain->busy && plain->shown) /* it has come later than its line */
		prompt(plain);
}

/* --- lines --------------------------------------------------------------------------------------- */

static void help_tell(const struct plain *plain)
{
	fputs("status\n    how everything is\n", plain->out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &command_table[i];
		bool here = command->place == COMMAND_OF_RELAY || command->id == COMMAND_HELP ||
		            command->id == COMMAND_QUIT || command->id == COMMAND_SELECT;
		if (here)
			fprintf(plain->out, "%s%s %s\n    %s\n", command->name,
			        command->speaker ? " SPEAKER" : "", command->arguments,
			        command->help);
	}
}

static void select_one(struct plain *plain, int number)
{
	if (number < 1 || number > plain->model.speaker_count) {
		plain_answer(plain, -ERANGE, "there is no such speaker");
		return;
	}
	plain->selected = number;
	speaker_tell(plain, number - 1);
}

/* A command that names no speaker is about the selected one. */
static void relay_line(struct plain *plain, const struct command *command, const char *line,
                       int words)
{
	char full[LINE_BYTES + 32];
	bool named = !command || !command->speaker || words > 1 + (*command->arguments != 0);
	if (named || !plain->selected || plain->selected > plain->model.speaker_count)
		snprintf(full, sizeof(full), "%s", line);
	else
		snprintf(full, sizeof(full), "%s %s%s", command->name,
		         plain->model.speakers[plain->selected - 1].address,
		         line + strspn(line, " ") + strlen(command->name));
	plain->port.command(plain->port.user, ++plain->request, full);
}

/* Returns false where the line was the last. */
static bool line_take(struct plain *plain, const char *line)
{
	char copy[LINE_BYTES], *words[16];
	snprintf(copy, sizeof(copy), "%s", line);
	int count = command_split(copy, words, 16);
	const struct command *command = count > 0 ? command_find(words[0]) : NULL;
	if (count == 0)
		return true;
	if (command && (command->id == COMMAND_QUIT || command->id == COMMAND_CLOSE)) {
		plain->port.quit(plain->port.user);
		return false;
	}
	if (!strcmp(words[0], "status"))
		status_tell(plain);
	else if (command && command->id == COMMAND_HELP)
		help_tell(plain);
	else if (command && command->id == COMMAND_SELECT)
		select_one(plain, count > 1 ? atoi(words[1]) : 0);
	else
		relay_line(plain, command, line, count);
	return true;
}

int plain_input(struct plain *plain, int fd)
{
	char bytes[LINE_BYTES];
	ssize_t count = read(fd, bytes, sizeof(bytes));
	if (count <= 0)
		return count < 0 && errno == EAGAIN ? 0 : -EIO;
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] != '\n') {
			if (plain->used + 1 < sizeof(plain->line))
				plain->line[plain->used++] = bytes[i];
			continue;
		}
		plain->line[plain->used] = 0;
		plain->used = 0;
		plain->busy = true;
		bool more = line_take(plain, plain->line);
		plain->busy = false;
		if (!more)
			return 0;
		prompt(plain);
	}
	return 0;
}
