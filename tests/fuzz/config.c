/* SPDX-License-Identifier: MIT */
/* echorelay.conf: what is taken is within bounds; what is not is told with its line. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/settings.h"

static struct settings settings;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[128], message[256] = "";
	fuzz_file("echorelay.conf", data, size);
	snprintf(path, sizeof(path), "%s/echorelay.conf", fuzz_folder());
	settings_init(&settings);
	int error = settings_read_config(&settings, path, message, sizeof(message));
	fuzz_require(!error || strlen(message) > 0, "an error has words");
	fuzz_require(settings.config.rate == 44100 || settings.config.rate == 48000,
	             "the rate is one of two");
	fuzz_require(settings.config.lead_ns >= 5000000 && settings.config.lead_ns <= 500000000,
	             "the lead is within bounds");
	fuzz_require(settings.config.idle_ns >= 0, "idle is no negative time");
	return 0;
}
