/* SPDX-License-Identifier: MIT */
#include "daemon/server.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/door.h"
#include "daemon/lines.h"
#include "daemon/wire.h"

#define MS_NS 1000000ll
#define OUT_MOST (512 * 1024)        /* the largest model, and answers */
#define STUCK_NS (10 * 1000 * MS_NS) /* so long useless: may be sent away for another */
#define NEVER INT64_MAX

struct guest {
	bool here;
	struct lines lines;
	bool polls_out;      /* epoll tells when it takes more */
	int32_t every_ms;    /* WIRE_NOT_WATCHING: shows it nothing */
	int64_t frame_at;    /* when its next frame is due, or NEVER */
	int64_t event;       /* number of the last one it was sent */
	int64_t heard_at;    /* when it has last said a whole line, or come */
	int64_t stuck_since; /* it has read nothing since, or NEVER */
};

struct server {
	struct server_config config;
	int epoll;
	struct guest guests[SERVER_GUESTS];
	const struct model *model; /* of this step, once somebody wants it; and its text */
	char *frame;
	sd_event_source *io, *timer;
};

/* --- guests -------------------------------------------------------------------------------------- */

static void guest_close(struct guest *guest)
{
	lines_free(&guest->lines); /* leaves epoll, too */
	*guest = (struct guest){.here = false};
}

/* Queues a line and frees it.  Whoever lets answers pile up has gone too far. */
static void guest_say(struct guest *guest, char *line)
{
	if (!line || lines_put(&guest->lines, line, strlen(line)) < 0)
		guest_close(guest);
	free(line);
}

static void guest_refuse(struct guest *guest, const char *why)
{
	guest_say(guest, wire_error_write(why));
	if (!guest->here)
		return;
	lines_flush(&guest->lines);
	guest_close(guest);
}

static void guest_flush(struct server *server, struct guest *guest, int64_t now)
{
	long sent = lines_flush(&guest->lines);
	bool waits = lines_waiting(&guest->lines);
	if (sent < 0) {
		guest_close(guest);
		return;
	}
	if (!waits)
		guest->stuck_since = NEVER;
	else if (sent > 0 || guest->stuck_since == NEVER)
		guest->stuck_since = now;
	if (waits == guest->polls_out)
		return;
	struct epoll_event wanted = {.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN,
	                             .data.ptr = guest};
	epoll_ctl(server->epoll, EPOLL_CTL_MOD, guest->lines.fd, &wanted);
	guest->polls_out = waits;
}

/* Since when it does not read what it is shown; or is shown nothing, and says nothing.  NEVER: it does. */
static int64_t useless_since(const struct guest *guest)
{
	if (guest->stuck_since != NEVER)
		return guest->stuck_since;
	return guest->every_ms == WIRE_NOT_WATCHING ? guest->heard_at : NEVER;
}

/* A free place; if there is none, that of the guest that has had no use for it for the longest time. */
static struct guest *guest_place(struct server *server, int64_t now)
{
	struct guest *stuck = NULL;
	for (int i = 0; i < SERVER_GUESTS; i++) {
		struct guest *guest = &server->guests[i];
		int64_t since = useless_since(guest);
		if (!guest->here)
			return guest;
		if (since != NEVER && now - since >= STUCK_NS &&
		    (!stuck || since < useless_since(stuck)))
			stuck = guest;
	}
	if (stuck)
		guest_close(stuck);
	return stuck;
}

static void stranger_refuse(int fd, const char *why)
{
	char *line = wire_error_write(why);
	if (line)
		send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	free(line);
	close(fd);
}

static void guest_welcome(struct server *server, struct guest *guest, int fd, int64_t now)
{
	struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = guest};
	*guest = (struct guest){
	    .here = true,
	    .every_ms = WIRE_NOT_WATCHING,
	    .frame_at = NEVER,
	    .heard_at = now,
	    .stuck_since = NEVER,
	};
	lines_init(&guest->lines, fd, WIRE_REQUEST_MOST, OUT_MOST);
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &wanted) < 0)
		guest_close(guest);
	else
		guest_say(guest, wire_hello_write(VERSION, server->config.world, (int)getpid()));
}

