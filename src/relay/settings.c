/* SPDX-License-Identifier: MIT */
#include "relay/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>
#include <jansson.h>

#include "relay/alignment.h"
#include "relay/command.h"
#include "relay/text.h"

#define MS 1000000ll
#define STATE_FILE "speakers.json"
#define VERSION_OF_STATE 1

void settings_init(struct settings *settings)
{
	*settings = (struct settings){.config = {.rate = 44100, .lead_ns = 28 * MS}};
}

/* --- echorelay.conf ---------------------------------------------------------------------------- */

struct reader {
	struct settings *settings;
	FILE *file;
	const char *path;
	int line;
	char message[512]; /* of the first error */
};

static int complain(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns 0, which is how inih wants to be told of an error. */
static int complain(struct reader *reader, const char *format, ...)
{
	va_list arguments;
	if (reader->message[0])
		return 0;
	int used = snprintf(reader->message, sizeof(reader->message), "%s:%d: ", reader->path,
	                    reader->line);
	if (used < 0 || (size_t)used >= sizeof(reader->message))
		return 0;
	va_start(arguments, format);
	vsnprintf(reader->message + used, sizeof(reader->message) - (size_t)used, format,
	          arguments);
	va_end(arguments);
	return 0;
}

static int set_rate(struct reader *reader, const char *value)
{
	uint32_t *rate = &reader->settings->config.rate;
	if (!strcmp(value, "44100"))
		*rate = 44100;
	else if (!strcmp(value, "48000"))
		*rate = 48000;
	else
		return complain(reader, "rate is 44100 or 48000, not '%s'", value);
	return 1;
}

static int set_lead(struct reader *reader, const char *value)
{
	bool step;
	int64_t ns;
	if (command_read_time(value, &step, &ns) < 0 || step || ns < 5 * MS || ns > 500 * MS)
		return complain(reader, "lead is a time from 5 ms to 500 ms, not '%s'", value);
	reader->settings->config.lead_ns = ns;
	return 1;
}

static int set_text(struct reader *reader, char *text, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return complain(reader, "the value is longer than %zu bytes", size - 1);
	snprintf(text, size, "%s", value);
	return 1;
}

static int on_key(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;
	struct settings_config *config = &reader->settings->config;
	if (strcmp(section, "relay"))
		return complain(reader, "no section [%s]; there is [relay]", section);
	if (!strcmp(key, "rate"))
		return set_rate(reader, value);
	if (!strcmp(key, "lead"))
		return set_lead(reader, value);
	if (!strcmp(key, "keymap"))
		return set_text(reader, config->keymap, sizeof(config->keymap), value);
	if (!strcmp(key, "log"))
		return set_text(reader, config->log, sizeof(config->log), value);
	if (!strcmp(key, "source"))
		return set_text(reader, config->source, sizeof(config->source), value);
	return complain(reader, "no key '%s'; there are rate, lead, keymap, log, source", key);
}

/* inih does not tell lines: they are counted here. */
static char *next_line(char *buffer, int size, void *user)
{
	struct reader *reader = user;
	if (!fgets(buffer, size, reader->file))
		return NULL;
	reader->line++;
	if (!strchr(buffer, '\n') && !feof(reader->file))
		complain(reader, "the line is longer than %d bytes", size - 2);
	return buffer;
}

int settings_read_config(struct settings *settings, const char *path, char *message, size_t size)
{
	struct reader reader = {.settings = settings, .path = path, .file = fopen(path, "re")};
	if (!reader.file) {
		int error = -errno;
		snprintf(message, size, "%s: %s", path, strerror(-error));
		return error;
	}
	int line = ini_parse_stream(next_line, &reader, on_key, &reader);
	if (ferror(reader.file)) {
		reader.line = 0;
		complain(&reader, "%s", strerror(EIO));
	} else if (line && !reader.message[0]) {
		reader.line = line;
		complain(&reader, "neither a [section] nor key = value");
	}
	fclose(reader.file);
	if (!reader.message[0])
		return 0;
	snprintf(message, size, "%s", reader.message);
	return -EINVAL;
}

/* --- folders ----------------------------------------------------------------------------------- */

static int xdg_directory(char *path, size_t size, const char *variable, const char *below_home)
{
	const char *base = getenv(variable), *home = getenv("HOME");
	int used;
	if (base && *base == '/')
		used = snprintf(path, size, "%s/echorelay", base);
	else if (home && *home == '/')
		used = snprintf(path, size, "%s/%s/echorelay", home, below_home);
	else
		return -ENOENT;
	return used > 0 && (size_t)used < size ? 0 : -ENAMETOOLONG;
}

int settings_config_directory(char *path, size_t size)
{
	return xdg_directory(path, size, "XDG_CONFIG_HOME", ".config");
}

int settings_state_directory(char *path, size_t size)
{
	return xdg_directory(path, size, "XDG_STATE_HOME", ".local/state");
}

static int directory_make(const char *path)
{
	char part[SETTINGS_PATH];
	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(part, 0755);
		*slash = '/';
	}
	if (mkdir(part, 0700) < 0 && errno != EEXIST)
		return -errno;
	return access(part, W_OK | X_OK) < 0 ? -errno : 0;
}

