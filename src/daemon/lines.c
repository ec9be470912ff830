/* SPDX-License-Identifier: MIT */
#include "daemon/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_SIZE 1024

void lines_init(struct lines *lines, int fd, size_t in_most, size_t out_most)
{
	*lines = (struct lines){.fd = fd, .in_most = in_most, .out_most = out_most};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void lines_free(struct lines *lines)
{
	if (lines->fd >= 0)
		close(lines->fd);
	free(lines->in);
	free(lines->out);
	*lines = (struct lines){.fd = -1};
}

/* Room for `wanted` bytes; it doubles, so that a long line is not copied often. */
static int room_make(char **buffer, size_t *size, size_t wanted)
{
	size_t larger = *size ? *size : FIRST_SIZE;
	while (larger < wanted)
		larger *= 2;
	if (larger == *size)
		return 0;
	char *moved = realloc(*buffer, larger);
	if (!moved)
		return -ENOMEM;
	*buffer = moved;
	*size = larger;
	return 0;
}

int lines_receive(struct lines *lines)
{
	if (lines->in_taken) /* before the first byte there is no memory either */
		memmove(lines->in, lines->in + lines->in_taken, lines->in_used - lines->in_taken);
	lines->in_used -= lines->in_taken;
	lines->in_taken = 0;
	if (lines->in_used > lines->in_most)
		return -EMSGSIZE;
	int error = room_make(&lines->in, &lines->in_size, lines->in_used + FIRST_SIZE);
	if (error)
		return error;
	ssize_t got = recv(lines->fd, lines->in + lines->in_used, lines->in_size - lines->in_used,
	                   MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (got <= 0)
		return -EPIPE;
	lines->in_used += (size_t)got;
	return 0;
}

char *lines_next(struct lines *lines, size_t *length)
{
	char *line = lines->in + lines->in_taken;
	size_t left = lines->in_used - lines->in_taken;
	char *end = left ? memchr(line, '\n', left) : NULL;
	if (!end)
		return NULL;
	*end = 0;
	*length = (size_t)(end - line);
	lines->in_taken += *length + 1;
	return line;
}

int lines_put(struct lines *lines, const char *bytes, size_t length)
{
	if (lines->out_used + length > lines->out_most)
		return -ENOBUFS;
	int error = room_make(&lines->out, &lines->out_size, lines->out_used + length);
	if (error)
		return error;
	memcpy(lines->out + lines->out_used, bytes, length);
	lines->out_used += length;
	return 0;
}

long lines_flush(struct lines *lines)
{
	if (!lines->out_used)
		return 0;
	ssize_t sent = send(lines->fd, lines->out, lines->out_used, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;
	memmove(lines->out, lines->out + sent, lines->out_used - (size_t)sent);
	lines->out_used -= (size_t)sent;
	return sent;
}

bool lines_waiting(const struct lines *lines)
{
	return lines->out_used > 0;
}
