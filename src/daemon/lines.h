/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_LINES_H
#define DAEMON_LINES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Lines over a socket that never makes anyone wait: what comes in is cut into lines, what goes out waits
 * in a buffer for as long as the other side does not take it.  Both are bounded.  Main thread only.
 */

struct lines {
	int fd;
	char *in, *out;
	size_t in_size, in_used, in_taken, in_most;
	size_t out_size, out_used, out_most;
};

/*
 * `fd` is the lines' from now on and becomes non-blocking.  No line that comes may be longer than
 * `in_most`; no more than `out_most` bytes may wait to go.
 */
void lines_init(struct lines *lines, int fd, size_t in_most, size_t out_most);
void lines_free(struct lines *lines);

/*
 * Reads once what is there.  Returns 0; -EAGAIN where nothing is; -EPIPE at the end; -EMSGSIZE when a line
 * is too long; -ENOMEM.
 */
int lines_receive(struct lines *lines);

/*
 * The next whole line, without its end and zero-terminated, or NULL.  The lines', good until the next
 * lines_receive.
 */
char *lines_next(struct lines *lines, size_t *length);

/* Queues bytes.  Returns 0; -ENOBUFS where too much would wait, nothing is queued then; -ENOMEM. */
int lines_put(struct lines *lines, const char *bytes, size_t length);

/* Sends what goes.  Returns how many bytes have gone, or -EPIPE when nobody is there any more. */
long lines_flush(struct lines *lines);

/* Does anything wait to go? */
bool lines_waiting(const struct lines *lines);

#endif
