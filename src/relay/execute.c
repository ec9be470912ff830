/* SPDX-License-Identifier: MIT */
/* Carries out command lines: one function for each of the relay's commands. */
#include "relay/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "relay/alignment.h"
#include "relay/command.h"

#define WORDS_MAX 8
#define LINE_MAX_BYTES 512

/* One command under way. */
struct execution {
	struct relay *relay;
	struct speaker *speaker; /* NULL: all, or none is asked for */
	const char *argument;
	char *const *arguments; /* all of them */
	int argument_count;
	char *reply;
	size_t size;
};

static int answer(struct execution *run, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int answer(struct execution *run, int result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(run->reply, run->size, format, arguments);
	va_end(arguments);
	return result;
}

/* A change that a user made: it is kept, and told. */
static int changed(struct execution *run)
{
	relay_keep(run->relay);
	journal_write(run->relay->journal, JOURNAL_INFO, run->speaker->kept->name, "%s",
	              run->reply);
	return 0;
}

static int run_delay(struct execution *run)
{
	struct settings_speaker *kept = run->speaker->kept;
	int64_t before = kept->trim_ns, ns;
	bool step;
	if (command_read_time(run->argument, &step, &ns) < 0)
		return answer(run, -EINVAL, "delay: '%s' is no time, like +10ms or 35",
		              run->argument);
	int64_t wanted = step ? before + ns : ns;
	if (wanted > ALIGNMENT_TRIM_MAX_NS || wanted < -ALIGNMENT_TRIM_MAX_NS)
		return answer(run, -ERANGE, "delay: only from -1000 to +1000 ms");
	undo_note(&run->relay->undo, run->speaker, COMMAND_DELAY, 0, false);
	kept->trim_ns = wanted;
	int error = relay_align(run->relay);
	if (error) {
		kept->trim_ns = before; /* the note stays, and changes nothing */
		return answer(run, error, "delay: the speakers would be further apart than 2.2 s");
	}
	answer(run, 0, "delay %+.0f -> %+.0f ms", (double)before / 1e6, (double)wanted / 1e6);
	return changed(run);
}

static int run_volume(struct execution *run)
{
	struct settings_speaker *kept = run->speaker->kept;
	int before = speaker_volume(run->speaker), percent;
	bool step;
	if (command_read_percent(run->argument, &step, &percent) < 0)
		return answer(run, -EINVAL, "volume: '%s' is no percentage, like +5 or 70",
		              run->argument);
	int wanted = step ? before + percent : percent;
	undo_note(&run->relay->undo, run->speaker, COMMAND_VOLUME, 0, false);
	kept->volume = wanted < 0 ? 0 : wanted > 100 ? 100 : wanted;
	speaker_send_volume(run->speaker);
	speaker_mix(run->speaker);
	answer(run, 0, "volume %d -> %d %%", before, kept->volume);
	return changed(run);
}

/* By how much all can change without one of them running into its end: their distances stay. */
static int group_step(const struct relay *relay, int wanted)
{
	int loudest = 0, quietest = 100;
	for (int i = 0; i < relay->speaker_count; i++) {
		int volume = speaker_volume(relay->speakers[i]);
		loudest = volume > loudest ? volume : loudest;
		quietest = volume < quietest ? volume : quietest;
	}
	if (wanted > 100 - loudest)
		return 100 - loudest;
	return wanted < -quietest ? -quietest : wanted;
}

static int group_loudest(const struct relay *relay)
{
	return 100 - group_step(relay, 100);
}

/* A step for all; or the loudest comes to the percentage, and the others keep their distance. */
static int run_group_volume(struct execution *run)
{
	struct relay *relay = run->relay;
	bool step;
	int percent;
	if (command_read_percent(run->argument, &step, &percent) < 0)
		return answer(run, -EINVAL, "group-volume: '%s' is no percentage, like +5 or 70",
		              run->argument);
	int by = group_step(relay, step ? percent : percent - group_loudest(relay));
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		undo_note(&relay->undo, speaker, COMMAND_VOLUME, 0, i > 0);
		speaker->kept->volume = speaker_volume(speaker) + by;
		speaker_send_volume(speaker);
		speaker_mix(speaker);
	}
	relay_keep(relay);
	answer(run, 0, "all speakers %+d %%", by);
	journal_write(relay->journal, JOURNAL_INFO, "relay", "%s", run->reply);
	return 0;
}

