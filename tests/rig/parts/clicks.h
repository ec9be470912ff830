/* SPDX-License-Identifier: MIT */
#ifndef RIG_CLICKS_H
#define RIG_CLICKS_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/frame.h"

/*
 * The sound that the rig measures with: a soft click at every whole second of it, over a quiet tone that
 * never stops. A click says when, at any volume; a silence says that something was left out.
 *
 *   click   4 ms of 2 kHz under a Hann window, peak 0.6; its place is the centre of its energy
 *   tone    440 Hz, peak 0.05
 *
 * Pure; one finder belongs to one thread.
 */

#define CLICK_SECONDS 0.004
#define CLICK_HISTORY 64

/* Frames `from` to `from + count` of the sound. */
void clicks_fill(struct frame *frames, int64_t from, uint32_t count, uint32_t rate);

/* The place of the first click that is not before frame `from`. */
double clicks_next(int64_t from, uint32_t rate);

/* A frame between two clicks at which the tone is at its height: what begins there breaks in. */
int64_t clicks_between(uint32_t rate);

struct click_events {
	/* A click, centred at this frame, may be between two; peak is linear. */
	void (*click)(void *user, double place, float peak);
	/* Nothing at all was heard from this frame on for so many. */
	void (*silence)(void *user, int64_t from, int64_t count);
	/*
	 * At this frame the sound breaks off, begins, or goes on elsewhere, all at once: it bends by so much
	 * within a frame. The tone bends by 0.0002, where its peak is cut off by 0.05. NULL: not of interest.
	 */
	void (*jump)(void *user, int64_t at, float size);
	void *user;
};

struct click_finder {
	struct click_events events;
	uint32_t rate;
	int64_t at; /* of the next frame */
	float mean; /* of the magnitude, over the last 50 ms or so */
	int64_t
	    left; /* frames still to collect of an open click; below 0: of the pause after one */
	double energy, moment;
	float peak;
	int64_t silent_from;
	bool silent;
	int64_t jump_at; /* of the last one */
	float history[CLICK_HISTORY];
};

void click_finder_init(struct click_finder *finder, uint32_t rate,
                       const struct click_events *events);

/* The next frames; a `from` that does not follow the last call's starts anew. */
void click_finder_feed(struct click_finder *finder, int64_t from, const struct frame *frames,
                       uint32_t count);

#endif
