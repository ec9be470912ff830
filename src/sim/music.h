/* SPDX-License-Identifier: MIT */
#ifndef SIM_MUSIC_H
#define SIM_MUSIC_H

#include <stddef.h>
#include <stdint.h>

#include "audio/frame.h"

/*
 * What the simulated Echo plays: a quiet tune that goes on for ever and makes the meters move, or a
 * file (whatever libsndfile reads), over and over.  One thread.
 */

struct music;

/* The tune, at `rate` frames a second.  NULL without memory. */
struct music *music_new_tune(uint32_t rate);

/* Noise that never repeats, louder in the bass: any piece of it can be told from any other. */
struct music *music_new_noise(uint32_t rate, uint32_t seed);

/*
 * A file, converted to `rate` and to stereo.  Returns 0; -ENOENT and the like; -EINVAL for a file that
 * libsndfile does not understand, -EFBIG for one longer than an hour; `message` then says it in words.
 */
int music_new_file(struct music **ret_music, const char *path, uint32_t rate, char *message,
                   size_t size);
void music_free(struct music *music);

/* The next `count` frames. */
void music_play(struct music *music, struct frame *frames, uint32_t count);

#endif
