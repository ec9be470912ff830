/* SPDX-License-Identifier: MIT */
/* The relay's socket: up to three guests who say anything, in pieces, and leave when they like. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/door.h"
#include "daemon/server.h"

#define GUESTS 3
#define STEP_NS 20000000

static struct model model;
static struct door door;

static const struct model *on_model(void *user)
{
	(void)user;
	return &model;
}

static int on_command(void *user, const char *line, char *reply, size_t size)
{
	(void)user;
	fuzz_require(strlen(line) < 512, "a command is no longer than commands are");
	snprintf(reply, size, "%s", line);
	return 0;
}

static void on_stop(void *user)
{
	(void)user;
}

static void hear(int fd)
{
	char bytes[65536];
	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

/* One thing that a guest does: come, say something, hear, leave. */
static void act(int *guest, struct fuzz_input *input)
{
	char text[256];
	uint8_t what = fuzz_byte(input) % 8;
	if (*guest < 0) {
		*guest = door_connect(&door);
	} else if (what == 0) {
		close(*guest);
		*guest = -1;
	} else if (what == 1) {
		hear(*guest);
	} else {
		fuzz_word(input, text, sizeof(text));
		send(*guest, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
		if (what > 4)
			send(*guest, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	int guests[GUESTS] = {-1, -1, -1};
	struct server *server;
	setenv("XDG_RUNTIME_DIR", fuzz_folder(), 1);
	fuzz_require(!door_find(&door, false), "there is a door");
	struct server_config config = {.port = {on_model, on_command, on_stop, NULL},
	                               .listener = door_listen(&door),
	                               .user = geteuid()};
	fuzz_require(config.listener >= 0 && !server_new(&server, &config), "there is a server");
	int64_t now = 0;
	while (input.left) {
		act(&guests[fuzz_byte(&input) % GUESTS], &input);
		server_step(server, now += STEP_NS);
	}
	server_free(server, "it is over");
	for (int i = 0; i < GUESTS; i++)
		if (guests[i] >= 0)
			close(guests[i]);
	return 0;
}
