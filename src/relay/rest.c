/* SPDX-License-Identifier: MIT */
/*
 * Rest: after long silence all streams are suspended together, so that speakers may sleep and the air is
 * free; at the first sound all resume together.  The links stay.
 */
#include "relay/private.h"

#define SOUND_DB (-80) /* the noise of an Echo that plays nothing lies below */

static bool sounds(struct relay *relay)
{
	const struct source_snapshot *source = &engine_snapshot(relay->engine)->source;
	return relay->live &&
	       (source->meter.peak_db[0] > SOUND_DB || source->meter.peak_db[1] > SOUND_DB);
}

void rest_act(struct relay *relay, int64_t now)
{
	int64_t after = relay->settings->config.idle_ns;
	if (sounds(relay))
		relay->sound_at = now;
	bool idle = policy_rest(now - relay->sound_at, after);
	if (idle == relay->idle)
		return;
	relay->idle = idle;
	if (idle)
		journal_write(relay->journal, JOURNAL_INFO, "relay",
		              "silent for %d s: the streams rest",
		              (int)((now - relay->sound_at) / SECOND_NS));
	else
		journal_write(relay->journal, JOURNAL_INFO, "relay", "sound again");
}