static int run_mute_all(struct execution *run)
{
	struct relay *relay = run->relay;
	bool any = false, wanted;
	for (int i = 0; i < relay->speaker_count; i++)
		any |= !relay->speakers[i]->kept->muted;
	if (command_read_switch(run->argument, !any, &wanted) < 0)
		return answer(run, -EINVAL, "mute: on, off or toggle, not '%s'", run->argument);
	for (int i = 0; i < relay->speaker_count; i++) {
		undo_note(&relay->undo, relay->speakers[i], COMMAND_MUTE, 0, i > 0);
		relay->speakers[i]->kept->muted = wanted;
		speaker_mix(relay->speakers[i]);
	}
	relay_keep(relay);
	answer(run, 0, "all speakers %s", wanted ? "muted" : "on");
	journal_write(relay->journal, JOURNAL_INFO, "relay", "%s", run->reply);
	return 0;
}

static int run_mute(struct execution *run)
{
	if (!run->speaker)
		return run_mute_all(run);
	struct settings_speaker *kept = run->speaker->kept;
	bool wanted;
	if (command_read_switch(run->argument, kept->muted, &wanted) < 0)
		return answer(run, -EINVAL, "mute: on, off or toggle, not '%s'", run->argument);
	undo_note(&run->relay->undo, run->speaker, COMMAND_MUTE, 0, false);
	kept->muted = wanted;
	speaker_mix(run->speaker);
	answer(run, 0, "%s", kept->muted ? "muted" : "not muted");
	return changed(run);
}

/* Solo is of the moment: it is not kept, or a house would be silent one morning and nobody knew why. */
static int run_solo_all(struct execution *run)
{
	struct relay *relay = run->relay;
	bool any = false;
	if (strcmp(run->argument, "off") != 0)
		return answer(run, -EINVAL, "solo all: only off, not '%s'", run->argument);
	for (int i = 0; i < relay->speaker_count; i++) {
		if (!relay->speakers[i]->solo)
			continue;
		undo_note(&relay->undo, relay->speakers[i], COMMAND_SOLO, 0, any);
		relay->speakers[i]->solo = false;
		any = true;
	}
	speakers_mix(relay);
	return answer(run, 0, any ? "all speakers heard" : "no speaker is solo");
}

static int run_solo(struct execution *run)
{
	bool wanted;
	if (!run->speaker)
		return run_solo_all(run);
	if (command_read_switch(run->argument, run->speaker->solo, &wanted) < 0)
		return answer(run, -EINVAL, "solo: on, off or toggle, not '%s'", run->argument);
	undo_note(&run->relay->undo, run->speaker, COMMAND_SOLO, 0, false);
	run->speaker->solo = wanted;
	speakers_mix(run->relay);
	return answer(run, 0, wanted ? "solo: the others are silent" : "not solo any more");
}

static int run_move(struct execution *run)
{
	bool down = !strcmp(run->argument, "down");
	if (!down && strcmp(run->argument, "up") != 0)
		return answer(run, -EINVAL, "move: up or down, not '%s'", run->argument);
	if (!speaker_move(run->speaker, down ? 1 : -1))
		return answer(run, -ERANGE, "%s is the %s already", run->speaker->kept->name,
		              down ? "last" : "first");
	undo_note(&run->relay->undo, run->speaker, COMMAND_MOVE, down ? 1 : -1, false);
	relay_keep(run->relay);
	return answer(run, 0, "moved %s", run->argument);
}

static int run_channel(struct execution *run)
{
	struct settings_speaker *kept = run->speaker->kept;
	int32_t wanted = model_channel_read(run->argument);
	if (!strcmp(run->argument, "next"))
		wanted = (int32_t)(kept->channel + 1) % 4;
	if (wanted == MODEL_UNKNOWN)
		return answer(run, -EINVAL, "channel: stereo, left, right, mono or next, not '%s'",
		              run->argument);
	undo_note(&run->relay->undo, run->speaker, COMMAND_CHANNEL, 0, false);
	kept->channel = (enum mix_channel)wanted;
	speaker_mix(run->speaker);
	answer(run, 0, "channel %s", model_channel_name(wanted));
	return changed(run);
}

static int run_connect(struct execution *run)
{
	struct speaker *speaker = run->speaker;
	bool is = speaker->output || speaker->calling || speaker->state == SPEAKER_CONNECTING,
	     wanted;
	if (command_read_switch(run->argument, is, &wanted) < 0)
		return answer(run, -EINVAL, "connect: on, off or toggle, not '%s'", run->argument);
	if (wanted && !speaker->device)
		return answer(run, -ENODEV, "not paired with an adapter that is there");
	speaker_turn(speaker, wanted);
	char words[SPEAKER_PROBLEM];
	if (wanted && !air_fits(speaker, words, sizeof(words)))
		answer(run, 0, "connecting; %s", words);
	else
		answer(run, 0, "%s", wanted ? "connecting" : "disconnecting");
	return changed(run);
}

