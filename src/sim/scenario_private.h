/* SPDX-License-Identifier: MIT */
#ifndef SIM_SCENARIO_PRIVATE_H
#define SIM_SCENARIO_PRIVATE_H

#include "base/ini_text.h"
#include "sim/scenario.h"

/* Between scenario.c, scenario_air.c, scenario_event.c and scenario_microphone.c only. */

enum section {
	SECTION_NONE,
	SECTION_WORLD,
	SECTION_ADAPTER,
	SECTION_ECHO,
	SECTION_MICROPHONE,
	SECTION_SPEAKER
};

struct parser {
	struct ini_text ini; /* first: the callbacks get a pointer to it */
	struct scenario *scenario;
	enum section section;
	char section_text[64];
};

/* Takes an event of the section that is being read.  Returns 1; 0 when it complained. */
int scenario_event_add(struct parser *parser, const char *value);

/* "187 ms", "1.2s", "300 us", up to a year.  Returns what follows it, or NULL. */
const char *scenario_read_duration(const char *text, int64_t *ns);

/* The device as any is that says nothing of it. */
struct scenario_air scenario_air_default(uint32_t offers);

/* Takes a key of struct scenario_air.  Returns 1; 0 when it complained; −1 for a key of another kind. */
int scenario_air_key(struct ini_text *ini, struct scenario_air *air, const char *key,
                     const char *value);

/* A microphone as it is where the scenario says nothing of it, and the keys of one: 1, or 0 after complaining. */
struct scenario_microphone scenario_microphone_default(void);
int scenario_microphone_key(struct ini_text *ini, struct scenario_microphone *microphone,
                            const char *key, const char *value);

/* How far a speaker is from it, m.  Returns as above. */
int scenario_distance(struct ini_text *ini, double *metres, const char *value);

#endif
