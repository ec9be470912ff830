/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_FOLDER_H
#define TESTS_HELPERS_FOLDER_H

#include "relay/settings.h"

/* A folder of the test program's own: set-up and tear-down of a group, or of each test. */
extern char folder[64];
int folder_make(void **state);
int folder_remove(void **state);

/* Reads the state that is kept there; the test fails where it was damaged and set aside, too. */
void folder_open_state(struct settings *settings);

#endif
