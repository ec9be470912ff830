/* SPDX-License-Identifier: MIT */
#include "tests/helpers/record.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER 4096

/* Where the samples begin: after the chunk's name and size. */
static off_t data_of(int fd)
{
	static char header[HEADER];
	ssize_t size = pread(fd, header, sizeof(header), 0);
	char *found = size > 0 ? memmem(header, (size_t)size, "data", 4) : NULL;
	return found ? found - header + 8 : -1;
}

bool record_open(struct record *record, const char *path)
{
	record->fd = open(path, O_RDONLY | O_CLOEXEC);
	record->data = record->fd < 0 ? -1 : data_of(record->fd);
	return record->data >= 0;
}

int64_t record_frames(const struct record *record)
{
	struct stat stat;
	return fstat(record->fd, &stat)
	           ? 0
	           : (stat.st_size - record->data) / (off_t)sizeof(struct frame);
}

int64_t record_read(const struct record *record, struct frame *frames, int64_t from, int64_t count)
{
	ssize_t got = pread(record->fd, frames, (size_t)count * sizeof(*frames),
	                    record->data + from * (off_t)sizeof(*frames));
	return got < 0 ? 0 : got / (ssize_t)sizeof(*frames);
}
