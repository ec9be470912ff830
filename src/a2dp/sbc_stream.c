/* SPDX-License-Identifier: MIT */
#include "a2dp/sbc_stream.h"

#include <errno.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "a2dp/airtime.h"

#define SAMPLES_MAX 128 /* audio frames in one SBC frame: 16 blocks of 8 subbands */

static unsigned clamp(unsigned value, unsigned least, unsigned most)
{
	return value < least ? least : value > most ? most : value;
}

int sbc_stream_init(struct sbc_stream *stream, const uint8_t configuration[SBC_CONFIG_BYTES],
                    size_t mtu)
{
	*stream = (struct sbc_stream){.mtu = mtu};
	int error = sbc_config_parse(&stream->config, configuration, SBC_CONFIG_BYTES);
	if (error)
		return error;
	size_t largest = sbc_config_frame_bytes(&stream->config, stream->config.bitpool_max);
	if (RTP_HEADER_BYTES + largest > airtime_packet_bytes(mtu))
		return -EMSGSIZE;
	error = sbc_init_a2dp(&stream->sbc, 0, configuration, SBC_CONFIG_BYTES);
	if (error)
		return error;
	stream->sbc.endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? SBC_BE : SBC_LE;
	sbc_stream_set_bitpool(stream, stream->config.bitpool_max);
	return 0;
}

void sbc_stream_finish(struct sbc_stream *stream)
{
	sbc_finish(&stream->sbc);
}

void sbc_stream_set_bitpool(struct sbc_stream *stream, unsigned bitpool)
{
	const struct sbc_config *config = &stream->config;
	stream->bitpool = (uint8_t)clamp(bitpool, config->bitpool_min, config->bitpool_max);
	stream->sbc.bitpool = stream->bitpool; /* sbc_init_a2dp() leaves 32 here */
	stream->frames_per_packet =
	    (uint8_t)airtime_packet_frames(config, stream->mtu, stream->bitpool);
}

unsigned sbc_stream_slots(const struct sbc_stream *stream, unsigned frames, unsigned bitpool)
{
	size_t bytes = frames * sbc_config_frame_bytes(&stream->config, bitpool);
	return airtime_packet_slots(stream->mtu, RTP_HEADER_BYTES + bytes);
}

size_t sbc_stream_bytes(const struct sbc_stream *stream, unsigned frames)
{
	return RTP_HEADER_BYTES + frames * sbc_config_frame_bytes(&stream->config, stream->bitpool);
}

/*
 * Rounds to the nearest: beyond 1.5 × 2^23 a float has no fraction left, and its low bits are the
 * integer.  Unlike lrintf() this is something that a compiler makes vectors of.
 */
static int16_t sample_from_float(float value)
{
	float scaled = value * 32768.0f;
	int32_t bits;
	scaled = scaled < 32767.0f ? scaled : 32767.0f;
	scaled = scaled > -32768.0f ? scaled : -32768.0f;
	scaled += 12582912.0f;
	memcpy(&bits, &scaled, sizeof(bits));
	return (int16_t)bits;
}

static void samples_from_floats(int16_t *samples, const float *values, unsigned count)
{
	unsigned i = 0;
#ifdef __SSE2__ /* what compilers make of the loop below is three times as long */
	const __m128 scale = _mm_set1_ps(32768), most = _mm_set1_ps(32767);
	for (; i + 8 <= count; i += 8) {
		__m128 low = _mm_min_ps(_mm_mul_ps(_mm_loadu_ps(values + i), scale), most);
		__m128 high = _mm_min_ps(_mm_mul_ps(_mm_loadu_ps(values + i + 4), scale), most);
		__m128i both = _mm_packs_epi32(_mm_cvtps_epi32(low), _mm_cvtps_epi32(high));
		_mm_storeu_si128((__m128i *)(samples + i), both);
	}
#endif
	for (; i < count; i++)
		samples[i] = sample_from_float(values[i]);
}

/* Returns the bytes of PCM written: one or two channels, as the stream was configured. */
static size_t pcm_from_frames(const struct sbc_stream *stream, const struct frame *frames,
                              unsigned samples, int16_t *pcm)
{
	if (stream->config.mode == SBC_CHANNEL_MONO) {
		for (unsigned i = 0; i < samples; i++)
			pcm[i] = sample_from_float((frames[i].left + frames[i].right) / 2);
		return samples * sizeof(*pcm);
	}
	samples_from_floats(pcm, &frames->left, 2 * samples);
	return 2 * samples * sizeof(*pcm);
}

ssize_t sbc_stream_encode(struct sbc_stream *stream, const struct frame *frames, unsigned count,
                          uint8_t *packet)
{
	unsigned samples = sbc_config_frame_samples(&stream->config);
	rtp_write(packet, &(struct rtp_header){.sequence = stream->sequence,
	                                       .timestamp = stream->timestamp,
	                                       .frames = (uint8_t)count});
	size_t size = RTP_HEADER_BYTES;
	for (unsigned i = 0; i < count; i++, frames += samples) {
		int16_t pcm[2 * SAMPLES_MAX];
		size_t bytes = pcm_from_frames(stream, frames, samples, pcm);
		ssize_t written = 0;
		ssize_t taken = sbc_encode(&stream->sbc, pcm, bytes, packet + size,
		                           SBC_STREAM_PACKET_BYTES - size, &written);
		if (taken != (ssize_t)bytes || written <= 0)
			return -EIO;
		size += (size_t)written;
	}
	stream->sequence++;
	stream->timestamp += count * samples;
	return (ssize_t)size;
}
