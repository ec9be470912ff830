/* SPDX-License-Identifier: MIT */
/*
 * fake-echo hciN NAME ADDRESS [OPTION]...: an Amazon Echo, on an adapter of the guest. Told to connect, it plays to
 * its one Bluetooth speaker a click a second over a tone (parts/clicks.h). Each stream begins at the tone's height.
 *
 *     --rate HZ (44100)   --ppm N (0) its clock   --bitpool N (53) at the most
 *     --sink              is an A2DP sink as well, as real ones are
 *     --paused            does not play before it is told to
 *     --fifo PATH         takes commands there (/run/echo)   --log FILE   else stdout
 *
 * Commands, one a line:
 *     connect, disconnect
 *     pause, resume       the stream is suspended, or goes on
 *     hush                says that it plays on, and sends nothing until its next stream
 *     rate HZ             disconnects, comes back a second after that at this rate
 *     volume N            AVRCP, 0 to 127
 *
 * The log; NS is CLOCK_MONOTONIC, in nanoseconds:
 *     start NS RATE             packets go out          stop NS
 *     click NS PACKET_NS        a click went out: its own instant, counted on from its packet's
 *     delay NS MS               the speaker reported so much
 *     end packets=N refused=N
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "a2dp/sbc_stream.h"
#include "bluez/bus.h"
#include "engine/clock.h"
#include "tests/rig/parts/adapter.h"
#include "tests/rig/parts/clicks.h"
#include "tests/rig/parts/endpoint.h"

#define CONNECT_TIMEOUT_US 60000000
#define START_US 500000 /* from a transport, or a failed attempt, to the next attempt to start */
#define RETURN_US 1000000

static const struct option options[] = {
    {"rate", 1, NULL, 'r'},    {"ppm", 1, NULL, 'p'},
    {"bitpool", 1, NULL, 'b'}, {"sink", 0, NULL, 's'},
    {"paused", 0, NULL, 'q'},  {"fifo", 1, NULL, 'f'},
    {"log", 1, NULL, 'o'},     {0},
};

struct echo {
	const char *hci, *name, *target, *fifo_path;
	uint32_t rate;
	double ppm;
	unsigned bitpool;
	bool has_sink, wants_to_play, comes_back;

	sd_event *event;
	sd_bus *bus;
	struct endpoint *endpoint, *sink;
	sd_bus_slot *calling;
	sd_event_source *starting, *returning, *pacing;

	bool streaming;
	struct sbc_stream stream;
	int64_t start_ns, sent_frames; /* of this stream */
	int64_t position;              /* of the sound */
	uint64_t packets, refused;
};

static int64_t now_ns(void)
{
	return clock_now(&clock_monotonic);
}

static void device_path(const struct echo *echo, char path[ADAPTER_PATH_BYTES])
{
	adapter_path(path, echo->hci, echo->target);
}

/* Calls `act` once, `after_us` from now. */
static void timer_set(struct echo *echo, sd_event_source **timer, uint64_t after_us,
                      sd_event_time_handler_t act)
{
	*timer = sd_event_source_disable_unref(*timer);
	sd_event_add_time_relative(echo->event, timer, CLOCK_MONOTONIC, after_us, 1, act, echo);
}

/* --- the sound --------------------------------------------------------------------------------- */

static int64_t frame_ns(const struct echo *echo, double frames)
{
	return echo->start_ns +
	       (int64_t)(frames * 1e9 / (echo->stream.config.rate * (1 + echo->ppm * 1e-6)));
}

static void clicks_print(const struct echo *echo, unsigned count, int64_t now)
{
	double click = clicks_next(echo->position, echo->stream.config.rate);
	double into = click - (double)echo->position;
	if (into < count)
		printf("click %lld %lld\n",
		       (long long)frame_ns(echo, (double)echo->sent_frames + into), (long long)now);
}

static void packet_send(struct echo *echo, int fd)
{
	struct frame frames[SBC_STREAM_PACKET_SAMPLES];
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	unsigned count = echo->stream.frames_per_packet *
	                 sbc_config_frame_samples(&echo->stream.config);
	int64_t now = now_ns();
	clicks_fill(frames, echo->position, count, echo->stream.config.rate);
	clicks_print(echo, count, now);
	ssize_t size =
	    sbc_stream_encode(&echo->stream, frames, echo->stream.frames_per_packet, packet);
	if (size > 0 && send(fd, packet, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL) == size)
		echo->packets++;
	else
		echo->refused++;
	echo->position += count;
	echo->sent_frames += count;
}

