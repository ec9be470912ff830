/* SPDX-License-Identifier: MIT */
#include "sim/music.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include "audio/reader.h"

#define VOICES 12
#define STEPS_PER_BAR 8
#define STEP_SECONDS 0.25
#define FILE_SECONDS_MAX 3600

/* A struck string: two partials that die away. */
struct voice {
	double phase, step; /* turns, turns a frame */
	float level, decay;
	float left, right;
};

struct music {
	uint32_t rate;
	/* the tune */
	struct voice voices[VOICES];
	int next_voice;
	uint32_t step;        /* eighth notes since the start */
	uint32_t frames_left; /* of this step */
	/* the noise */
	uint64_t random; /* 0: it is not noise */
	struct frame noise;
	/* the file */
	struct frame *file;
	int64_t file_frames, file_next;
};

struct music *music_new_tune(uint32_t rate)
{
	struct music *music = calloc(1, sizeof(*music));
	if (music)
		music->rate = rate;
	return music;
}

struct music *music_new_noise(uint32_t rate, uint32_t seed)
{
	struct music *music = music_new_tune(rate);
	if (music)
		music->random = seed | 1;
	return music;
}

void music_free(struct music *music)
{
	if (!music)
		return;
	free(music->file);
	free(music);
}

/* --- the tune ---------------------------------------------------------------------------------- */

static double hz_of(int semitone) /* from A, 220 Hz */
{
	return 220 * exp2(semitone / 12.0);
}

static void strike(struct music *music, int semitone, float level, float seconds, float pan)
{
	struct voice *voice = &music->voices[music->next_voice++ % VOICES];
	*voice = (struct voice){
	    .step = hz_of(semitone) / music->rate,
	    .level = level,
	    .decay = expf(-1 / (seconds * (float)music->rate)),
	    .left = sqrtf(0.5f - pan / 2),
	    .right = sqrtf(0.5f + pan / 2),
	};
}

/* Four chords, an arpeggio over each, a melody that comes and goes, a bass on the first beat. */
static void next_step(struct music *music)
{
	static const int roots[] = {0, -4, -9, -2};
	static const int chords[][4] = {
	    {0, 3, 7, 12}, {-4, 0, 3, 8}, {-9, -5, -2, 3}, {-2, 2, 5, 10}};
	static const int melody[] = {12, 15, 19, 17, 15, 12, 10, 15, 12, 8, 10, 12, 14, 10, 5, 7};
	uint32_t step = music->step++, bar = step / STEPS_PER_BAR % 4, beat = step % STEPS_PER_BAR;
	bool lively = step / 64 % 2;
	if (beat == 0)
		strike(music, roots[bar] - 12, 0.30f, 1.2f, 0);
	strike(music, chords[bar][beat % 4], 0.10f, 0.5f, beat % 2 ? 0.6f : -0.6f);
	if (lively && beat % 2 == 0)
		strike(music, melody[step / 2 % 16], 0.18f, 0.7f, step % 4 ? 0.3f : -0.3f);
	if (lively && beat == 4)
		strike(music, roots[bar] - 24, 0.25f, 0.3f, 0);
	music->frames_left = (uint32_t)(STEP_SECONDS * music->rate);
}

static struct frame tune_frame(struct music *music)
{
	struct frame sum = {0, 0};
	for (int i = 0; i < VOICES; i++) {
		struct voice *voice = &music->voices[i];
		if (voice->level < 1e-4f)
			continue;
		double turns = voice->phase;
		float sound = sinf(2 * (float)M_PI * (float)turns) +
		              0.3f * sinf(4 * (float)M_PI * (float)turns);
		voice->phase = turns + voice->step - floor(turns + voice->step);
		sum.left += sound * voice->level * voice->left;
		sum.right += sound * voice->level * voice->right;
		voice->level *= voice->decay;
	}
	return sum;
}

static void tune_play(struct music *music, struct frame *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!music->frames_left)
			next_step(music);
		music->frames_left--;
		frames[i] = tune_frame(music);
	}
}

/* --- noise ------------------------------------------------------------------------------------- */

static float noise_sample(struct music *music, float before)
{
	music->random = music->random * 6364136223846793005u + 1442695040888963407u;
	float white = (float)(int32_t)(music->random >> 32) / 2147483648.0f;
	return before + 0.2f * (white - before);
}

