/* SPDX-License-Identifier: MIT */
#include "sim/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/ini_text.h"
#include "base/text.h"
#include "sim/radio.h"
#include "sim/scenario_private.h"

#define MS 1000000ll
#define DURATION_MOST_NS (366 * 86400e9) /* sums of some of them are times, too */

#define AIR_KEYS "rssi, heard, pairing, pairs, asks, pin, passkey, offers, modalias, resolves"

/* --- values ------------------------------------------------------------------------------------ */

const char *scenario_read_duration(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6}, {"us", 1e3}, {"min", 60e9}, {"s", 1e9}, {"h", 3600e9}};
	char *end;
	double number = strtod(text, &end);
	if (end == text || !isfinite(number) || number < 0)
		return NULL;
	while (*end == ' ')
		end++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].unit);
		if (!strncmp(end, units[i].unit, length) && !isalpha((unsigned char)end[length])) {
			if (number * units[i].ns > DURATION_MOST_NS)
				return NULL;
			*ns = (int64_t)(number * units[i].ns);
			end += length;
			while (*end == ' ')
				end++;
			return end;
		}
	}
	return NULL;
}

static int set_duration(struct parser *parser, int64_t *ns, const char *value)
{
	const char *end = scenario_read_duration(value, ns);
	if (!end || *end)
		return ini_complain(&parser->ini, "'%s' is no duration, like 187 ms or 1.5 s",
		                    value);
	return 1;
}

static int set_number(struct parser *parser, double *number, const char *value, double least,
                      double most)
{
	char *end;
	double read = strtod(value, &end);
	if (end == value || *end || !(read >= least && read <= most))
		return ini_complain(&parser->ini, "'%s' is no number from %g to %g", value, least,
		                    most);
	*number = read;
	return 1;
}

static int set_percent(struct parser *parser, double *part, const char *value)
{
	char *end;
	double read = strtod(value, &end);
	while (*end == ' ')
		end++;
	if (end == value || strcmp(end, "%") || !(read >= 0 && read <= 100))
		return ini_complain(&parser->ini, "'%s' is no percentage, like 20 %%", value);
	*part = read / 100;
	return 1;
}

static int set_bool(struct parser *parser, bool *flag, const char *value)
{
	if (strcmp(value, "yes") && strcmp(value, "no"))
		return ini_complain(&parser->ini, "'%s' is neither yes nor no", value);
	*flag = !strcmp(value, "yes");
	return 1;
}

static int set_address(struct parser *parser, char address[18], const char *value)
{
	if (!text_address(value, address))
		return ini_complain(&parser->ini, "'%s' is no Bluetooth address", value);
	return 1;
}

/* A name as it comes over the air: \xHH stands for any byte. */
static int set_name(struct parser *parser, char *name, size_t size, const char *value)
{
	size_t used = 0;
	while (*value) {
		unsigned byte = (unsigned char)*value;
		int length = 1;
		if (value[0] == '\\' && value[1] == 'x' && sscanf(value + 2, "%2x", &byte) == 1 &&
		    isxdigit((unsigned char)value[2]) && isxdigit((unsigned char)value[3]))
			length = 4;
		if (used + 1 >= size)
			return ini_complain(&parser->ini, "the name is longer than %zu bytes",
			                    size - 1);
		name[used++] = (char)byte;
		value += length;
	}
	name[used] = 0;
	return 1;
}

static int set_adapter(struct parser *parser, int *adapter, const char *value)
{
	for (int i = 0; i < parser->scenario->adapter_count; i++)
		if (!strcmp(parser->scenario->adapters[i].hci, value)) {
			*adapter = i;
			return 1;
		}
	return ini_complain(&parser->ini, "there is no [adapter %s] above", value);
}

/* --- sections ---------------------------------------------------------------------------------- */

static int begin_adapter(struct parser *parser, const char *name)
{
	struct scenario *scenario = parser->scenario;
	unsigned number;
	if (scenario->adapter_count == SCENARIO_ADAPTERS)
		return ini_complain(&parser->ini, "more than %d adapters", SCENARIO_ADAPTERS);
	if (sscanf(name, "hci%3u", &number) != 1)
		return ini_complain(&parser->ini, "an adapter is called hci0, hci1, ..., not '%s'",
		                    name);
	struct scenario_adapter *adapter = &scenario->adapters[scenario->adapter_count++];
	snprintf(adapter->hci, sizeof(adapter->hci), "hci%u", number);
	snprintf(adapter->alias, sizeof(adapter->alias), "echorelay");
	snprintf(adapter->address, sizeof(adapter->address), "00:1A:7D:DA:71:%02X",
	         0x12u + (unsigned)scenario->adapter_count);
	adapter->flushes = true;
	adapter->burst = 0.4;
	adapter->buffers = 8; /* of 1021 bytes: what Intel's and Realtek's have */
	parser->section = SECTION_ADAPTER;
	return 1;
}

