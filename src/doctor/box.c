/* SPDX-License-Identifier: MIT */
#include "doctor/box.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MOST (64 * 1024)
#define ANSWER_MOST (4 * 1024 * 1024) /* all objects of a BlueZ that knows many devices */
#define PATIENCE_MS 5000

extern char **environ;

/* --- files --------------------------------------------------------------------------------------- */

static bool path_of(const struct box *box, char path[PATH_MAX], const char *format,
                    va_list arguments) __attribute__((format(printf, 3, 0)));

static bool path_of(const struct box *box, char path[PATH_MAX], const char *format,
                    va_list arguments)
{
	int used = snprintf(path, PATH_MAX, "%s", box->root);
	int more = vsnprintf(path + used, PATH_MAX - (size_t)used, format, arguments);
	return more >= 0 && used + more < PATH_MAX;
}

static char *file_text(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = file ? malloc(TEXT_MOST + 1) : NULL;
	size_t length = text ? fread(text, 1, TEXT_MOST, file) : 0;
	bool bad = file && ferror(file); /* sysfs refuses some reads */
	if (file)
		fclose(file);
	if (bad || !text) {
		free(text);
		return NULL;
	}
	while (length && (text[length - 1] == '\n' || !text[length - 1]))
		length--;
	text[length] = 0;
	for (char *zero = text; (zero = memchr(zero, 0, (size_t)(text + length - zero)));)
		*zero = ' ';
	return text;
}

char *box_read(const struct box *box, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	bool good = path_of(box, path, format, arguments);
	va_end(arguments);
	return good ? file_text(path) : NULL;
}

bool box_exists(const struct box *box, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	bool good = path_of(box, path, format, arguments);
	va_end(arguments);
	return good && access(path, F_OK) == 0;
}

void box_each(const struct box *box, const char *pattern,
              void (*found)(void *user, const char *path), void *user)
{
	char path[PATH_MAX];
	glob_t list;
	if (snprintf(path, sizeof(path), "%s%s", box->root, pattern) >= (int)sizeof(path) ||
	    glob(path, 0, NULL, &list))
		return;
	for (size_t i = 0; i < list.gl_pathc; i++)
		found(user, list.gl_pathv[i] + strlen(box->root));
	globfree(&list);
}

bool box_link(const struct box *box, char *target, size_t size, const char *format, ...)
{
	char path[PATH_MAX], real[PATH_MAX];
	va_list arguments;
	va_start(arguments, format);
	bool good = path_of(box, path, format, arguments);
	va_end(arguments);
	size_t root = strlen(box->root);
	if (!good || !realpath(path, real) || strncmp(real, box->root, root))
		return false;
	snprintf(target, size, "%s", real + root);
	return true;
}

bool box_owner(const struct box *box, const char *path, uid_t *owner)
{
	char full[PATH_MAX];
	struct stat status;
	if (snprintf(full, sizeof(full), "%s%s", box->root, path) >= (int)sizeof(full) ||
	    stat(full, &status) < 0)
		return false;
	*owner = status.st_uid;
	return true;
}

/* --- programs ------------------------------------------------------------------------------------ */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Its stdout and stderr are the pipe's end, its stdin is empty. */
static int start(const char *const argv[], int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	int error = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

/* Reads all that comes until `deadline`.  Returns 0, -ETIME or -E2BIG. */
static int gather(int fd, char *text, int64_t deadline)
{
	size_t length = 0;
	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return -ETIME;
		ssize_t count = read(fd, text + length, ANSWER_MOST - length);
		if (count <= 0)
			return 0;
		length += (size_t)count;
		text[length] = 0;
		if (length == ANSWER_MOST)
			return -E2BIG;
	}
}

static int finish(pid_t pid, int error, int64_t deadline)
{
	int status;
	pid_t ended;
	while (!error && !(ended = waitpid(pid, &status, WNOHANG))) {
		if (now_ms() > deadline)
			error = -ETIME; /* it closed its output and stays */
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	if (error) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return error;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int real_run(void *user, const char *const argv[], char **ret_text)
{
	int ends[2];
	pid_t pid;
	char *text = malloc(ANSWER_MOST + 1);
	(void)user;
	*ret_text = text;
	if (!text)
		return -ENOMEM;
	*text = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	int64_t deadline = now_ms() + PATIENCE_MS;
	int error = start(argv, ends[1], &pid);
	close(ends[1]);
	if (!error)
		error = finish(pid, gather(ends[0], text, deadline), deadline);
	close(ends[0]);
	return error;
}

int box_run(const struct box *box, const char *const argv[], char **ret_text)
{
	return box->run(box->user, argv, ret_text);
}

/* --- this machine -------------------------------------------------------------------------------- */

static const char *real_variable(void *user, const char *name)
{
	(void)user;
	return getenv(name);
}

static bool real_capable(void *user, const char *path)
{
	(void)user;
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

const char *box_variable(const struct box *box, const char *name)
{
	const char *value = box->variable(box->user, name);
	return value ? value : "";
}

void box_real(struct box *box)
{
	struct rlimit limit = {0};
	const struct passwd *user = getpwuid(getuid());
	const char *home = getenv("HOME");
	getrlimit(RLIMIT_RTPRIO, &limit);
	*box = (struct box){
	    .root = "",
	    .uid = getuid(),
	    .privileged = getuid() == 0,
	    .pid = getpid(),
	    .realtime_priority = limit.rlim_cur > 99 ? 99 : (long)limit.rlim_cur,
	    .terminal = isatty(STDOUT_FILENO),
	    .run = real_run,
	    .variable = real_variable,
	    .capable = real_capable,
	};
	snprintf(box->user_name, sizeof(box->user_name), "%s", user ? user->pw_name : "");
	snprintf(box->home, sizeof(box->home), "%s", home ? home : user ? user->pw_dir : "");
}
