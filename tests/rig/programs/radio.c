/* SPDX-License-Identifier: MIT */
/*
 * radio [OPTION]...: the guest's Bluetooth controllers hci0 and up (parts/controller.h) and the air between
 * them (parts/air.h). Takes commands, one a line, from a FIFO; prints what it does, with the time.
 *
 *     --controllers N   (4)      --socket PATH   btvirt's (/tmp/bt-server-bredrle)   --fifo PATH (/run/radio)
 *     --kbit N          (1400)   --latency US    (2000)    --loss PERCENT (0)    --seed N (1)
 *     --buffer BYTES    (1021)   --buffers N     (8)
 *
 *     kbit N              latency US             loss ADDRESS PERCENT
 *     fade ADDRESS MS     nothing to or from it gets through for so long
 *     cut ADDRESS         its links are lost     away ADDRESS, back ADDRESS: it does not answer pages
 *     plain ADDRESS       it can show and read nothing: pairing with it asks nobody
 *     pull ADDRESS        it is pulled out of the host     plug ADDRESS: it is put in again
 *     delay ADDRESS N     its delay reports say N tenths of a millisecond
 *     count               prints how many packets went, were lost, were flushed
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/clock.h"
#include "tests/rig/parts/controller.h"

static const struct option options[] = {
    {"controllers", 1, NULL, 'n'}, {"socket", 1, NULL, 'p'},
    {"fifo", 1, NULL, 'f'},        {"kbit", 1, NULL, 'k'},
    {"latency", 1, NULL, 'l'},     {"loss", 1, NULL, 'o'},
    {"seed", 1, NULL, 's'},        {"buffer", 1, NULL, 'b'},
    {"buffers", 1, NULL, 'c'},     {0},
};

static struct controllers_config config = {
    .count = 4,
    .socket_path = "/tmp/bt-server-bredrle",
    .buffer_bytes = 1021, /* what Intel's, Realtek's and Broadcom's controllers have */
    .buffers = 8,
    .air = {.kbit_per_second = 1400, .latency_ns = 2000000, .seed = 1},
};
static const char *fifo_path = "/run/radio";

static int read_options(int argc, char *argv[])
{
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		long number = optarg ? atol(optarg) : 0;
		switch (letter) {
		case 'n':
			config.count = (int)number;
			break;
		case 'p':
			config.socket_path = optarg;
			break;
		case 'f':
			fifo_path = optarg;
			break;
		case 'k':
			config.air.kbit_per_second = (uint32_t)number;
			break;
		case 'l':
			config.air.latency_ns = number * 1000;
			break;
		case 'o':
			config.air.loss_percent = (uint32_t)number;
			break;
		case 's':
			config.air.seed = (uint64_t)number;
			break;
		case 'b':
			config.buffer_bytes = (uint16_t)number;
			break;
		case 'c':
			config.buffers = (uint16_t)number;
			break;
		default:
			return -EINVAL;
		}
	}
	return config.air.kbit_per_second ? 0 : -EINVAL;
}

static void say(const char *format, ...)
{
	int64_t now = clock_now(&clock_monotonic);
	va_list arguments;
	printf("%lld.%06lld ", (long long)(now / 1000000000), (long long)(now / 1000 % 1000000));
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
}

static void count_print(struct controllers *all)
{
	const struct air_counters *counters = air_counters(controllers_air(all));
	say("sent %llu lost %llu flushed %llu", (unsigned long long)counters->sent,
	    (unsigned long long)counters->lost, (unsigned long long)counters->flushed);
}

static void plug(struct controllers *all, int number)
{
	int error = controllers_plug(all, number);
	if (error)
		say("it cannot be put in: %s", strerror(-error));
}

/* A command about one device.  Returns false for one that there is not. */
static bool obey_device(struct controllers *all, const char *verb, int number, long value)
{
	struct air *air = controllers_air(all);
	if (!strcmp(verb, "fade"))
		air_fade(air, number, clock_now(&clock_monotonic) + value * 1000000);
	else if (!strcmp(verb, "loss"))
		air_set_loss(air, number, (uint32_t)value);
	else if (!strcmp(verb, "cut"))
		controllers_cut(all, number);
	else if (!strcmp(verb, "away"))
		controllers_set_absent(all, number, true);
	else if (!strcmp(verb, "back"))
		controllers_set_absent(all, number, false);
	else if (!strcmp(verb, "plain"))
		controllers_set_plain(all, number);
	else if (!strcmp(verb, "pull"))
		controllers_pull(all, number);
	else if (!strcmp(verb, "plug"))
		plug(all, number);
	else if (!strcmp(verb, "delay"))
		controllers_set_delay(all, number, (int)value);
	else
		return false;
	return true;
}

static void obey(struct controllers *all, const char *line)
{
	char verb[16] = "", address[18] = "";
	long value = 0;
	int words = sscanf(line, "%15s %17s %ld", verb, address, &value);
	long only = atol(address);
	say("%s", line);
	if (words == 1 && !strcmp(verb, "count"))
		count_print(all);
	else if (words == 2 && !strcmp(verb, "kbit") && only > 0)
		air_set_rate(controllers_air(all), (uint32_t)only);
	else if (words == 2 && !strcmp(verb, "latency"))
		air_set_latency(controllers_air(all), only * 1000);
	else if (words < 2 || controllers_find(all, address) < 0 ||
	         !obey_device(all, verb, controllers_find(all, address), value))
		say("that was no command, or there is no such device");
}

static void read_commands(struct controllers *all, int fifo)
{
	char text[512];
	ssize_t size = read(fifo, text, sizeof(text) - 1);
	text[size > 0 ? size : 0] = 0;
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		obey(all, line);
}

int main(int argc, char *argv[])
{
	struct controllers *all;
	if (read_options(argc, argv) < 0) {
		fprintf(stderr, "radio: see the head of tests/rig/programs/radio.c\n");
		return 64;
	}
	if (mkfifo(fifo_path, 0622) < 0 && errno != EEXIST) {
		fprintf(stderr, "radio: %s: %m\n", fifo_path);
		return 73;
	}
	int fifo = open(fifo_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int error = fifo < 0 ? -errno : controllers_open(&all, &config);
	if (error) {
		fprintf(stderr, "radio: cannot open the controllers: %s\n", strerror(-error));
		return 69;
	}
	prctl(PR_SET_TIMERSLACK, 1); /* ns; else packets land up to 50 us late, two frames */
	say("%d controllers", config.count);
	int ready;
	while ((ready = controllers_run(all, fifo, INT64_MAX)) >= 0)
		if (ready)
			read_commands(all, fifo);
	say("over: %s", strerror(-ready));
	count_print(all);
	controllers_close(all);
	return 0;
}
