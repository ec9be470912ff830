/* SPDX-License-Identifier: MIT */
#include "relay/model_names.h"

#include <string.h>

const char *const model_speaker_states[] = {
    "off",       "paired",  "connecting", "idle",   "streaming",
    "congested", "stalled", "lost",       "failed", NULL,
};
const char *const model_source_states[] = {"absent", "idle", "streaming", NULL};
const char *const model_channels[] = {"stereo", "left", "right", "mono", NULL};
const char *const model_origins[] = {"unknown", "measured", "set", "reported",
                                     "stored",  "assumed",  NULL};
const char *const model_align_states[] = {"off",  "opening", "settling", "playing",
                                          "done", "kept",    "failed",   NULL};
const char *const model_levels[] = {"debug", "info", "warn", "error", NULL};

const char *const model_kinds[] = {"unknown",    "speaker", "headphones", "headset", "car",
                                   "television", "phone",   "computer",   "other",   NULL};
const char *const model_roles[] = {"unknown", "speaker", "source", "none", NULL};
const char *const model_steps[] = {"reach", "pair", "trust", "connect", "sound", NULL};
const char *const model_step_states[] = {"waits", "runs", "done", "failed", NULL};
const char *const model_pairing_states[] = {"none", "runs", "done", "failed", NULL};
const char *const model_questions[] = {"pin", "passkey", "match", "pair", "show", "role", NULL};

const char *model_name_of(const char *const *names, int32_t value)
{
	for (int32_t i = 0; names[i]; i++)
		if (i == value)
			return names[i];
	return "?";
}

int32_t model_value_of(const char *const *names, const char *name)
{
	for (int32_t i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return i;
	return MODEL_UNKNOWN;
}

const char *model_speaker_state_name(int32_t state)
{
	return model_name_of(model_speaker_states, state);
}

const char *model_source_state_name(int32_t state)
{
	return model_name_of(model_source_states, state);
}

const char *model_channel_name(int32_t channel)
{
	return model_name_of(model_channels, channel);
}

const char *model_origin_name(int32_t origin)
{
	return model_name_of(model_origins, origin);
}

const char *model_level_name(int32_t level)
{
	return model_name_of(model_levels, level);
}

const char *model_kind_name(int32_t kind)
{
	return model_name_of(model_kinds, kind);
}

const char *model_role_name(int32_t role)
{
	return model_name_of(model_roles, role);
}

const char *model_step_name(int32_t step)
{
	return model_name_of(model_steps, step);
}

const char *model_question_name(int32_t kind)
{
	return model_name_of(model_questions, kind);
}

int32_t model_role_read(const char *name)
{
	return model_value_of(model_roles, name);
}

int32_t model_channel_read(const char *name)
{
	return model_value_of(model_channels, name);
}

const int32_t model_spacing_us[MODEL_SPACING - 1] = {500, 1000, 2000, 5000, 10000, 20000, 50000};

int32_t model_level_read(const char *name)
{
	return model_value_of(model_levels, name);
}

void model_clear(struct model *model)
{
	struct model_source *source = &model->source;
	memset(model, 0, sizeof(*model));
	source->bitpool = source->rate = source->channels = MODEL_UNKNOWN;
	source->latency_us = source->fill_us = source->drift_ppb = MODEL_UNKNOWN;
	for (int i = 0; i < 2; i++)
		source->meter.rms_cdb[i] = source->meter.peak_cdb[i] = source->meter.hold_cdb[i] =
		    MODEL_UNKNOWN;
	model->scan.ms = MODEL_UNKNOWN;
}

bool model_speaker_plays(const struct model_speaker *speaker)
{
	return speaker->state == SPEAKER_STREAMING || speaker->state == SPEAKER_CONGESTED;
}
