/* SPDX-License-Identifier: MIT */
#include "program/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "daemon/door.h"

#define WAIT_MS 10000 /* for a relay to listen; it takes some 50 ms */
#define LOOK_MS 20
#define WORDS_MOST 40

/* --- the command line of the daemon -------------------------------------------------------------- */

struct words {
	int count;
	char *words[WORDS_MOST + 1];
	char demo[256];
};

static void word_add(struct words *line, const char *word)
{
	if (line->count < WORDS_MOST)
		line->words[line->count++] = (char *)word;
}

static void option_add(struct words *line, const char *option, const char *value)
{
	if (!value)
		return;
	word_add(line, option);
	word_add(line, value);
}

/* What concerns the relay goes on to it. */
static void words_make(struct words *line, const struct options *options)
{
	*line = (struct words){.count = 0};
	word_add(line, "echorelay");
	word_add(line, "daemon");
	if (options->demo) {
		snprintf(line->demo, sizeof(line->demo), *options->demo ? "--demo=%s" : "--demo%s",
		         options->demo);
		word_add(line, line->demo);
	}
	option_add(line, "--source", options->source);
	option_add(line, "--config", options->config);
	option_add(line, "--state", options->state);
	option_add(line, "--log", options->log);
	option_add(line, "--bus", options->bus);
	for (int i = 0; options->adapters[i]; i++)
		option_add(line, "--adapter", options->adapters[i]);
}

/* --- the process --------------------------------------------------------------------------------- */

/* In the child: nothing of the terminal's stays but stderr, a pipe, until the relay listens. */
static void child_become(const struct words *line, int error_fd)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(error_fd, STDERR_FILENO);
	execv("/proc/self/exe", line->words);
	fprintf(stderr, "echorelay: /proc/self/exe: %s\n", strerror(errno));
	_exit(EX_OSERR);
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Passes on what the relay says; -1 when it has closed its stderr. */
static int words_pass(int fd, int wait_ms)
{
	struct pollfd pipe_end = {.fd = fd, .events = POLLIN};
	char text[512];
	if (poll(&pipe_end, 1, wait_ms) <= 0)
		return 0;
	ssize_t got = read(fd, text, sizeof(text));
	if (got <= 0)
		return -1;
	return fwrite(text, 1, (size_t)got, stderr) == (size_t)got ? 0 : -1;
}

static bool listens(bool demo)
{
	struct door door;
	int fd = door_find(&door, demo);
	if (fd == 0)
		fd = door_connect(&door);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static int child_wait(const struct options *options, pid_t child, int error_fd)
{
	int64_t until = now_ms() + WAIT_MS;
	int status;
	while (now_ms() < until) {
		if (listens(options->demo))
			return EX_OK;
		bool ended = words_pass(error_fd, LOOK_MS) < 0;
		if (waitpid(child, &status, ended ? 0 : WNOHANG) == child)
			return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
			                                                : EX_SOFTWARE;
	}
	fprintf(stderr, "echorelay: the relay was started and does not listen\n");
	return EX_TEMPFAIL;
}

static int process_start(const struct options *options)
{
	struct words line;
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return EX_OSERR;
	words_make(&line, options);
	pid_t child = fork();
	if (child == 0)
		child_become(&line, fds[1]);
	close(fds[1]);
	int code = child < 0 ? EX_OSERR : child_wait(options, child, fds[0]);
	close(fds[0]);
	return code;
}

/* Where the user has made it a service, that is what starts.  Nothing of the command line goes there. */
static bool service_start(const struct options *options)
{
	if (options->demo || options->config || options_of_relay(options) ||
	    !getenv("XDG_RUNTIME_DIR"))
		return false;
	if (system("systemctl --user is-enabled --quiet echorelay.service 2>/dev/null"))
		return false;
	fprintf(stderr, "echorelay: no relay runs; starting the service\n");
	return system("systemctl --user start echorelay.service") == 0;
}

int starter_run(const struct options *options)
{
	if (service_start(options))
		return EX_OK;
	fprintf(stderr, "echorelay: no relay runs; starting one\n");
	return process_start(options);
}
