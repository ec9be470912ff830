/* SPDX-License-Identifier: MIT */
#include "relay/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "base/ini_text.h"
#include "base/text.h"
#include "relay/alignment.h"
#include "relay/command.h"

#define MS 1000000ll
#define STATE_FILE "speakers.json"
#define VERSION_OF_STATE 1

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
	    .config = {
		.rate = 44100, .lead_ns = 16 * MS, .idle_ns = 600000 * MS, .own_sink = true}};
}

/* --- echorelay.conf ---------------------------------------------------------------------------- */

static int set_rate(struct ini_text *ini, uint32_t *rate, const char *value)
{
	if (!strcmp(value, "44100"))
		*rate = 44100;
	else if (!strcmp(value, "48000"))
		*rate = 48000;
	else
		return ini_complain(ini, "rate is 44100 or 48000, not '%s'", value);
	return 1;
}

static int set_lead(struct ini_text *ini, int64_t *lead, const char *value)
{
	bool step;
	int64_t ns;
	if (command_read_time(value, &step, &ns) < 0 || step || ns < 5 * MS || ns > 500 * MS)
		return ini_complain(ini, "lead is a time from 5 ms to 500 ms, not '%s'", value);
	*lead = ns;
	return 1;
}

static int set_idle(struct ini_text *ini, int64_t *idle, const char *value)
{
	char *unit;
	double number = strtod(value, &unit);
	while (*unit == ' ')
		unit++;
	bool seconds = !strcmp(unit, "s"), minutes = !strcmp(unit, "min"), zero = !*unit;
	if (unit == value || !(number >= 0 && number <= 86400) || !(seconds || minutes || zero) ||
	    (zero && number != 0))
		return ini_complain(ini, "idle is a time like 10 min or 90 s, or 0, not '%s'",
		                    value);
	*idle = (int64_t)(number * (minutes ? 60e9 : 1e9));
	return 1;
}

static int set_text(struct ini_text *ini, char *text, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return ini_complain(ini, "the value is longer than %zu bytes", size - 1);
	snprintf(text, size, "%s", value);
	return 1;
}

/* One or several, with commas or spaces between them. */
static int set_adapters(struct ini_text *ini, struct settings_config *config, const char *value)
{
	char copy[SETTINGS_ADAPTERS * 20], *rest = copy, *word;
	int count = 0;
	if (snprintf(copy, sizeof(copy), "%s", value) >= (int)sizeof(copy))
		return ini_complain(ini, "adapter is a list of %d at the most", SETTINGS_ADAPTERS);
	while ((word = strsep(&rest, ", "))) {
		if (!*word)
			continue;
		if (count == SETTINGS_ADAPTERS)
			return ini_complain(ini, "adapter is a list of %d at the most",
			                    SETTINGS_ADAPTERS);
		if (!text_address(word, config->adapters[count++]))
			return ini_complain(ini,
			                    "adapter is a Bluetooth address like "
			                    "00:1A:7D:DA:71:13, or several, not '%s'",
			                    word);
	}
	config->adapter_count = count;
	return 1;
}

static int set_capture(struct ini_text *ini, bool *own_sink, const char *value)
{
	*own_sink = !strcmp(value, "bluetooth");
	if (!*own_sink && strcmp(value, "pipewire"))
		return ini_complain(ini, "capture is bluetooth or pipewire, not '%s'", value);
	return 1;
}

static int on_section(struct ini_text *ini, const char *section)
{
	if (strcmp(section, "relay"))
		return ini_complain(ini, "no section [%s]; there is [relay]", section);
	return 1;
}

static int complain_key(struct ini_text *ini, const char *key)
{
	static const char *const keys[] = {"rate",   "lead", "idle",   "adapter",
	                                   "keymap", "log",  "source", "capture"};
	const char *nearest = NULL;
	int least = TEXT_SLIP + 1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int far = text_distance(key, keys[i]);
		if (far < least) {
			least = far;
			nearest = keys[i];
		}
	}
	if (nearest)
		return ini_complain(ini, "no key '%s'; did you mean '%s'?", key, nearest);
	return ini_complain(
	    ini, "no key '%s'; there are rate, lead, idle, adapter, keymap, log, source, capture",
	    key);
}

