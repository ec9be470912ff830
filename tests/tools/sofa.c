/* SPDX-License-Identifier: MIT */
/*
 * sofa NAME RECORD.wav:METRES...: a microphone on the sofa, for a PipeWire that has none.
 *
 * Reads what simulated speakers let be heard, while they write it ([world] record = FOLDER), mixes it as it
 * would arrive over so many metres each, and is the source NAME of PipeWire's, which hears that.  It does so
 * LATENCY late, as microphones do, and always by the same, since the records' time axis and PipeWire's own
 * driver both go by CLOCK_MONOTONIC.  Runs until it is killed; says "starved" where a record was not written
 * in time.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>

#include "audio/frame.h"
#include "tests/helpers/record.h"

#define RATE 44100
#define LATENCY (RATE / 5) /* frames: the records may be late by as much on a busy machine */
#define LEARN (RATE / 2)
#define QUANTUM 1024
#define SPEED_OF_SOUND 343.0
#define LOUDNESS 0.3 /* gain at a metre */
#define SPEAKERS 16

struct voice {
	struct record record;
	double away; /* frames that the sound takes */
	float gain;
};

static struct voice voices[SPEAKERS];
static int count;
static struct pw_main_loop *loop;
static struct pw_stream *stream;
static int64_t place;    /* the records' frame that is played next */
static uint32_t learned; /* frames for which the place was sought */

static bool voice_open(struct voice *voice, char *word)
{
	char *colon = strrchr(word, ':');
	double metres = colon ? atof(colon + 1) : 0;
	if (!(metres > 0))
		return false;
	*colon = 0;
	voice->away = metres / SPEED_OF_SOUND * RATE;
	voice->gain = (float)(LOUDNESS / metres);
	return record_open(&voice->record, word);
}

/* The records grow by fits and starts: their end is where it was furthest, seen from the graph's clock. */
static void learn(uint32_t wanted)
{
	int64_t end = record_frames(&voices[0].record);
	for (int i = 1; i < count; i++)
		end = SPA_MIN(end, record_frames(&voices[i].record));
	place = SPA_MAX(place, end - LATENCY) + wanted;
	learned += wanted;
}

/* Adds `wanted` frames of a record, each from between the two that are nearest. */
static void voice_add(const struct voice *voice, struct frame *sum, int wanted)
{
	static struct frame heard[8192 + 1];
	double from = (double)place - voice->away;
	int64_t first = (int64_t)floor(from);
	float part = (float)(from - floor(from));
	memset(heard, 0, ((size_t)wanted + 1) * sizeof(struct frame));
	if (first < 0)
		return;
	if (record_read(&voice->record, heard, first, wanted + 1) <= wanted)
		fprintf(stderr, "starved\n");
	for (int i = 0; i < wanted; i++) {
		float a = (heard[i].left + heard[i].right) / 2;
		float b = (heard[i + 1].left + heard[i + 1].right) / 2;
		float value = voice->gain * (a + part * (b - a));
		sum[i].left += value;
		sum[i].right += value;
	}
}

static void on_process(void *data)
{
	(void)data;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(stream);
	if (!buffer)
		return;
	struct spa_data *audio = &buffer->buffer->datas[0];
	uint32_t most = SPA_MIN(audio->maxsize / (uint32_t)sizeof(struct frame), 8192u);
	uint32_t wanted = buffer->requested ? SPA_MIN(most, (uint32_t)buffer->requested)
	                                    : SPA_MIN(most, QUANTUM);
	memset(audio->data, 0, wanted * sizeof(struct frame));
	if (learned < LEARN) {
		learn(wanted);
	} else {
		for (int i = 0; i < count; i++)
			voice_add(&voices[i], audio->data, (int)wanted);
		place += wanted;
	}
	audio->chunk->offset = 0;
	audio->chunk->stride = sizeof(struct frame);
	audio->chunk->size = wanted * (uint32_t)sizeof(struct frame);
	pw_stream_queue_buffer(stream, buffer);
}

/* Nobody listened meanwhile: the records went on. */
static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state,
                     const char *error)
{
	(void)data, (void)old, (void)error;
	if (state != PW_STREAM_STATE_STREAMING)
		place = learned = 0;
}

static const struct pw_stream_events events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state,
    .process = on_process,
};

static int hear(const char *name)
{
	uint8_t bytes[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	struct spa_audio_info_raw format = {
	    .format = SPA_AUDIO_FORMAT_F32,
	    .rate = RATE,
	    .channels = 2,
	    .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR},
	};
	const struct spa_pod *params[] = {
	    spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format)};
	struct pw_properties *props =
	    pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CLASS, "Audio/Source",
	                      PW_KEY_NODE_NAME, name, PW_KEY_NODE_LATENCY, "1024/44100", NULL);
	stream = pw_stream_new_simple(pw_main_loop_get_loop(loop), "sofa", props, &events, NULL);
	if (!stream || pw_stream_connect(stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
	                                 PW_STREAM_FLAG_MAP_BUFFERS, params, 1) < 0) {
		fprintf(stderr, "sofa: PipeWire gives no stream\n");
		return 69;
	}
	return pw_main_loop_run(loop);
}

int main(int argc, char *argv[])
{
	pw_init(&argc, &argv);
	loop = pw_main_loop_new(NULL);
	for (; loop && count < SPEAKERS && count + 2 < argc; count++)
		if (!voice_open(&voices[count], argv[count + 2])) {
			fprintf(stderr, "sofa: %s: no record that is being written\n",
			        argv[count + 2]);
			return 66;
		}
	if (!count) {
		fprintf(stderr, "sofa NAME RECORD.wav:METRES...\n");
		return 64;
	}
	return hear(argv[1]);
}
