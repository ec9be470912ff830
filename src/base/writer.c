/* SPDX-License-Identifier: MIT */
#include "base/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

static void *run(void *user)
{
	struct writer *writer = user;
	writer->result = file_replace_text(writer->path, writer->text);
	atomic_store(&writer->done, true);
	return NULL;
}

int writer_begin(struct writer *writer, const char *path, char *text)
{
	int error = writer->runs ? EBUSY : strlen(path) >= sizeof(writer->path) ? ENAMETOOLONG : 0;
	if (!error) {
		strcpy(writer->path, path);
		writer->text = text;
		atomic_store(&writer->done, false);
		error = pthread_create(&writer->thread, NULL, run, writer);
	}
	if (error)
		free(text);
	else
		writer->runs = true;
	return -error;
}

bool writer_over(struct writer *writer, int *result)
{
	if (!writer->runs || !atomic_load(&writer->done))
		return false;
	*result = writer_wait(writer);
	return true;
}

int writer_wait(struct writer *writer)
{
	if (!writer->runs)
		return 0;
	pthread_join(writer->thread, NULL);
	writer->runs = false;
	free(writer->text);
	return writer->result;
}
