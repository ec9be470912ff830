/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_RECORD_H
#define TESTS_HELPERS_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "audio/frame.h"

/*
 * What a speaker lets be heard, read while it is being written: a WAV file of stereo float frames whose header
 * does not say yet how long it will be.
 */

struct record {
	int fd;
	off_t data; /* offset of frame 0 */
};

/* False: there is no such file, or no WAV in it. */
bool record_open(struct record *record, const char *path);

/* How many frames there are by now. */
int64_t record_frames(const struct record *record);

/* Reads frames from `from` on.  Returns how many there were, up to `count`. */
int64_t record_read(const struct record *record, struct frame *frames, int64_t from, int64_t count);

#endif
