/* SPDX-License-Identifier: MIT */
/* The daemon's socket: well-behaved guests, bad ones, and what they cost the music. */
#include "tests/helpers/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/door.h"
#include "daemon/server.h"
#include "daemon/wire.h"
#include "tests/helpers/house.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND

/* A server on a relay that is a mere model, in virtual time. */
struct desk {
	char folder[64];
	struct door door;
	struct server *server;
	struct house *house; /* NULL: the model below */
	struct model model;
	int64_t now;
	unsigned models, commands, stops;
	char last[WIRE_COMMAND];
};

static const struct model *on_model(void *user)
{
	struct desk *desk = user;
	desk->models++;
	return desk->house ? relay_model(desk->house->relay) : &desk->model;
}

static int on_command(void *user, const char *line, char *reply, size_t size)
{
	struct desk *desk = user;
	desk->commands++;
	snprintf(desk->last, sizeof(desk->last), "%s", line);
	if (desk->house)
		return relay_command(desk->house->relay, line, reply, size);
	snprintf(reply, size, "done");
	return strstr(line, "nobody") ? -ENOENT : 0;
}

static void on_stop(void *user)
{
	((struct desk *)user)->stops++;
}

static struct desk *desk_new(uid_t user)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	snprintf(desk->folder, sizeof(desk->folder), "/tmp/echorelay-desk-XXXXXX");
	assert_non_null(mkdtemp(desk->folder));
	setenv("XDG_RUNTIME_DIR", desk->folder, 1);
	assert_int_equal(door_find(&desk->door, false), 0);
	struct server_config config = {
	    .port = {on_model, on_command, on_stop, desk},
	    .listener = door_listen(&desk->door),
	    .user = user,
	};
	assert_true(config.listener >= 0);
	assert_int_equal(server_new(&desk->server, &config), 0);
	desk->now = 1000 * SECOND;
	return desk;
}

static void desk_free(struct desk *desk)
{
	server_free(desk->server, "it is over");
	unlink(desk->door.socket);
	unlink(desk->door.lock);
	rmdir(desk->door.folder);
	rmdir(desk->folder);
	free(desk);
}

static int64_t desk_step(struct desk *desk)
{
	return server_step(desk->server, desk->now);
}

/* Lets time pass in steps of a hundredth of a second. */
static void desk_run(struct desk *desk, int64_t ns)
{
	for (int64_t end = desk->now + ns; desk->now < end; desk->now += 10 * MS)
		desk_step(desk);
}

/* A guest as a raw socket, so that it can misbehave. */
static int guest_come(struct desk *desk)
{
	int fd = door_connect(&desk->door);
	assert_true(fd >= 0);
	desk_step(desk);
	return fd;
}

