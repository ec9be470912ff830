/* SPDX-License-Identifier: MIT */
/* speakers.json: what was read is written, and read again as it was. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "relay/alignment.h"
#include "relay/settings.h"

static struct settings settings, again;

static void holds(const struct settings_speaker *speaker)
{
	fuzz_require(strlen(speaker->address) == 17, "an address is one");
	fuzz_require(speaker->trim_ns >= -ALIGNMENT_TRIM_MAX_NS &&
	                 speaker->trim_ns <= ALIGNMENT_TRIM_MAX_NS,
	             "a trim is within bounds");
	fuzz_require(speaker->volume >= SETTINGS_VOLUME_UNKNOWN && speaker->volume <= 100,
	             "a volume is a percentage");
}

static bool same(const struct settings_speaker *a, const struct settings_speaker *b)
{
	return !strcmp(a->address, b->address) && !strcmp(a->name, b->name) &&
	       !strcmp(a->adapter, b->adapter) && a->role == b->role && a->trim_ns == b->trim_ns &&
	       a->latency_ns == b->latency_ns && a->reported_ns == b->reported_ns &&
	       a->volume == b->volume && a->muted == b->muted && a->channel == b->channel &&
	       a->autoconnect == b->autoconnect && a->keepawake == b->keepawake;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char message[512];
	fuzz_file("speakers.json", data, size);
	settings_init(&settings);
	if (settings_open_state(&settings, fuzz_folder(), message, sizeof(message)))
		return 0;
	for (int i = 0; i < settings.speaker_count; i++)
		holds(&settings.speakers[i]);
	settings.dirty = true;
	fuzz_require(!settings_save(&settings), "it can be written");
	settings_init(&again);
	fuzz_require(!settings_open_state(&again, fuzz_folder(), message, sizeof(message)),
	             "what was written can be read");
	fuzz_require(again.speaker_count == settings.speaker_count, "none is lost");
	for (int i = 0; i < settings.speaker_count; i++)
		fuzz_require(same(&again.speakers[i], &settings.speakers[i]),
		             "nothing changes on the way");
	return 0;
}
