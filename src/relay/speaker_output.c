/* SPDX-License-Identifier: MIT */
/* What the engine is told of a speaker: how late it plays, how loud, which channel, and test signals. */
#include "relay/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"
#include "relay/alignment.h"
#include "relay/compatibility.h"

#define LATENCY_ASSUMED_NS 200000000
#define CONTROLLER_PACKETS 8    /* that it holds, as Intel's, Realtek's and Broadcom's do */
#define QUEUE_LEAST_NS 16000000 /* a packet's length: less would be no patience at all */
/* The ring, less the longest lead and what a late speaker may still want to read. */
#define DELAY_LONGEST (TIMELINE_FRAMES - 32768)

/* --- delay ------------------------------------------------------------------------------------------ */

/*
 * Measured beats reported: a report is coarse, and says nothing of what the speaker's sound processing adds.
 * Where the speaker reports something else than when it was measured, what was measured moves along.
 */
struct model_term speaker_latency(const struct speaker *speaker)
{
	const struct bluez_transport *transport = speaker->transport;
	int64_t kept = speaker->kept->latency_ns, reported = -1;
	if (transport && transport->delay_known && transport->delay)
		reported = transport->delay * 100000ll;
	if (kept >= 0 && reported >= 0 && speaker->kept->reported_ns >= 0)
		kept += reported - speaker->kept->reported_ns;
	if (speaker->kept->latency_ns >= 0)
		return (struct model_term){(int32_t)(kept / 1000), ORIGIN_STORED};
	if (reported >= 0)
		return (struct model_term){(int32_t)(reported / 1000), ORIGIN_REPORTED};
	return (struct model_term){LATENCY_ASSUMED_NS / 1000, ORIGIN_ASSUMED};
}

/* How late a packet may reach the speaker. */
static int64_t slack_of(const struct speaker *speaker)
{
	struct model_term latency = speaker_latency(speaker);
	return latency.origin == ORIGIN_ASSUMED ? OUTPUT_SLACK_ASSUMED : latency.us * 1000ll / 2;
}

/*
 * How late it may leave the socket.  It has not arrived then: a controller has some eight buffers, which no
 * host sees into, and one link may hold them all.  Where the controller flushes, it says so when it could
 * not deliver; elsewhere they must be taken for full of this speaker's packets.
 */
static int64_t queue_slack_of(const struct speaker *speaker)
{
	const struct bluez_transport *transport = speaker->transport;
	struct sbc_config config;
	if (speaker->flushes || !transport ||
	    sbc_config_parse(&config, transport->configuration.bytes,
	                     transport->configuration.size))
		return 0;
	int64_t held = CONTROLLER_PACKETS * airtime_packet_ns(&config, speaker->mtu);
	int64_t beyond = speaker_latency(speaker).us * 1000ll - held -
	                 held / CONTROLLER_PACKETS / 2;
	return beyond > QUEUE_LEAST_NS ? beyond : QUEUE_LEAST_NS;
}

/* Whoever has an output, and `joining`, which is about to get one. */
static int align(struct relay *relay, struct speaker *joining)
{
	struct alignment_speaker wanted[MODEL_SPEAKERS];
	struct speaker *who[MODEL_SPEAKERS];
	struct output_delay orders[MODEL_SPEAKERS];
	int count = 0;
	uint32_t order_count = 0;
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		if (!speaker->output && (!joining || speaker != joining))
			continue;
		who[count] = speaker;
		wanted[count++] = (struct alignment_speaker){
		    .latency_ns = speaker_latency(speaker).us * 1000ll,
		    .trim_ns = speaker->kept->trim_ns,
		    .waits_ns = air_waits(speaker),
		};
	}
	int error = alignment_solve(wanted, count, relay->settings->config.rate, DELAY_LONGEST,
	                            relay->quiet || count == 1, &relay->target_ns);
	for (int i = 0; i < count && !error; i++) {
		who[i]->delay_frames = wanted[i].delay_frames;
		if (who[i]->output)
			orders[order_count++] = (struct output_delay){
			    who[i]->output,   (uint32_t)wanted[i].delay_frames,
			    slack_of(who[i]), queue_slack_of(who[i]),
			    air_even(who[i]), (uint8_t)air_ceiling(who[i])};
	}
	if (order_count && !error)
		error = engine_set_delays(relay->engine, orders, order_count);
	return error;
}

