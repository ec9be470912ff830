/* SPDX-License-Identifier: MIT */
#include "ui/overview.h"

#include <string.h>

/* What the ear gets, but for what the user turned himself. */
static void latency_take(struct overview *overview, const struct model_speaker *speaker,
                         int32_t *least, int32_t *most)
{
	if (speaker->total_us == MODEL_UNKNOWN)
		return;
	int32_t us = speaker->total_us - speaker->trim.us;
	if (overview->latency_us == MODEL_UNKNOWN)
		*least = *most = us;
	*least = us < *least ? us : *least;
	*most = us > *most ? us : *most;
	overview->latency_us = *most;
	overview->spread_us = *most - *least;
	overview->guess |= speaker->speaker.origin == ORIGIN_ASSUMED;
}

struct overview overview_of(const struct model *model)
{
	struct overview overview = {.speakers = model->speaker_count,
	                            .latency_us = MODEL_UNKNOWN,
	                            .spread_us = MODEL_UNKNOWN};
	int32_t least = 0, most = 0;
	for (int i = 0; i < model->speaker_count; i++) {
		const struct model_speaker *speaker = &model->speakers[i];
		if (model_speaker_plays(speaker)) {
			overview.playing++;
			latency_take(&overview, speaker, &least, &most);
			continue;
		}
		const char *word = model_speaker_state_name(speaker->state);
		if (!overview.missing)
			overview.missing = word;
		else if (strcmp(overview.missing, word) != 0)
			overview.missing = "";
	}
	overview.runs = overview.playing && model->source.state == MODEL_SOURCE_STREAMING;
	return overview;
}
