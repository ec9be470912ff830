/* SPDX-License-Identifier: MIT */
#ifndef BASE_INI_TEXT_H
#define BASE_INI_TEXT_H

#include <stddef.h>

/*
 * inih, with what it does not tell: lines, and sections without keys.  The first thing wrong is kept as
 * "origin:line: what"; parsing goes on, so that a caller may also count.  Pure; any thread.
 */

#define INI_MESSAGE 384

struct ini_text {
	const char *origin; /* how messages call the text: a path, a name */
	const char *text;
	/* Return 1, or what ini_complain returns.  `section` may be NULL. */
	int (*section)(struct ini_text *ini, const char *section);
	int (*key)(struct ini_text *ini, const char *section, const char *key, const char *value);
	void *user;
	/* filled in by ini_text_parse */
	const char *rest;
	int line;
	char message[INI_MESSAGE];
};

/* Returns 0, or -EINVAL and the message. */
int ini_text_parse(struct ini_text *ini);

/* For the callbacks: says what is wrong with the line at hand.  Returns 0, which stands for that. */
int ini_complain(struct ini_text *ini, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