static void say_bytes(int fd, const char *bytes, size_t size)
{
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

static void say(int fd, const char *line)
{
	say_bytes(fd, line, strlen(line));
}

/* All that has come, zero-terminated; the end of the connection is told by `ended`. */
static char *hear(int fd, bool *ended)
{
	size_t used = 0, size = 1 << 16;
	char *text = malloc(size);
	ssize_t got;
	while ((got = recv(fd, text + used, size - used - 1, MSG_DONTWAIT)) > 0) {
		used += (size_t)got;
		if (size - used < 4096)
			text = realloc(text, size *= 2);
	}
	if (ended)
		*ended = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
	text[used] = 0;
	return text;
}

static void hears(int fd, const char *part)
{
	char *text = hear(fd, NULL);
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
	free(text);
}

static int lines_heard(int fd, const char *begin)
{
	int count = 0;
	char *text = hear(fd, NULL), *rest = text, *line;
	while ((line = strsep(&rest, "\n")) && rest)
		count += !strncmp(line, begin, strlen(begin));
	free(text);
	return count;
}

static void is_sent_away(struct desk *desk, int fd, const char *words)
{
	bool ended;
	desk_step(desk);
	char *text = hear(fd, &ended);
	if (!strstr(text, "\"error\"") || !strstr(text, words))
		fail_msg("not refused with '%s': %s", words, text);
	assert_true(ended);
	free(text);
	close(fd);
}

/* --- our own guest, and relays that are none ----------------------------------------------------- */

/* In a process of its own: takes one guest in, says that, and waits until it leaves; NULL: hangs up at once. */
static pid_t relay_that_says(const struct door *door, const char *words)
{
	int listener = door_listen(door);
	char byte;
	assert_true(listener >= 0);
	pid_t child = fork();
	if (child) {
		close(listener);
		return child;
	}
	struct pollfd guest = {.fd = listener, .events = POLLIN};
	poll(&guest, 1, -1);
	int fd = accept(listener, NULL, NULL);
	if (words && send(fd, words, strlen(words), MSG_NOSIGNAL) > 0)
		while (recv(fd, &byte, 1, 0) > 0)
			;
	_exit(0);
}

static void another_relay_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *says;
		int error;
		const char *words;
	} cases[] = {
	    {"{\"hello\":\"echorelay\",\"version\":\"9.9\",\"protocol\":99,\"world\":null,\"pid\":"
	     "4711}\n",
	     -EPROTO, "echorelay 9.9 (protocol 99), this is "},
	    {"{\"hello\":\"echorelay\",\"version\":\"9.9\",\"protocol\":99,\"world\":null,\"pid\":"
	     "4711}\n",
	     -EPROTO, "'kill 4711' ends it"},
	    {"{\"error\":\"only for its own user\"}\n", -EACCES, "only for its own user"},
	    {"{\"hello\":", -ETIMEDOUT, "does not answer"},
	    {NULL, -EACCES, "the relay is gone"},
	    {"220 smtp ready\n", -EACCES, "what this version does not understand"},
	};
	struct desk *desk = desk_new(geteuid());
	const struct client_port port = {0};
	char message[512];
	server_free(desk->server, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct client *client = NULL;
		pid_t child = relay_that_says(&desk->door, cases[i].says);
		int wait_ms = cases[i].error == -ETIMEDOUT ? 10 : 60000;
		assert_int_equal(
		    client_open(&client, false, wait_ms, &port, message, sizeof(message)),
		    cases[i].error);
		assert_non_null(strstr(message, cases[i].words));
		waitpid(child, NULL, 0);
	}
	struct client *client = NULL;
	assert_int_equal(client_open(&client, false, 0, &port, message, sizeof(message)), -ENOENT);
	assert_string_equal(message, "no relay runs");
	desk->server = NULL;
	desk_free(desk);
}

/* --- those that behave --------------------------------------------------------------------------- */

static void guest_is_greeted(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fd = guest_come(desk);
	hears(fd, "{\"hello\":\"echorelay\",\"version\":\"" VERSION
	          "\",\"protocol\":1,\"world\":null,\"pid\":");
	say(fd, "{\"protocol\":1,\"version\":\"x\"}\n");
	assert_int_equal(desk_step(desk), INT64_MAX);
	assert_int_equal(server_guests(desk->server), 1);
	close(fd);
	desk_step(desk);
	assert_int_equal(server_guests(desk->server), 0);
	assert_int_equal(desk->models, 0); /* nobody has watched: nobody has paid */
	desk_free(desk);
}

static void watcher_gets_models_in_time(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fast = guest_come(desk), slow = guest_come(desk), once = guest_come(desk);
	say(fast, "{\"watch\":100}\n");
	say(slow, "{\"watch\":1000}\n");
	say(once, "{\"watch\":0}\n");
	desk_run(desk, 5 * SECOND);
	assert_in_range(lines_heard(fast, "{\"model\""), 49, 51);
	assert_in_range(lines_heard(slow, "{\"model\""), 5, 6);
	assert_int_equal(lines_heard(once, "{\"model\""), 1);
	assert_in_range(desk->models, 49, 53); /* made once for all that get it together */
	say(fast, "{\"watch\":null}\n");
	say(slow, "{\"watch\":null}\n");
	assert_int_equal(desk_step(desk), INT64_MAX);
	close(fast), close(slow), close(once);
	desk_free(desk);
}

static void events_come_once(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fd = guest_come(desk);
	desk->model.event_count = 2;
	for (int i = 0; i < 3; i++)
		desk->model.events[i] = (struct model_event){.number = i + 1, .subject = "relay"};
	say(fd, "{\"watch\":100}\n");
	desk_step(desk);
	char *text = hear(fd, NULL);
	assert_non_null(strstr(text, "\"events\":[{\"number\":1,"));
	assert_non_null(strstr(text, "{\"number\":2,"));
	free(text);
	desk->now += SECOND;
	desk_step(desk);
	hears(fd, "\"events\":[]}\n");
	desk->model.event_count = 3;
	desk->now += SECOND;
	desk_step(desk);
	hears(fd, "\"events\":[{\"number\":3,");
	close(fd);
	desk_free(desk);
}

