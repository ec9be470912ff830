/* SPDX-License-Identifier: MIT */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#define FILE_TEXT_MAX (256 * 1024) /* no file that a person writes for us is longer */

/*
 * Reads a text file whole.  Returns 0 and the text, to be freed; -errno, -EFBIG for one beyond
 * FILE_TEXT_MAX, -EILSEQ for one with a zero byte in it; `message` then says it with the path.
 */
int file_read_text(const char *path, char **ret_text, char *message, size_t size);

/*
 * Puts a text in the place of a file: whole and on the disk before it is renamed over the old one, so
 * that at every moment the old or the new is there.  Returns 0 or -errno.
 */
int file_replace_text(const char *path, const char *text);

/* Makes a folder and those above it.  Returns 0, or -errno if it is not there and writable then. */
int file_make_directory(const char *path);

#endif
