/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into WirePlumber, in whose threads PipeWire receives from the Echo. When the Echo's link has ended,
 * PipeWire's media-source reads the end of its socket again and again, until BlueZ has told WirePlumber. On a box
 * that is a few microseconds of a busy processor; in a guest's virtual time, which stands still while anything runs,
 * it is for ever. So whoever reads an end reads it a millisecond later.
 */
#include <sys/socket.h>
#include <time.h>

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
	static const struct timespec millisecond = {.tv_nsec = 1000000};
	ssize_t got = recvfrom(fd, bytes, size, flags, NULL, NULL);
	if (got == 0 && size > 0)
		nanosleep(&millisecond, NULL);
	return got;
}
