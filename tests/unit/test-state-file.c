/* SPDX-License-Identifier: MIT */
/* The state file outlives a program that is killed at any moment of writing it: the old or the new. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "relay/settings.h"
#include "tests/helpers/folder.h"

#define KILLS 60
#define SPEAKERS 20

/* Generation n: every speaker's trim is n ms, so that a mixture would be seen. */
static void generation_make(struct settings *settings, int generation)
{
	char address[18];
	for (int i = 0; i < SPEAKERS; i++) {
		snprintf(address, sizeof(address), "00:00:5E:00:53:%02X", (unsigned)i & 0xff);
		struct settings_speaker *speaker = settings_speaker(settings, address);
		speaker->trim_ns = generation % 1000 * 1000000ll;
		speaker->role = ROLE_SPEAKER;
		speaker->keepawake = i % 2;
		snprintf(speaker->name, sizeof(speaker->name), "Speaker %d", i);
		snprintf(speaker->adapter, sizeof(speaker->adapter), "00:1A:7D:DA:71:13");
	}
	settings->dirty = true;
}

/* Writes one generation after the other until it is killed; tells when it has begun. */
static void write_for_ever(int told)
{
	static struct settings settings;
	char message[512];
	settings_init(&settings);
	if (settings_open_state(&settings, folder, message, sizeof(message)))
		_exit(1);
	int generation = settings.speaker_count ? (int)(settings.speakers[0].trim_ns / 1000000) : 0;
	for (;;) {
		generation_make(&settings, ++generation);
		if (settings_save(&settings) || (told >= 0 && write(told, "x", 1) != 1))
			_exit(1);
		if (told >= 0)
			close(told);
		told = -1;
	}
}

static void killed_writer_leaves_old_or_new(void **state)
{
	(void)state;
	static struct settings settings;
	unsigned random = 1;
	for (int i = 0; i < KILLS; i++) {
		int pipe_fds[2];
		char byte;
		assert_int_equal(pipe(pipe_fds), 0);
		pid_t child = fork();
		if (child == 0) {
			close(pipe_fds[0]);
			write_for_ever(pipe_fds[1]);
		}
		close(pipe_fds[1]);
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
		close(pipe_fds[0]);
		random = random * 1103515245u + 12345;
		nanosleep(&(struct timespec){.tv_nsec = random / 65536 % 4000 * 1000}, NULL);
		kill(child, SIGKILL);
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		folder_open_state(&settings);
		assert_int_equal(settings.speaker_count, SPEAKERS);
		for (int k = 0; k < SPEAKERS; k++) {
			assert_int_equal(settings.speakers[k].trim_ns,
			                 settings.speakers[0].trim_ns);
			assert_int_equal(settings.speakers[k].keepawake, k % 2);
			assert_string_equal(settings.speakers[k].adapter, "00:1A:7D:DA:71:13");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(killed_writer_leaves_old_or_new),
	};
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
