/* SPDX-License-Identifier: MIT */
#include "ui/pace.h"

#define SECOND_NS 1000000000ll
#define COUNTED 10               /* frames; … */
#define TOO_MANY 3               /* … of which so many skipped are too many */
#define WELL_NS (10 * SECOND_NS) /* so long without one, and it is tried faster again */

void pace_init(struct pace *pace, int wanted)
{
	if (wanted < 1 || wanted > PACE_MOST)
		wanted = PACE_RATE;
	*pace = (struct pace){.wanted = wanted, .rate = wanted};
}

static void turn(struct pace *pace, int rate, int64_t now)
{
	pace->rate = rate < 1 ? 1 : rate > pace->wanted ? pace->wanted : rate;
	pace->frames = pace->skipped = 0;
	pace->since = now;
}

void pace_count(struct pace *pace, bool skipped, int64_t now)
{
	pace->frames++;
	pace->skipped += skipped;
	if (skipped)
		pace->since = now;
	if (pace->skipped >= TOO_MANY)
		turn(pace, pace->rate / 2, now);
	else if (pace->rate < pace->wanted && now - pace->since >= WELL_NS)
		turn(pace, pace->rate * 2, now);
	else if (pace->frames == COUNTED)
		pace->frames = pace->skipped = 0;
}

void pace_fall(struct pace *pace, int64_t now)
{
	turn(pace, pace->rate / 2, now);
}

int64_t pace_interval(const struct pace *pace)
{
	return SECOND_NS / pace->rate;
}

bool pace_slow(const struct pace *pace)
{
	return pace->rate < pace->wanted;
}
