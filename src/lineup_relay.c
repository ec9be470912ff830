/* SPDX-License-Identifier: MIT */
#include "lineup_relay.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "engine/clock.h"
#include "pipewire/capture.h"
#include "pipewire/microphone.h"

int lineup_fail(int code, const char *message)
{
	fprintf(stderr, "echorelay: %s\n", message);
	return code;
}

static int read_config(struct lineup_relay *house)
{
	char path[SETTINGS_PATH + 32], message[512], folder[SETTINGS_PATH];
	settings_init(&house->settings);
	if (!house->config && settings_config_directory(folder, sizeof(folder)) < 0)
		return EX_OK;
	if (!house->config)
		snprintf(path, sizeof(path), "%s/echorelay.conf", folder);
	int error = settings_read_config(&house->settings, house->config ? house->config : path,
	                                 message, sizeof(message));
	if (!error || (error == -ENOENT && !house->config))
		return EX_OK;
	return lineup_fail(error == -EINVAL ? EX_DATAERR : EX_NOINPUT, message);
}

/* The demo keeps its speakers in a folder of its own, beside those of the real house. */
static int open_state(struct lineup_relay *house)
{
	char folder[SETTINGS_PATH], message[SETTINGS_PATH + 256];
	if (!house->state && settings_state_directory(folder, sizeof(folder) - 8) < 0)
		return EX_OK;
	if (!house->state && house->demo)
		strcat(folder, "/demo");
	int error = settings_open_state(&house->settings, house->state ? house->state : folder,
	                                message, sizeof(message));
	return error < 0 && house->state ? lineup_fail(EX_CANTCREAT, message) : EX_OK;
}

static int build_world(struct lineup_relay *house, struct source **source)
{
	char message[512];
	const char *node = *house->settings.config.source ? house->settings.config.source : NULL;
	int error = house->demo ? sim_new(&house->sim, house->demo, clock_now(&clock_monotonic),
	                                  message, sizeof(message))
	                        : 0;
	if (error)
		return lineup_fail(error == -EINVAL || error == -EFBIG ? EX_DATAERR : EX_NOINPUT,
		                   message);
	*source = house->sim ? sim_source(house->sim) : capture_new(node);
	return *source ? EX_OK : lineup_fail(EX_OSERR, "PipeWire's library does not start");
}

/* In the demo the one in the simulated room, unless one of PipeWire's is named. */
static struct source *open_microphone(void *user, const char *node)
{
	struct lineup_relay *house = user;
	return house->sim && !node ? sim_microphone(house->sim) : microphone_new(node);
}

static int build_relay(struct lineup_relay *house, struct source *source)
{
	struct relay_config config = {
	    .clock = &clock_monotonic,
	    .settings = &house->settings,
	    .journal = &house->journal,
	    .source = source,
	    .bus_fd = house->sim ? sim_bus_fd(house->sim) : -1,
	    .flush_fd = house->sim ? sim_flush_fd(house->sim) : 0,
	    .bus_address = house->bus,
	    .open_microphone = open_microphone,
	    .microphone_user = house,
	    .own_thread = true,
	};
	int error = relay_new(&house->relay, &config);
	if (!error)
		error = sd_event_default(&house->event);
	if (error >= 0)
		error = relay_attach(house->relay, house->event);
	if (error >= 0 && house->sim)
		error = sim_start(house->sim);
	return error < 0 ? lineup_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

/* Signals are the loop's, from before the first thread is made: those inherit this. */
static void block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int hook_ends(struct lineup_relay *house)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	int error = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && error >= 0; i++)
		error = sd_event_add_signal(house->event, NULL, signals[i], NULL, NULL);
	return error < 0 ? lineup_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

int lineup_relay_build(struct lineup_relay *house)
{
	struct source *source = NULL;
	int code = read_config(house);
	block_signals();
	if (!code && journal_open(&house->journal, NULL) < 0)
		code = EX_OSERR;
	if (!code)
		code = open_state(house);
	if (!code)
		code = build_world(house, &source);
	if (!code)
		code = build_relay(house, source);
	return code ? code : hook_ends(house);
}

void lineup_relay_free(struct lineup_relay *house)
{
	relay_free(house->relay);
	sim_free(house->sim);
	sd_event_unref(house->event);
	journal_close(&house->journal);
}
