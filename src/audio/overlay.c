/* SPDX-License-Identifier: MIT */
#include "audio/overlay.h"

#include <math.h>
#include <stdbool.h>

void overlay_player_init(struct overlay_player *player)
{
	*player = (struct overlay_player){.music = 1};
}

struct overlay *overlay_player_set(struct overlay_player *player, struct overlay *overlay)
{
	struct overlay *before = player->overlay;
	player->overlay = overlay;
	return before;
}

static bool in_force(const struct overlay *overlay, double place)
{
	return place >= (double)overlay->from && place < (double)overlay->until;
}

static struct frame frame_at(const struct overlay *overlay, int64_t place)
{
	static const struct frame silence = {0, 0};
	int64_t into = place - overlay->begin;
	if (into < 0)
		return into >= -(int64_t)overlay->intro ? overlay->frames[into + overlay->intro]
		                                        : silence;
	int64_t turn = into / overlay->period, at = into % overlay->period;
	return turn < overlay->turns && at < overlay->count ? overlay->frames[overlay->intro + at]
	                                                    : silence;
}

static struct frame frame_between(const struct overlay *overlay, double place)
{
	double whole = floor(place);
	float part = (float)(place - whole);
	struct frame left = frame_at(overlay, (int64_t)whole);
	if (part == 0) /* at rest */
		return left;
	struct frame right = frame_at(overlay, (int64_t)whole + 1);
	return (struct frame){left.left + part * (right.left - left.left),
	                      left.right + part * (right.right - left.right)};
}

void overlay_apply(struct overlay_player *player, struct frame *frames, uint32_t count,
                   double place, double step)
{
	const struct overlay *overlay = player->overlay;
	if (!overlay && player->music == 1)
		return;
	for (uint32_t i = 0; i < count; i++, place += step) {
		bool on = overlay && in_force(overlay, place);
		float goal = on ? overlay->music : 1;
		float way = goal - player->music;
		player->music += fmaxf(-1.0f / OVERLAY_RAMP, fminf(1.0f / OVERLAY_RAMP, way));
		struct frame sound = {0, 0};
		if (on)
			sound = frame_between(overlay, place);
		frames[i].left = frames[i].left * player->music + sound.left;
		frames[i].right = frames[i].right * player->music + sound.right;
	}
}
