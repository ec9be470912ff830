/* SPDX-License-Identifier: MIT */
#include "program/program.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/door.h"
#include "engine/clock.h"
#include "program/demo.h"
#include "program/listing.h"
#include "pipewire/capture.h"
#include "pipewire/microphone.h"

int program_fail(int code, const char *message)
{
	fprintf(stderr, "echorelay: %s\n", message);
	return code;
}

static int read_config_file(struct program *program)
{
	char path[SETTINGS_PATH + 32], message[512];
	const char *named = program->options.config;
	settings_init(&program->settings);
	if (!named) {
		char folder[SETTINGS_PATH];
		if (settings_config_directory(folder, sizeof(folder)) < 0)
			return EX_OK;
		snprintf(path, sizeof(path), "%s/echorelay.conf", folder);
	}
	int error = settings_read_config(&program->settings, named ? named : path, message,
	                                 sizeof(message));
	if (!error || (error == -ENOENT && !named))
		return EX_OK;
	return program_fail(error == -EINVAL ? EX_DATAERR : EX_NOINPUT, message);
}

/* What the command line has counts for the file's key: whoever looks at the settings sees either. */
static int read_config(struct program *program)
{
	int code = read_config_file(program);
	const struct options *options = &program->options;
	struct settings_config *config = &program->settings.config;
	char *source = config->source;
	size_t size = sizeof(config->source);
	if (options->demo) { /* it has an Echo and adapters of its own */
		*source = 0;
		config->adapter_count = 0;
	}
	for (int i = 0; options->adapters[i]; i++) {
		text_address(options->adapters[i], config->adapters[i]);
		config->adapter_count = i + 1;
	}
	if (!code && options->source && snprintf(source, size, "%s", options->source) >= (int)size)
		return program_fail(EX_USAGE, "--source: no node has so long a name");
	return code;
}

static int read_keymap(struct program *program)
{
	const char *name = program->options.keymap;
	if (!name)
		name = *program->settings.config.keymap ? program->settings.config.keymap
		                                        : "default";
	int error = keymap_load(&program->keymap, name);
	if (!error)
		return EX_OK;
	listing_complain(&program->keymap);
	return error == -EINVAL ? EX_DATAERR : EX_NOINPUT;
}

static int open_journal(struct program *program)
{
	const char *path = program->options.log;
	char message[SETTINGS_PATH + 64];
	if (!path && *program->settings.config.log)
		path = program->settings.config.log;
	int error = journal_open(&program->journal, path);
	if (!error)
		return EX_OK;
	snprintf(message, sizeof(message), "--log %s: %s", path, strerror(-error));
	return program_fail(EX_CANTCREAT, message);
}

/* The demo keeps its speakers in a folder of its own, beside those of the real house. */
static int open_state(struct program *program)
{
	char folder[SETTINGS_PATH], message[SETTINGS_PATH + 256];
	const char *named = program->options.state;
	if (!named && settings_state_directory(folder, sizeof(folder) - 8) < 0)
		return EX_OK;
	if (!named && program->options.demo)
		strcat(folder, "/demo");
	int error = settings_open_state(&program->settings, named ? named : folder, message,
	                                sizeof(message));
	if (error < 0 && named)
		return program_fail(EX_CANTCREAT, message);
	if (error)
		journal_write(&program->journal, JOURNAL_WARNING, "relay", "%s", message);
	return EX_OK;
}

static const char *source_node(const struct program *program)
{
	return *program->settings.config.source ? program->settings.config.source : NULL;
}

static int build_world(struct program *program)
{
	char message[512];
	const struct options *options = &program->options;
	int error = 0;
	if (options->demo)
		error = sim_new(&program->sim, options->demo, clock_now(&clock_monotonic), message,
		                sizeof(message));
	if (error == -ENOMEM)
		return program_fail(EX_OSERR, "no memory");
	if (error)
		return program_fail(error == -EINVAL || error == -EFBIG ? EX_DATAERR : EX_NOINPUT,
		                    message);
	program->source = program->sim && !source_node(program) ? sim_source(program->sim)
	                                                        : capture_new(source_node(program));
	return program->source ? EX_OK
	                       : program_fail(EX_OSERR, "PipeWire's library does not start");
}

