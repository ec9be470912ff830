/* SPDX-License-Identifier: MIT */
/* a2dp/: configurations, packet headers, air time, the packet stream. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "a2dp/airtime.h"
#include "a2dp/congestion.h"
#include "a2dp/rtp.h"
#include "a2dp/sbc_config.h"
#include "a2dp/sbc_stream.h"
#include "tests/helpers/tone.h"

static void configuration_is_read(void **state)
{
	(void)state;
	struct sbc_config config;
	const uint8_t usual[] = {0x21, 0x15, 2, 53};
	assert_int_equal(sbc_config_parse(&config, usual, sizeof(usual)), 0);
	assert_int_equal(config.rate, 44100);
	assert_int_equal(config.mode, SBC_CHANNEL_JOINT);
	assert_int_equal(config.blocks, 16);
	assert_int_equal(config.subbands, 8);
	assert_true(config.loudness);
	assert_int_equal(config.bitpool_max, 53);
}

static void bad_configuration_is_refused(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[5];
		size_t size;
	} cases[] = {
	    {{0x21, 0x15, 2, 53}, 3},    /* short */
	    {{0x21, 0x15, 2, 53, 0}, 5}, /* long */
	    {{0x31, 0x15, 2, 53}, 4},    /* two rates */
	    {{0x01, 0x15, 2, 53}, 4},    /* no rate */
	    {{0x23, 0x15, 2, 53}, 4},    /* two modes */
	    {{0x20, 0x15, 2, 53}, 4},    /* no mode */
	    {{0x21, 0x05, 2, 53}, 4},    /* no blocks */
	    {{0x21, 0x11, 2, 53}, 4},    /* no subbands */
	    {{0x21, 0x14, 2, 53}, 4},    /* no allocation */
	    {{0x21, 0x15, 1, 53}, 4},    /* bitpool below 2 */
	    {{0x21, 0x15, 2, 251}, 4},   /* above 250 */
	    {{0x21, 0x15, 54, 53}, 4},   /* crossed */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sbc_config config;
		assert_int_equal(sbc_config_parse(&config, cases[i].bytes, cases[i].size), -EINVAL);
	}
}

