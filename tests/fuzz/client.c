/* SPDX-License-Identifier: MIT */
/* A screen's side of the socket, with a relay at the other end that says anything and hangs up. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/door.h"

struct said {
	int listener;
	const uint8_t *data;
	size_t size;
};

static void on_model(void *user, const struct model *model)
{
	(void)user;
	fuzz_require(model->speaker_count <= MODEL_SPEAKERS && model->event_count <= MODEL_EVENTS,
	             "nothing is beyond its end");
}

static void on_answer(void *user, uint32_t request, int result, const char *text)
{
	(void)user, (void)request;
	fuzz_require(result <= 0 && strlen(text) < 256, "an answer is one");
}

/* Greets, unless the input does so itself, and says the rest. */
static void *speak(void *user)
{
	static const char hello[] = "{\"hello\":\"echorelay\",\"version\":\"0\",\"protocol\":1,"
				    "\"world\":null,\"pid\":1}\n";
	const struct said *said = user;
	int fd = accept(said->listener, NULL, NULL);
	if (said->size && said->data[0] != '{')
		send(fd, hello, strlen(hello), MSG_NOSIGNAL);
	send(fd, said->data, said->size, MSG_NOSIGNAL);
	close(fd);
	return NULL;
}

static void listen_to_it(void)
{
	const struct client_port port = {on_model, on_answer, NULL};
	struct client *client;
	char message[512] = "";
	int error = client_open(&client, false, 5000, &port, message, sizeof(message));
	fuzz_require(!error || *message, "an error has words");
	if (error)
		return;
	client_watch(client, 100);
	client_command(client, 1, "mute 1 on");
	while (!client_wait(client, 5000))
		;
	fuzz_require(*client_parting(client), "an end has words");
	client_free(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct door door;
	static struct said said = {.listener = -1};
	pthread_t relay;
	if (said.listener < 0) {
		setenv("XDG_RUNTIME_DIR", fuzz_folder(), 1);
		fuzz_require(!door_find(&door, false), "there is a door");
		said.listener = door_listen(&door);
		fuzz_require(fcntl(said.listener, F_SETFL, 0) == 0, "somebody listens");
	}
	said.data = data;
	said.size = size;
	fuzz_require(!pthread_create(&relay, NULL, speak, &said), "there is a thread");
	listen_to_it();
	pthread_join(relay, NULL);
	return 0;
}
