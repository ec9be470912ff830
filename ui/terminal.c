/* SPDX-License-Identifier: MIT */
/* The terminal is given back even when the program crashes. */
#include "ui/private.h"

#include <curses.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define RESTORE_BYTES 256

static const int fatal[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGQUIT};

static struct {
	int fd;
	struct termios modes;
	char bytes
	    [RESTORE_BYTES]; /* what takes the screen back: prepared, for a handler may only write */
	size_t size;
} saved;

static void capability_add(const char *name)
{
	const char *bytes = tigetstr(name);
	if (!bytes || bytes == (const char *)-1)
		return;
	size_t length = strlen(bytes);
	if (saved.size + length < sizeof(saved.bytes)) {
		memcpy(saved.bytes + saved.size, bytes, length);
		saved.size += length;
	}
}

static void on_fatal(int signal)
{
	ssize_t ignored = write(saved.fd, saved.bytes, saved.size);
	(void)ignored;
	tcsetattr(saved.fd, TCSANOW, &saved.modes);
	raise(signal); /* SA_RESETHAND: now it kills */
}

bool terminal_able(const char *name, int fd)
{
	int error;
	saved.fd = fd;
	tcgetattr(fd, &saved.modes); /* as they were before ncurses had its way */
	if (setupterm(name, fd, &error) == ERR)
		return false;
	const char *move = tigetstr("cup");
	bool able = move && move != (const char *)-1;
	del_curterm(cur_term);
	return able;
}

bool ui_terminal_has_unicode(const char *name)
{
	static const char *const others[] = {"linux", "ansi", "pcansi", "cons25", "sun"};
	if (!name || (!strncmp(name, "vt", 2) && name[2] >= '0' && name[2] <= '9'))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t length = strlen(others[i]);
		if (!strncmp(name, others[i], length) && (!name[length] || name[length] == '-'))
			return false;
	}
	return true;
}

void terminal_guard(void)
{
	struct sigaction action = {.sa_handler = on_fatal,
	                           .sa_flags = (int)SA_RESETHAND | SA_NODEFER};
	saved.size = 0;
	capability_add("sgr0");
	capability_add("rmkx");
	capability_add("cnorm");
	capability_add("rmcup");
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &action, NULL);
}

void terminal_unguard(void)
{
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
}

/* Keys that terminals have and curses.h does not name. */
void terminal_keys(void)
{
	static const struct {
		const char *capability;
		int code;
	} keys[] = {{"kUP5", KEYMAP_CONTROL_UP},
	            {"kDN5", KEYMAP_CONTROL_DOWN},
	            {"kLFT5", KEYMAP_CONTROL_LEFT},
	            {"kRIT5", KEYMAP_CONTROL_RIGHT}};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *bytes = tigetstr(keys[i].capability);
		if (bytes && bytes != (const char *)-1)
			define_key(bytes, keys[i].code);
	}
}