static void configuration_is_chosen(void **state)
{
	(void)state;
	static const struct {
		uint8_t offered[4];
		uint32_t rate;
		int result;
		uint8_t chosen[4];
	} cases[] = {
	    {{0xff, 0xff, 2, 250}, 44100, 0, {0x21, 0x15, 2, 53}},
	    {{0xff, 0xff, 2, 250}, 48000, 0, {0x11, 0x15, 2, 51}},
	    {{0x3f, 0xff, 2, 35}, 44100, 0, {0x21, 0x15, 2, 35}},
	    {{0x28, 0x15, 2, 53}, 44100, 0, {0x28, 0x15, 2, 31}}, /* mono only */
	    {{0x26, 0x9a, 8, 40}, 44100, 0, {0x22, 0x1a, 8, 40}}, /* 4 subbands, SNR */
	    {{0x21, 0x15, 60, 80}, 44100, 0, {0x21, 0x15, 60, 60}},
	    {{0x11, 0x15, 2, 53}, 44100, -ENOTSUP, {0}},
	    {{0x20, 0x15, 2, 53}, 44100, -EINVAL, {0}},
	    {{0x21, 0x15, 53, 2}, 44100, -EINVAL, {0}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t chosen[4] = {0};
		int result = sbc_config_select(chosen, cases[i].offered, 4, cases[i].rate);
		assert_int_equal(result, cases[i].result);
		assert_memory_equal(chosen, cases[i].chosen, 4);
		struct sbc_config config;
		if (!result)
			assert_int_equal(sbc_config_parse(&config, chosen, 4), 0);
	}
}

/* libsbc is the judge of our frame arithmetic, over every bitpool and mode. */
static void frame_bytes_are_libsbc_s(void **state)
{
	(void)state;
	static const uint8_t modes[] = {1, 2, 4, 8}, others[] = {0x15, 0x25, 0x16, 0x19, 0x89};
	for (size_t m = 0; m < COUNT(modes); m++)
		for (size_t o = 0; o < COUNT(others); o++)
			for (unsigned bitpool = 2; bitpool <= 64; bitpool++) {
				uint8_t bytes[4] = {(uint8_t)(0x20 | modes[m]), others[o], 2, 64};
				struct sbc_config config;
				sbc_t sbc;
				assert_int_equal(sbc_config_parse(&config, bytes, 4), 0);
				assert_int_equal(sbc_init_a2dp(&sbc, 0, bytes, 4), 0);
				sbc.bitpool = (uint8_t)bitpool;
				assert_int_equal(sbc_config_frame_bytes(&config, bitpool),
				                 sbc_get_frame_length(&sbc));
				sbc_finish(&sbc);
			}
}

static void rtp_header_survives(void **state)
{
	(void)state;
	struct rtp_header in = {0xfffe, 0xdeadbeef, 7, 15}, out;
	uint8_t bytes[RTP_HEADER_BYTES];
	rtp_write(bytes, &in);
	static const uint8_t expected[] = {0x80, 0x60, 0xff, 0xfe, 0xde, 0xad, 0xbe,
	                                   0xef, 0,    0,    0,    7,    0x0f};
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(rtp_read(&out, bytes, sizeof(bytes)), 0);
	assert_int_equal(out.sequence, in.sequence);
	assert_int_equal(out.timestamp, in.timestamp);
	assert_int_equal(out.ssrc, in.ssrc);
	assert_int_equal(out.frames, in.frames);
}

static void bad_rtp_is_refused(void **state)
{
	(void)state;
	struct rtp_header header;
	uint8_t good[RTP_HEADER_BYTES] = {0x80, 0x60, [12] = 1};
	assert_int_equal(rtp_read(&header, good, 12), -EBADMSG);
	assert_int_equal(rtp_read(&header, good, 0), -EBADMSG);
	static const uint8_t firsts[] = {0x00, 0x40, 0xc0, 0x90, 0x81, 0xa0};
	for (size_t i = 0; i < COUNT(firsts); i++) {
		good[0] = firsts[i];
		assert_int_equal(rtp_read(&header, good, sizeof(good)), -EBADMSG);
	}
	good[0] = 0x80;
	good[12] = 0xc1; /* a fragment */
	assert_int_equal(rtp_read(&header, good, sizeof(good)), -EBADMSG);
	good[12] = 0x10; /* fuzzed: no frame, and a reserved bit */
	assert_int_equal(rtp_read(&header, good, sizeof(good)), -EBADMSG);
}

static void air_is_counted_in_slots(void **state)
{
	(void)state;
	static const struct {
		size_t mtu, bytes;
		unsigned slots;
	} cases[] = {
	    {672, 50, 2},    {672, 51, 4},    {672, 363, 4},  {672, 364, 6},
	    {672, 608, 6},   {895, 676, 8},   {895, 850, 10}, {1021, 608, 6},
	    {1021, 1017, 6}, {1021, 1018, 8}, {1021, 548, 4}, {1021, 79, 2},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(airtime_packet_slots(cases[i].mtu, cases[i].bytes),
		                 cases[i].slots);
	struct sbc_config config;
	assert_int_equal(sbc_config_parse(&config, (const uint8_t[]){0x21, 0x15, 2, 53}, 4), 0);
	assert_int_equal(airtime_packet_ns(&config, 672) / 1000, 14512);
	assert_int_equal(airtime_packet_ns(&config, 1021) / 1000, 23219);
	/* bitpool 53 on 2-DH5: 5 frames every 14.51 ms are a quarter of the air */
	assert_near(airtime_percent(672, 608, 640 * 1000000000ll / 44100), 25.84, 0.01);
	assert_near(airtime_stream_percent(&config, 672, 53), 25.84, 0.01);
	assert_near(airtime_stream_percent(&config, 672, 40), 18.46, 0.01);
	assert_near(airtime_stream_percent(&config, 1021, 53), 16.15, 0.01);
	assert_near(airtime_short_percent(&config, 1021, 53, 4), 21.53, 0.01);
	assert_near(airtime_inbound_percent(&config, 672), 34.45, 0.01);
	assert_near(airtime_inbound_percent(&config, 1021), 21.53, 0.01);
}

static void packets_are_sized_for_the_radio(void **state)
{
	(void)state;
	static const struct {
		size_t mtu;
		unsigned bitpool, frames;
	} cases[] = {
	    {672, 53, 5}, {672, 45, 6},  {672, 40, 7},   {672, 33, 8},
	    {895, 53, 5}, {1021, 53, 8}, {1021, 29, 14}, {672, 2, 15},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sbc_stream stream;
		const uint8_t configuration[] = {0x21, 0x15, 2, 53};
		assert_int_equal(sbc_stream_init(&stream, configuration, cases[i].mtu), 0);
		sbc_stream_set_bitpool(&stream, cases[i].bitpool);
		assert_int_equal(stream.frames_per_packet, cases[i].frames);
		assert_true(sbc_stream_bytes(&stream, cases[i].frames) <= cases[i].mtu);
		sbc_stream_finish(&stream);
	}
	struct sbc_stream stream;
	const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	assert_int_equal(sbc_stream_init(&stream, configuration, 48), -EMSGSIZE);
	assert_int_equal(sbc_stream_init(&stream, (const uint8_t[]){0, 0, 0, 0}, 672), -EINVAL);
}

#define PACKETS 40

static double decode_snr_db(const uint8_t configuration[4])
{
	static struct frame in[PACKETS * SBC_STREAM_PACKET_SAMPLES], out[COUNT(in)];
	struct sbc_stream stream;
	sbc_t decoder;
	size_t done = 0, decoded = 0;
	assert_int_equal(sbc_stream_init(&stream, configuration, 672), 0);
	sbc_init_a2dp(&decoder, 0, configuration, 4);
	unsigned samples = stream.frames_per_packet * 128;
	tone_fill(in, 0, PACKETS * samples, 997, 44100, 0.5);
	for (int p = 0; p < PACKETS; p++, done += samples) {
		uint8_t packet[SBC_STREAM_PACKET_BYTES];
		struct rtp_header header;
		ssize_t size =
		    sbc_stream_encode(&stream, in + done, stream.frames_per_packet, packet);
		assert_int_equal(size, sbc_stream_bytes(&stream, stream.frames_per_packet));
		assert_int_equal(rtp_read(&header, packet, (size_t)size), 0);
		assert_int_equal(header.sequence, p);
		assert_int_equal(header.timestamp, done);
		for (size_t at = RTP_HEADER_BYTES; at < (size_t)size;) {
			int16_t pcm[256];
			size_t written;
			ssize_t used = sbc_decode(&decoder, packet + at, (size_t)size - at, pcm,
			                          sizeof(pcm), &written);
			assert_true(used > 0);
			size_t channels = stream.config.mode == SBC_CHANNEL_MONO ? 1 : 2;
			for (size_t i = 0; i < written / 2; i += channels)
				out[decoded++].left = pcm[i] / 32768.0f;
			at += (size_t)used;
		}
	}
	assert_int_equal(decoded, done);
	sbc_stream_finish(&stream);
	sbc_finish(&decoder);
	return -tone_residue_db(out + 1000, (uint32_t)decoded - 1000, 997, 44100);
}

static void stream_decodes_to_what_went_in(void **state)
{
	(void)state;
	assert_true(decode_snr_db((const uint8_t[]){0x21, 0x15, 2, 53}) > 60);
	assert_true(decode_snr_db((const uint8_t[]){0x22, 0x15, 2, 53}) > 60);
	assert_true(decode_snr_db((const uint8_t[]){0x28, 0x15, 2, 31}) > 60);
}

static void full_scale_is_clipped_not_wrapped(void **state)
{
	(void)state;
	struct sbc_stream stream;
	sbc_t decoder;
	const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	assert_int_equal(sbc_stream_init(&stream, configuration, 672), 0);
	sbc_init_a2dp(&decoder, 0, configuration, 4);
	static struct frame loud[SBC_STREAM_PACKET_SAMPLES];
	for (size_t i = 0; i < COUNT(loud); i++)
		loud[i] = (struct frame){3, -3};
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	for (int p = 0; p < 2; p++) {
		ssize_t size = sbc_stream_encode(&stream, loud, stream.frames_per_packet, packet);
		int16_t pcm[256];
		size_t written;
		for (ssize_t at = RTP_HEADER_BYTES; at < size;)
			at += sbc_decode(&decoder, packet + at, (size_t)(size - at), pcm,
			                 sizeof(pcm), &written);
		if (p == 1) {
			assert_true(pcm[0] > 30000);
			assert_true(pcm[1] < -30000);
		}
	}
	sbc_stream_finish(&stream);
	sbc_finish(&decoder);
}

/* Left and right alike, sent as joint stereo at 31, lose no more than stereo does at 53. */
static void one_channel_needs_fewer_bits(void **state)
{
	(void)state;
	struct sbc_config config;
	const uint8_t joint[] = {0x21, 0x15, 2, 53};
	assert_int_equal(sbc_config_parse(&config, joint, 4), 0);
	double bytes = (double)sbc_config_frame_bytes(&config, SBC_CONFIG_ONE_CHANNEL);
	assert_near(1 - bytes / (double)sbc_config_frame_bytes(&config, 53), 0.37, 0.005);
	assert_true(decode_snr_db((const uint8_t[]){0x21, 0x15, 2, 31}) >
	            decode_snr_db((const uint8_t[]){0x22, 0x15, 2, 53}) - 1);
}

/* --- congestion -------------------------------------------------------------------------------- */

static void steps_save_air(void **state)
{
	(void)state;
	static const struct {
		uint8_t configuration[4];
		size_t mtu;
		uint8_t steps[CONGESTION_STEPS_MAX];
	} cases[] = {
	    {{0x21, 0x15, 2, 53}, 672, {53, 45, 40, 33, 29, 25}},
	    {{0x21, 0x15, 2, 53}, 895, {53, 45, 40, 33, 29, 25}},
	    {{0x21, 0x15, 2, 53}, 1021, {53, 45, 40, 33, 29, 25}},
	    {{0x11, 0x15, 2, 51}, 672, {51, 45, 40, 33, 29, 25}},
	    {{0x21, 0x15, 30, 53}, 672, {53, 45, 40, 33}}, /* it takes no less */
	    {{0x21, 0x15, 2, 35}, 672, {35, 33, 29, 25}},  /* and this one no more */
	    {{0x24, 0x15, 2, 31}, 672, {31, 29}},          /* dual: 25 saves nothing against 29 */
	    {{0x28, 0x15, 2, 31}, 672, {31, 25}},          /* mono: nor does 29 */
	    {{0x21, 0x15, 20, 20}, 672, {20}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sbc_config config;
		struct congestion congestion;
		assert_int_equal(sbc_config_parse(&config, cases[i].configuration, 4), 0);
		congestion_init(&congestion, &config, cases[i].mtu);
		assert_memory_equal(congestion.steps, cases[i].steps, CONGESTION_STEPS_MAX);
	}
}

/* One line of a story: for `ms` packets every 15 ms find the oldest waiting so long. */
struct chapter {
	int ms, waiting_ms;
	unsigned bitpool; /* at its end */
};

static void tell_story(const struct chapter *chapters, size_t count, unsigned ceiling)
{
	struct sbc_config config;
	struct congestion congestion;
	const uint8_t joint[] = {0x21, 0x15, 2, 53};
	int64_t now = 1000000000000;
	sbc_config_parse(&config, joint, 4);
	congestion_init(&congestion, &config, 672);
	for (size_t i = 0; i < count; i++) {
		for (int ms = 0; ms < chapters[i].ms; ms += 15, now += 15000000)
			congestion_feed(&congestion, now, chapters[i].waiting_ms * 1000000ll,
			                90000000, ceiling);
		assert_int_equal(congestion_bitpool(&congestion, ceiling), chapters[i].bitpool);
		assert_int_equal(congestion_lowers(&congestion, ceiling),
		                 chapters[i].bitpool < ceiling);
	}
}

static void bitpool_follows_the_queue(void **state)
{
	(void)state;
	static const struct chapter quiet[] = {{60000, 0, 53}, {60000, 19, 53}};
	static const struct chapter short_fade[] = {{1000, 0, 53}, {15, 30, 45},  {45, 40, 45},
	                                            {15, 25, 40},  {4900, 0, 40}, {200, 0, 45},
	                                            {4900, 0, 53}, {60000, 5, 53}};
	static const struct chapter deep_fade[] = {{15, 40, 45}, {15, 70, 25}, {60000, 200, 25}};
	static const struct chapter one_channel[] = {
	    {15, 30, 29}, {60, 30, 25}, {6000, 0, 29}, {6000, 0, 31}, {30000, 0, 31}};
	tell_story(quiet, COUNT(quiet), 53);
	tell_story(short_fade, COUNT(short_fade), 53);
	tell_story(deep_fade, COUNT(deep_fade), 53);
	tell_story(one_channel, COUNT(one_channel), SBC_CONFIG_ONE_CHANNEL);
}

/* A link that bears 45 and not 53 is not asked every five seconds. */
static void step_up_that_failed_is_tried_later(void **state)
{
	(void)state;
	struct sbc_config config;
	struct congestion congestion;
	const uint8_t joint[] = {0x21, 0x15, 2, 53};
	int failures = 0;
	int64_t now = 1000000000000, waiting = 0;
	sbc_config_parse(&config, joint, 4);
	congestion_init(&congestion, &config, 672);
	for (int ms = 0; ms < 600000; ms += 15, now += 15000000) {
		unsigned before = congestion_bitpool(&congestion, 53);
		waiting = before == 53 ? waiting + 1000000 : 0;
		congestion_feed(&congestion, now, waiting, 90000000, 53);
		failures += congestion_bitpool(&congestion, 53) < before;
	}
	assert_in_range(failures, 6, 13); /* after 5, 10, 20, 40, and then every 80 s */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(configuration_is_read),
	    cmocka_unit_test(bad_configuration_is_refused),
	    cmocka_unit_test(configuration_is_chosen),
	    cmocka_unit_test(frame_bytes_are_libsbc_s),
	    cmocka_unit_test(rtp_header_survives),
	    cmocka_unit_test(bad_rtp_is_refused),
	    cmocka_unit_test(air_is_counted_in_slots),
	    cmocka_unit_test(packets_are_sized_for_the_radio),
	    cmocka_unit_test(stream_decodes_to_what_went_in),
	    cmocka_unit_test(full_scale_is_clipped_not_wrapped),
	    cmocka_unit_test(one_channel_needs_fewer_bits),
	    cmocka_unit_test(steps_save_air),
	    cmocka_unit_test(bitpool_follows_the_queue),
	    cmocka_unit_test(step_up_that_failed_is_tried_later),
	};
	return RUN(tests);
}