static int on_pace(sd_event_source *source, uint64_t due, void *user)
{
	struct echo *echo = user;
	(void)due;
	packet_send(echo, endpoint_transport(echo->endpoint)->fd);
	sd_event_source_set_time(source,
	                         (uint64_t)frame_ns(echo, (double)echo->sent_frames) / 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- the stream -------------------------------------------------------------------------------- */

static int on_start_due(sd_event_source *source, uint64_t due, void *user)
{
	struct echo *echo = user;
	(void)source, (void)due;
	if (!endpoint_transport(echo->endpoint) || !echo->wants_to_play || echo->streaming)
		return 0;
	endpoint_acquire(echo->endpoint);
	timer_set(echo, &echo->starting, 4 * START_US, on_start_due);
	return 0;
}

static void stream_end(struct echo *echo)
{
	if (!echo->streaming)
		return;
	echo->streaming = false;
	echo->pacing = sd_event_source_disable_unref(echo->pacing);
	sbc_stream_finish(&echo->stream);
	printf("stop %lld\n", (long long)now_ns());
}

static void on_acquired(void *user)
{
	struct echo *echo = user;
	const struct transport *transport = endpoint_transport(echo->endpoint);
	if (sbc_stream_init(&echo->stream, transport->configuration, transport->mtu_write) < 0)
		return;
	sbc_stream_set_bitpool(&echo->stream, echo->bitpool);
	echo->streaming = true;
	echo->start_ns = now_ns();
	echo->position = clicks_between(echo->stream.config.rate);
	echo->sent_frames = 0;
	printf("start %lld %u\n", (long long)echo->start_ns, echo->stream.config.rate);
	timer_set(echo, &echo->pacing, 0, on_pace);
}

static void on_configured(void *user)
{
	struct echo *echo = user;
	timer_set(echo, &echo->starting, START_US, on_start_due);
}

/* The other end stopped the stream: an Echo that plays starts it again. */
static void on_state(void *user)
{
	struct echo *echo = user;
	if (strcmp(endpoint_transport(echo->endpoint)->state, "idle") != 0 || !echo->streaming)
		return;
	stream_end(echo);
	endpoint_close(echo->endpoint);
	timer_set(echo, &echo->starting, START_US, on_start_due);
}

static void on_value(void *user, const char *name, uint16_t value)
{
	(void)user;
	if (!strcmp(name, "Delay"))
		printf("delay %lld %.1f\n", (long long)now_ns(), value / 10.0);
}

static void on_cleared(void *user)
{
	stream_end(user);
}

static const struct endpoint_events events = {on_configured, on_state, on_acquired, on_value,
                                              on_cleared};

/* --- commands ---------------------------------------------------------------------------------- */

static int on_return(sd_event_source *source, uint64_t due, void *user);

static int on_answer(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct echo *echo = user;
	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL))
		fprintf(stderr, "fake-echo: %s\n", sd_bus_message_get_error(reply)->message);
	echo->calling = sd_bus_slot_unref(echo->calling);
	if (echo->comes_back)
		timer_set(echo, &echo->returning, RETURN_US, on_return);
	echo->comes_back = false;
	return 0;
}

static void device_call(struct echo *echo, const char *method, const char *argument)
{
	char path[ADAPTER_PATH_BYTES];
	device_path(echo, path);
	bus_call(echo->bus, &echo->calling, path, "org.bluez.Device1", method, CONNECT_TIMEOUT_US,
	         on_answer, echo, argument ? "s" : "", argument);
}

static int on_return(sd_event_source *source, uint64_t due, void *user)
{
	(void)source, (void)due;
	device_call(user, "ConnectProfile", A2DP_SINK_UUID);
	return 0;
}

