/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_SWEEP_H
#define MEASURE_SWEEP_H

#include <stdint.h>

/*
 * What a speaker plays so that a microphone can tell when: a sine whose frequency rises exponentially
 * (A. Farina, AES 108, 2000).
 *
 *     frequency │             .'        0.8 s; bass for the small share of energy that a portable
 *               │         . '           speaker makes of it, treble up to where the smallest still
 *               │  .  . '               follow; soft at both ends
 *               └──────────────► time
 *
 * And not a maximum-length sequence, which has the same gain over noise: a loudspeaker's distortion
 * comes out of a sweep *before* the sound itself and far from it, out of a sequence as false echoes
 * anywhere; and a clock that is off by 100 ppm decorrelates a sequence, but only tilts a sweep.  Pure.
 */

#define SWEEP_SECONDS 0.8
#define SWEEP_FROM_HZ 150.0
#define SWEEP_TO_HZ 14000.0
#define SWEEP_FADE_IN 0.04 /* s */
#define SWEEP_FADE_OUT 0.004

/* The band in which it is looked at: what every speaker has. */
#define SWEEP_BAND_FROM_HZ 500.0
#define SWEEP_BAND_TO_HZ 9500.0

/* Its value, −1..1, at `seconds` after its beginning; 0 before and after it. */
double sweep_value(double seconds);

/* When it passes a frequency, s. */
double sweep_time_of(double hz);

/*
 * The instant within the sweep, s, that a measured delay stands for: that of the middle of the band.  A
 * clock that runs differently stretches the sweep; what the stretch does to the delay found is nothing
 * just there.
 */
double sweep_centre(void);

/* The sweep at `rate` frames a second; returns its length.  With `samples` NULL only that. */
uint32_t sweep_fill(float *samples, double rate);

#endif
