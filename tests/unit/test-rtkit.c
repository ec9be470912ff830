/* SPDX-License-Identifier: MIT */
/* Asking rtkit for real-time priority, of one that is made up, at the other end of a socket. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "bluez/bus.h"
#include "relay/rtkit.h"

#define SERVICE "org.freedesktop.RealtimeKit1"
#define THREAD 4711
#define TURNS 2000

struct daemon {
	sd_bus *bus;
	int32_t priority_most;
	int64_t time_most;
	bool refuses;
	int calls;
	uint64_t thread;
	uint32_t priority;
	rlim_t limit; /* of time, as it was when it was asked */
};

struct asker {
	struct rtkit *rtkit;
	int answers;
	char problem[64];
};

static int make(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct daemon *daemon = user;
	struct rlimit limit;
	daemon->calls++;
	if (sd_bus_message_read(call, "tu", &daemon->thread, &daemon->priority) < 0)
		return -EINVAL;
	getrlimit(RLIMIT_RTTIME, &limit);
	daemon->limit = limit.rlim_max;
	if (daemon->refuses)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "not at the screen");
	return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("MinNiceLevel", "i", NULL, offsetof(struct daemon, priority_most), 0),
    SD_BUS_PROPERTY("MaxRealtimePriority", "i", NULL, offsetof(struct daemon, priority_most), 0),
    SD_BUS_PROPERTY("RTTimeUSecMax", "x", NULL, offsetof(struct daemon, time_most), 0),
    SD_BUS_METHOD("MakeThreadRealtime", "tu", "", make, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* The real one has Get alone. */
static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)user, (void)error;
	if (!sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", "GetAll"))
		return 0;
	sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_METHOD, "no such method");
	return 1;
}

static void on_answer(void *user, const char *problem)
{
	struct asker *asker = user;
	asker->answers++;
	snprintf(asker->problem, sizeof(asker->problem), "%s", problem ? problem : "");
}

static void daemon_serve(struct daemon *daemon, int fd)
{
	sd_id128_t id;
	sd_id128_randomize(&id);
	assert_true(sd_bus_new(&daemon->bus) >= 0);
	assert_true(sd_bus_set_fd(daemon->bus, fd, fd) >= 0);
	sd_bus_set_server(daemon->bus, 1, id);
	sd_bus_set_anonymous(daemon->bus, 1);
	assert_true(sd_bus_start(daemon->bus) >= 0);
	assert_true(sd_bus_add_filter(daemon->bus, NULL, on_call, NULL) >= 0);
	if (daemon->time_most >= 0)
		assert_true(sd_bus_add_object_vtable(daemon->bus, NULL,
		                                     "/org/freedesktop/RealtimeKit1", SERVICE,
		                                     vtable, daemon) >= 0);
}

/* Asks, and runs both ends until there is an answer. */
static struct asker ask(struct daemon *daemon)
{
	struct asker asker = {.answers = 0};
	sd_bus *bus;
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
	                 0);
	daemon_serve(daemon, fds[1]);
	assert_int_equal(bus_open_peer(&bus, fds[0]), 0);
	assert_int_equal(rtkit_ask(&asker.rtkit, bus, THREAD, on_answer, &asker), 0);
	for (int i = 0; i < TURNS && !asker.answers; i++) {
		sd_bus_process(daemon->bus, NULL);
		sd_bus_process(bus, NULL);
	}
	rtkit_free(asker.rtkit);
	sd_bus_close_unref(bus);
	sd_bus_close_unref(daemon->bus);
	assert_int_equal(asker.answers, 1);
	return asker;
}

static void priority_is_given(void **state)
{
	(void)state;
	struct daemon daemon = {.priority_most = 20, .time_most = 200000};
	struct asker asker = ask(&daemon);
	assert_string_equal(asker.problem, "");
	assert_int_equal(daemon.thread, THREAD);
	assert_int_equal(daemon.priority, 19); /* below PipeWire's */
	assert_true(daemon.limit <= 200000);
}

static void refusal_is_told(void **state)
{
	(void)state;
	struct daemon daemon = {.priority_most = 1, .time_most = 200000, .refuses = true};
	struct asker asker = ask(&daemon);
	assert_string_equal(asker.problem, "rtkit refuses");
	assert_int_equal(daemon.priority, 1);
}

/* A limit of no time would end the process at its first step. */
static void no_time_is_no_offer(void **state)
{
	(void)state;
	struct daemon daemon = {.priority_most = 20, .time_most = 0};
	struct asker asker = ask(&daemon);
	assert_string_equal(asker.problem, "rtkit tells no limits");
	assert_int_equal(daemon.calls, 0);
}

static void no_rtkit_is_told(void **state)
{
	(void)state;
	struct daemon daemon = {.time_most = -1};
	struct asker asker = ask(&daemon);
	assert_string_equal(asker.problem, "there is no rtkit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(priority_is_given),
	    cmocka_unit_test(refusal_is_told),
	    cmocka_unit_test(no_time_is_no_offer),
	    cmocka_unit_test(no_rtkit_is_told),
	};
	return RUN(tests);
}
