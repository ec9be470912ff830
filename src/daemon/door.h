/* SPDX-License-Identifier: MIT */
#ifndef DAEMON_DOOR_H
#define DAEMON_DOOR_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Where a user's relay is found: a socket and a lock in $XDG_RUNTIME_DIR/echorelay, else in
 * /run/user/UID/echorelay, else in /tmp/echorelay-UID.  The folder is the user's alone (0700), the socket
 * too (0600).  Whoever holds the lock is the one relay of that world; it falls with its process, so that a
 * socket without it is known as left behind.  Main thread only.
 */

#define DOOR_PATH 108 /* of a Unix socket */

struct door {
	char folder[DOOR_PATH], socket[DOOR_PATH], lock[DOOR_PATH];
};

/*
 * `demo`: of the simulated world, which has a relay of its own.  Makes the folder.  Returns 0 or -errno;
 * -EACCES where the folder is somebody else's or open to others.
 */
int door_find(struct door *door, bool demo);

/* Returns a descriptor that holds the lock for as long as it is open; -EBUSY when a relay runs. */
int door_lock(const struct door *door);

/* The process that holds the lock, or 0. */
pid_t door_holder(const struct door *door);

/* For the holder of the lock: removes what was left behind, and listens.  Returns a descriptor or -errno. */
int door_listen(const struct door *door);

/*
 * Returns a connected descriptor; -ENOENT or -ECONNREFUSED where no relay listens, -EACCES where it is not
 * for us, -EAGAIN where it does not get round to us.
 */
int door_connect(const struct door *door);

/* Is the process at the other end this user's, or root's? */
bool door_peer_allowed(int fd, uid_t user);

#endif
