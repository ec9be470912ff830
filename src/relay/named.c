/* SPDX-License-Identifier: MIT */
/* Which speaker a word of a command line means. */
#include "relay/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct speaker *by_number(struct relay *relay, const char *word, bool *is_number)
{
	char *end;
	long number = strtol(word, &end, 10);
	*is_number = !*end && end != word;
	if (!*is_number || number < 1 || number > relay->speaker_count)
		return NULL;
	return relay->speakers[number - 1];
}

static struct speaker *by_whole_name(struct relay *relay, const char *word)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (!strcasecmp(relay->speakers[i]->kept->address, word) ||
		    !strcasecmp(relay->speakers[i]->kept->name, word))
			return relay->speakers[i];
	return NULL;
}

static bool begins(const struct speaker *speaker, const char *word)
{
	return *word && !strncasecmp(speaker->kept->name, word, strlen(word));
}

static struct speaker *by_beginning(struct relay *relay, const char *word, char *reply, size_t size)
{
	struct speaker *found = NULL;
	int count = 0;
	size_t used = (size_t)snprintf(reply, size, "which: ");
	for (int i = 0; i < relay->speaker_count; i++) {
		if (!begins(relay->speakers[i], word))
			continue;
		found = relay->speakers[i];
		if (used < size)
			used += (size_t)snprintf(reply + used, size - used, "%s%s",
			                         count ? ", " : "", found->kept->name);
		count++;
	}
	if (!count)
		snprintf(reply, size, "no speaker '%s'", word);
	if (count != 1)
		return NULL;
	*reply = 0;
	return found;
}

struct speaker *relay_speaker_named(struct relay *relay, const char *word, char *reply, size_t size)
{
	bool is_number;
	struct speaker *speaker = by_number(relay, word, &is_number);
	if (!speaker)
		speaker = by_whole_name(relay, word);
	if (speaker)
		return speaker;
	if (!is_number)
		return by_beginning(relay, word, reply, size);
	snprintf(reply, size, "no speaker '%s'", word);
	return NULL;
}