static void obey(struct echo *echo, const char *line)
{
	unsigned value = 0;
	printf("# %s\n", line);
	if (!strcmp(line, "pause")) {
		echo->wants_to_play = false;
		stream_end(echo);
		endpoint_release(echo->endpoint);
	} else if (!strcmp(line, "resume")) {
		echo->wants_to_play = true;
		timer_set(echo, &echo->starting, 0, on_start_due);
	} else if (!strcmp(line, "hush")) {
		echo->pacing = sd_event_source_disable_unref(echo->pacing);
	} else if (sscanf(line, "rate %u", &value) == 1) {
		endpoint_set_rate(echo->endpoint, value);
		echo->comes_back = true; /* the link lasts for two seconds more */
		device_call(echo, "Disconnect", NULL);
	} else if (!strcmp(line, "disconnect")) {
		device_call(echo, "Disconnect", NULL);
	} else if (!strcmp(line, "connect")) {
		device_call(echo, "ConnectProfile", A2DP_SINK_UUID);
	} else if (sscanf(line, "volume %u", &value) == 1) {
		endpoint_set_value(echo->endpoint, "Volume", (uint16_t)value);
	} else {
		printf("# no such command\n");
	}
}

static int on_command(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	char text[512], *rest = NULL;
	ssize_t size = read(fd, text, sizeof(text) - 1);
	(void)source, (void)revents;
	text[size > 0 ? size : 0] = 0;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		obey(user, line);
	return 0;
}

/* --- the whole --------------------------------------------------------------------------------- */

static int read_options(struct echo *echo, int argc, char *argv[])
{
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (letter) {
		case 'r':
			echo->rate = (uint32_t)atol(optarg);
			break;
		case 'p':
			echo->ppm = atof(optarg);
			break;
		case 'b':
			echo->bitpool = (unsigned)atol(optarg);
			break;
		case 's':
			echo->has_sink = true;
			break;
		case 'q':
			echo->wants_to_play = false;
			break;
		case 'f':
			echo->fifo_path = optarg;
			break;
		case 'o':
			if (!freopen(optarg, "w", stdout))
				return -errno;
			break;
		default:
			return -EINVAL;
		}
	if (argc - optind != 3)
		return -EINVAL;
	echo->hci = argv[optind];
	echo->name = argv[optind + 1];
	echo->target = argv[optind + 2];
	return 0;
}

static int fifo_open(struct echo *echo)
{
	if (mkfifo(echo->fifo_path, 0622) < 0 && errno != EEXIST)
		return -errno;
	int fd = open(echo->fifo_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : sd_event_add_io(echo->event, NULL, fd, EPOLLIN, on_command, echo);
}

static int echo_start(struct echo *echo)
{
	struct endpoint_config source = {.hci = echo->hci, .name = "source"};
	struct endpoint_config sink = {.hci = echo->hci, .name = "sink", .sink = true};
	memcpy(source.capabilities, sbc_config_capabilities, SBC_CONFIG_BYTES);
	memcpy(sink.capabilities, sbc_config_capabilities, SBC_CONFIG_BYTES);
	int error = adapter_up(echo->bus, echo->hci, echo->name);
	if (!error)
		error = endpoint_new(&echo->endpoint, echo->bus, &source, &events, echo);
	if (!error && echo->has_sink)
		error = endpoint_new(&echo->sink, echo->bus, &sink, NULL, echo);
	if (!error)
		error = fifo_open(echo);
	if (!error)
		endpoint_set_rate(echo->endpoint, echo->rate);
	return error < 0 ? error : 0;
}

int main(int argc, char *argv[])
{
	static struct echo echo = {
	    .rate = 44100, .bitpool = 53, .wants_to_play = true, .fifo_path = "/run/echo"};
	sigset_t signals;
	if (read_options(&echo, argc, argv) < 0) {
		fprintf(stderr, "fake-echo: see the head of tests/rig/programs/fake-echo.c\n");
		return 64;
	}
	setvbuf(stdout, NULL, _IOLBF,
	        0); /* after --log: a reopened stream has a buffer of its own */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (sd_event_default(&echo.event) < 0 || bus_open_system(&echo.bus) < 0 ||
	    sd_bus_attach_event(echo.bus, echo.event, 0) < 0 ||
	    sd_event_add_signal(echo.event, NULL, SIGTERM, NULL, NULL) < 0) {
		fprintf(stderr, "fake-echo: no system bus\n");
		return 69;
	}
	if (echo_start(&echo) < 0)
		return 69;
	sd_event_loop(echo.event);
	stream_end(&echo);
	printf("end packets=%llu refused=%llu\n", (unsigned long long)echo.packets,
	       (unsigned long long)echo.refused);
	return 0;
}