static void commands_are_answered(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int one = guest_come(desk), two = guest_come(desk);
	say(one, "{\"request\":7,\"command\":\"volume 2 +5\"}\n{\"request\":8,\"comm");
	say(two, "{\"request\":7,\"command\":\"mute nobody \\u001b[2Jon\"}\n");
	desk_step(desk);
	hears(one, "{\"answer\":7,\"code\":null,\"text\":\"done\"}\n");
	hears(two, "{\"answer\":7,\"code\":\"ENOENT\",\"text\":\"done\"}\n");
	assert_string_equal(desk->last, "mute nobody ?[2Jon"); /* no escape gets through */
	say(one, "and\":\"reset\"}\n");
	desk_step(desk);
	hears(one, "{\"answer\":8,");
	assert_int_equal(desk->commands, 3);
	/* whoever watches sees at once what it did */
	say(one, "{\"watch\":60000}\n");
	desk_step(desk);
	assert_int_equal(lines_heard(one, "{\"model\""), 1);
	say(one, "{\"request\":9,\"command\":\"reset\"}\n");
	desk_step(desk);
	assert_int_equal(lines_heard(one, "{\"model\""), 1);
	say(two, "{\"request\":1,\"stop\":true}\n");
	desk_step(desk);
	hears(two, "{\"answer\":1,\"code\":null");
	assert_int_equal(desk->stops, 1);
	close(one), close(two);
	desk_free(desk);
}

static void leave_is_taken(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fd = guest_come(desk);
	desk_free(desk);
	bool ended;
	char *text = hear(fd, &ended);
	assert_non_null(strstr(text, "{\"bye\":\"it is over\"}\n"));
	assert_true(ended);
	free(text);
	close(fd);
}

/* --- those that do not --------------------------------------------------------------------------- */

static void nonsense_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *line, *words;
	} cases[] = {
	    {"{\"protocol\":2,\"version\":\"9.9\\u001b]\"}\n",
	     "speaks protocol 1, not that of 9.9?]"},
	    {"GET / HTTP/1.1\r\n", "no JSON object"},
	    {"\n", "no JSON object"},
	    {"[1,2]\n", "no request"},
	    {"{}\n", "no request"},
	    {"{\"watch\":-5}\n", "no request"},
	    {"{\"watch\":99999999999}\n", "no request"},
	    {"{\"watch\":\"often\"}\n", "no request"},
	    {"{\"request\":-1,\"command\":\"reset\"}\n", "no request"},
	    {"{\"request\":1,\"command\":17}\n", "no request"},
	    {"{\"stop\":1}\n", "no request"},
	    {"{\"watch\":100,\"watch\":100}\n", "no JSON object"},
	    {"{\"command\":\"\xff\xfe\"}\n", "no JSON object"},
	};
	struct desk *desk = desk_new(geteuid());
	int good = guest_come(desk);
	say(good, "{\"watch\":100}\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = guest_come(desk);
		say(fd, cases[i].line);
		is_sent_away(desk, fd, cases[i].words);
	}
	int fd = guest_come(desk);
	say_bytes(fd, "{\"watch\":100}\0\n", 15);
	is_sent_away(desk, fd, "no JSON object");
	assert_int_equal(desk->stops + desk->commands, 0);
	assert_int_equal(server_guests(desk->server), 1);
	desk_run(desk, SECOND);
	assert_in_range(lines_heard(good, "{\"model\""), 10, 12);
	close(good);
	desk_free(desk);
}

static void huge_lines_are_refused(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	static char huge[1 << 16];
	int fd = guest_come(desk);
	memset(huge, '[', sizeof(huge));
	say_bytes(fd, huge, sizeof(huge));
	for (int i = 0; i < 5; i++)
		desk_step(desk);
	is_sent_away(desk, fd, "the line is too long");
	fd = guest_come(desk); /* deep, but short enough */
	say_bytes(fd, huge, 4000);
	say(fd, "\n");
	for (int i = 0; i < 3; i++)
		desk_step(desk);
	is_sent_away(desk, fd, "no JSON object");
	fd = guest_come(desk); /* half a line, and gone */
	say(fd, "{\"request\":1,\"stop\":tr");
	desk_step(desk);
	close(fd);
	desk_step(desk);
	assert_int_equal(server_guests(desk->server), 0);
	assert_int_equal(desk->stops, 0);
	desk_free(desk);
}

