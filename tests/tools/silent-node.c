/* SPDX-License-Identifier: MIT */
/*
 * silent-node NAME: a source node of PipeWire's that is on and sends nothing, as an Echo whose packets do not come.
 * Stays until it is ended.
 */
#include <pipewire/pipewire.h>
#include <spa/param/audio/format-utils.h>
#include <stdio.h>

static void on_process(void *data)
{
	(void)data; /* the buffer stays where it is */
}

static const struct pw_stream_events events = {PW_VERSION_STREAM_EVENTS, .process = on_process};

static int connect_as_source(struct pw_stream *stream)
{
	uint8_t bytes[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	struct spa_audio_info_raw format = {
	    .format = SPA_AUDIO_FORMAT_F32,
	    .rate = 44100,
	    .channels = 2,
	    .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR},
	};
	const struct spa_pod *params[] = {
	    spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format)};
	return pw_stream_connect(stream, PW_DIRECTION_OUTPUT, PW_ID_ANY, PW_STREAM_FLAG_MAP_BUFFERS,
	                         params, 1);
}

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "silent-node NAME\n");
		return 64;
	}
	pw_init(NULL, NULL);
	struct pw_main_loop *loop = pw_main_loop_new(NULL);
	struct pw_properties *properties =
	    pw_properties_new(PW_KEY_MEDIA_CLASS, "Audio/Source", PW_KEY_NODE_NAME, argv[1], NULL);
	struct pw_stream *stream =
	    pw_stream_new_simple(pw_main_loop_get_loop(loop), argv[1], properties, &events, NULL);
	if (!stream || connect_as_source(stream) < 0) {
		fprintf(stderr, "silent-node: no PipeWire\n");
		return 69;
	}
	return pw_main_loop_run(loop) < 0;
}