static void guests_accept(struct server *server, int64_t now)
{
	int fd;
	while ((fd = accept4(server->config.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >=
	       0) {
		if (!door_peer_allowed(fd, server->config.user)) {
			stranger_refuse(fd, "this relay is another user's");
			continue;
		}
		struct guest *guest = guest_place(server, now);
		if (guest)
			guest_welcome(server, guest, fd, now);
		else
			stranger_refuse(fd, "as many screens as there may be are attached already");
	}
}

/* --- what they ask ------------------------------------------------------------------------------- */

static void run_command(struct server *server, struct guest *guest,
                        const struct wire_request *request, int64_t now)
{
	char reply[WIRE_TEXT] = "";
	const struct server_port *port = &server->config.port;
	int result = port->command(port->user, request->command, reply, sizeof(reply));
	guest_say(guest, wire_answer_write(request->id, result, reply));
	if (guest->here && guest->every_ms != WIRE_NOT_WATCHING)
		guest->frame_at = now; /* it sees at once what it has done */
}

static void run_stop(struct server *server, struct guest *guest, uint32_t id)
{
	guest_say(guest, wire_answer_write(id, 0, "stopping"));
	if (guest->here)
		lines_flush(&guest->lines);
	server->config.port.stop(server->config.port.user);
}

static void run_watch(struct guest *guest, int32_t every_ms, int64_t now)
{
	guest->every_ms = every_ms;
	guest->frame_at = every_ms == WIRE_NOT_WATCHING ? NEVER : now;
}

static void line_take(struct server *server, struct guest *guest, const char *line, size_t length,
                      int64_t now)
{
	struct wire_request request;
	char problem[WIRE_TEXT];
	if (wire_request_read(&request, line, length, problem, sizeof(problem)) < 0) {
		guest_refuse(guest, problem);
		return;
	}
	guest->heard_at = now;
	switch (request.kind) {
	case WIRE_GREET:
		break;
	case WIRE_WATCH:
		run_watch(guest, request.every_ms, now);
		break;
	case WIRE_RUN:
		run_command(server, guest, &request, now);
		break;
	case WIRE_STOP:
		run_stop(server, guest, request.id);
		break;
	}
}

/* Reads once: a guest that talks without end must not keep the relay from its work. */
static void guest_hear(struct server *server, struct guest *guest, int64_t now)
{
	size_t length;
	char *line;
	int error = lines_receive(&guest->lines);
	if (error == -EMSGSIZE) {
		guest_refuse(guest, "the line is too long");
		return;
	}
	if (error && error != -EAGAIN) {
		guest_close(guest);
		return;
	}
	while (guest->here && (line = lines_next(&guest->lines, &length)))
		line_take(server, guest, line, length, now);
}

/* --- frames -------------------------------------------------------------------------------------- */

/* One text for all who get a frame in this step. */
static void frame_send(struct server *server, struct guest *guest)
{
	if (!server->model)
		server->model = server->config.port.model(server->config.port.user);
	if (!server->frame)
		server->frame = wire_model_write(server->model);
	const struct model *model = server->model;
	char *events = wire_events_write(model, guest->event), *line = NULL;
	if (server->frame && events && asprintf(&line, "%s%s", server->frame, events) < 0)
		line = NULL;
	free(events);
	if (model->event_count)
		guest->event = model->events[model->event_count - 1].number;
	guest_say(guest, line);
}

/* A guest that has not taken its last frame yet misses this one. */
static void frame_due(struct server *server, struct guest *guest, int64_t now)
{
	guest_flush(server, guest, now); /* answers come first */
	if (guest->here && !lines_waiting(&guest->lines))
		frame_send(server, guest);
	if (!guest->here)
		return;
	int64_t period = guest->every_ms * MS_NS;
	if (!period)
		guest->every_ms = WIRE_NOT_WATCHING;
	guest->frame_at = period ? now + period : NEVER;
}

static int64_t frames_send(struct server *server, int64_t now)
{
	int64_t next = NEVER;
	for (int i = 0; i < SERVER_GUESTS; i++) {
		struct guest *guest = &server->guests[i];
		if (guest->here && guest->frame_at <= now)
			frame_due(server, guest, now);
		if (guest->here && lines_waiting(&guest->lines))
			guest_flush(server, guest, now);
		if (guest->here && guest->frame_at < next)
			next = guest->frame_at;
	}
	free(server->frame);
	server->frame = NULL;
	server->model = NULL;
	return next;
}

/* --- the server ---------------------------------------------------------------------------------- */

int64_t server_step(struct server *server, int64_t now)
{
	struct epoll_event events[SERVER_GUESTS + 1];
	int count = epoll_wait(server->epoll, events, SERVER_GUESTS + 1, 0);
	for (int i = 0; i < count; i++) {
		struct guest *guest = events[i].data.ptr;
		if (guest && guest->here && events[i].events & EPOLLOUT)
			guest_flush(server, guest, now);
		if (guest && guest->here && events[i].events & ~(uint32_t)EPOLLOUT)
			guest_hear(server, guest, now);
	}
	guests_accept(server, now); /* last: a place that got free in this step is not mistaken */
	return frames_send(server, now);
}

int server_new(struct server **ret_server, const struct server_config *config)
{
	struct server *server = calloc(1, sizeof(*server));
	struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = NULL};
	if (!server) {
		close(config->listener);
		return -ENOMEM;
	}
	server->config = *config;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server->epoll < 0 ||
	    epoll_ctl(server->epoll, EPOLL_CTL_ADD, config->listener, &wanted) < 0) {
		int error = -errno;
		server_free(server, NULL);
		return error;
	}
	*ret_server = server;
	return 0;
}

