/* SPDX-License-Identifier: MIT */
/* What the engine shows of the speakers while they play, as states and as lines for the user. */
#include "relay/private.h"

#include <stdio.h>

static void congestion_begins(struct speaker *speaker, const struct output_snapshot *output)
{
	speaker_set_state(speaker, SPEAKER_CONGESTED);
	char before[16] = ""; /* not known yet where it has only just begun */
	if (speaker->bitpool)
		snprintf(before, sizeof(before), "%u -> ", speaker->bitpool);
	journal_write(speaker->relay->journal, JOURNAL_WARNING, speaker->kept->name,
	              "congested: the air is full, bitpool %s%u", before, output->bitpool);
}

static void congestion_ends(struct speaker *speaker, const struct output_snapshot *output)
{
	speaker_set_state(speaker, SPEAKER_STREAMING);
	journal_write(speaker->relay->journal, JOURNAL_INFO, speaker->kept->name,
	              "the air is free again, bitpool %u", output->bitpool);
}

static void speaker_watch(struct speaker *speaker, const struct output_snapshot *output)
{
	if (output->parked)
		return;
	if (output->lowered && speaker->state == SPEAKER_STREAMING)
		congestion_begins(speaker, output);
	else if (!output->lowered && speaker->state == SPEAKER_CONGESTED)
		congestion_ends(speaker, output);
	speaker->bitpool = output->bitpool;
}

void speakers_watch(struct relay *relay)
{
	const struct snapshot *snapshot = engine_snapshot(relay->engine);
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		const struct output_snapshot *output =
		    speaker->output ? snapshot_output(snapshot, speaker->output) : NULL;
		if (output)
			speaker_watch(speaker, output);
	}
}