static int begin_echo(struct parser *parser, const char *name)
{
	struct scenario_echo *echo = &parser->scenario->echo;
	if (echo->present)
		return ini_complain(&parser->ini, "there is one Echo already");
	echo->present = true;
	parser->section = SECTION_ECHO;
	return set_name(parser, echo->name, sizeof(echo->name), name);
}

static int begin_speaker(struct parser *parser, const char *name)
{
	struct scenario *scenario = parser->scenario;
	if (scenario->speaker_count == SCENARIO_SPEAKERS)
		return ini_complain(&parser->ini, "more than %d speakers", SCENARIO_SPEAKERS);
	int index = scenario->speaker_count++;
	struct scenario_speaker *speaker = &scenario->speakers[index];
	*speaker = (struct scenario_speaker){
	    .class = 0x240414, /* rendering, audio/video, loudspeaker */
	    .paired = true,
	    .reachable = true,
	    .air = scenario_air_default(OFFERS_SINK),
	    .dac = {.kind = DAC_FIFO, .latency_ns = 180 * MS},
	    .reports_ns = -1,
	    .mtu = 672,
	    .capabilities = {0xff, 0xff, 2, 53},
	    .connects_ns = 900 * MS,
	    .calls_ns = -1,
	    .distance = 1.5 + 0.6 * index,
	};
	snprintf(speaker->address, sizeof(speaker->address), "00:00:5E:00:53:%02X", index + 16);
	parser->section = SECTION_SPEAKER;
	return set_name(parser, speaker->name, sizeof(speaker->name), name);
}

static int begin_section(struct ini_text *ini, const char *text)
{
	struct parser *parser = (struct parser *)ini;
	snprintf(parser->section_text, sizeof(parser->section_text), "%s", text);
	parser->section = SECTION_NONE;
	if (!strcmp(text, "world")) {
		parser->section = SECTION_WORLD;
		return 1;
	}
	if (!strncmp(text, "adapter ", 8))
		return begin_adapter(parser, text + 8);
	if (!strncmp(text, "echo ", 5))
		return begin_echo(parser, text + 5);
	if (!strncmp(text, "microphone ", 11)) {
		struct scenario_microphone *microphone = &parser->scenario->microphone;
		parser->section = SECTION_MICROPHONE;
		return set_name(parser, microphone->name, sizeof(microphone->name), text + 11);
	}
	if (!strncmp(text, "speaker ", 8))
		return begin_speaker(parser, text + 8);
	return ini_complain(&parser->ini,
	                    "no section [%s]; there are [world], [adapter hciN], [echo NAME], "
	                    "[microphone NAME] and [speaker NAME]",
	                    text);
}

static int world_key(struct parser *parser, const char *key, const char *value)
{
	struct scenario *scenario = parser->scenario;
	double number = 0;
	if (!strcmp(key, "record")) {
		snprintf(scenario->record, sizeof(scenario->record), "%s", value);
		return 1;
	}
	if (!strcmp(key, "seed")) {
		if (!set_number(parser, &number, value, 0, UINT32_MAX))
			return 0;
		scenario->seed = (uint32_t)number;
		return 1;
	}
	if (!strcmp(key, "rivals")) {
		if (!set_number(parser, &number, value, 0, SCENARIO_RIVALS))
			return 0;
		scenario->rivals = (unsigned)number;
		return 1;
	}
	if (!strcmp(key, "event"))
		return scenario_event_add(parser, value);
	return ini_complain(&parser->ini,
	                    "no key '%s' in [world]; there are record, seed, rivals, event", key);
}

static int set_buffers(struct parser *parser, int *buffers, const char *value)
{
	double number = 0;
	if (!set_number(parser, &number, value, 1, RADIO_BUFFERS))
		return 0;
	*buffers = (int)number;
	return 1;
}

