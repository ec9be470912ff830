/* SPDX-License-Identifier: MIT */
#include "base/ini_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "base/text.h"

int ini_complain(struct ini_text *ini, const char *format, ...)
{
	va_list arguments;
	if (ini->message[0])
		return 0;
	char message[sizeof(ini->message)];
	int used = snprintf(message, sizeof(message), "%.200s:%d: ", ini->origin, ini->line);
	va_start(arguments, format);
	vsnprintf(message + used, sizeof(message) - (size_t)used, format, arguments);
	va_end(arguments);
	text_clean(ini->message, sizeof(ini->message), message);
	return 0;
}

static int on_key(void *user, const char *section, const char *key, const char *value)
{
	struct ini_text *ini = user;
	return ini->key(ini, section, key, value);
}

static void section_begin(struct ini_text *ini, const char *line)
{
	char section[64];
	const char *end = strrchr(line, ']');
	if (!end || !ini->section)
		return;
	if (snprintf(section, sizeof(section), "%.*s", (int)(end - line - 1), line + 1) >=
	    (int)sizeof(section))
		ini_complain(ini, "the section's name is longer than %zu bytes",
		             sizeof(section) - 1);
	else
		ini->section(ini, section);
}

/* inih asks for lines here, and so shows where it is. */
static char *next_line(char *buffer, int size, void *user)
{
	struct ini_text *ini = user;
	size_t length = strcspn(ini->rest, "\n");
	if (!*ini->rest)
		return NULL;
	ini->line++;
	bool fits = length < (size_t)size;
	snprintf(buffer, (size_t)size, "%.*s", fits ? (int)length : 0, ini->rest);
	if (!fits)
		ini_complain(ini, "the line is longer than %d bytes", size - 1);
	ini->rest += length + (ini->rest[length] == '\n');
	if (*buffer == '[')
		section_begin(ini, buffer);
	return buffer;
}

int ini_text_parse(struct ini_text *ini)
{
	ini->rest = ini->text;
	ini->line = 0;
	ini->message[0] = 0;
	int line = ini_parse_stream(next_line, ini, on_key, ini);
	if (line && !ini->message[0]) {
		ini->line = line;
		ini_complain(ini, "neither a [section] nor key = value");
	}
	return ini->message[0] ? -EINVAL : 0;
}