static void other_users_are_refused(void **state)
{
	(void)state;
	uid_t me = geteuid();
	struct desk *desk = desk_new(me == 0 ? 0 : me + 1);
	chmod(desk->folder, 0755);
	chmod(desk->door.folder, 0755);
	chmod(desk->door.socket, 0666); /* as if the file's mode had not kept them out */
	if (me == 0)
		assert_int_equal(seteuid(65534), 0);
	int fd = door_connect(&desk->door);
	if (me == 0)
		assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);
	is_sent_away(desk, fd, "another user's");
	assert_int_equal(server_guests(desk->server), 0);
	desk_free(desk);
}

static void stuck_guest_holds_nobody_up(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int stuck = guest_come(desk), good = guest_come(desk);
	desk->model.speaker_count = 4;
	say(stuck, "{\"watch\":100}\n");
	say(good, "{\"watch\":100}\n");
	desk_step(desk);
	size_t before = 0;
	for (int minute = 0; minute < 5; minute++) {
		int frames = 0;
		for (int i = 0; i < 600; i++) {
			desk_run(desk, 100 * MS);
			frames += lines_heard(good, "{\"model\"");
		}
		assert_in_range(frames, 590, 610);
		if (minute == 1)
			before = mallinfo2().uordblks;
	}
	/* a picture or two on its way may be counted or not; 600 a minute for each guest would be megabytes */
	assert_in_range(mallinfo2().uordblks, 0, before + 65536);
	assert_int_equal(server_guests(desk->server), 2);
	/* it wakes: what it gets is whole, and goes on */
	for (int i = 0; i < 50; i++) {
		free(hear(stuck, NULL));
		desk_run(desk, 100 * MS);
	}
	desk_run(desk, SECOND);
	assert_in_range(lines_heard(stuck, "{\"model\""), 9, 12);
	close(stuck), close(good);
	desk_free(desk);
}

static void chatterbox_is_cut_off(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fd = guest_come(desk);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 80000 && server_guests(desk->server); i++) {
		static const char line[] = "{\"request\":1,\"command\":\"reset\"}\n";
		(void)!send(fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
		desk_step(desk);
	}
	assert_int_equal(server_guests(desk->server), 0);
	close(fd);
	desk_free(desk);
}

static void crowd_is_bounded(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fds[SERVER_GUESTS];
	desk->model.speaker_count = MODEL_SPEAKERS;
	for (int i = 0; i < SERVER_GUESTS; i++)
		fds[i] = guest_come(desk);
	is_sent_away(desk, guest_come(desk), "as many screens");
	say(fds[3], "{\"watch\":100}\n"); /* and never reads */
	desk_run(desk, 60 * SECOND);
	assert_int_equal(server_guests(desk->server), SERVER_GUESTS);
	int fd = guest_come(desk); /* has its place */
	hears(fd, "{\"hello\"");
	assert_int_equal(server_guests(desk->server), SERVER_GUESTS);
	close(fd);
	for (int i = 0; i < SERVER_GUESTS; i++)
		close(fds[i]);
	desk_free(desk);
}

/* Half a line, and no more: who has no use for his place gives way, who watches keeps it. */
static void silent_crowd_gives_way(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	int fds[SERVER_GUESTS], watcher = guest_come(desk), late[3 * SERVER_GUESTS];
	say(watcher, "{\"watch\":100}\n");
	for (int i = 1; i < SERVER_GUESTS; i++) {
		fds[i] = guest_come(desk);
		say(fds[i], "{\"request\":1,\"comm");
	}
	for (int i = 0; i < 90; i++) {
		desk_run(desk, 100 * MS);
		free(hear(watcher, NULL));
	}
	is_sent_away(desk, guest_come(desk), "as many screens");
	for (size_t i = 0; i < COUNT(late); i++) {
		for (int k = 0; k < 20; k++) {
			desk_run(desk, 100 * MS);
			free(hear(watcher, NULL));
		}
		late[i] = guest_come(desk);
		hears(late[i], "{\"hello\"");
	}
	assert_int_equal(server_guests(desk->server), SERVER_GUESTS);
	desk_run(desk, SECOND);
	assert_true(lines_heard(watcher, "{\"model\"") > 5);
	for (int i = 1; i < SERVER_GUESTS; i++)
		close(fds[i]);
	for (size_t i = 0; i < COUNT(late); i++)
		close(late[i]);
	close(watcher);
	desk_free(desk);
}

