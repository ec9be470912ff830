/* SPDX-License-Identifier: MIT */
/*
 * The relay's end of echorelay-flush(8), which keeps a speaker out of reach from holding all the buffers
 * of its adapter.  It is started with the first stream; where it may not do its work, the user is told so
 * once, and everything goes on without.
 */
#include "relay/private.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/flush_protocol.h"

#define TIMEOUT_MS 100
#define BUFFERED_MOST 6 /* packets of one speaker in a controller that holds eight */
#define PROGRAM "echorelay-flush"

extern char **environ;

/* Beside our own program, else where it is installed. */
static bool program_find(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size);
	if (length > 0 && (size_t)length < size) {
		path[length] = 0;
		char *name = strrchr(path, '/');
		size_t room = size - (size_t)(name + 1 - path);
		if (room > sizeof(PROGRAM)) {
			memcpy(name + 1, PROGRAM, sizeof(PROGRAM));
			if (access(path, X_OK) == 0)
				return true;
		}
	}
	snprintf(path, size, "%s", LIBEXECDIR "/" PROGRAM);
	return access(path, X_OK) == 0;
}

static void tell_once(struct flush *flush, struct journal *journal, const char *path)
{
	if (flush->told)
		return;
	flush->told = true;
	journal_write(
	    journal, JOURNAL_WARNING, "relay",
	    "a speaker out of reach can silence the others of its adapter; to prevent it: "
	    "sudo setcap cap_net_raw+ep %s",
	    path);
}

static int program_start(struct flush *flush, const char *path)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	char *const arguments[] = {(char *)PROGRAM, NULL};
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDIN_FILENO);
	posix_spawnattr_init(&attributes);
	sigemptyset(&none); /* the main thread has some blocked, for its loop */
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	int error = posix_spawn(&flush->child, path, &actions, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (error) {
		flush->child = 0;
		close(fds[0]);
		return -error;
	}
	flush->fd = fds[0];
	return 0;
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source, (void)fd, (void)events;
	flush_dispatch(user);
	return 0;
}

static void flush_open(struct relay *relay)
{
	struct flush *flush = &relay->flush;
	flush->tried = true;
	if (relay->config.flush_fd > 0)
		flush->fd = relay->config.flush_fd;
	else if (!program_find(flush->path, sizeof(flush->path)) ||
	         program_start(flush, flush->path) < 0)
		tell_once(flush, relay->journal, flush->path);
	if (flush->fd > 0 && relay->event)
		sd_event_add_io(relay->event, &flush->io, flush->fd, EPOLLIN, on_readable, relay);
}

void flush_close(struct relay *relay)
{
	struct flush *flush = &relay->flush;
	flush->io = sd_event_source_unref(flush->io);
	if (flush->fd > 0)
		close(flush->fd);
	flush->fd = 0;
	if (flush->child) /* it ends when its input does */
		waitpid(flush->child, NULL, 0);
	flush->child = 0;
}

/*
 * As long as it makes sense to wait; but a speaker with little latency has run dry before, and one with short
 * packets has taken all the buffers.
 */
static uint32_t timeout_of(const struct speaker *speaker)
{
	int64_t ms = TIMEOUT_MS, half_ms = speaker_latency(speaker).us / 2000;
	int64_t buffers_ms = BUFFERED_MOST * air_packet_ns(speaker) / 1000000;
	if (ms > half_ms)
		ms = half_ms;
	if (ms > buffers_ms)
		ms = buffers_ms;
	return ms > FLUSH_TIMEOUT_LEAST_MS ? (uint32_t)ms : FLUSH_TIMEOUT_LEAST_MS;
}

void flush_guard(struct speaker *speaker, int fd)
{
	struct relay *relay = speaker->relay;
	struct flush_request request = {speaker->output, timeout_of(speaker)};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec io = {&request, sizeof(request)};
	struct msghdr header = {.msg_iov = &io,
	                        .msg_iovlen = 1,
	                        .msg_control = control.bytes,
	                        .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
	if (!relay->flush.tried)
		flush_open(relay);
	if (relay->flush.fd > 0)
		sendmsg(relay->flush.fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void report_take(struct relay *relay, const struct flush_report *report)
{
	struct speaker *speaker = report->id ? speaker_of_output(relay, report->id) : NULL;
	if (report->result == -EPERM || report->result == -EACCES)
		tell_once(&relay->flush, relay->journal, relay->flush.path);
	if (!speaker)
		return;
	if (report->result == FLUSH_OCCURRED) {
		speaker_flushed(speaker);
		return;
	}
	speaker->flushes = report->result == FLUSH_SET;
	relay->align_again = true; /* its slack is another */
	if (!speaker->flushes)
		journal_write(relay->journal, JOURNAL_DEBUG, speaker->kept->name,
		              "no flush timeout: %s", strerror(-report->result));
}

void flush_dispatch(struct relay *relay)
{
	struct flush_report report;
	ssize_t size = 0;
	while (relay->flush.fd > 0 && (size = recv(relay->flush.fd, &report, sizeof(report),
	                                           MSG_DONTWAIT)) == (ssize_t)sizeof(report))
		report_take(relay, &report);
	if (relay->flush.fd > 0 && (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)))
		flush_close(relay);
}
