/* SPDX-License-Identifier: MIT */
#ifndef RELAY_MODEL_NAMES_H
#define RELAY_MODEL_NAMES_H

#include "relay/model.h"

/*
 * The words that the wire form has for the enumerations of model.h, in their order, each list ended by NULL.
 * Between the files of relay/ only; others ask model_…_name.
 */

extern const char *const model_speaker_states[],
    *const model_source_states[], *const model_channels[],
				      *const model_origins[],
					  *const model_align_states[],
					      *const model_levels[],
						  *const model_kinds[],
						      *const model_roles[],
							  *const model_steps[],
							      *const model_step_states[],
								  *const model_pairing_states[],
								      *const model_questions[];

/* A value's name, "?" beyond the end; a name's value, MODEL_UNKNOWN for one that is not in the list. */
const char *model_name_of(const char *const *names, int32_t value);
int32_t model_value_of(const char *const *names, const char *name);

#endif
