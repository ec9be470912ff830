/* SPDX-License-Identifier: MIT */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/*
 * Replaces a file's text on a thread of its own.  To be sure that it is on the disk takes a second on an SD
 * card that is busy, and nobody who waits for a key, a packet or bluetoothd is to wait for that.  One text
 * at a time.  One thread may call these.
 */

struct writer {
	bool runs;
	atomic_bool done;
	pthread_t thread;
	char path[PATH_MAX];
	char *text;
	int result;
};

/* Takes the text, which is to be freed.  Returns 0; -EBUSY while the last one is being written; -errno. */
int writer_begin(struct writer *writer, const char *path, char *text);

/* Is one over?  Then, once, `result` is 0 or -errno of file_replace_text. */
bool writer_over(struct writer *writer, int *result);

/* Waits for the one that runs.  Returns its result; 0 where none runs. */
int writer_wait(struct writer *writer);

#endif