/* --- speakers.json ----------------------------------------------------------------------------- */

static const char *const role_names[] = {"unknown", "speaker", "source", "none"};
static const char *const channel_names[] = {"stereo", "left", "right", "mono"};

struct settings_speaker *settings_speaker(struct settings *settings, const char *address)
{
	for (int i = 0; i < settings->speaker_count; i++)
		if (!strcmp(settings->speakers[i].address, address))
			return &settings->speakers[i];
	if (settings->speaker_count == SETTINGS_SPEAKERS)
		return NULL;
	struct settings_speaker *speaker = &settings->speakers[settings->speaker_count++];
	*speaker = (struct settings_speaker){
	    .latency_ns = -1,
	    .volume = SETTINGS_VOLUME_UNKNOWN,
	    .autoconnect = true,
	};
	snprintf(speaker->address, sizeof(speaker->address), "%s", address);
	return speaker;
}

static json_t *speaker_to_json(const struct settings_speaker *speaker)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:f, s:b, s:s, s:b}", "address", speaker->address,
	                         "name", speaker->name, "role", role_names[speaker->role],
	                         "trim_ms", (double)speaker->trim_ns / 1e6, "muted", speaker->muted,
	                         "channel", channel_names[speaker->channel], "autoconnect",
	                         speaker->autoconnect);
	if (json && speaker->volume != SETTINGS_VOLUME_UNKNOWN)
		json_object_set_new(json, "volume", json_integer(speaker->volume));
	if (json && speaker->latency_ns >= 0)
		json_object_set_new(json, "latency_ms",
		                    json_real((double)speaker->latency_ns / 1e6));
	return json;
}

