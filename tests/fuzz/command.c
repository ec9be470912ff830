/* SPDX-License-Identifier: MIT */
/* Command lines to a relay that plays on two speakers, each a while after the one before. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tests/helpers/house.h"

static const char scenario[] = "[world]\nseed = 1\n"
			       "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
			       "[echo Echo Dot]\n"
			       "[speaker A]\naddress = 00:00:5E:00:53:01\nconnects = 50 ms\n"
			       "[speaker B]\naddress = 00:00:5E:00:53:02\npaired = no\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reply[256], *place = NULL, *text = fuzz_text(data, size);
	struct house *house = house_new(scenario);
	fuzz_require(house_wait(house, HOUSE_SECOND, all_stream), "it plays");
	int left = 24;
	for (char *line = strtok_r(text, "\n", &place); line && left--;
	     line = strtok_r(NULL, "\n", &place)) {
		*reply = 0;
		relay_command(house->relay, line, reply, sizeof(reply));
		fuzz_require(*reply, "every command is answered");
		house_run(house, 20 * HOUSE_MS);
	}
	house_free(house);
	free(text);
	return 0;
}
