/* SPDX-License-Identifier: MIT */
#include "relay/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION /* an event's place in the source is nobody's business */
#include <systemd/sd-journal.h>

#include "base/text.h"

/* $JOURNAL_STREAM is inherited; only a descriptor that it names leads there. */
static bool is_systemds(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long device, inode;
	struct stat info;
	return stream && sscanf(stream, "%lu:%lu", &device, &inode) == 2 && fstat(fd, &info) == 0 &&
	       info.st_dev == device && info.st_ino == inode;
}

int journal_open(struct journal *journal, const char *path)
{
	*journal = (struct journal){.file = NULL};
	if (!path)
		return 0;
	if (!strcmp(path, "-")) {
		journal->file = stderr;
		journal->systemd = is_systemds(STDERR_FILENO);
		return 0;
	}
	journal->file = fopen(path, "ae");
	return journal->file ? 0 : -errno;
}

void journal_close(struct journal *journal)
{
	if (journal->file && journal->file != stderr)
		fclose(journal->file);
	journal->file = NULL;
}

const char *journal_level_name(enum journal_level level)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	return names[level];
}

static bool is_of_a_speaker(const struct journal_event *event)
{
	static const char *const others[] = {"relay", "source", "align"};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(event->subject, others[i]))
			return false;
	return true;
}

static void line_write(const struct journal *journal, const struct journal_event *event)
{
	static const int priorities[] = {7, 6, 4, 3}; /* syslog's */
	time_t seconds = event->time_us / 1000000;
	char stamp[32];
	struct tm local;
	if (journal->systemd) {
		sd_journal_send("MESSAGE=%s: %s", event->subject, event->text, "PRIORITY=%d",
		                priorities[event->level],
		                is_of_a_speaker(event) ? "SPEAKER=%s" : "SUBJECT=%s",
		                event->subject, NULL);
		return;
	}
	localtime_r(&seconds, &local);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &local);
	fprintf(journal->file, "%s.%03d %-5s %s: %s\n", stamp, (int)(event->time_us / 1000 % 1000),
	        journal_level_name(event->level), event->subject, event->text);
	fflush(journal->file);
}

static struct journal_event *event_add(struct journal *journal, enum journal_level level,
                                       const char *subject)
{
	struct journal_event *event = &journal->events[journal->count % JOURNAL_EVENTS];
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	event->number = ++journal->count;
	event->time_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	event->level = level;
	text_clean(event->subject, sizeof(event->subject), subject);
	return event;
}

static void file_write(struct journal *journal, const struct journal_event *event)
{
	bool before = journal->full;
	errno = 0;
	line_write(journal, event);
	journal->full = ferror(journal->file);
	if (journal->full && !before)
		snprintf(event_add(journal, JOURNAL_ERROR, "relay")->text, JOURNAL_TEXT,
		         "the log cannot be written: %s", strerror(errno));
	clearerr(journal->file);
}

void journal_write(struct journal *journal, enum journal_level level, const char *subject,
                   const char *format, ...)
{
	struct journal_event *event = event_add(journal, level, subject);
	char text[sizeof(event->text)];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text_clean(event->text, sizeof(event->text), text);
	if (journal->file)
		file_write(journal, event);
}

const struct journal_event *journal_event(const struct journal *journal, uint64_t number)
{
	if (!number || number > journal->count || number + JOURNAL_EVENTS <= journal->count)
		return NULL;
	return &journal->events[(number - 1) % JOURNAL_EVENTS];
}