int relay_align(struct relay *relay)
{
	relay->align_again = false;
	return align(relay, NULL);
}

/* --- volume and channel ----------------------------------------------------------------------------- */

/* Can its volume be set at the speaker? */
bool speaker_has_own_volume(const struct speaker *speaker)
{
	return speaker->transport && speaker->transport->volume_known && speaker->device &&
	       !compatibility_volume_broken(speaker->device->own_name, speaker->device->address);
}

int speaker_volume(const struct speaker *speaker)
{
	return speaker->kept->volume == SETTINGS_VOLUME_UNKNOWN ? 100 : speaker->kept->volume;
}

bool speaker_silenced(const struct speaker *speaker)
{
	const struct relay *relay = speaker->relay;
	bool any = false;
	for (int i = 0; i < relay->speaker_count; i++)
		any |= relay->speakers[i]->solo;
	return speaker->kept->muted || (any && !speaker->solo);
}

static struct mix_matrix matrix_of(const struct speaker *speaker)
{
	float gain =
	    speaker->volume_settled ? 1 : mix_gain_of_volume((unsigned)speaker_volume(speaker));
	gain *= speaker->relay->echo.gain;
	struct mix_matrix matrix =
	    mix_matrix_of(speaker->kept->channel, speaker_silenced(speaker) ? 0 : gain);
	matrix.awake = speaker->kept->keepawake;
	return matrix;
}

void speaker_mix(struct speaker *speaker)
{
	speaker->relay->air_again = true;
	if (speaker->output)
		engine_set_mix(speaker->relay->engine, speaker->output, matrix_of(speaker));
}

void speakers_mix(struct relay *relay)
{
	for (int i = 0; i < relay->speaker_count; i++)
		speaker_mix(relay->speakers[i]);
}

void speaker_send_volume(struct speaker *speaker)
{
	int volume = (speaker_volume(speaker) * AVRCP_FULL + 50) / 100;
	if (speaker_has_own_volume(speaker))
		bluez_set_volume(speaker->transport, (uint16_t)volume);
}

/* --- the output -------------------------------------------------------------------------------------- */

/* Speakers of one adapter share its air; the number is the last half of its address. */
static uint32_t adapter_number(const struct speaker *speaker)
{
	unsigned a = 0, b = 0, c = 0;
	sscanf(speaker->device->adapter->address + 9, "%x:%x:%x", &a, &b, &c);
	return a << 16 | b << 8 | c;
}

int speaker_output_start(struct speaker *speaker, int fd)
{
	struct relay *relay = speaker->relay;
	const struct bus_bytes *configuration = &speaker->transport->configuration;
	int error = align(relay, speaker);
	if (error)
		return error;
	struct output_config config = {
	    .fd = fd,
	    .mtu = speaker->mtu,
	    .air = adapter_number(speaker),
	    .group_rate = relay->settings->config.rate,
	    .delay = speaker->delay_frames,
	    .slack_ns = slack_of(speaker),
	    .queue_ns = queue_slack_of(speaker),
	    .even = air_even(speaker),
	    .ceiling = (uint8_t)air_ceiling(speaker),
	    .mix = matrix_of(speaker),
	};
	memcpy(config.configuration, configuration->bytes, SBC_CONFIG_BYTES);
	error = engine_add_output(relay->engine, &config, &speaker->output);
	if (!error)
		flush_guard(speaker, fd);
	return error;
}

/* --- test signals --------------------------------------------------------------------------------- */

static int64_t test_end(const struct speaker *speaker, const struct overlay *overlay)
{
	double last = (double)overlay->until + (double)speaker->delay_frames;
	if (overlay->until > INT64_MAX / 1024) /* until it is stopped */
		return INT64_MAX;
	return engine_time_of(speaker->relay->engine, last);
}

int speaker_test(struct speaker *speaker, enum signal_kind kind, struct overlay *overlay)
{
	if (kind != SIGNAL_NONE && !overlay)
		return -ENOMEM;
	if (!speaker->output) {
		free(overlay);
		speaker->test = SIGNAL_NONE;
		return kind == SIGNAL_NONE ? 0 : -ENOTCONN;
	}
	if (kind == SIGNAL_NONE && speaker->test == SIGNAL_NONE)
		return 0;
	speaker->test = kind;
	speaker->test_until = overlay ? test_end(speaker, overlay) : 0;
	return engine_set_overlay(speaker->relay->engine, speaker->output, overlay);
}
