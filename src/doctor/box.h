/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_BOX_H
#define DOCTOR_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The machine that is looked at: files below a root, programs that tell something, the environment.  The
 * real one is box_real; a test has a folder and answers of its own.  Nothing here changes anything.
 * Main thread only.
 */

#define BOX_PATH 512

struct box {
	const char *root; /* stands before every path; "" is the real machine */
	uid_t uid;        /* whose processes count */
	bool privileged;  /* root */
	pid_t pid;
	char user_name[64], home[BOX_PATH];
	long realtime_priority; /* what this process may ask for (RLIMIT_RTPRIO) */
	bool terminal;          /* somebody looks at stdout */
	/*
	 * Runs a program and waits, a few seconds at the most.  Returns 0 and what it printed, to be freed;
	 * -ENOENT where there is no such program, -ETIME, -EIO where it ended badly; on every error but
	 * those without memory *ret_text is what it printed, perhaps "".
	 */
	int (*run)(void *user, const char *const argv[], char **ret_text);
	const char *(*variable)(void *user, const char *name); /* of the environment; NULL: unset */
	bool (*capable)(void *user,
	                const char *path); /* has the program a capability of its own? */
	void *user;
};

/* This machine, as this user. */
void box_real(struct box *box);

/*
 * A text file of up to 64 KiB, to be freed, without the newline at its end; NULL if it cannot be read.
 * Zero bytes, as between the arguments in /proc, read as spaces.
 */
char *box_read(const struct box *box, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool box_exists(const struct box *box, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * What a pattern (glob(7)) finds below the root: calls `found` with each path, without the root, in
 * order.
 */
void box_each(const struct box *box, const char *pattern,
              void (*found)(void *user, const char *path), void *user);

/* Where a link leads, without the root; false if it is none. */
bool box_link(const struct box *box, char *target, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The owner of a file; false if it is not there. */
bool box_owner(const struct box *box, const char *path, uid_t *owner);

/* What box->run has, with its user; the text is never NULL unless memory is short. */
int box_run(const struct box *box, const char *const argv[], char **ret_text);

/* An environment variable, "" where it is unset. */
const char *box_variable(const struct box *box, const char *name);

#endif
