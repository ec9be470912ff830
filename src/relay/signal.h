/* SPDX-License-Identifier: MIT */
#ifndef RELAY_SIGNAL_H
#define RELAY_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/overlay.h"

/*
 * The test signals, as overlays (audio/overlay.h).  Each begins with a lead-in, a low tone at −40 dB:
 * many speakers mute themselves in silence and swallow the first half second after it.  Pure but for the
 * memory.
 */

enum signal_kind {
	SIGNAL_NONE,
	SIGNAL_CLICK,
	SIGNAL_METRONOME, /* a click every second, until it is stopped */
	SIGNAL_TONE,      /* ten seconds, with sharp ends: do all begin and end together? */
	SIGNAL_SWEEP,     /* what the microphone is made to listen for (measure/sweep.h) */
	SIGNAL_CHANNELS,  /* one low note left, two high ones right; twice */
	SIGNAL_SILENCE,   /* nothing, without lead-in, until it is stopped */
	SIGNAL_COUNT
};

#define SIGNAL_LEAD_IN_NS 700000000ll
#define SIGNAL_PEAK 0.5f /* of all of them, full scale = 1 */

struct signal_plan {
	enum signal_kind kind;
	uint32_t rate;
	int64_t begin;   /* timeline frame of the signal proper, after its lead-in */
	bool with_music; /* over the music, not instead of it */
	int64_t period;  /* of a sweep: frames from one to the next; 0: one only */
	uint32_t turns;  /* of a sweep */
	int64_t quiet_from, quiet_until; /* no music in between; 0: while the signal lasts */
};

/* An overlay to free() with, or NULL without memory. */
struct overlay *signal_overlay(const struct signal_plan *plan);

/* Name, and the kind of a name; SIGNAL_COUNT for none ("off" is SIGNAL_NONE's). */
const char *signal_name(enum signal_kind kind);
enum signal_kind signal_read(const char *name);

#endif