static void noise_play(struct music *music, struct frame *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		music->noise.left = noise_sample(music, music->noise.left);
		music->noise.right = noise_sample(music, music->noise.right);
		frames[i] = music->noise;
	}
}

/* --- a file ------------------------------------------------------------------------------------ */

static struct frame *stereo_from(const float *samples, int64_t count, int channels)
{
	struct frame *frames = calloc((size_t)count + 1, sizeof(*frames));
	for (int64_t i = 0; frames && i < count; i++) {
		frames[i].left = samples[i * channels];
		frames[i].right = samples[i * channels + (channels > 1)];
	}
	return frames;
}

/* The reader that plays a speaker at another rate converts a whole file as well. */
static struct frame *converted(struct frame *frames, int64_t *count, double ratio)
{
	struct reader_filter *filter = malloc(sizeof(*filter));
	struct frame *ring = malloc(TIMELINE_FRAMES * sizeof(*ring));
	int64_t out_count = (int64_t)((double)*count / ratio);
	struct frame *out = calloc((size_t)out_count + 1, sizeof(*out));
	struct timeline timeline;
	struct reader reader;
	if (filter && ring && out) {
		reader_filter_init(filter);
		reader_init(&reader, filter, ratio, 0);
		timeline_init(&timeline, ring, 0);
		for (int64_t done = 0; done < out_count; done += 1024) {
			uint32_t chunk = out_count - done < 1024 ? (uint32_t)(out_count - done)
			                                         : 1024;
			int64_t needs = reader_needs(&reader, (double)done * ratio, chunk);
			int64_t have = needs < *count ? needs : *count;
			if (have > timeline.end)
				timeline_write(&timeline, timeline.end, frames + timeline.end,
				               (uint32_t)(have - timeline.end));
			reader_read(&reader, &timeline, (double)done * ratio, out + done, chunk);
		}
		*count = out_count;
	}
	free(ring);
	free(filter);
	free(frames);
	return out;
}

static int file_load(struct music *music, SNDFILE *file, const SF_INFO *info)
{
	float *samples =
	    calloc((size_t)info->frames * (size_t)info->channels + 1, sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	music->file_frames = sf_readf_float(file, samples, info->frames);
	music->file = stereo_from(samples, music->file_frames, info->channels);
	free(samples);
	if (music->file && (uint32_t)info->samplerate != music->rate)
		music->file = converted(music->file, &music->file_frames,
		                        (double)info->samplerate / music->rate);
	return music->file ? 0 : -ENOMEM;
}

static int file_check(const SF_INFO *info)
{
	if (info->frames <= 0 || info->channels < 1 || info->samplerate < 4000 ||
	    info->samplerate > 384000)
		return -EINVAL;
	return info->frames / info->samplerate > FILE_SECONDS_MAX ? -EFBIG : 0;
}

int music_new_file(struct music **ret_music, const char *path, uint32_t rate, char *message,
                   size_t size)
{
	FILE *readable = fopen(path, "rb");
	if (!readable) {
		int error = -errno;
		snprintf(message, size, "%s: %s", path, strerror(-error));
		return error;
	}
	fclose(readable);
	SF_INFO info = {0};
	SNDFILE *file = sf_open(path, SFM_READ, &info);
	if (!file) {
		snprintf(message, size, "%s: no sound file: %s", path, sf_strerror(NULL));
		return -EINVAL;
	}
	int error = file_check(&info);
	struct music *music = error ? NULL : music_new_tune(rate);
	if (error)
		snprintf(message, size, "%s: %s", path,
		         error == -EFBIG ? "longer than an hour" : "holds no sound");
	else
		error = music ? file_load(music, file, &info) : -ENOMEM;
	if (error == -ENOMEM)
		snprintf(message, size, "%s: too long for this machine's memory", path);
	sf_close(file);
	if (error) {
		music_free(music);
		return error;
	}
	*ret_music = music;
	return 0;
}

static void file_play(struct music *music, struct frame *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		frames[i] = music->file[music->file_next++];
		if (music->file_next >= music->file_frames)
			music->file_next = 0;
	}
}

void music_play(struct music *music, struct frame *frames, uint32_t count)
{
	if (music->file)
		file_play(music, frames, count);
	else if (music->random)
		noise_play(music, frames, count);
	else
		tune_play(music, frames, count);
}
