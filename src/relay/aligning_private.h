/* SPDX-License-Identifier: MIT */
#ifndef RELAY_ALIGNING_PRIVATE_H
#define RELAY_ALIGNING_PRIVATE_H

#include <stdbool.h>

#include "measure/finding.h"
#include "relay/aligning.h"
#include "relay/settings.h"

/* Between aligning.c, which measures, and aligned.c, which deals with what was found. */

struct speaker;
struct hearing;

#define ALIGNING_TAKES (MODEL_SPEAKERS * ALIGNING_ROUNDS)

/* One of the speakers, by address: it may come and go meanwhile. */
struct aligning_speaker {
	char address[18];
	char name[MODEL_TEXT];
	int64_t delay_frames; /* its delay line while it was measured */
	struct finding_take takes[ALIGNING_ROUNDS];
	int take_count;
	struct finding finding;
	/* as it was before `keep` */
	struct settings_speaker before;
};

struct aligning {
	int32_t state; /* enum model_align_state */
	int64_t since, listening_since;
	char problem[MODEL_TEXT];
	struct hearing *hearing;
	char microphone[MODEL_TEXT];
	struct response *response;
	float *recording;
	size_t recording_count;
	uint32_t rate;

	int count;
	struct aligning_speaker speakers[MODEL_SPEAKERS];
	int64_t begin, slot; /* timeline frames: of the first sweep, and from one to the next */
	int64_t quiet_from, quiet_until; /* frames in which there is no music */
	int64_t began_ns, ends_ns;
	int64_t due_ns[ALIGNING_TAKES];   /* when the sweep's centre was due; 0: is not yet */
	double due_frame[ALIGNING_TAKES]; /* … of the timeline, the delay line counted in */
	int due_count, taken_count;
};

struct speaker *aligning_speaker_of(struct relay *relay, const struct aligning_speaker *member);
bool aligning_running(const struct aligning *aligning);
/* Whose turn a take is. */
struct aligning_speaker *aligning_member_of(struct aligning *aligning, int take);

/* Was it found, and is that certain? */
bool aligning_sure(const struct aligning_speaker *member);
/* When the first of them is heard, as the delay lines are, and how far behind it the last one is, ns. */
int64_t aligning_first_heard(const struct aligning *aligning, int64_t *ret_apart);

#endif