int program_loop(struct program *program)
{
	int error = program->event ? 0 : sd_event_default(&program->event);
	return error < 0 ? error : 0;
}

/* In the demo the one in the simulated room, unless one of PipeWire's is named. */
static struct source *open_microphone(void *user, const char *node)
{
	struct program *program = user;
	return program->sim && !node ? sim_microphone(program->sim) : microphone_new(node);
}

int program_start(struct program *program)
{
	const struct options *options = &program->options;
	struct relay_config config = {
	    .clock = &clock_monotonic,
	    .settings = &program->settings,
	    .journal = &program->journal,
	    .source = program->source,
	    .bus_fd = program->sim ? sim_bus_fd(program->sim) : -1,
	    .flush_fd = program->sim ? sim_flush_fd(program->sim) : 0,
	    .bus_address = options->bus,
	    .open_microphone = open_microphone,
	    .microphone_user = program,
	    .own_thread = true,
	    .looks_only = options->mode == MODE_STATUS,
	};
	int error = relay_new(&program->relay, &config);
	if (!error)
		error = program_loop(program);
	if (error >= 0)
		error = relay_attach(program->relay, program->event);
	if (error >= 0 && program->sim)
		error = sim_start(program->sim);
	if (error >= 0 && program->sim)
		error = demo_watch(program);
	return error < 0 ? error : 0;
}

static int on_time_up(sd_event_source *source, uint64_t us, void *user)
{
	(void)us, (void)user;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

int program_hook_ends(struct program *program, double seconds)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	int error = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && error >= 0; i++)
		error = sd_event_add_signal(program->event, NULL, signals[i], NULL, NULL);
	if (seconds > 0 && error >= 0)
		error = sd_event_add_time_relative(program->event, NULL, CLOCK_MONOTONIC,
		                                   (uint64_t)(seconds * 1e6), 1000, on_time_up,
		                                   NULL);
	return error < 0 ? program_fail(EX_OSERR, strerror(-error)) : EX_OK;
}

/* Two relays would take each other's speakers. */
static int lock_world(struct program *program)
{
	struct door door;
	char message[160];
	program->lock = -1;
	if (program->options.mode == MODE_STATUS ||
	    (program->options.demo && program->options.mode != MODE_DAEMON))
		return EX_OK;
	int fd = door_find(&door, program->options.demo);
	if (fd == 0)
		fd = door_lock(&door);
	program->lock = fd;
	if (fd >= 0 || (fd != -EBUSY && program->options.mode != MODE_DAEMON))
		return EX_OK;
	if (fd == -EBUSY)
		snprintf(message, sizeof(message), "a relay runs already, as process %d",
		         (int)door_holder(&door));
	else
		snprintf(message, sizeof(message), "%s: %s", door.lock, strerror(-fd));
	return program_fail(fd == -EBUSY ? EX_UNAVAILABLE : EX_CANTCREAT, message);
}

int program_read(struct program *program)
{
	int code = read_config(program);
	return code ? code : read_keymap(program);
}

int program_prepare(struct program *program)
{
	int code = lock_world(program);
	if (!code)
		code = open_journal(program);
	if (!code)
		code = open_state(program);
	if (!code)
		code = build_world(program);
	return code;
}

int program_build(struct program *program)
{
	int code = program_prepare(program), error = code ? 0 : program_start(program);
	return error ? program_fail(EX_OSERR, strerror(-error)) : code;
}

void program_tear_down(struct program *program)
{
	relay_free(program->relay);
	sim_free(program->sim);
	sd_event_unref(program->event);
	journal_close(&program->journal);
	if (program->lock > 0)
		close(program->lock);
}

/* They are the loop's, from before the first thread is made: those inherit this. */
void program_block_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}
