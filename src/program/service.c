/* SPDX-License-Identifier: MIT */
#include "program/service.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/door.h"

#define PATH_SIZE 4096
#define UNIT "echorelay.service"
#define NOT_FOUND 127 /* as a shell has it */

static int fail(int code, const char *what, const char *why)
{
	fprintf(stderr, "echorelay: %s: %s\n", what, why);
	return code;
}

/* Runs systemctl --user; `quiet` keeps its words to itself.  Returns its exit code, −1 without one. */
static int systemctl_code(bool quiet, const char *verb, const char *option, const char *unit)
{
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (quiet &&
		    (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)))
			_exit(EX_OSERR);
		/* the list ends where `option` or `unit` is NULL */
		execlp("systemctl", "systemctl", "--user", verb, option, unit, (char *)NULL);
		_exit(NOT_FOUND);
	}
	if (child <= 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static bool systemctl(bool quiet, const char *verb, const char *option, const char *unit)
{
	return systemctl_code(quiet, verb, option, unit) == 0;
}

static bool manager_runs(void)
{
	return systemctl(true, "show-environment", NULL, NULL);
}

/* Why not, on stderr.  Returns an exit code. */
static int manager_missing(void)
{
	if (systemctl_code(true, "--version", NULL, NULL) == NOT_FOUND)
		return fail(EX_UNAVAILABLE, "systemctl", "there is no systemd here");
	return fail(EX_UNAVAILABLE, "systemctl --user",
	            "no manager of this user runs here; log in as it, not by su or sudo");
}

/* Is the unit there already, by a package or `make install`? */
static bool unit_is_packaged(void)
{
	static const char *const folders[] = {"/etc/systemd/user", "/usr/local/lib/systemd/user",
	                                      "/usr/lib/systemd/user"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/" UNIT, folders[i]);
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

static int unit_folder(char *folder, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config)
		snprintf(folder, size, "%s/systemd/user", config);
	else if (home && *home)
		snprintf(folder, size, "%s/.config/systemd/user", home);
	else
		return -ENOENT;
	return 0;
}

/* The unit with the path of this very program: it need not be installed. */
static char *unit_text(void)
{
	static const char line[] = "ExecStart=echorelay ";
	char program[PATH_SIZE], *text = NULL;
	const char *at = strstr(service_unit, line);
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length <= 0 || !at)
		return NULL;
	program[length] = 0;
	if (asprintf(&text, "%.*sExecStart=\"%s\" %s", (int)(at - service_unit), service_unit,
	             program, at + strlen(line)) < 0)
		return NULL;
	return text;
}

static int unit_write(void)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 32];
	char *text = unit_text();
	int error = text ? unit_folder(folder, sizeof(folder)) : -ENOMEM;
	if (!error)
		error = file_make_directory(folder);
	if (!error) {
		snprintf(path, sizeof(path), "%s/" UNIT, folder);
		error = file_replace_text(path, text);
	}
	free(text);
	if (error)
		return fail(EX_CANTCREAT, UNIT, strerror(-error));
	fprintf(stderr, "echorelay: wrote %s\n", path);
	return EX_OK;
}

/* loginctl knows a user who is logged in or lingers; of others it prints nothing here. */
static bool lingers(void)
{
	char command[80], answer[16] = "";
	snprintf(command, sizeof(command),
	         "loginctl show-user %u --property=Linger --value 2>/dev/null", geteuid());
	FILE *output = popen(command, "r");
	if (!output)
		return false;
	bool read = fgets(answer, sizeof(answer), output) != NULL;
	pclose(output);
	return read && !strcmp(answer, "yes\n");
}

static int install(void)
{
	struct door door;
	pid_t holder = door_find(&door, false) == 0 ? door_holder(&door) : 0;
	if (holder && !systemctl(true, "is-active", "--quiet", UNIT)) {
		fprintf(stderr,
		        "echorelay: a relay runs already, as process %d; 'echorelay stop' first\n",
		        (int)holder);
		return EX_UNAVAILABLE;
	}
	if (!manager_runs())
		return manager_missing();
	int code = unit_is_packaged() ? EX_OK : unit_write();
	if (code)
		return code;
	systemctl(false, "daemon-reload", NULL, NULL);
	if (!systemctl(false, "enable", "--now", UNIT))
		return fail(EX_UNAVAILABLE, UNIT,
		            "does not start; 'systemctl --user status "
		            "echorelay' says why");
	if (!lingers())
		fprintf(stderr, "echorelay: it ends with your last login, and starts with the "
		                "first; to play from boot on:\n  loginctl enable-linger\n");
	return EX_OK;
}

static int uninstall(void)
{
	char folder[PATH_SIZE], path[PATH_SIZE + 32];
	if (manager_runs())
		systemctl(false, "disable", "--now", UNIT);
	if (unit_folder(folder, sizeof(folder)) == 0) {
		snprintf(path, sizeof(path), "%s/" UNIT, folder);
		if (unlink(path) < 0 && errno != ENOENT)
			return fail(EX_CANTCREAT, path, strerror(errno));
	}
	systemctl(true, "daemon-reload", NULL, NULL);
	return EX_OK;
}

static int status(void)
{
	bool manager = manager_runs();
	bool enabled = manager && systemctl(true, "is-enabled", "--quiet", UNIT);
	bool active = manager && systemctl(true, "is-active", "--quiet", UNIT);
	printf("service manager=%s enabled=%s active=%s linger=%s\n", manager ? "yes" : "no",
	       enabled ? "yes" : "no", active ? "yes" : "no", lingers() ? "yes" : "no");
	return active ? EX_OK : EXIT_FAILURE;
}

int service_run(int argc, char *argv[])
{
	const char *wanted = argc == 2 ? argv[1] : "";
	if (!strcmp(wanted, "install"))
		return install();
	if (!strcmp(wanted, "remove"))
		return uninstall();
	if (!strcmp(wanted, "status"))
		return status();
	bool help = !strcmp(wanted, "--help");
	fprintf(help ? stdout : stderr, "Usage: echorelay service install|remove|status\n");
	return help ? EX_OK : EX_USAGE;
}
