/* SPDX-License-Identifier: MIT */
#include "daemon/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

/* What may stand before "/echorelay/demo.lock". */
#define FOLDER_MOST (DOOR_PATH - 24)

static bool is_folder(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

static int folder_choose(char *folder, size_t size)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char own[64];
	snprintf(own, sizeof(own), "/run/user/%u", (unsigned)geteuid());
	if (!runtime || !*runtime)
		runtime = is_folder(own) ? own : NULL;
	if (runtime && strlen(runtime) > FOLDER_MOST)
		return -ENAMETOOLONG;
	if (runtime)
		snprintf(folder, size, "%s/echorelay", runtime);
	else
		snprintf(folder, size, "/tmp/echorelay-%u", (unsigned)geteuid());
	return 0;
}

/* In /tmp anybody may have been there first. */
static int folder_make(const char *folder)
{
	struct stat info;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -errno;
	if (lstat(folder, &info) < 0)
		return -errno;
	bool ours = S_ISDIR(info.st_mode) && info.st_uid == geteuid() && !(info.st_mode & 077);
	return ours ? 0 : -EACCES;
}

int door_find(struct door *door, bool demo)
{
	const char *name = demo ? "demo" : "relay";
	*door = (struct door){.socket = "XDG_RUNTIME_DIR", .lock = "XDG_RUNTIME_DIR"};
	int error = folder_choose(door->folder, sizeof(door->folder));
	if (error)
		return error; /* whose fault that is can be read where the path would be */
	snprintf(door->socket, sizeof(door->socket), "%.90s/%s", door->folder, name);
	snprintf(door->lock, sizeof(door->lock), "%.90s/%s.lock", door->folder, name);
	return folder_make(door->folder);
}

int door_lock(const struct door *door)
{
	char pid[16];
	int fd = open(door->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno == EWOULDBLOCK ? -EBUSY : -errno;
		close(fd);
		return error;
	}
	int length = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || write(fd, pid, (size_t)length) != length) {
		close(fd);
		return -EIO;
	}
	return fd;
}

pid_t door_holder(const struct door *door)
{
	int pid = 0;
	FILE *file = fopen(door->lock, "re");
	if (!file)
		return 0;
	bool held = flock(fileno(file), LOCK_SH | LOCK_NB) < 0;
	if (!held || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	fclose(file);
	return pid;
}

static struct sockaddr_un address_of(const struct door *door)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", door->socket);
	return address;
}

int door_listen(const struct door *door)
{
	struct sockaddr_un address = address_of(door);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;
	if (fd < 0)
		return -errno;
	unlink(door->socket);
	mode_t before = umask(0177);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, BACKLOG) < 0)
		error = -errno;
	umask(before);
	if (error)
		close(fd);
	return error ? error : fd;
}

int door_connect(const struct door *door)
{
	struct sockaddr_un address = address_of(door);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

bool door_peer_allowed(int fd, uid_t user)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	return peer.uid == user || peer.uid == 0;
}
