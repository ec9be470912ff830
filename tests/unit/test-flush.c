/* SPDX-License-Identifier: MIT */
/*
 * echorelay-flush, the one program that may have a capability, asked for what it must not do.  What it does for a real
 * stream is seen on the rig (test-fades).
 */
#include "tests/helpers/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/flush_protocol.h"

#define FDS_MOST 2
#define NOT_ANSWERED 12345

static struct helper {
	pid_t child;
	int fd;
} helper;

static const char *program(void)
{
	static char path[256];
	const char *build = getenv("BUILD");
	snprintf(path, sizeof(path), "%s/echorelay-flush", build ? build : "build");
	return path;
}

static pid_t start_with(int input)
{
	pid_t child = fork();
	if (!child) {
		dup2(input, STDIN_FILENO);
		execl(program(), "echorelay-flush", NULL);
		_exit(127);
	}
	return child;
}

static int status_of(pid_t child)
{
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int helper_start(void **state)
{
	int ends[2];
	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	helper.fd = ends[0];
	helper.child = start_with(ends[1]);
	close(ends[1]);
	return 0;
}

/* It ends when the relay's end is closed, and well: nothing before has hurt it. */
static int helper_end(void **state)
{
	(void)state;
	close(helper.fd);
	return status_of(helper.child);
}

/* What it says to a message of that size, with these descriptors. */
static int said_to(const void *message, size_t size, const int *fds, int count)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_MOST * sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec io = {(void *)message, size};
	struct msghdr header = {.msg_iov = &io, .msg_iovlen = 1};
	struct flush_report report = {0, NOT_ANSWERED};
	if (count) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
		*rights = (struct cmsghdr){CMSG_LEN(count * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	}
	assert_int_equal(sendmsg(helper.fd, &header, MSG_NOSIGNAL), size);
	assert_int_equal(recv(helper.fd, &report, sizeof(report), 0), sizeof(report));
	return report.result;
}

static void only_a_bluetooth_stream_is_served(void **state)
{
	struct flush_request request = {7, 100};
	int pair[2], file = open("/dev/null", O_RDWR | O_CLOEXEC);
	int internet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(said_to(&request, sizeof(request), &file, 1), -EPROTOTYPE);
	assert_int_equal(said_to(&request, sizeof(request), &pair[0], 1), -EPROTOTYPE);
	assert_int_equal(said_to(&request, sizeof(request), &internet, 1), -EPROTOTYPE);
	close(pair[0]), close(pair[1]), close(file), close(internet);
}

static void timeouts_are_bounded(void **state)
{
	static const uint32_t wrong[] = {0, FLUSH_TIMEOUT_LEAST_MS - 1, FLUSH_TIMEOUT_MOST_MS + 1,
	                                 UINT32_MAX};
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct flush_request request = {7, wrong[i]};
		assert_int_equal(said_to(&request, sizeof(request), &file, 1), -ERANGE);
	}
	close(file);
}

static void messages_of_another_form_are_refused(void **state)
{
	char bytes[4096] = {0};
	struct flush_request request = {7, 100};
	int files[FDS_MOST] = {open("/dev/null", O_RDWR | O_CLOEXEC),
	                       open("/dev/null", O_RDWR | O_CLOEXEC)};
	(void)state;
	memcpy(bytes, &request, sizeof(request));
	assert_int_equal(said_to(bytes, sizeof(request), NULL, 0), -EINVAL);
	assert_int_equal(said_to(bytes, 1, files, 1), -EINVAL);
	assert_int_equal(said_to(bytes, sizeof(request) - 1, files, 1), -EINVAL);
	assert_int_equal(said_to(bytes, sizeof(request) + 1, files, 1), -EINVAL);
	assert_int_equal(said_to(bytes, sizeof(bytes), files, 1), -EINVAL);
	assert_int_equal(said_to(bytes, sizeof(request), files, 2), -EINVAL);
	close(files[0]), close(files[1]);
}

static int descriptors_of(pid_t process)
{
	char path[64];
	int count = 0;
	for (int fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", process, fd);
		count += faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return count;
}

static void what_it_was_given_is_closed(void **state)
{
	struct flush_request request = {7, 100};
	int files[FDS_MOST] = {open("/dev/null", O_RDWR | O_CLOEXEC),
	                       open("/dev/null", O_RDWR | O_CLOEXEC)};
	(void)state;
	said_to(&request, sizeof(request), NULL, 0); /* it runs */
	int before = descriptors_of(helper.child);
	assert_in_range(before, 1, 100);
	for (int i = 0; i < 50; i++) {
		said_to(&request, sizeof(request), files, 1 + i % 2);
		said_to(&request, 1, files, 1 + i % 2);
	}
	said_to(&request, sizeof(request), NULL, 0); /* the one before is closed by now */
	assert_int_equal(descriptors_of(helper.child), before);
	close(files[0]), close(files[1]);
}

/* By hand, from a file or a pipe, it says what it is for, and does nothing. */
static void nobody_else_starts_it(void **state)
{
	int input = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2];
	(void)state;
	assert_int_equal(status_of(start_with(input)), 64);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(status_of(start_with(ends[1])), 64);
	close(ends[0]), close(ends[1]), close(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(only_a_bluetooth_stream_is_served, helper_start,
	                                    helper_end),
	    cmocka_unit_test_setup_teardown(timeouts_are_bounded, helper_start, helper_end),
	    cmocka_unit_test_setup_teardown(messages_of_another_form_are_refused, helper_start,
	                                    helper_end),
	    cmocka_unit_test_setup_teardown(what_it_was_given_is_closed, helper_start, helper_end),
	    cmocka_unit_test(nobody_else_starts_it),
	};
	return RUN(tests);
}
