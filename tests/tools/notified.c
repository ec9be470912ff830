/* SPDX-License-Identifier: MIT */
/*
 * Runs a program as systemd runs a service, and keeps what it is told over NOTIFY_SOCKET:
 *
 *     notified SOCKET WATCHDOG_MS PROGRAM [ARGUMENT]...
 *
 * Prints each word of each message on a line of its own, and ends as the program does.  SIGUSR1 holds the
 * program's thread relay-engine where it is, SIGUSR2 lets it go on; HELD, FREE or the reason why not is
 * printed.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREAD "relay-engine"

struct run {
	int listener, signals;
	pid_t child, held; /* held: a thread of it; 0: none */
};

static int fail(const char *what)
{
	fprintf(stderr, "notified: %s: %s\n", what, strerror(errno));
	return 70;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	return bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -1 : fd;
}

static int signals_take(void)
{
	static const int wanted[] = {SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		sigaddset(&set, wanted[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static pid_t begin(const char *path, int watchdog_ms, char *program[])
{
	pid_t child = fork();
	if (child != 0)
		return child;
	sigset_t none;
	char text[32];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setenv("NOTIFY_SOCKET", path, 1);
	snprintf(text, sizeof(text), "%d000", watchdog_ms);
	setenv("WATCHDOG_USEC", text, 1);
	snprintf(text, sizeof(text), "%d", (int)getpid());
	setenv("WATCHDOG_PID", text, 1);
	execvp(program[0], program);
	_exit(127);
}

static bool is_named(const struct run *run, const char *thread)
{
	char path[300], name[32] = "";
	snprintf(path, sizeof(path), "/proc/%d/task/%s/comm", (int)run->child, thread);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%31s", name) != 1)
		*name = 0;
	if (file)
		fclose(file);
	return !strcmp(name, THREAD);
}

static pid_t thread_find(const struct run *run)
{
	char path[64];
	pid_t found = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)run->child);
	DIR *folder = opendir(path);
	const struct dirent *entry;
	while (folder && (entry = readdir(folder)))
		if (is_named(run, entry->d_name))
			found = atoi(entry->d_name);
	if (folder)
		closedir(folder);
	return found;
}

static void hold(struct run *run)
{
	int status;
	pid_t thread = thread_find(run);
	if (!thread)
		printf("NO SUCH THREAD\n");
	else if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0)
		printf("NOT ALLOWED: %s\n", strerror(errno));
	else if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 ||
	         waitpid(thread, &status, __WALL) != thread)
		printf("NOT HELD: %s\n", strerror(errno));
	else
		printf("HELD\n");
	run->held = thread;
}

static void let_go(struct run *run)
{
	if (ptrace(PTRACE_DETACH, run->held, NULL, NULL) == 0)
		printf("FREE\n");
	run->held = 0;
}

static void message_print(const struct run *run)
{
	char text[4096];
	ssize_t size = recv(run->listener, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return;
	text[size] = 0;
	printf("%s%s", text, text[size - 1] == '\n' ? "" : "\n");
}

/* Returns the program's code when it has ended, else −1. */
static int signal_handle(struct run *run)
{
	struct signalfd_siginfo info;
	int status;
	if (read(run->signals, &info, sizeof(info)) != sizeof(info))
		return -1;
	if (info.ssi_signo == SIGUSR1)
		hold(run);
	else if (info.ssi_signo == SIGUSR2)
		let_go(run);
	else if (info.ssi_signo == SIGTERM)
		kill(run->child, SIGTERM);
	else if (waitpid(run->child, &status, WNOHANG) == run->child && !WIFSTOPPED(status))
		return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return -1;
}

static int look_on(struct run *run)
{
	struct pollfd fds[] = {{.fd = run->listener, .events = POLLIN},
	                       {.fd = run->signals, .events = POLLIN}};
	int code = -1;
	while (code < 0 && poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			message_print(run);
		else
			code = signal_handle(run); /* after the last message */
		fflush(stdout);
	}
	return code;
}

int main(int argc, char *argv[])
{
	struct run run = {.held = 0};
	if (argc < 4)
		return 64;
	run.listener = listen_at(argv[1]);
	if (run.listener < 0)
		return fail(argv[1]);
	run.signals = signals_take();
	run.child = begin(argv[1], atoi(argv[2]), argv + 3);
	if (run.signals < 0 || run.child < 0)
		return fail(argv[3]);
	return look_on(&run);
}