static int on_key(struct ini_text *ini, const char *section, const char *key, const char *value)
{
	struct settings_config *config = ini->user;
	if (strcmp(section, "relay"))
		return ini_complain(ini, "'%s' stands in no section [relay]", key);
	if (!strcmp(key, "rate"))
		return set_rate(ini, &config->rate, value);
	if (!strcmp(key, "lead"))
		return set_lead(ini, &config->lead_ns, value);
	if (!strcmp(key, "keymap"))
		return set_text(ini, config->keymap, sizeof(config->keymap), value);
	if (!strcmp(key, "log"))
		return set_text(ini, config->log, sizeof(config->log), value);
	if (!strcmp(key, "source"))
		return set_text(ini, config->source, sizeof(config->source), value);
	if (!strcmp(key, "capture"))
		return set_capture(ini, &config->own_sink, value);
	if (!strcmp(key, "idle"))
		return set_idle(ini, &config->idle_ns, value);
	if (!strcmp(key, "adapter"))
		return set_adapters(ini, config, value);
	return complain_key(ini, key);
}

int settings_read_config(struct settings *settings, const char *path, char *message, size_t size)
{
	char *text;
	int error = file_read_text(path, &text, message, size);
	if (error)
		return error;
	struct ini_text ini = {.origin = path,
	                       .text = text,
	                       .section = on_section,
	                       .key = on_key,
	                       .user = &settings->config};
	error = ini_text_parse(&ini);
	free(text);
	if (error)
		snprintf(message, size, "%s", ini.message);
	return error;
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

/* --- speakers.json ----------------------------------------------------------------------------- */

static const char *const role_names[] = {"unknown", "speaker", "source", "none"};
static const char *const channel_names[] = {"stereo", "left", "right", "mono"};

const struct settings_speaker *settings_known(const struct settings *settings, const char *address)
{
	for (int i = 0; i < settings->speaker_count; i++)
		if (!strcmp(settings->speakers[i].address, address))
			return &settings->speakers[i];
	return NULL;
}

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
	    .reported_ns = -1,
	    .volume = SETTINGS_VOLUME_UNKNOWN,
	    .autoconnect = true,
	};
	snprintf(speaker->address, sizeof(speaker->address), "%s", address);
	return speaker;
}

int settings_forget(struct settings *settings, const char *address)
{
	for (int i = 0; i < settings->speaker_count; i++) {
		if (strcmp(settings->speakers[i].address, address))
			continue;
		settings->speaker_count--;
		memmove(&settings->speakers[i], &settings->speakers[i + 1],
		        (size_t)(settings->speaker_count - i) * sizeof(settings->speakers[0]));
		return i;
	}
	return -1;
}

/*
 * Where memory fails, Jansson 2.14 may leave out what it had no room for and go on: a character when it reads
 * (lex_save), a key when it writes.  So its allocations are watched.
 */
static _Thread_local bool memory_lacked;

static void *watched_malloc(size_t size)
{
	void *memory = malloc(size);
	memory_lacked |= !memory;
	return memory;
}

static void memory_watch(void)
{
	json_set_alloc_funcs(watched_malloc, free);
	memory_lacked = false;
}

