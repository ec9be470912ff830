/* SPDX-License-Identifier: MIT */
/*
 * Memory is refused at the first allocation, then at the second, and so on until a path is walked without a
 * refusal: nothing crashes, nothing hangs, what is kept is not lost, and a relay to which it happened plays in the
 * end.  malloc and its like are ours here; those of the simulated world, which is somebody else, always succeed.
 */
#include "tests/helpers/test.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/door.h"
#include "daemon/server.h"
#include "daemon/wire.h"
#include "program/options.h"
#include "tests/helpers/folder.h"
#include "tests/helpers/house_time.h"
#include "ui/keymap.h"

#define SECOND HOUSE_SECOND

/* --- memory that is refused ------------------------------------------------------------------------ */

static struct {
	bool counts; /* the code under test runs */
	long left;   /* allocations until the one that is refused; 0: none is */
	bool refused;
} memory;

/* ThreadSanitizer's own allocator cannot be asked through dlsym: it asks for memory itself. */
#ifdef __SANITIZE_THREAD__
#define REFUSES 0
#else
#define REFUSES 1
static bool refuse(void)
{
	if (!memory.counts || !memory.left || --memory.left)
		return false;
	memory.refused = true;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	static void *(*real)(size_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc");
	return refuse() ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
	static void *(*real)(size_t, size_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "calloc");
	return refuse() ? NULL : real(count, size);
}

void *realloc(void *old, size_t size)
{
	static void *(*real)(void *, size_t);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "realloc");
	return size && refuse() ? NULL : real(old, size);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);
	return copy ? memcpy(copy, text, size) : NULL;
}
#endif

static void refuse_at(long n)
{
	memory.left = n;
	memory.refused = false;
	memory.counts = true;
}

static void refuse_no_more(void)
{
	memory.counts = false;
	memory.left = 0;
}

/* Walks the path with the n-th allocation refused, for every n that it has. */
static void at_every(void (*walk)(void), int step)
{
	long n = 1;
	do {
		refuse_at(n);
		walk();
		refuse_no_more();
		n += step;
	} while (memory.refused);
	print_message("    %ld allocations\n", n - step);
	assert_true(n > 1 + step); /* it has allocated at all */
}

/* --- files ----------------------------------------------------------------------------------------- */

static void write_file(const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static struct settings settings;

static void read_config(void)
{
	char path[128], message[512] = "";
	snprintf(path, sizeof(path), "%s/echorelay.conf", folder);
	settings_init(&settings);
	int error = settings_read_config(&settings, path, message, sizeof(message));
	refuse_no_more();
	assert_true(error ? *message : settings.config.lead_ns == 20000000);
}

static void the_configuration_is_read_or_refused(void **state)
{
	(void)state;
	write_file("echorelay.conf", "[relay]\nlead = 20 ms\nkeymap = vi\n");
	at_every(read_config, 1);
}

/* A file that lacks anything never takes the place of a whole one, and one that could not be read is not replaced. */
static void change_state(void)
{
	char message[512];
	settings_init(&settings);
	int error = settings_open_state(&settings, folder, message, sizeof(message));
	if (!error) {
		settings_speaker(&settings, "00:00:5E:00:53:02")->muted = true;
		settings.dirty = true;
		error = settings_save(&settings);
	} else {
		settings.dirty = true;
		settings_save(&settings);
	}
	refuse_no_more();
	folder_open_state(&settings);
	assert_int_equal(settings.speaker_count, 2);
	assert_int_equal(settings.speakers[0].volume, 40);
	assert_int_equal(settings.speakers[0].latency_ns, 180000000);
	assert_int_equal(settings.speakers[0].reported_ns, 150000000);
	assert_string_equal(settings.speakers[1].name, "Kitchen");
	if (!error)
		assert_true(settings.speakers[1].muted);
}

static void the_state_is_never_lost(void **state)
{
	static const char text[] =
	    "{\"version\": 1, \"speakers\": [{\"address\": \"00:00:5E:00:53:01\", \"volume\": 40, "
	    "\"latency_ms\": 180, \"reported_ms\": 150}, {\"address\": \"00:00:5E:00:53:02\", "
	    "\"name\": \"Kitchen\"}]}";
	(void)state;
	write_file("speakers.json", text);
	at_every(change_state, 1);
}

static struct keymap keymap;

static void load_keymap(void)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/own.keys", folder);
	int error = keymap_load(&keymap, path);
	refuse_no_more();
	assert_true(error ? keymap.problem_count > 0 : keymap.count > 20);
}

static void a_keymap_is_read_or_refused(void **state)
{
	(void)state;
	write_file("own.keys", "keymap 1\ninclude vi\nbind main x mute\n");
	at_every(load_keymap, 1);
}

/* --- what is said ---------------------------------------------------------------------------------- */

static struct model model, model_again;