static int name_read(const json_t *json, const char *const *names, int count, int otherwise)
{
	const char *name = json_string_value(json);
	for (int i = 0; name && i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return otherwise;
}

static int64_t ms_read(const json_t *json, double least, double most, int64_t otherwise)
{
	double ms = json_number_value(json);
	if (!json_is_number(json) || !(ms >= least && ms <= most))
		return otherwise;
	return (int64_t)(ms * 1e6 + (ms < 0 ? -0.5 : 0.5));
}

static bool address_valid(const char *text)
{
	if (!text || strlen(text) != 17)
		return false;
	for (int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !strchr("0123456789ABCDEF", text[i]))
			return false;
	return true;
}

/* Takes what makes sense; a value that does not stays at its default. */
static void speaker_from_json(struct settings *settings, const json_t *json)
{
	const char *address = json_string_value(json_object_get(json, "address"));
	const char *name = json_string_value(json_object_get(json, "name"));
	const json_t *volume = json_object_get(json, "volume");
	const double trim_most = ALIGNMENT_TRIM_MAX_NS / 1e6;
	struct settings_speaker *speaker =
	    address_valid(address) ? settings_speaker(settings, address) : NULL;
	if (!speaker)
		return;
	text_clean(speaker->name, sizeof(speaker->name), name ? name : "");
	speaker->role = (enum settings_role)name_read(json_object_get(json, "role"), role_names, 4,
	                                              ROLE_UNKNOWN);
	speaker->channel = (enum mix_channel)name_read(json_object_get(json, "channel"),
	                                               channel_names, 4, MIX_STEREO);
	speaker->trim_ns = ms_read(json_object_get(json, "trim_ms"), -trim_most, trim_most, 0);
	speaker->latency_ns = ms_read(json_object_get(json, "latency_ms"), 0, 3000, -1);
	speaker->muted = json_is_true(json_object_get(json, "muted"));
	speaker->autoconnect = !json_is_false(json_object_get(json, "autoconnect"));
	if (json_is_integer(volume) && json_integer_value(volume) >= 0 &&
	    json_integer_value(volume) <= 100)
		speaker->volume = (int)json_integer_value(volume);
}

static int state_set_aside(struct settings *settings, const json_error_t *error, char *message,
                           size_t size)
{
	char aside[SETTINGS_PATH + 16];
	snprintf(aside, sizeof(aside), "%s.broken", settings->state_path);
	snprintf(message, size, "%s:%d: %s; kept as %s.broken, starting afresh",
	         settings->state_path, error->line, error->text, STATE_FILE);
	return rename(settings->state_path, aside) < 0 ? -errno : 1;
}

static int state_read(struct settings *settings, char *message, size_t size)
{
	json_error_t error = {.line = 1, .text = "no list of speakers"};
	FILE *file = fopen(settings->state_path, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file) {
		int code = -errno;
		snprintf(message, size, "%s: %s", settings->state_path, strerror(-code));
		return code;
	}
	json_t *json = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	const json_t *list = json_object_get(json, "speakers");
	if (!json_is_array(list)) {
		json_decref(json);
		return state_set_aside(settings, &error, message, size);
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		speaker_from_json(settings, json_array_get(list, i));
	json_decref(json);
	return 0;
}

int settings_open_state(struct settings *settings, const char *directory, char *message,
                        size_t size)
{
	int error = directory_make(directory);
	int used = snprintf(settings->state_path, sizeof(settings->state_path), "%s/%s", directory,
	                    STATE_FILE);
	if (!error && (used < 0 || (size_t)used >= sizeof(settings->state_path)))
		error = -ENAMETOOLONG;
	if (error) {
		snprintf(message, size, "%s: %s: nothing will be kept", directory,
		         strerror(-error));
		*settings->state_path = 0;
		return error;
	}
	return state_read(settings, message, size);
}

static json_t *state_to_json(const struct settings *settings)
{
	json_t *list = json_array();
	for (int i = 0; list && i < settings->speaker_count; i++)
		json_array_append_new(list, speaker_to_json(&settings->speakers[i]));
	return json_pack("{s:i, s:o}", "version", VERSION_OF_STATE, "speakers", list);
}

/* Whole and on the disk before it takes the old one's place. */
static int file_replace(const char *path, const char *text)
{
	char fresh[SETTINGS_PATH + 16];
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	FILE *file = fopen(fresh, "we");
	if (!file)
		return -errno;
	int error = fputs(text, file) < 0 || fflush(file) || fsync(fileno(file)) ? -errno : 0;
	if (fclose(file) && !error)
		error = -errno;
	if (!error && rename(fresh, path) < 0)
		error = -errno;
	if (error)
		unlink(fresh);
	return error;
}

int settings_save(struct settings *settings)
{
	if (!settings->dirty || !*settings->state_path)
		return 0;
	json_t *json = state_to_json(settings);
	char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
	int error = text ? file_replace(settings->state_path, text) : -ENOMEM;
	free(text);
	json_decref(json);
	if (!error)
		settings->dirty = false;
	return error;
}
