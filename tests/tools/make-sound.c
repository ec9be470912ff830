/* SPDX-License-Identifier: MIT */
/*
 * make-sound SECONDS FILE.wav [CODED.wav]: a piece of music that never repeats, 44.1 kHz, 16 bits; a little
 * noise in it makes every moment unlike every other.  CODED.wav is what SBC at bitpool 53 makes of it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sbc/sbc.h>
#include <sndfile.h>

#include "sim/music.h"
#include "tests/helpers/tone.h"

#define RATE 44100
#define BLOCK 4096
#define NOISE 0.02f
#define SMOOTH 32 /* frames: the noise is kept below 1 kHz or so, where SBC is best */

static void noise_add(struct frame *frames, int64_t from)
{
	static struct frame noise[BLOCK + SMOOTH];
	noise_fill(noise, from, BLOCK + SMOOTH, NOISE);
	for (int i = 0; i < BLOCK; i++)
		for (int k = 0; k < SMOOTH; k++) {
			frames[i].left += noise[i + k].left / sqrtf(SMOOTH);
			frames[i].right += noise[i + k].right / sqrtf(SMOOTH);
		}
}

/* Through the codec and back, one SBC frame after the other. */
static void code(SNDFILE *coded, sbc_t *encoder, sbc_t *decoder, const int16_t *pcm)
{
	for (int at = 0; at < BLOCK; at += 128) {
		uint8_t bytes[512];
		int16_t back[256];
		ssize_t size;
		size_t written;
		sbc_encode(encoder, pcm + 2 * at, 512, bytes, sizeof(bytes), &size);
		sbc_decode(decoder, bytes, (size_t)size, back, sizeof(back), &written);
		sf_writef_short(coded, back, 128);
	}
}

static void play(SNDFILE *plain, SNDFILE *coded, struct music *music, double seconds)
{
	static const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	sbc_t encoder, decoder;
	sbc_init_a2dp(&encoder, 0, configuration, 4);
	sbc_init_a2dp(&decoder, 0, configuration, 4);
	encoder.bitpool = 53;
	for (int64_t at = 0; at < (int64_t)(seconds * RATE); at += BLOCK) {
		static struct frame frames[BLOCK];
		static int16_t pcm[2 * BLOCK];
		music_play(music, frames, BLOCK);
		noise_add(frames, at);
		for (int i = 0; i < 2 * BLOCK; i++)
			pcm[i] = (int16_t)lrintf((&frames->left)[i] * 32768);
		sf_writef_short(plain, pcm, BLOCK);
		if (coded)
			code(coded, &encoder, &decoder, pcm);
	}
	sbc_finish(&encoder);
	sbc_finish(&decoder);
}

int main(int argc, char *argv[])
{
	SF_INFO info = {
	    .samplerate = RATE, .channels = 2, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	double seconds = argc >= 3 ? atof(argv[1]) : 0;
	SNDFILE *plain = seconds > 0 ? sf_open(argv[2], SFM_WRITE, &info) : NULL;
	SNDFILE *coded = plain && argc == 4 ? sf_open(argv[3], SFM_WRITE, &info) : NULL;
	struct music *music = music_new_tune(RATE);
	if (!plain || !music) {
		fprintf(stderr, "make-sound SECONDS FILE.wav [CODED.wav]\n");
		return 64;
	}
	play(plain, coded, music, seconds);
	music_free(music);
	if (coded)
		sf_close(coded);
	return sf_close(plain);
}