/* Lines with bytes changed, cut and joined; the same seed gives the same ones. */
static void noise_does_no_harm(void **state)
{
	(void)state;
	static const char *const seeds[] = {
	    "{\"protocol\":1,\"version\":\"0.1.0\"}\n",
	    "{\"watch\":100}\n",
	    "{\"request\":7,\"command\":\"delay 2 +10ms\"}\n",
	    "{\"request\":4294967295,\"command\":\"\\u0000\\ud800\"}\n",
	};
	struct desk *desk = desk_new(geteuid());
	int good = guest_come(desk), fd = -1;
	unsigned random = 1;
	say(good, "{\"watch\":100}\n");
	for (int i = 0; i < 8000; i++) {
		char line[256];
		random = random * 1103515245 + 12345;
		size_t length = strlen(strcpy(line, seeds[random >> 16 & 3]));
		for (unsigned k = 0; k < (random >> 20 & 3); k++) {
			random = random * 1103515245 + 12345;
			line[(random >> 16) % length] = (char)(random >> 8);
		}
		if (random >> 28 == 3)
			length = (random >> 16) % length;
		if (fd < 0)
			fd = guest_come(desk);
		(void)!send(fd, line, length, MSG_NOSIGNAL);
		desk->now += MS;
		desk_step(desk);
		bool ended;
		free(hear(fd, &ended));
		if (ended) {
			close(fd);
			fd = -1;
		}
	}
	assert_in_range(lines_heard(good, "{\"model\""), 60, 90);
	assert_int_equal(desk->stops, 0);
	close(good);
	if (fd >= 0)
		close(fd);
	desk_free(desk);
}

/* --- one relay a user ---------------------------------------------------------------------------- */

