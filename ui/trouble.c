/* SPDX-License-Identifier: MIT */
#include "ui/trouble.h"

#include <stdio.h>
#include <string.h>

#include "ui/private.h"

#define LATE_US 2000 /* less is not worth a word */

/* "sentence - what to do" as the relay writes its problems. */
static void split(struct trouble *trouble, const char *problem)
{
	const char *dash = strstr(problem, " - ");
	int length = dash ? (int)(dash - problem) : (int)strlen(problem);
	snprintf(trouble->cause, sizeof(trouble->cause), "%.*s", length, problem);
	snprintf(trouble->remedy, sizeof(trouble->remedy), "%s", dash ? dash + 3 : "");
}

static void add_connect_key(const struct ui *ui, int index, struct trouble *trouble)
{
	char key[48];
	size_t used = strlen(trouble->remedy);
	keymap_keys_of(ui->config.keymap, CONTEXT_MAIN, COMMAND_CONNECT, "toggle", key,
	               sizeof(key));
	key[strcspn(key, " ")] = 0;
	if (*key)
		snprintf(trouble->remedy + used, sizeof(trouble->remedy) - used,
		         "%s%d then %s connects", used ? "; " : "", index + 1, key);
}

/* It gives way by itself; what is said is how far it had to. */
static void congested(const struct model_speaker *speaker, struct trouble *trouble)
{
	size_t size = sizeof(trouble->cause), used = 0;
	if (speaker->bitpool != MODEL_UNKNOWN)
		used = (size_t)snprintf(trouble->cause, size, "the air is full, bitpool %d",
		                        speaker->bitpool);
	else
		used = (size_t)snprintf(trouble->cause, size, "the air is full");
	if (speaker->jitter_us != MODEL_UNKNOWN && speaker->jitter_us >= TROUBLE_LATE_US)
		snprintf(trouble->cause + used, size - used, ", packets %d ms late",
		         speaker->jitter_us / 1000);
	snprintf(trouble->remedy, sizeof(trouble->remedy), "move it closer, or Wi-Fi to 5 GHz");
}

bool trouble_of_speaker(const struct ui *ui, int index, struct trouble *trouble)
{
	const struct model_speaker *speaker = &ui->model.speakers[index];
	*trouble = (struct trouble){.role = THEME_WARN};
	switch (speaker->state) {
	case SPEAKER_LOST:
	case SPEAKER_FAILED:
		trouble->weight = 3;
		trouble->role = THEME_BAD;
		break;
	case SPEAKER_STALLED:
		trouble->weight = 2;
		break;
	case SPEAKER_CONGESTED:
		trouble->weight = 1;
		congested(speaker, trouble);
		return true;
	case SPEAKER_PAIRED: /* it waits, for what is not there: "hci1 is gone" */
		trouble->weight = 2;
		split(trouble, speaker->problem);
		return *speaker->problem;
	default:
		return false;
	}
	split(trouble,
	      *speaker->problem ? speaker->problem : model_speaker_state_name(speaker->state));
	add_connect_key(ui, index, trouble);
	return true;
}

bool trouble_of_relay(const struct ui *ui, struct trouble *trouble)
{
	*trouble = (struct trouble){.weight = 5, .role = THEME_BAD};
	split(trouble, ui->model.problem);
	return *ui->model.problem;
}

bool trouble_of_source(const struct ui *ui, struct trouble *trouble)
{
	*trouble = (struct trouble){.weight = 4, .role = THEME_WARN};
	split(trouble, ui->model.source.problem);
	return *ui->model.source.problem;
}

bool trouble_worst(const struct ui *ui, struct trouble *trouble, int *index)
{
	struct trouble one;
	*index = -1;
	if (trouble_of_relay(ui, trouble) || trouble_of_source(ui, trouble))
		return true;
	trouble->weight = 0;
	for (int i = 0; i < ui->model.speaker_count; i++)
		if (trouble_of_speaker(ui, i, &one) && one.weight > trouble->weight) {
			*trouble = one;
			*index = i;
		}
	return trouble->weight > 0;
}
