/* SPDX-License-Identifier: MIT */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text from outside is hostile until it has been through here: Bluetooth names, D-Bus strings, file
 * contents.  Pure; any thread.
 */

/*
 * Writes into `out` (`size` bytes with the end) what of `in` is harmless on a terminal, in a file and in
 * a log: well-formed UTF-8 without control characters (C0, DEL, C1), without characters that turn the
 * direction of writing or take no room of their own, and without anything cut in half.  What is not
 * becomes one '?' a run; space at the ends goes.  Returns out.
 */
char *text_clean(char *out, size_t size, const char *in);

/*
 * Decodes one character of UTF-8 from `text`.  Returns how many bytes it takes, and the character; 1
 * and −1 for a byte that begins nothing well-formed (overlong forms, surrogates, beyond U+10FFFF).
 */
int text_decode(const char *text, int32_t *character);

/*
 * How many characters must be changed, put in or left out to make one word of the other (Levenshtein);
 * 99 for words of more than 32 bytes.  Up to TEXT_SLIP it may have been a slip of the finger.
 */
#define TEXT_SLIP 2
int text_distance(const char *a, const char *b);

/* Reads a Bluetooth address, 70:99:1C:0A:B2:44, in either case; it is in capitals then.  False: it is none. */
bool text_address(const char *text, char address[18]);

#endif