static int adapter_key(struct parser *parser, const char *key, const char *value)
{
	struct scenario_adapter *adapter =
	    &parser->scenario->adapters[parser->scenario->adapter_count - 1];
	if (!strcmp(key, "address"))
		return set_address(parser, adapter->address, value);
	if (!strcmp(key, "name"))
		return set_name(parser, adapter->alias, sizeof(adapter->alias), value);
	if (!strcmp(key, "event"))
		return scenario_event_add(parser, value);
	if (!strcmp(key, "shared"))
		return set_bool(parser, &adapter->shared, value);
	if (!strcmp(key, "flush"))
		return set_bool(parser, &adapter->flushes, value);
	if (!strcmp(key, "buffers"))
		return set_buffers(parser, &adapter->buffers, value);
	if (!strcmp(key, "burst"))
		return set_percent(parser, &adapter->burst, value);
	return ini_complain(
	    &parser->ini,
	    "no key '%s' in [adapter]; there are address, name, shared, buffers, flush, burst, "
	    "event",
	    key);
}

static int set_sink(struct parser *parser, bool *direct, const char *value)
{
	*direct = !strcmp(value, "relay");
	if (!*direct && strcmp(value, "pipewire"))
		return ini_complain(&parser->ini, "sink is pipewire or relay, not '%s'", value);
	return 1;
}

static int echo_key(struct parser *parser, const char *key, const char *value)
{
	struct scenario_echo *echo = &parser->scenario->echo;
	double number = 0;
	if (!strcmp(key, "address"))
		return set_address(parser, echo->address, value);
	if (!strcmp(key, "adapter"))
		return set_adapter(parser, &echo->adapter, value);
	if (!strcmp(key, "ppm"))
		return set_number(parser, &echo->ppm, value, -1000, 1000);
	if (!strcmp(key, "jitter"))
		return set_duration(parser, &echo->jitter_ns, value);
	if (!strcmp(key, "noise"))
		return set_bool(parser, &echo->noise, value);
	if (!strcmp(key, "sink"))
		return set_sink(parser, &echo->direct, value);
	if (!strcmp(key, "starts"))
		return set_duration(parser, &echo->starts_ns, value);
	if (!strcmp(key, "event"))
		return scenario_event_add(parser, value);
	if (!strcmp(key, "paired"))
		return set_bool(parser, &echo->paired, value);
	if (!strcmp(key, "quantum")) {
		if (!set_number(parser, &number, value, 32, 4096))
			return 0;
		echo->quantum = (uint32_t)number;
		return 1;
	}
	int taken = scenario_air_key(&parser->ini, &echo->air, key, value);
	if (taken >= 0)
		return taken;
	return ini_complain(
	    &parser->ini,
	    "no key '%s' in [echo]; there are address, adapter, quantum, ppm, jitter, noise, "
	    "sink, starts, paired, event, " AIR_KEYS,
	    key);
}

static int set_kind(struct parser *parser, enum dac_kind *kind, const char *value)
{
	static const char *const names[] = {
	    [DAC_FIFO] = "fifo", [DAC_CONCEAL] = "conceal", [DAC_RTP] = "rtp"};
	for (int i = 0; i <= DAC_RTP; i++)
		if (!strcmp(value, names[i])) {
			*kind = (enum dac_kind)i;
			return 1;
		}
	return ini_complain(&parser->ini, "no kind '%s'; there are fifo, conceal, rtp", value);
}

static int set_capabilities(struct parser *parser, uint8_t *bytes, const char *value)
{
	unsigned read[SBC_CONFIG_BYTES];
	if (sscanf(value, "%2x%2x%2x%2x", &read[0], &read[1], &read[2], &read[3]) != 4)
		return ini_complain(&parser->ini, "'%s' are no four bytes, like ffff0235", value);
	for (int i = 0; i < SBC_CONFIG_BYTES; i++)
		bytes[i] = (uint8_t)read[i];
	return 1;
}

static int set_time_or_no(struct parser *parser, int64_t *ns, const char *value)
{
	if (strcmp(value, "no"))
		return set_duration(parser, ns, value);
	*ns = -1;
	return 1;
}

