/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int stream_read(FILE *file, char *text)
{
	size_t length = fread(text, 1, FILE_TEXT_MAX + 1, file);
	if (ferror(file))
		return -errno;
	if (length > FILE_TEXT_MAX)
		return -EFBIG;
	text[length] = 0;
	return strlen(text) == length ? 0 : -EILSEQ;
}

int file_read_text(const char *path, char **ret_text, char *message, size_t size)
{
	FILE *file = fopen(path, "re");
	int error = file ? 0 : -errno;
	char *text = malloc(FILE_TEXT_MAX + 2);
	if (!error)
		error = text ? stream_read(file, text) : -ENOMEM;
	if (file)
		fclose(file);
	if (error) {
		snprintf(message, size, "%s: %s", path,
		         error == -EILSEQ ? "is no text" : strerror(-error));
		free(text);
		return error;
	}
	*ret_text = text;
	return 0;
}

int file_replace_text(const char *path, const char *text)
{
	char fresh[PATH_MAX];
	int used = snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (used < 0 || (size_t)used >= sizeof(fresh))
		return -ENAMETOOLONG;
	FILE *file = fopen(fresh, "we");
	if (!file)
		return -errno;
	int error = fputs(text, file) < 0 || fflush(file) || fsync(fileno(file)) ? -errno : 0;
	if (fclose(file) && !error)
		error = -errno;
	if (!error && rename(fresh, path) < 0)
		error = -errno;
	if (error)
		unlink(fresh);
	return error;
}

int file_make_directory(const char *path)
{
	char part[PATH_MAX];
	int used = snprintf(part, sizeof(part), "%s", path);
	if (used < 1 || (size_t)used >= sizeof(part))
		return -ENAMETOOLONG;
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(part, 0755);
		*slash = '/';
	}
	if (mkdir(part, 0700) < 0 && errno != EEXIST)
		return -errno;
	return access(part, W_OK | X_OK) < 0 ? -errno : 0;
}
