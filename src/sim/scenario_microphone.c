/* SPDX-License-Identifier: MIT */
/* The keys of a scenario that say what a microphone hears. */
#include "sim/scenario_private.h"

#include <stdlib.h>
#include <string.h>

struct scenario_microphone scenario_microphone_default(void)
{
	return (struct scenario_microphone){
	    .name = "Microphone of the room",
	    .ppm = 40,
	    .latency_ns = 12000000,
	    .noise_db = -60,
	    .reverberation_ns = 400000000,
	};
}

static int set_number(struct ini_text *ini, double *number, const char *value, double least,
                      double most)
{
	char *end;
	double read = strtod(value, &end);
	if (end == value || *end || !(read >= least && read <= most))
		return ini_complain(ini, "'%s' is no number from %g to %g", value, least, most);
	*number = read;
	return 1;
}

static int set_duration(struct ini_text *ini, int64_t *ns, const char *value)
{
	const char *end = scenario_read_duration(value, ns);
	if (!end || *end || *ns > 2000000000)
		return ini_complain(ini, "'%s' is no time up to 2 s", value);
	return 1;
}

int scenario_distance(struct ini_text *ini, double *metres, const char *value)
{
	return set_number(ini, metres, value, 0.1, 50);
}

int scenario_microphone_key(struct ini_text *ini, struct scenario_microphone *microphone,
                            const char *key, const char *value)
{
	if (!strcmp(key, "ppm"))
		return set_number(ini, &microphone->ppm, value, -1000, 1000);
	if (!strcmp(key, "noise"))
		return set_number(ini, &microphone->noise_db, value, -120, 0);
	if (!strcmp(key, "latency"))
		return set_duration(ini, &microphone->latency_ns, value);
	if (!strcmp(key, "reverberation"))
		return set_duration(ini, &microphone->reverberation_ns, value);
	return ini_complain(ini,
	                    "no key '%s' in [microphone]; there are ppm, noise, latency, "
	                    "reverberation",
	                    key);
}