static int run_autoconnect(struct execution *run)
{
	struct settings_speaker *kept = run->speaker->kept;
	bool wanted;
	if (command_read_switch(run->argument, kept->autoconnect, &wanted) < 0)
		return answer(run, -EINVAL, "autoconnect: on, off or toggle, not '%s'",
		              run->argument);
	undo_note(&run->relay->undo, run->speaker, COMMAND_AUTOCONNECT, 0, false);
	kept->autoconnect = wanted;
	answer(run, 0, "%s", kept->autoconnect ? "connects by itself" : "connects only by hand");
	return changed(run);
}

static int run_keepawake(struct execution *run)
{
	struct settings_speaker *kept = run->speaker->kept;
	bool wanted;
	if (command_read_switch(run->argument, kept->keepawake, &wanted) < 0)
		return answer(run, -EINVAL, "keepawake: on, off or toggle, not '%s'",
		              run->argument);
	undo_note(&run->relay->undo, run->speaker, COMMAND_KEEPAWAKE, 0, false);
	kept->keepawake = wanted;
	speaker_mix(run->speaker);
	answer(run, 0, kept->keepawake ? "kept awake in silence" : "may fall asleep in silence");
	return changed(run);
}

static int run_reset(struct execution *run)
{
	engine_reset_meters(run->relay->engine);
	return answer(run, 0, "peak holds reset");
}

static int carry_out(struct execution *run, enum command_id id)
{
	switch (id) {
	case COMMAND_DELAY:
		return run_delay(run);
	case COMMAND_VOLUME:
		return run_volume(run);
	case COMMAND_MUTE:
		return run_mute(run);
	case COMMAND_SOLO:
		return run_solo(run);
	case COMMAND_CHANNEL:
		return run_channel(run);
	case COMMAND_MOVE:
		return run_move(run);
	case COMMAND_UNDO:
		return undo_last(run->relay, run->reply, run->size);
	case COMMAND_CONNECT:
		return run_connect(run);
	case COMMAND_AUTOCONNECT:
		return run_autoconnect(run);
	case COMMAND_TEST:
		return execute_test(run->relay, run->speaker, run->argument, run->reply, run->size);
	case COMMAND_ALIGN:
		return execute_align(run->relay, run->arguments, run->argument_count, run->reply,
		                     run->size);
	case COMMAND_GROUP_VOLUME:
		return run_group_volume(run);
	case COMMAND_RESET:
		return run_reset(run);
	case COMMAND_KEEPAWAKE:
		return run_keepawake(run);
	default:
		break;
	}
	int result = arrivals_command(run->relay, id, run->arguments, run->argument_count,
	                              run->reply, run->size);
	return result == -ENOSYS ? answer(run, -EINVAL, "that is for a screen") : result;
}

static int run_words(struct execution *run, char *words[], int count)
{
	const struct command *command = command_find(words[0]);
	const char *near = command ? NULL : command_nearest(words[0]);
	if (!command)
		return answer(run, -EINVAL,
		              near ? "no command '%s'; did you mean '%s'?" : "no command '%s'",
		              words[0], near);
	int least, most, before = 1 + command->speaker;
	command_arguments(command, &least, &most);
	if (count < before + least || count > before + most)
		return answer(run, -EINVAL, "usage: %s%s %s", command->name,
		              command->speaker ? " SPEAKER" : "", command->arguments);
	bool many = command->id == COMMAND_MUTE || command->id == COMMAND_SOLO ||
	            command->id == COMMAND_TEST;
	bool all = many && !strcmp(words[1], "all");
	if (command->speaker && !all) {
		run->speaker = relay_speaker_named(run->relay, words[1], run->reply, run->size);
		if (!run->speaker)
			return -ENOENT;
	}
	run->arguments = words + before;
	run->argument_count = count - before;
	run->argument = count > before ? words[before] : "";
	return carry_out(run, command->id);
}

int relay_command(struct relay *relay, const char *line, char *reply, size_t size)
{
	struct execution run = {.relay = relay, .reply = reply, .size = size};
	char copy[LINE_MAX_BYTES], *words[WORDS_MAX];
	if (strlen(line) >= sizeof(copy))
		return answer(&run, -EINVAL, "the line is too long");
	snprintf(copy, sizeof(copy), "%s", line);
	int count = command_split(copy, words, WORDS_MAX);
	if (count < 0)
		return answer(&run, -EINVAL,
		              count == -E2BIG ? "too many words" : "a quote does not end");
	if (!count)
		return answer(&run, -EINVAL, "empty line");
	return run_words(&run, words, count);
}
