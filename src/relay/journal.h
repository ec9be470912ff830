/* SPDX-License-Identifier: MIT */
#ifndef RELAY_JOURNAL_H
#define RELAY_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * What happened: the last events in memory for the screen, all of them in a file if there is one.
 * Main thread only.  Texts must be clean (text.h) where they hold anything from outside.
 */

enum journal_level { JOURNAL_DEBUG, JOURNAL_INFO, JOURNAL_WARNING, JOURNAL_ERROR };

#define JOURNAL_EVENTS 128
#define JOURNAL_SUBJECT 64
#define JOURNAL_TEXT 192

struct journal_event {
	uint64_t number; /* counts from 1 */
	int64_t time_us; /* CLOCK_REALTIME */
	enum journal_level level;
	char subject[JOURNAL_SUBJECT]; /* whom it is about: a speaker's name, "relay" */
	char text[JOURNAL_TEXT];
};

struct journal {
	FILE *file;     /* NULL: none */
	bool full;      /* the file took no more, the last time; told once */
	bool systemd;   /* the file is journald's stream: fields go there instead */
	uint64_t count; /* events ever */
	struct journal_event events[JOURNAL_EVENTS]; /* event n is at (n − 1) % JOURNAL_EVENTS */
};

/*
 * Opens the journal; `path` NULL keeps it in memory alone, "-" writes to stderr.  Returns 0 or -errno of
 * the file.
 */
int journal_open(struct journal *journal, const char *path);
void journal_close(struct journal *journal);

/* A file that cannot be written is an event, too, in memory; it is tried again with each event. */
void journal_write(struct journal *journal, enum journal_level level, const char *subject,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Event number `number`, or NULL when it is too old or still to come. */
const struct journal_event *journal_event(const struct journal *journal, uint64_t number);

/* "debug", "info", "warn", "error" */
const char *journal_level_name(enum journal_level level);

#endif
