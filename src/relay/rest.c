/* SPDX-License-Identifier: MIT */
/*
 * Rest: after long silence all streams are suspended together, so that speakers may sleep and the air is
 * free; at the first sound all resume together.  The links stay.  With the first sound after some silence
 * absent speakers are called anew.
 */
#include "relay/private.h"

#define CALLED 2                 /* attempts that an absent one is thought to have had then */
#define AWAY_NS (60 * SECOND_NS) /* silence in which somebody may have come home */
#define SOUND_DB (-80)           /* the noise of an Echo that plays nothing lies below */

static bool sounds(struct relay *relay)
{
	const struct source_snapshot *source = &engine_snapshot(relay->engine)->source;
	return relay->live &&
	       (source->meter.peak_db[0] > SOUND_DB || source->meter.peak_db[1] > SOUND_DB);
}

/*
 * Whoever begins to listen switches speakers on, too: those that were absent are called now, and more often
 * than when nobody was there.
 */
static void absent_call(struct relay *relay, int64_t now)
{
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		bool absent = speaker->device && !speaker->device->connected &&
		              (speaker->state == SPEAKER_LOST || speaker->state == SPEAKER_FAILED);
		if (!absent)
			continue;
		speaker->not_before = now;
		speaker->attempt = speaker->attempt < CALLED ? speaker->attempt : CALLED;
	}
}

void rest_follow(struct relay *relay, bool live)
{
	int64_t now = relay_now(relay);
	if (!live)
		relay->ended_at = now;
	else if (now - relay->ended_at > AWAY_NS)
		absent_call(relay, now);
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
