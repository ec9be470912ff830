/* SPDX-License-Identifier: MIT */
#include "relay/undo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "relay/private.h"

static void forget_oldest(struct undo *undo)
{
	uint32_t step = undo->entries[0].step;
	int gone = 0;
	while (gone < undo->count && undo->entries[gone].step == step)
		gone++;
	undo->count -= gone;
	memmove(undo->entries, undo->entries + gone,
	        (size_t)undo->count * sizeof(undo->entries[0]));
}

static int steps_of(const struct undo *undo)
{
	int steps = 0;
	for (int i = 0; i < undo->count; i++)
		steps += i == 0 || undo->entries[i].step != undo->entries[i - 1].step;
	return steps;
}

/* The change goes on with what the last step did: what it was made from is there already. */
static bool goes_on(const struct undo *undo, const struct speaker *speaker, enum command_id command,
                    int moved, int64_t now)
{
	const struct undo_entry *last = undo->count ? &undo->entries[undo->count - 1] : NULL;
	bool turned = command == COMMAND_DELAY || command == COMMAND_VOLUME;
	return last && turned && !moved && last->command == command &&
	       now - undo->at < UNDO_ROW_NS && !strcmp(last->address, speaker->kept->address);
}

void undo_note(struct undo *undo, const struct speaker *speaker, enum command_id command, int moved,
               bool more)
{
	const struct settings_speaker *kept = speaker->kept;
	int64_t now = relay_now(speaker->relay);
	bool on = goes_on(undo, speaker, command, moved, now);
	undo->at = now;
	if (on)
		return;
	while (undo->count == UNDO_ENTRIES || (!more && steps_of(undo) == UNDO_STEPS))
		forget_oldest(undo);
	undo->step += !more;
	struct undo_entry *entry = &undo->entries[undo->count++];
	*entry = (struct undo_entry){.step = undo->step,
	                             .command = command,
	                             .trim_ns = kept->trim_ns,
	                             .volume = speaker_volume(speaker),
	                             .muted = kept->muted,
	                             .solo = speaker->solo,
	                             .autoconnect = kept->autoconnect,
	                             .keepawake = kept->keepawake,
	                             .channel = kept->channel,
	                             .moved = moved};
	snprintf(entry->address, sizeof(entry->address), "%s", kept->address);
	snprintf(entry->name, sizeof(entry->name), "%s", kept->name);
}

/* Only what the command changed: the rest may have been changed since. */
static void put_back(struct speaker *speaker, const struct undo_entry *entry)
{
	struct settings_speaker *kept = speaker->kept;
	switch (entry->command) {
	case COMMAND_DELAY:
		kept->trim_ns = entry->trim_ns;
		relay_align(speaker->relay);
		break;
	case COMMAND_VOLUME:
		kept->volume = entry->volume;
		speaker_send_volume(speaker);
		break;
	case COMMAND_MUTE:
		kept->muted = entry->muted;
		break;
	case COMMAND_SOLO:
		speaker->solo = entry->solo;
		break;
	case COMMAND_CHANNEL:
		kept->channel = entry->channel;
		break;
	case COMMAND_AUTOCONNECT:
		kept->autoconnect = entry->autoconnect;
		break;
	case COMMAND_KEEPAWAKE:
		kept->keepawake = entry->keepawake;
		break;
	case COMMAND_RENAME:
		relay_rename(speaker->relay, kept->address, entry->name);
		break;
	case COMMAND_MOVE:
		speaker_move(speaker, -entry->moved);
		break;
	default:
		break;
	}
}

static void tell(const struct speaker *speaker, const struct undo_entry *entry, char *reply,
                 size_t size)
{
	const char *name = speaker->kept->name;
	switch (entry->command) {
	case COMMAND_DELAY:
		snprintf(reply, size, "undone: delay of %s is %+.0f ms again", name,
		         (double)entry->trim_ns / 1e6);
		break;
	case COMMAND_VOLUME:
		snprintf(reply, size, "undone: volume of %s is %d %% again", name, entry->volume);
		break;
	case COMMAND_CHANNEL:
		snprintf(reply, size, "undone: %s plays %s again", name,
		         model_channel_name((int32_t)entry->channel));
		break;
	case COMMAND_RENAME:
		snprintf(reply, size, "undone: its name is %s again", entry->name);
		break;
	default:
		snprintf(reply, size, "undone: %s of %s", command_table[entry->command].name, name);
		break;
	}
}

int undo_last(struct relay *relay, char *reply, size_t size)
{
	struct undo *undo = &relay->undo;
	snprintf(reply, size, "nothing to undo");
	if (!undo->count)
		return -ENOENT;
	uint32_t step = undo->entries[undo->count - 1].step;
	while (undo->count && undo->entries[undo->count - 1].step == step) {
		const struct undo_entry *entry = &undo->entries[--undo->count];
		struct speaker *speaker = speaker_of_address(relay, entry->address);
		if (!speaker)
			continue; /* it was unpaired meanwhile */
		put_back(speaker, entry);
		tell(speaker, entry, reply, size);
	}
	undo->at = 0;
	speakers_mix(relay);
	relay_keep(relay);
	return 0;
}
