/* SPDX-License-Identifier: MIT */
/* A sound file for --demo=file: what is taken plays, over and over; what is not is told in words. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

#include "sim/music.h"

#define PLAYED 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame frames[PLAYED];
	char path[128], message[256] = "";
	struct music *music = NULL;
	fuzz_file("sound", data, size);
	snprintf(path, sizeof(path), "%s/sound", fuzz_folder());
	int error = music_new_file(&music, path, 44100, message, sizeof(message));
	fuzz_require(!error || strlen(message) > 0, "an error has words");
	if (error)
		return 0;
	music_play(music, frames, PLAYED);
	music_free(music);
	return 0;
}
