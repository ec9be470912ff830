/* SPDX-License-Identifier: MIT */
#include "pipewire/listen.h"

#include <spa/param/audio/format-utils.h>

int listen_connect(struct pw_stream *stream, uint32_t rate)
{
	uint8_t bytes[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	struct spa_audio_info_raw format =
	    SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32, .rate = rate, .channels = 2,
	                            .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR});
	const struct spa_pod *params[] = {
	    spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &format)};
	return pw_stream_connect(stream, PW_DIRECTION_INPUT, PW_ID_ANY,
	                         PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS |
	                             PW_STREAM_FLAG_RT_PROCESS,
	                         params, 1);
}