static void lock_tells_the_living_from_the_dead(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	assert_int_equal(door_holder(&desk->door), 0);
	int lock = door_lock(&desk->door);
	assert_true(lock >= 0);
	assert_int_equal(door_lock(&desk->door), -EBUSY);
	assert_int_equal(door_holder(&desk->door), getpid());
	close(lock); /* as when the process is killed; its socket stays behind */
	assert_int_equal(door_holder(&desk->door), 0);
	server_free(desk->server, NULL);
	assert_int_equal(door_connect(&desk->door), -ECONNREFUSED);
	lock = door_lock(&desk->door);
	assert_true(lock >= 0);
	struct server_config config = {.port = {on_model, on_command, on_stop, desk},
	                               .listener = door_listen(&desk->door),
	                               .user = geteuid()};
	assert_true(config.listener >= 0);
	struct stat info;
	assert_int_equal(stat(desk->door.socket, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_int_equal(server_new(&desk->server, &config), 0);
	close(guest_come(desk));
	close(lock);
	desk_free(desk);
}

static void folder_of_others_is_refused(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	struct door door;
	assert_int_equal(chmod(desk->door.folder, 0777), 0);
	assert_int_equal(door_find(&door, false), -EACCES);
	assert_int_equal(chmod(desk->door.folder, 0700), 0);
	assert_int_equal(door_find(&door, true), 0);
	assert_string_not_equal(door.socket, desk->door.socket);
	char before[DOOR_PATH], long_name[DOOR_PATH + 1];
	snprintf(before, sizeof(before), "%s", getenv("XDG_RUNTIME_DIR"));
	memset(long_name, 'a', DOOR_PATH);
	long_name[DOOR_PATH] = 0;
	setenv("XDG_RUNTIME_DIR", long_name, 1);
	memset(&door, 'x', sizeof(door));
	assert_int_equal(door_find(&door, false), -ENAMETOOLONG);
	assert_string_equal(door.lock, "XDG_RUNTIME_DIR");
	assert_string_equal(door.socket, "XDG_RUNTIME_DIR");
	setenv("XDG_RUNTIME_DIR", before, 1);
	desk_free(desk);
}

/* --- the music ----------------------------------------------------------------------------------- */

#define HOUSE                                                                                      \
	"[world]\nrecord = FOLDER\n"                                                               \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\n"                                           \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"     \
	"[speaker Hall]\naddress = 00:00:5E:00:53:02\nlatency = 220 ms\nreports = 220 ms\n"

/* The text of a speaker's packet log, to be freed. */
static char *packets_of(const struct house *house, const char *dashed)
{
	char path[160], *text = calloc(1, 4 << 20);
	snprintf(path, sizeof(path), "%s/%s.packets", house->folder, dashed);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_in_range(fread(text, 1, (4 << 20) - 1, file), 1000, (4 << 20) - 1);
	fclose(file);
	return text;
}

/* Twenty seconds of two speakers; with guests that come, go, get stuck and talk nonsense, or without. */
static void evening(bool guests, char *packets[2])
{
	struct house *house = house_new(HOUSE);
	struct desk *desk = desk_new(geteuid());
	int fds[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
	desk->house = house;
	for (int step = 0; step < 2000; step++) {
		house_run(house, 10 * MS);
		if (!guests)
			continue;
		desk->now = house->now;
		int *fd = &fds[step / 10 % 8];
		if (step % 10 == 0 && *fd < 0) {
			*fd = guest_come(desk);
			say(*fd, "{\"watch\":50}\n{\"request\":1,\"command\":\"reset\"}\n");
		} else if (step % 10 == 0 && step / 10 % 3) { /* some are killed, some are stuck */
			close(*fd);
			*fd = -1;
		} else if (*fd >= 0 && step % 50 == 5) {
			(void)!send(*fd, "nonsense", 8, MSG_NOSIGNAL);
		}
		desk_step(desk);
	}
	for (int i = 0; i < 8; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	house_close(house);
	packets[0] = packets_of(house, "00-00-5E-00-53-01");
	packets[1] = packets_of(house, "00-00-5E-00-53-02");
	desk_free(desk);
	house_free(house);
}

static void guests_cost_no_packet_its_time(void **state)
{
	(void)state;
	char *alone[2], *visited[2];
	evening(false, alone);
	evening(true, visited);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(alone[i], visited[i]);
		free(alone[i]);
		free(visited[i]);
	}
}

static int descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* A day of visitors: one comes every five minutes, watches for a second, says something, and is gone. */
static void day_of_visitors(struct desk *desk, int visits)
{
	for (int visit = 0; visit < visits; visit++) {
		int fd = guest_come(desk);
		say(fd, "{\"watch\":100}\n{\"request\":1,\"command\":\"reset\"}\n");
		for (int i = 0; i < 10; i++, desk->now += 100 * MS) {
			desk_step(desk);
			free(hear(fd, NULL));
		}
		if (visit % 3 == 0) /* some of them in the middle of a word */
			say(fd, "{\"request\":2,\"comm");
		close(fd);
		assert_int_equal(desk_step(desk), INT64_MAX);
		desk->now += 299 * SECOND;
	}
}

static void day_of_visitors_leaves_nothing(void **state)
{
	(void)state;
	struct desk *desk = desk_new(geteuid());
	desk->model.speaker_count = 4;
	day_of_visitors(desk, 10);
	size_t before = mallinfo2().uordblks;
	int open_before = descriptors();
	day_of_visitors(desk, 24 * 12);
	assert_int_equal(descriptors(), open_before);
	/* a picture or two on its way may be counted or not; 600 a minute for each guest would be megabytes */
	assert_in_range(mallinfo2().uordblks, 0, before + 65536);
	assert_int_equal(server_guests(desk->server), 0);
	desk_free(desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_relay_is_told_apart),
	    cmocka_unit_test(guest_is_greeted),
	    cmocka_unit_test(watcher_gets_models_in_time),
	    cmocka_unit_test(events_come_once),
	    cmocka_unit_test(commands_are_answered),
	    cmocka_unit_test(leave_is_taken),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(huge_lines_are_refused),
	    cmocka_unit_test(other_users_are_refused),
	    cmocka_unit_test(stuck_guest_holds_nobody_up),
	    cmocka_unit_test(chatterbox_is_cut_off),
	    cmocka_unit_test(crowd_is_bounded),
	    cmocka_unit_test(silent_crowd_gives_way),
	    cmocka_unit_test(noise_does_no_harm),
	    cmocka_unit_test(lock_tells_the_living_from_the_dead),
	    cmocka_unit_test(folder_of_others_is_refused),
	    cmocka_unit_test(guests_cost_no_packet_its_time),
	    cmocka_unit_test(day_of_visitors_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
