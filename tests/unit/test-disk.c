/* SPDX-License-Identifier: MIT */
/* A disk that is full, read-only or no folder at all: what is kept is not lost, the log goes on in memory, and both
 * are told. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/writer.h"
#include "relay/journal.h"
#include "relay/settings.h"
#include "tests/helpers/folder.h"
#include "tests/helpers/house.h"

#define SECOND HOUSE_SECOND

static void disk_full(bool full)
{
	static struct rlimit before;
	struct rlimit none;
	if (full)
		getrlimit(RLIMIT_FSIZE, &before);
	none = before;
	none.rlim_cur = full ? 0 : before.rlim_cur;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

/* The old state stays whole, the new one waits, and is written when there is room again. */
static void a_full_disk_loses_nothing(void **state)
{
	static struct settings settings, read;
	(void)state;
	folder_open_state(&settings);
	settings_speaker(&settings, "00:00:5E:00:53:01")->trim_ns = 5000000;
	settings.dirty = true;
	assert_int_equal(settings_save(&settings), 0);
	settings.speakers[0].trim_ns = 9000000;
	settings.dirty = true;
	disk_full(true);
	int error = settings_save(&settings);
	disk_full(false);
	assert_true(error == -EFBIG || error == -EIO);
	assert_true(settings.dirty);
	folder_open_state(&read);
	assert_int_equal(read.speakers[0].trim_ns, 5000000);
	assert_int_equal(settings_save(&settings), 0);
	folder_open_state(&read);
	assert_int_equal(read.speakers[0].trim_ns, 9000000);
}

/* A disk that takes its time, as a pipe that nobody reads yet: the text goes its way, and nobody waits. */
static void a_slow_disk_holds_up_nobody(void **state)
{
	static struct writer writer;
	char path[512], fresh[520], read_back[8] = "";
	int result = 1;
	(void)state;
	snprintf(path, sizeof(path), "%s/slow", folder);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	assert_int_equal(mkfifo(fresh, 0600), 0);
	assert_int_equal(writer_begin(&writer, path, strdup("text")), 0);
	assert_false(writer_over(&writer, &result));
	assert_int_equal(writer_begin(&writer, path, strdup("next")), -EBUSY);
	FILE *pipe = fopen(fresh, "re");
	assert_non_null(fgets(read_back, sizeof(read_back), pipe));
	assert_string_equal(read_back, "text");
	fclose(pipe);
	assert_int_equal(writer_wait(&writer), -EINVAL); /* a pipe is on no disk */
	assert_false(writer_over(&writer, &result));
	assert_int_equal(writer_begin(&writer, path, strdup("next")), 0);
	assert_int_equal(writer_wait(&writer), 0);
	assert_int_equal(file_read_text(path, &writer.text, read_back, sizeof(read_back)), 0);
	assert_string_equal(writer.text, "next");
	free(writer.text);
}

/* A box whose disk is mounted to be read only: what was kept there counts, what comes is not kept, and that is told. */
static bool read_only;

int access(const char *path, int mode)
{
	if (read_only && mode & W_OK) {
		errno = EROFS;
		return -1;
	}
	return faccessat(AT_FDCWD, path, mode, 0);
}

static void a_disk_that_is_read_only_is_read(void **state)
{
	static struct settings settings;
	char message[512] = "";
	(void)state;
	folder_open_state(&settings);
	settings_speaker(&settings, "00:00:5E:00:53:07")->trim_ns = 7000000;
	settings.dirty = true;
	assert_int_equal(settings_save(&settings), 0);
	settings_init(&settings);
	read_only = true;
	int error = settings_open_state(&settings, folder, message, sizeof(message));
	read_only = false;
	assert_int_equal(error, -EROFS);
	assert_non_null(strstr(message, "Read-only file system: nothing will be kept"));
	assert_int_equal(settings_known(&settings, "00:00:5E:00:53:07")->trim_ns, 7000000);
	settings.dirty = true;
	assert_int_equal(settings_save(&settings), 0); /* there is nowhere to */
}

static void what_is_no_folder_is_told(void **state)
{
	static struct settings settings;
	static const char *const folders[] = {"/dev/null/echorelay", "/proc/echorelay"};
	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++) {
		char message[256] = "";
		settings_init(&settings);
		assert_true(settings_open_state(&settings, folders[i], message, sizeof(message)) <
		            0);
		assert_non_null(strstr(message, "nothing will be kept"));
		settings_speaker(&settings, "00:00:5E:00:53:01");
		settings.dirty = true;
		assert_int_equal(settings_save(&settings), 0); /* there is nowhere to */
	}
}

static void a_log_that_cannot_be_written_is_told_once(void **state)
{
	static struct journal journal;
	(void)state;
	assert_int_equal(journal_open(&journal, "/dev/full"), 0);
	for (int i = 0; i < 5; i++)
		journal_write(&journal, JOURNAL_INFO, "relay", "event %d", i);
	assert_string_equal(journal_event(&journal, 1)->text, "event 0");
	assert_int_equal(events_that_say(&journal, "event"), 5);
	assert_int_equal(events_that_say(&journal, "log"), 1);
	assert_int_equal(events_that_say(&journal, "No space left"), 1);
	journal_close(&journal);
}

/* The whole relay: it plays, keeps the change, tells, and writes when there is room. */
static void music_does_not_end_with_the_disk(void **state)
{
	static struct settings read;
	static const char scenario[] = "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
				       "[echo Echo Dot]\n"
				       "[speaker A]\naddress = 00:00:5E:00:53:09\n";
	char message[256];
	(void)state;
	struct house *house = house_new(scenario);
	assert_int_equal(settings_open_state(&house->settings, folder, message, sizeof(message)),
	                 0);
	house_run(house, 5 * SECOND);
	disk_full(true);
	house_command(house, "delay A +12ms");
	house_run(house, 3 * SECOND);
	disk_full(false);
	assert_true(events_that_say(&house->journal, "speakers.json: ") >= 1);
	assert_int_equal(house_speaker(house, "A")->state, SPEAKER_STREAMING);
	house_run(house, 31 * SECOND);
	folder_open_state(&read);
	assert_int_equal(settings_speaker(&read, "00:00:5E:00:53:09")->trim_ns, 12000000);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_disk_loses_nothing),
	    cmocka_unit_test(a_slow_disk_holds_up_nobody),
	    cmocka_unit_test(a_disk_that_is_read_only_is_read),
	    cmocka_unit_test(what_is_no_folder_is_told),
	    cmocka_unit_test(a_log_that_cannot_be_written_is_told_once),
	    cmocka_unit_test(music_does_not_end_with_the_disk),
	};
	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