void server_free(struct server *server, const char *words)
{
	if (!server)
		return;
	for (int i = 0; i < SERVER_GUESTS; i++) {
		struct guest *guest = &server->guests[i];
		if (guest->here && words)
			guest_say(guest, wire_bye_write(words));
		if (!guest->here)
			continue;
		lines_flush(&guest->lines);
		guest_close(guest);
	}
	sd_event_source_unref(server->io);
	sd_event_source_unref(server->timer);
	close(server->config.listener);
	if (server->epoll >= 0)
		close(server->epoll);
	free(server);
}

int server_guests(const struct server *server)
{
	int count = 0;
	for (int i = 0; i < SERVER_GUESTS; i++)
		count += server->guests[i].here;
	return count;
}

/* --- in a loop ----------------------------------------------------------------------------------- */

static int step_in_loop(struct server *server)
{
	uint64_t us;
	int error = sd_event_now(sd_event_source_get_event(server->io), CLOCK_MONOTONIC, &us);
	if (error < 0)
		return error;
	int64_t next = server_step(server, (int64_t)us * 1000);
	if (next == NEVER)
		return sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
	error = sd_event_source_set_time(server->timer, (uint64_t)next / 1000);
	return error < 0 ? error : sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source, (void)fd, (void)events;
	return step_in_loop(user);
}

static int on_timer(sd_event_source *source, uint64_t us, void *user)
{
	(void)source, (void)us;
	return step_in_loop(user);
}

int server_attach(struct server *server, sd_event *event)
{
	int error = sd_event_add_io(event, &server->io, server->epoll, EPOLLIN, on_io, server);
	if (error >= 0)
		error = sd_event_source_set_priority(server->io, SD_EVENT_PRIORITY_IDLE);
	if (error >= 0)
		error = sd_event_add_time(event, &server->timer, CLOCK_MONOTONIC, 0, 1000, on_timer,
		                          server);
	if (error >= 0)
		error = sd_event_source_set_priority(server->timer, SD_EVENT_PRIORITY_IDLE);
	return error < 0 ? error : 0;
}