static int speaker_sound_key(struct parser *parser, struct scenario_speaker *speaker,
                             const char *key, const char *value)
{
	double number = 0;
	if (!strcmp(key, "kind"))
		return set_kind(parser, &speaker->dac.kind, value);
	if (!strcmp(key, "latency"))
		return set_duration(parser, &speaker->dac.latency_ns, value);
	if (!strcmp(key, "ppm"))
		return set_number(parser, &speaker->dac.ppm, value, -1000, 1000);
	if (!strcmp(key, "reports"))
		return set_time_or_no(parser, &speaker->reports_ns, value);
	if (!strcmp(key, "volume"))
		return set_bool(parser, &speaker->absolute_volume, value);
	if (!strcmp(key, "capabilities"))
		return set_capabilities(parser, speaker->capabilities, value);
	if (!strcmp(key, "aac"))
		return set_bool(parser, &speaker->aac, value);
	if (!strcmp(key, "mtu")) {
		if (!set_number(parser, &number, value, 48, 1691))
			return 0;
		speaker->mtu = (uint16_t)number;
		return 1;
	}
	int taken = scenario_air_key(&parser->ini, &speaker->air, key, value);
	if (taken >= 0)
		return taken;
	return ini_complain(
	    &parser->ini,
	    "no key '%s' in [speaker]; there are name, address, adapter, class, paired, "
	    "reachable, connects, calls, loss, distance, kind, latency, ppm, reports, volume, "
	    "capabilities, aac, mtu, "
	    "event, " AIR_KEYS,
	    key);
}

static int speaker_key(struct parser *parser, const char *key, const char *value)
{
	struct scenario_speaker *speaker =
	    &parser->scenario->speakers[parser->scenario->speaker_count - 1];
	if (!strcmp(key, "name"))
		return set_name(parser, speaker->name, sizeof(speaker->name), value);
	if (!strcmp(key, "address"))
		return set_address(parser, speaker->address, value);
	if (!strcmp(key, "adapter"))
		return set_adapter(parser, &speaker->adapter, value);
	if (!strcmp(key, "class")) {
		speaker->class = (uint32_t)strtoul(value, NULL, 16);
		return 1;
	}
	if (!strcmp(key, "paired"))
		return set_bool(parser, &speaker->paired, value);
	if (!strcmp(key, "reachable"))
		return set_bool(parser, &speaker->reachable, value);
	if (!strcmp(key, "connects"))
		return set_duration(parser, &speaker->connects_ns, value);
	if (!strcmp(key, "calls"))
		return set_time_or_no(parser, &speaker->calls_ns, value);
	if (!strcmp(key, "loss"))
		return set_percent(parser, &speaker->loss, value);
	if (!strcmp(key, "distance"))
		return scenario_distance(&parser->ini, &speaker->distance, value);
	if (!strcmp(key, "event"))
		return scenario_event_add(parser, value);
	return speaker_sound_key(parser, speaker, key, value);
}

static int take_key(struct ini_text *ini, const char *section, const char *key, const char *value)
{
	struct parser *parser = (struct parser *)ini;
	(void)section; /* begun when its line was read */
	switch (parser->section) {
	case SECTION_WORLD:
		return world_key(parser, key, value);
	case SECTION_ADAPTER:
		return adapter_key(parser, key, value);
	case SECTION_ECHO:
		return echo_key(parser, key, value);
	case SECTION_MICROPHONE:
		return scenario_microphone_key(&parser->ini, &parser->scenario->microphone, key,
		                               value);
	case SECTION_SPEAKER:
		return speaker_key(parser, key, value);
	case SECTION_NONE:
		break;
	}
	return ini_complain(&parser->ini, "'%s' stands in no section", key);
}

int scenario_parse(struct scenario **ret_scenario, const char *text, const char *origin,
                   char *message, size_t size)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));
	if (!scenario)
		return -ENOMEM;
	struct parser parser = {
	    .ini = {.origin = origin, .text = text, .section = begin_section, .key = take_key},
	    .scenario = scenario,
	};
	scenario->seed = 1;
	scenario->microphone = scenario_microphone_default();
	scenario->echo = (struct scenario_echo){
	    .quantum = 512,
	    .paired = true,
	    .air = scenario_air_default(OFFERS_SOURCE | OFFERS_SINK),
	    .address = "44:00:49:12:AB:CD",
	};
	strcpy(scenario->echo.air.modalias, "bluetooth:v0171p0413d0000");
	int error = ini_text_parse(&parser.ini);
	if (!error && !scenario->adapter_count) {
		ini_complain(&parser.ini, "there is no [adapter hci0]");
		error = -EINVAL;
	}
	if (error) {
		free(scenario);
		snprintf(message, size, "%s", parser.ini.message);
		return error;
	}
	*ret_scenario = scenario;
	return 0;
}

int scenario_load(struct scenario **ret_scenario, const char *name, char *message, size_t size)
{
	if (!*name)
		name = "default";
	for (const struct scenario_builtin *builtin = scenario_builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return scenario_parse(ret_scenario, builtin->text, name, message, size);
	char *text;
	int error = file_read_text(name, &text, message, size);
	if (error)
		return error;
	error = scenario_parse(ret_scenario, text, name, message, size);
	free(text);
	return error;
}
