/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-event.h>

#include "engine/clock.h"
#include "frontend.h"
#include "options.h"
#include "pipewire/capture.h"
#include "pipewire/microphone.h"
#include "relay/relay.h"
#include "sim/sim.h"

#define STATUS_SECONDS 1.5 /* for a look at what there is */

struct program {
	struct options options;
	struct settings settings;
	struct journal journal;
	struct keymap keymap;
	struct sim *sim;
	struct source *source;
	struct relay *relay;
	sd_event *event;
	struct frontend *frontend;
};

static int fail(int code, const char *message)
{
	fprintf(stderr, "echorelay: %s\n", message);
	return code;
}

/* --- what only prints ---------------------------------------------------------------------------- */

static int list_commands(void)
{
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *command = &command_table[i];
		char usage[64];
		snprintf(usage, sizeof(usage), "%s%s %s", command->name,
		         command->speaker ? " SPEAKER" : "", command->arguments);
		printf("%-44s %s\n", usage, command->help);
	}
	return EX_OK;
}

static int list_keys(const struct keymap *keymap)
{
	for (int i = 0; i < keymap->count; i++) {
		const struct keymap_binding *binding = &keymap->bindings[i];
		char keys[64] = "";
		for (int k = 0; k < binding->length; k++) {
			size_t used = strlen(keys);
			keymap_key_name(binding->keys[k], keys + used, sizeof(keys) - used);
		}
		printf("%-7s %-10s %s%s%s\n", keymap_context_name(binding->context), keys,
		       binding->command->name, *binding->argument ? " " : "", binding->argument);
	}
	return EX_OK;
}

static int keymap_complain(const struct keymap *keymap)
{
	for (int i = 0; i < keymap->problem_count; i++)
		fprintf(stderr, "echorelay: %s\n", keymap->problems[i].text);
	return EX_DATAERR;
}

static int check_keys(struct keymap *keymap, const char *path)
{
	int error = keymap_load(keymap, path);
	if (!error) {
		printf("%s: %d bindings, no mistakes\n", path, keymap->count);
		return EX_OK;
	}
	keymap_complain(keymap);
	return error == -EINVAL ? EX_DATAERR : EX_NOINPUT;
}

static int print_only(struct program *program)
{
	switch (program->options.mode) {
	case MODE_HELP:
		options_help();
		return EX_OK;
	case MODE_VERSION:
		printf("echorelay %s\n", VERSION);
		return EX_OK;
	case MODE_LIST_COMMANDS:
		return list_commands();
	case MODE_CHECK_KEYS:
		return check_keys(&program->keymap, program->options.check_keys);
	default:
		return list_keys(&program->keymap);
	}
}

/* --- building ------------------------------------------------------------------------------------ */

static int read_config(struct program *program)
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
	return fail(error == -EINVAL ? EX_DATAERR : EX_NOINPUT, message);
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
	keymap_complain(&program->keymap);
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
	return fail(EX_CANTCREAT, message);
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
		return fail(EX_CANTCREAT, message);
	if (error)
		journal_write(&program->journal, JOURNAL_WARNING, "relay", "%s", message);
	return EX_OK;
}

static const char *source_node(const struct program *program)
{
	if (program->options.source)
		return program->options.source;
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
		return fail(EX_OSERR, "no memory");
	if (error)
		return fail(error == -EINVAL || error == -EFBIG ? EX_DATAERR : EX_NOINPUT, message);
	program->source = program->sim && !source_node(program) ? sim_source(program->sim)
	                                                        : capture_new(source_node(program));
	return program->source ? EX_OK : fail(EX_OSERR, "PipeWire's library does not start");
}

/* In the demo the one in the simulated room, unless one of PipeWire's is named. */
static struct source *open_microphone(void *user, const char *node)
{
	struct program *program = user;
	return program->sim && !node ? sim_microphone(program->sim) : microphone_new(node);
}

static int build_relay(struct program *program)
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
	    .adapters = options->adapters,
	    .open_microphone = open_microphone,
	    .microphone_user = program,
	    .own_thread = true,
	    .looks_only = options->mode == MODE_STATUS,
	};
	int error = relay_new(&program->relay, &config);
	if (!error)
		error = sd_event_default(&program->event);
	if (error >= 0)
		error = relay_attach(program->relay, program->event);
	if (error >= 0 && program->sim)
		error = sim_start(program->sim);
	return error < 0 ? fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int on_time_up(sd_event_source *source, uint64_t us, void *user)
{
	(void)us, (void)user;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int hook_ends(struct program *program)
{
	double seconds = program->options.seconds;
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	int error = 0;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && error >= 0; i++)
		error = sd_event_add_signal(program->event, NULL, signals[i], NULL, NULL);
	if (program->options.mode == MODE_STATUS)
		seconds = STATUS_SECONDS;
	if (seconds > 0 && error >= 0)
		error = sd_event_add_time_relative(program->event, NULL, CLOCK_MONOTONIC,
		                                   (uint64_t)(seconds * 1e6), 1000, on_time_up,
		                                   NULL);
	return error < 0 ? fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int build_frontend(struct program *program)
{
	int error = frontend_new(&program->frontend, &program->options, program->event,
	                         program->relay, &program->keymap);
	if (error == -ENOTTY)
		return EX_UNAVAILABLE;
	return error ? fail(EX_OSERR, strerror(-error)) : EX_OK;
}

static int build(struct program *program)
{
	int code = open_journal(program);
	if (!code)
		code = open_state(program);
	if (!code)
		code = build_world(program);
	if (!code)
		code = build_relay(program);
	if (!code)
		code = hook_ends(program);
	return code ? code : build_frontend(program);
}

static int run(struct program *program)
{
	int result = sd_event_loop(program->event);
	if (program->options.mode == MODE_STATUS)
		frontend_print_status(relay_model(program->relay));
	if (result < 0)
		return fail(EX_SOFTWARE, strerror(-result));
	bool lines = program->options.mode != MODE_SCREEN;
	if (lines && !relay_had_bluetooth(program->relay))
		return fail(EX_UNAVAILABLE, relay_model(program->relay)->problem);
	return EX_OK;
}

static void tear_down(struct program *program)
{
	frontend_free(program->frontend);
	relay_free(program->relay);
	sim_free(program->sim);
	sd_event_unref(program->event);
	journal_close(&program->journal);
}

/* Signals are the loop's, from before the first thread is made: those inherit this. */
static void block_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int program_run(int argc, char *argv[])
{
	static struct program program; /* too large for a small stack */
	if (options_read(&program.options, argc, argv) < 0)
		return EX_USAGE;
	int code = program.options.mode == MODE_HELP || program.options.mode == MODE_VERSION
	               ? EX_OK
	               : read_config(&program);
	if (!code && program.options.mode != MODE_CHECK_KEYS)
		code = read_keymap(&program);
	if (code)
		return code;
	if (program.options.mode >= MODE_LIST_COMMANDS)
		return print_only(&program);
	block_signals();
	code = build(&program);
	if (!code)
		code = run(&program);
	tear_down(&program);
	return code;
}
