/* SPDX-License-Identifier: MIT */
#include "tests/helpers/folder.h"

#include <stdlib.h>
#include <string.h>

#include "tests/helpers/test.h"

char folder[64];

int folder_make(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/echorelay-test-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

int folder_remove(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

void folder_open_state(struct settings *settings)
{
	char message[512];
	settings_init(settings);
	int result = settings_open_state(settings, folder, message, sizeof(message));
	if (result)
		fail_msg("%d: %s", result, message);
}
