/* SPDX-License-Identifier: MIT */
/* The keys of a scenario that say how a device is heard and how it pairs. */
#include "sim/scenario_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000000ll

struct scenario_air scenario_air_default(uint32_t offers)
{
	return (struct scenario_air){
	    .rssi = -60,
	    .heard_ns = 1500 * MS,
	    .pairs_ns = 900 * MS,
	    .pin = "0000",
	    .passkey = 123456,
	    .offers = offers,
	    .modalias = "bluetooth:v0057p1234d0100",
	};
}

static int set_choice(struct ini_text *ini, int *choice, const char *value,
                      const char *const *names, int count, const char *all)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], value)) {
			*choice = i;
			return 1;
		}
	return ini_complain(ini, "'%s' is none of %s", value, all);
}

static int set_pairing(struct ini_text *ini, struct scenario_air *air, const char *value)
{
	static const char *const names[] = {"works",   "rejects", "fails",
	                                    "ignores", "held",    "plain"};
	int choice = PAIRING_WORKS;
	int taken = set_choice(ini, &choice, value, names, 6,
	                       "works, rejects, fails, ignores, held, plain");
	air->pairing = (enum scenario_pairing)choice;
	return taken;
}

static int set_asks(struct ini_text *ini, struct scenario_air *air, const char *value)
{
	static const char *const names[] = {"nothing", "pin", "passkey", "match", "show"};
	int choice = ASKS_NOTHING;
	int taken = set_choice(ini, &choice, value, names, 5, "nothing, pin, passkey, match, show");
	air->asks = (enum scenario_asks)choice;
	return taken;
}

static int set_offers(struct ini_text *ini, struct scenario_air *air, const char *value)
{
	static const char *const names[] = {"neither", "source", "sink", "both"};
	int choice = OFFERS_SINK;
	int taken = set_choice(ini, &choice, value, names, 4, "source, sink, both, neither");
	air->offers = (uint32_t)choice;
	return taken;
}

static int set_whole(struct ini_text *ini, long *number, const char *value, long least, long most)
{
	char *end;
	*number = strtol(value, &end, 10);
	if (end == value || *end || *number < least || *number > most)
		return ini_complain(ini, "'%s' is no number from %ld to %ld", value, least, most);
	return 1;
}

static int set_time(struct ini_text *ini, int64_t *ns, const char *value)
{
	const char *end = scenario_read_duration(value, ns);
	if (!end || *end)
		return ini_complain(ini, "'%s' is no duration, like 187 ms or 1.5 s", value);
	return 1;
}

static int set_pin(struct ini_text *ini, char *pin, size_t size, const char *value)
{
	if (!*value || strlen(value) >= size)
		return ini_complain(ini, "a PIN has 1 to 16 characters, not '%s'", value);
	snprintf(pin, size, "%s", value);
	return 1;
}

static int set_modalias(struct ini_text *ini, char *modalias, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return ini_complain(ini, "a modalias is like bluetooth:v0057p1234d0100");
	snprintf(modalias, size, "%s", value);
	return 1;
}

int scenario_air_key(struct ini_text *ini, struct scenario_air *air, const char *key,
                     const char *value)
{
	long number = 0;
	int taken;
	if (!strcmp(key, "rssi")) {
		taken = set_whole(ini, &number, value, -127, 20);
		air->rssi = (int16_t)number;
		return taken;
	}
	if (!strcmp(key, "passkey")) {
		taken = set_whole(ini, &number, value, 0, 999999);
		air->passkey = (uint32_t)number;
		return taken;
	}
	if (!strcmp(key, "modalias"))
		return set_modalias(ini, air->modalias, sizeof(air->modalias), value);
	if (!strcmp(key, "heard"))
		return set_time(ini, &air->heard_ns, value);
	if (!strcmp(key, "pairs"))
		return set_time(ini, &air->pairs_ns, value);
	if (!strcmp(key, "resolves"))
		return set_time(ini, &air->resolves_ns, value);
	if (!strcmp(key, "pairing"))
		return set_pairing(ini, air, value);
	if (!strcmp(key, "asks"))
		return set_asks(ini, air, value);
	if (!strcmp(key, "offers"))
		return set_offers(ini, air, value);
	if (!strcmp(key, "pin"))
		return set_pin(ini, air->pin, sizeof(air->pin), value);
	return -1;
}
