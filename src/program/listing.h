/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_LISTING_H
#define PROGRAM_LISTING_H

#include "ui/keymap.h"

/* What is printed and nothing else done: commands and keys.  Each returns the exit code. */

int listing_commands(void);
int listing_keys(const struct keymap *keymap);

/* Reads a keymap file and says what is wrong with it. */
int listing_check_keys(struct keymap *keymap, const char *path);

/* Prints what keymap_load found wrong, on stderr. */
void listing_complain(const struct keymap *keymap);

#endif