static void write_and_read_model(void)
{
	char *line = wire_model_write(&model),
	     *events = line ? wire_events_write(&model, -1) : NULL;
	char *whole = malloc(line && events ? strlen(line) + strlen(events) + 1 : 1);
	struct wire_reply reply = {0};
	if (line && events && whole) {
		strcat(strcpy(whole, line), events);
		if (!wire_reply_read(&reply, whole, strlen(whole)))
			model_from_json(&model_again, json_object_get(reply.json, "model"));
		json_decref(reply.json);
	}
	free(whole);
	free(line);
	free(events);
}

static void write_and_read_words(void)
{
	struct wire_request request;
	char problem[WIRE_TEXT];
	char *lines[] = {wire_greet_write("1"),           wire_watch_write(100),
	                 wire_run_write(7, "mute 1 on"),  wire_stop_write(8),
	                 wire_hello_write("1", NULL, 17), wire_answer_write(7, -EINVAL, "no"),
	                 wire_error_write("too long"),    wire_bye_write("it ends")};
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct wire_reply reply = {0};
		if (lines[i] && i < 4)
			wire_request_read(&request, lines[i], strlen(lines[i]), problem,
			                  sizeof(problem));
		else if (lines[i])
			wire_reply_read(&reply, lines[i], strlen(lines[i]));
		free(lines[i]);
	}
}

static void the_wire_is_whole_or_silent(void **state)
{
	(void)state;
	model.speaker_count = 2;
	model.event_count = 1;
	at_every(write_and_read_model, 1);
	at_every(write_and_read_words, 1);
}

/* --- the socket ------------------------------------------------------------------------------------ */

static const struct model *on_model(void *user)
{
	(void)user;
	return &model;
}

static int on_command(void *user, const char *line, char *reply, size_t size)
{
	(void)user;
	snprintf(reply, size, "%s", line);
	return 0;
}

static void on_stop(void *user)
{
	(void)user;
}

static struct server_config server_config_of(const struct door *door)
{
	return (struct server_config){.port = {on_model, on_command, on_stop, NULL},
	                              .listener = door_listen(door),
	                              .user = geteuid()};
}

static bool is_served(struct server *server, int guest)
{
	static const char words[] = "{\"watch\":0}\n{\"request\":1,\"command\":\"mute\"}\n";
	static char heard[65536];
	ssize_t got;
	size_t used = 0;
	send(guest, words, strlen(words), MSG_NOSIGNAL);
	for (int i = 0; i < 4; i++)
		server_step(server, 1000 + i);
	while ((got = recv(guest, heard + used, sizeof(heard) - 1 - used, MSG_DONTWAIT)) > 0)
		used += (size_t)got;
	heard[used] = 0;
	return strstr(heard, "\"hello\"") && strstr(heard, "\"answer\":1") &&
	       strstr(heard, "\"model\"");
}

static struct door door;

/* Who comes while there is none may be sent away; who comes after is served. */
static void serve(void)
{
	struct server *server = NULL;
	struct server_config config = server_config_of(&door);
	if (server_new(&server, &config))
		return;
	int first = door_connect(&door);
	is_served(server, first);
	refuse_no_more();
	int second = door_connect(&door);
	assert_true(is_served(server, second));
	close(first);
	close(second);
	server_free(server, "the end");
}

static void a_guest_who_comes_later_is_served(void **state)
{
	(void)state;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	assert_int_equal(door_find(&door, false), 0);
	at_every(serve, 1);
}

/* --- the command line ------------------------------------------------------------------------------ */

static void read_options(void)
{
	char *words[] = {
	    "echorelay", "--demo", "--for=3", "--keymap=vi", "--adapter=00:1A:7D:DA:71:13",
	    "--batch",   NULL};
	struct options options;
	options_read(&options, (int)COUNT(words) - 1, words);
}

static void the_command_line_is_read(void **state)
{
	(void)state;
	refuse_at(1);
	read_options(); /* it needs none */
	refuse_no_more();
	assert_false(memory.refused);
}

/* --- the relay ------------------------------------------------------------------------------------- */

static const char scenario[] =
    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
    "[echo Echo Dot]\nsink = relay\nnoise = yes\nstarts = 2 s\n"
    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\nvolume = yes\n"
    "[speaker B]\naddress = 00:00:5E:00:53:02\ncalls = 1 s\n"
    "[speaker New]\naddress = 00:00:5E:00:53:03\npaired = no\n";

static const char *const commands[] = {
    "volume A 60",  "delay B +5ms", "scan on",
    "mute all on",  "mute all off", "connect A off",
    "connect A on", "undo",         "pair 00:00:5E:00:53:03",
    "window on",    "window off",
};

static void on_turn(bool begins)
{
	memory.counts = begins;
}

static bool all_play(const struct model *now)
{
	int count = 0;
	for (int i = 0; i < now->speaker_count; i++)
		count += model_speaker_plays(&now->speakers[i]);
	return count >= 2 && now->source.state == MODEL_SOURCE_STREAMING &&
	       now->source.meter.rms_cdb[0] > -4000;
}

static void live(struct house *house)
{
	char reply[256];
	house_run(house, 3 * SECOND);
	for (size_t i = 0; i < COUNT(commands); i++) {
		on_turn(true);
		relay_command(house->relay, commands[i], reply, sizeof(reply));
		on_turn(false);
		house_run(house, SECOND / 4);
	}
	house_run(house, 4 * SECOND);
}

