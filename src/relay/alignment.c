/* SPDX-License-Identifier: MIT */
#include "relay/alignment.h"

#include <errno.h>

static int64_t effective(const struct alignment_speaker *speaker)
{
	return speaker->latency_ns - speaker->trim_ns;
}

/* When it would play, at the earliest. */
static int64_t earliest(const struct alignment_speaker *speaker)
{
	return effective(speaker) + speaker->waits_ns;
}

static int64_t frames_of(int64_t ns, uint32_t rate)
{
	return (ns * rate + 500000000) / 1000000000;
}

int alignment_solve(struct alignment_speaker *speakers, int count, uint32_t rate,
                    int64_t longest_frames, bool may_fall, int64_t *target_ns)
{
	int64_t target = may_fall ? INT64_MIN : *target_ns;
	for (int i = 0; i < count; i++)
		if (earliest(&speakers[i]) > target)
			target = earliest(&speakers[i]);
	if (!count)
		return 0;
	for (int i = 0; i < count; i++)
		if (frames_of(target - effective(&speakers[i]), rate) > longest_frames)
			return -ERANGE;
	for (int i = 0; i < count; i++)
		speakers[i].delay_frames = frames_of(target - effective(&speakers[i]), rate);
	*target_ns = target;
	return 0;
}
