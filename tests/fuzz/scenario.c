/* SPDX-License-Identifier: MIT */
/* A scenario: what is taken can be lived in for a moment; what is not is told with its line. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "sim/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario *scenario = NULL;
	char message[256] = "";
	char *text = fuzz_text(data, size);
	int error = scenario_parse(&scenario, text, "fuzz.scenario", message, sizeof(message));
	fuzz_require(!error || strlen(message) > 0, "an error has words");
	if (!error)
		fuzz_require(scenario->adapter_count <= SCENARIO_ADAPTERS &&
		                 scenario->speaker_count <= SCENARIO_SPEAKERS &&
		                 scenario->event_count <= SCENARIO_EVENTS,
		             "nothing is beyond its end");
	if (!error)
		free(scenario);
	free(text);
	return 0;
}
