/* SPDX-License-Identifier: MIT */
/* The flush helper of the simulated world: echorelay-flush(8), at the other end of its socket. */
#include "sim/world.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/flush_protocol.h"

int peer_flush_open(struct world *world, int *ret_relay_fd)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	*ret_relay_fd = fds[0];
	world->flush_fd = fds[1];
	return 0;
}

void peer_flush_close(struct world *world)
{
	if (world->flush_fd > 0)
		close(world->flush_fd);
	world->flush_fd = -1;
}

static void report(struct world *world, uint32_t id, int result)
{
	struct flush_report message = {id, result};
	send(world->flush_fd, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Whose stream runs over the socket that was handed in? */
static struct device *device_of(struct world *world, int fd)
{
	struct stat given, own;
	if (fstat(fd, &given) < 0)
		return NULL;
	for (int i = 0; i < world->device_count; i++) {
		int relay_fd = world->devices[i].transport.relay_fd;
		if (relay_fd >= 0 && fstat(relay_fd, &own) == 0 && own.st_ino == given.st_ino)
			return &world->devices[i];
	}
	return NULL;
}

static int serve(struct world *world, const struct flush_request *request, int fd)
{
	struct device *device = device_of(world, fd);
	if (!device)
		return -EPROTOTYPE;
	if (!world->scenario->adapters[device->adapter - world->adapters].flushes)
		return -EPERM;
	if (request->timeout_ms < FLUSH_TIMEOUT_LEAST_MS ||
	    request->timeout_ms > FLUSH_TIMEOUT_MOST_MS)
		return -ERANGE;
	device->flush_id = request->id;
	device->link.flush_ns = request->timeout_ms * 1000000ll;
	return FLUSH_SET;
}

static bool request_take(struct world *world)
{
	struct flush_request request = {0};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec io = {&request, sizeof(request)};
	struct msghdr header = {.msg_iov = &io,
	                        .msg_iovlen = 1,
	                        .msg_control = control.bytes,
	                        .msg_controllen = sizeof(control.bytes)};
	if (recvmsg(world->flush_fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
		return false;
	const struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	int fd = -1;
	if (rights && rights->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
	report(world, request.id, fd >= 0 ? serve(world, &request, fd) : -EINVAL);
	if (fd >= 0)
		close(fd);
	return true;
}

void peer_flush_serve(struct world *world)
{
	while (world->flush_fd > 0 && request_take(world))
		;
}

void peer_flush_occurred(struct device *device)
{
	if (device->world->flush_fd > 0)
		report(device->world, device->flush_id, FLUSH_OCCURRED);
}