/* The simulated world has one connection to give: a relay that let it go asks for another, and gets none. */
static bool bus_is_lost(const struct house *house)
{
	return events_that_say(&house->journal, "D-Bus") > 0;
}

/* Returns whether there is no relay, or one that plays in the end. */
static bool relay_lives(long n)
{
	house_relay_turn = on_turn;
	memory.left = n;
	memory.refused = false;
	struct house *house = house_new(scenario);
	bool plays = !house->relay;
	clocked = house;
	if (house->relay) {
		live(house);
		memory.left = 0;
		plays = house_wait(house, 200 * SECOND, all_play) || bus_is_lost(house);
	}
	house_relay_turn = NULL;
	clocked = NULL;
	refuse_no_more();
	if (!plays) {
		print_message("    refused the %ld-th, and it does not play:\n", n);
		for (uint64_t i = 1; i <= house->journal.count; i++)
			if (journal_event(&house->journal, i))
				print_message("      %s\n",
				              journal_event(&house->journal, i)->text);
	}
	house_free(house);
	return plays;
}

/* It allocates some two thousand times: MEMORY_STEP=1 refuses each, in minutes. */
static void a_relay_plays_in_the_end(void **state)
{
	long n = getenv("MEMORY_FIRST") ? atol(getenv("MEMORY_FIRST")) : 1, silent = 0,
	     step = getenv("MEMORY_STEP") ? atol(getenv("MEMORY_STEP")) : 37;
	(void)state;
	do {
		silent += !relay_lives(n);
		n += step;
	} while (memory.refused);
	print_message("    up to %ld allocations\n", n - step);
	assert_int_equal(silent, 0);
}

/* A house that has had all the memory it wants until then; what is to be refused of it, waits in `left`. */
static struct house *house_before(const char *text, int64_t ns, long *ret_left)
{
	*ret_left = memory.left;
	refuse_no_more();
	struct house *house = house_new(text);
	clocked = house;
	house_run(house, ns);
	return house;
}

static void house_lacks(struct house *house, int64_t ns, long left)
{
	house_relay_turn = on_turn;
	memory.left = left;
	house_run(house, ns);
	memory.left = 0;
}

static void house_leave(struct house *house)
{
	house_relay_turn = NULL;
	clocked = NULL;
	house_free(house);
}

/* What goes while its farewell cannot be read is not believed to be there for good. */
static void pull_adapter_out(void)
{
	static const char two[] = "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
				  "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"
				  "event = 3 s unplug 60 s\n"
				  "[speaker A]\naddress = 00:00:5E:00:53:01\nadapter = hci1\n";
	long left;
	struct house *house = house_before(two, 2900 * HOUSE_MS, &left);
	assert_int_equal(house_model(house)->adapter_count, 2);
	house_lacks(house, SECOND / 2, left);
	house_run(house, 5 * SECOND);
	if (!bus_is_lost(house))
		assert_int_equal(house_model(house)->adapter_count, 1);
	house_leave(house);
}

static void what_goes_unheard_is_no_ghost(void **state)
{
	(void)state;
	at_every(pull_adapter_out, 1);
}

static bool source_plays(const struct model *now)
{
	return now->source.state == MODEL_SOURCE_STREAMING;
}

/* A stream that was taken and given back would be suspended, and nothing heard until the Echo is stopped and started. */
static void open_echo_stream(void)
{
	static const char one[] = "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
				  "[echo Echo Dot]\nsink = relay\nstarts = 2 s\n";
	long left;
	struct house *house = house_before(one, 1900 * HOUSE_MS, &left);
	house_lacks(house, SECOND, left);
	if (!bus_is_lost(house))
		assert_true(house_wait(house, 200 * SECOND, source_plays));
	house_leave(house);
}

static void the_echo_is_heard_in_the_end(void **state)
{
	(void)state;
	at_every(open_echo_stream, 1);
}

int main(void)
{
	if (!REFUSES) {
		puts("1..1\nok 1 - memory that is refused # SKIP not under ThreadSanitizer");
		return 0;
	}
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_configuration_is_read_or_refused, folder_make,
	                                    folder_remove),
	    cmocka_unit_test_setup_teardown(the_state_is_never_lost, folder_make, folder_remove),
	    cmocka_unit_test_setup_teardown(a_keymap_is_read_or_refused, folder_make,
	                                    folder_remove),
	    cmocka_unit_test(the_wire_is_whole_or_silent),
	    cmocka_unit_test_setup_teardown(a_guest_who_comes_later_is_served, folder_make,
	                                    folder_remove),
	    cmocka_unit_test(the_command_line_is_read),
	    cmocka_unit_test(what_goes_unheard_is_no_ghost),
	    cmocka_unit_test(the_echo_is_heard_in_the_end),
	    cmocka_unit_test(a_relay_plays_in_the_end),
	};
	return RUN(tests);
}