static json_t *speaker_to_json(const struct settings_speaker *speaker)
{
	json_t *json =
	    json_pack("{s:s, s:s, s:s, s:f, s:b, s:s, s:b, s:b, s:s}", "address", speaker->address,
	              "name", speaker->name, "role", role_names[speaker->role], "trim_ms",
	              (double)speaker->trim_ns / 1e6, "muted", speaker->muted, "channel",
	              channel_names[speaker->channel], "autoconnect", speaker->autoconnect,
	              "keepawake", speaker->keepawake, "adapter", speaker->adapter);
	if (json && speaker->volume != SETTINGS_VOLUME_UNKNOWN)
		json_object_set_new(json, "volume", json_integer(speaker->volume));
	if (json && speaker->latency_ns >= 0)
		json_object_set_new(json, "latency_ms",
		                    json_real((double)speaker->latency_ns / 1e6));
	if (json && speaker->reported_ns >= 0)
		json_object_set_new(json, "reported_ms",
		                    json_real((double)speaker->reported_ns / 1e6));
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

/* Takes what makes sense; a value that does not stays at its default. */
static void speaker_from_json(struct settings *settings, const json_t *json)
{
	const char *text = json_string_value(json_object_get(json, "address"));
	const char *name = json_string_value(json_object_get(json, "name"));
	char address[18];
	const json_t *volume = json_object_get(json, "volume");
	const double trim_most = ALIGNMENT_TRIM_MAX_NS / 1e6;
	struct settings_speaker *speaker =
	    text && text_address(text, address) ? settings_speaker(settings, address) : NULL;
	if (!speaker)
		return;
	text_clean(speaker->name, sizeof(speaker->name), name ? name : "");
	speaker->role = (enum settings_role)name_read(json_object_get(json, "role"), role_names, 4,
	                                              ROLE_UNKNOWN);
	speaker->channel = (enum mix_channel)name_read(json_object_get(json, "channel"),
	                                               channel_names, 4, MIX_STEREO);
	speaker->trim_ns = ms_read(json_object_get(json, "trim_ms"), -trim_most, trim_most, 0);
	speaker->latency_ns = ms_read(json_object_get(json, "latency_ms"), 0, 3000, -1);
	speaker->reported_ns = ms_read(json_object_get(json, "reported_ms"), 0, 6554, -1);
	speaker->muted = json_is_true(json_object_get(json, "muted"));
	speaker->autoconnect = !json_is_false(json_object_get(json, "autoconnect"));
	speaker->keepawake = json_is_true(json_object_get(json, "keepawake"));
	const char *adapter = json_string_value(json_object_get(json, "adapter"));
	if (adapter && text_address(adapter, address))
		strcpy(speaker->adapter, address);
	if (json_is_integer(volume) && json_integer_value(volume) >= 0 &&
	    json_integer_value(volume) <= 100)
		speaker->volume = (int)json_integer_value(volume);
}

static int state_set_aside(struct settings *settings, const json_error_t *error, char *message,
                           size_t size)
{
	char aside[SETTINGS_PATH + 16], why[sizeof(error->text)];
	text_clean(why, sizeof(why), error->text); /* it may quote the file */
	snprintf(aside, sizeof(aside), "%s.broken", settings->state_path);
	snprintf(message, size, "%s:%d: %s; kept as %s.broken, starting afresh",
	         settings->state_path, error->line, why, STATE_FILE);
	return rename(settings->state_path, aside) < 0 ? -errno : 1;
}

static int state_parse(FILE *file, json_t **ret_json, json_error_t *error)
{
	memory_watch();
	*ret_json = json_loadf(file, JSON_REJECT_DUPLICATES, error);
	if (!memory_lacked)
		return 0;
	json_decref(*ret_json);
	return -ENOMEM;
}

/* That of a later program may mean something else by the same words, and has what would not be written back. */
static bool version_is_known(const json_t *json)
{
	const json_t *version = json_object_get(json, "version");
	return !version ||
	       (json_is_integer(version) && json_integer_value(version) == VERSION_OF_STATE);
}

static int state_read(struct settings *settings, char *message, size_t size)
{
	json_error_t error = {.line = 1, .text = "no list of speakers"};
	json_t *json;
	FILE *file = fopen(settings->state_path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	int lacks = state_parse(file, &json, &error);
	fclose(file);
	if (lacks)
		return lacks;
	const json_t *list = json_object_get(json, "speakers");
	bool known = version_is_known(json);
	if (!known)
		snprintf(error.text, sizeof(error.text), "of another version of this program");
	if (!json_is_array(list) || !known) {
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
	int made = file_make_directory(directory), error = -ENAMETOOLONG;
	int used = snprintf(settings->state_path, sizeof(settings->state_path), "%s/%s", directory,
	                    STATE_FILE);
	if (used > 0 && (size_t)used < sizeof(settings->state_path))
		error = state_read(settings, message, size); /* also where nothing can be written */
	if (error >= 0 && made < 0)
		error = made;
	if (error < 0) { /* what could not be read must not be written over */
		snprintf(message, size, "%s: %s: nothing will be kept", directory,
		         strerror(-error));
		*settings->state_path = 0;
	}
	return error;
}

/* Whole or not at all, where memory fails: a file that lacks a speaker must not replace one that has it. */
static json_t *state_to_json(const struct settings *settings)
{
	json_t *list = json_array();
	for (int i = 0; list && i < settings->speaker_count; i++)
		if (json_array_append_new(list, speaker_to_json(&settings->speakers[i]))) {
			json_decref(list);
			return NULL;
		}
	return json_pack("{s:i, s:o}", "version", VERSION_OF_STATE, "speakers", list);
}

char *settings_text(const struct settings *settings)
{
	memory_watch();
	json_t *json = state_to_json(settings);
	char *text = json ? json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(json);
	if (text && !memory_lacked)
		return text;
	free(text);
	return NULL;
}

int settings_save(struct settings *settings)
{
	if (!settings->dirty || !*settings->state_path)
		return 0;
	char *text = settings_text(settings);
	int error = text ? file_replace_text(settings->state_path, text) : -ENOMEM;
	free(text);
	if (!error)
		settings->dirty = false;
	return error;
}
