/* SPDX-License-Identifier: MIT */
#ifndef MEASURE_RESPONSE_H
#define MEASURE_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * From a recording to what the way from speaker to microphone does to a click: its envelope, one value
 * for each place in the recording at which the sweep may have begun.
 *
 *     recording ─► FFT ─► ÷ the sweep's spectrum ─► band, soft edges ─► inverse FFT ─► magnitude
 *
 * Negative frequencies are left out, so that the magnitude is the envelope whatever the phase: an echo
 * off a soft wall and a speaker wired the wrong way round look the same.  A direct sound of gain g is a
 * bump of height g, 0.2 ms wide at its half.  Main thread; allocates in response_new alone.
 */

struct response;

/* For recordings of up to `most` frames at `rate` frames a second.  NULL without memory. */
struct response *response_new(uint32_t rate, size_t most);
void response_free(struct response *response);

/*
 * The envelope for the `count` frames of a recording; `*ret_places` is how many places there are, less
 * than `count` by the sweep's length; 0 where the recording is shorter than that or too long.  Good until
 * the next call.
 */
const float *response_of(struct response *response, const float *recording, size_t count,
                         size_t *ret_places);

/* The energy of one bump of height 1: the sum of the squares of its envelope. */
double response_unit_energy(const struct response *response);

#endif
