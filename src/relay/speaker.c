/* SPDX-License-Identifier: MIT */
/*
 * A speaker's way from paired to playing, and back:
 *
 *   policy_next ─► ConnectProfile ─► transport ─► Acquire ─► engine_add_output
 *        ▲                                                        │ stalled, failed, link lost
 *        └──── wait (backoff) ◄──── Release ◄── engine_remove_output
 */
#include "relay/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"
#include "relay/alignment.h"
#include "relay/compatibility.h"
#include "relay/policy.h"
#include "base/text.h"

#define LATENCY_ASSUMED_NS 200000000
#define CONTROLLER_PACKETS 8    /* that it holds, as Intel's, Realtek's and Broadcom's do */
#define QUEUE_LEAST_NS 16000000 /* a packet's length: less would be no patience at all */
/* The ring, less the longest lead and what a late speaker may still want to read. */
#define DELAY_LONGEST (TIMELINE_FRAMES - 32768)
#define FADE_NS (3 * SECOND_NS)         /* others do not wait longer for a speaker out of reach */
#define BEGINS_MOST 3                   /* a stream that will not begin so often is begun anew */
#define PLAYED_WELL_NS (20 * SECOND_NS) /* failures before that do not count any more */
#define PLAYED_AGAIN_NS (5 * SECOND_NS) /* nor, before the next, do stalls before that */

/* --- finding ----------------------------------------------------------------------------------- */

struct speaker *speaker_of_device(struct relay *relay, const struct bluez_device *device)
{
	for (int i = 0; device && i < relay->speaker_count; i++)
		if (relay->speakers[i]->device == device)
			return relay->speakers[i];
	return NULL;
}

struct speaker *speaker_of_output(struct relay *relay, uint32_t output)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (relay->speakers[i]->output == output)
			return relay->speakers[i];
	return NULL;
}

struct speaker *speaker_of_address(struct relay *relay, const char *address)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (!strcmp(relay->speakers[i]->kept->address, address))
			return relay->speakers[i];
	return NULL;
}

/* The list follows the order in which the speakers are kept. */
static void speakers_insert(struct relay *relay, struct speaker *speaker)
{
	int place = relay->speaker_count++;
	for (; place > 0 && relay->speakers[place - 1]->kept > speaker->kept; place--)
		relay->speakers[place] = relay->speakers[place - 1];
	relay->speakers[place] = speaker;
}

static int place_of(const struct speaker *speaker)
{
	int place = 0;
	while (speaker->relay->speakers[place] != speaker)
		place++;
	return place;
}

/* Two neighbours change places, in the list and in what is kept. */
static void speakers_swap(struct speaker **upper, struct speaker **lower)
{
	struct settings_speaker *above = (*upper)->kept, *below = (*lower)->kept, record = *above;
	struct speaker *speaker = *upper;
	*above = *below;
	*below = record;
	(*upper)->kept = below;
	(*lower)->kept = above;
	*upper = *lower;
	*lower = speaker;
}

bool speaker_move(struct speaker *speaker, int rows)
{
	struct speaker **speakers = speaker->relay->speakers;
	int place = place_of(speaker), step = rows > 0 ? 1 : -1;
	if (place + rows < 0 || place + rows >= speaker->relay->speaker_count)
		return false;
	for (; rows; rows -= step, place += step)
		speakers_swap(&speakers[step > 0 ? place : place - 1],
		              &speakers[step > 0 ? place + 1 : place]);
	return true;
}

static struct speaker *speaker_new(struct relay *relay, struct settings_speaker *kept)
{
	struct speaker *speaker =
	    relay->speaker_count < MODEL_SPEAKERS ? calloc(1, sizeof(*speaker)) : NULL;
	if (!speaker)
		return NULL;
	speaker->relay = relay;
	speaker->kept = kept;
	speaker->state = SPEAKER_PAIRED;
	speaker->state_since = relay_now(relay);
	speakers_insert(relay, speaker);
	return speaker;
}

/* --- telling ----------------------------------------------------------------------------------- */

void speaker_set_state(struct speaker *speaker, enum model_speaker_state state)
{
	if (speaker->state == state)
		return;
	speaker->state = state;
	speaker->state_since = relay_now(speaker->relay);
}

static void tell(const struct speaker *speaker, enum journal_level level, const char *text)
{
	journal_write(speaker->relay->journal, level, speaker->kept->name, "%s", text);
}

static bool air_needed(const struct speaker *speaker)
{
	const struct bluez_adapter *adapter = speaker->device ? speaker->device->adapter : NULL;
	return adapter && relay_streams(speaker->relay, adapter) > 0;
}

/* The speaker is left alone for a while, the longer the more often it failed in a row. */
static void speaker_back_off(struct speaker *speaker, enum model_speaker_state state,
                             const char *problem)
{
	int64_t well = state == SPEAKER_STALLED ? PLAYED_AGAIN_NS : PLAYED_WELL_NS;
	if (speaker->playing_since && relay_now(speaker->relay) - speaker->playing_since > well)
		speaker->attempt = 0;
	speaker->playing_since = 0;
	int64_t wait = state == SPEAKER_STALLED
	                   ? policy_backoff_stall(++speaker->attempt)
	                   : policy_backoff(++speaker->attempt, air_needed(speaker));
	bool known =
	    !strcmp(speaker->problem, problem); /* told already: an absent one is no news */
	speaker->not_before = relay_now(speaker->relay) + wait;
	snprintf(speaker->problem, sizeof(speaker->problem), "%s", problem);
	speaker_set_state(speaker, state);
	place_again(speaker->relay, false);
	journal_write(speaker->relay->journal, known ? JOURNAL_DEBUG : JOURNAL_WARNING,
	              speaker->kept->name, "%s; next attempt in %g s", problem,
	              (double)wait / SECOND_NS);
}

/* --- devices ----------------------------------------------------------------------------------- */

static enum settings_role device_role(const struct settings_speaker *kept,
                                      const struct bluez_device *device, const char *name)
{
	struct policy_device known = {
	    .kept = kept->role,
	    .offers_source = device->offers & BLUEZ_OFFERS_SOURCE,
	    .offers_sink = device->offers & BLUEZ_OFFERS_SINK,
	    .class = device->class,
	    .name = name,
	    .modalias = device->modalias,
	};
	return policy_role(&known);
}

enum settings_role relay_role(struct relay *relay, const struct bluez_device *device)
{
	struct settings_speaker *kept = settings_speaker(relay->settings, device->address);
	char name[128];
	text_clean(name, sizeof(name), device->name);
	return kept ? device_role(kept, device, name) : ROLE_UNKNOWN;
}

static void name_follow(struct relay *relay, struct settings_speaker *kept, const char *name)
{
	if (!strcmp(kept->name, name))
		return;
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	relay_keep(relay);
}

static void speaker_adopt(struct relay *relay, struct bluez_device *device, const char *name)
{
	struct settings_speaker *kept = settings_speaker(relay->settings, device->address);
	enum settings_role role = kept ? device_role(kept, device, name) : ROLE_NONE;
	if (kept)
		name_follow(relay, kept, name);
	if (role == ROLE_UNKNOWN && device->offers == (BLUEZ_OFFERS_SINK | BLUEZ_OFFERS_SOURCE))
		door_ask_role(relay, device, name);
	if (role != ROLE_SPEAKER)
		return;
	struct speaker *speaker = speaker_of_address(relay, device->address);
	if (!speaker)
		speaker = speaker_new(relay, kept);
	if (!speaker)
		return;
	/* paired on two adapters: the first has it until they are placed */
	if (!speaker->device && relay_uses_adapter(relay, device->adapter))
		speaker->device = device;
}

static void speaker_forget_device(struct speaker *speaker)
{
	speaker->device = NULL;
	speaker->calling = false;
	speaker_set_state(speaker, SPEAKER_PAIRED);
}

/* It left: a link that broke while it played is "lost", everything else is its own good right. */
static void speaker_link_down(struct speaker *speaker)
{
	if (speaker->state == SPEAKER_CONNECTING || speaker->calling)
		return;
	if (speaker->turned_off || !(speaker->kept->autoconnect || speaker->wanted_once)) {
		speaker_set_state(speaker, SPEAKER_OFF);
		return;
	}
	if (speaker->state != SPEAKER_LOST && speaker->played)
		speaker_back_off(speaker, SPEAKER_LOST, "the link is gone");
	else if (speaker->state != SPEAKER_LOST)
		speaker_set_state(speaker, SPEAKER_PAIRED);
}

void speakers_follow_device(struct relay *relay, struct bluez_device *device,
                            enum bluez_change change)
{
	struct speaker *speaker = speaker_of_device(relay, device);
	char name[128];
	place_again(relay, change == BLUEZ_REMOVED);
	if (change == BLUEZ_REMOVED || !device->paired) {
		if (speaker)
			speaker_forget_device(speaker);
		return;
	}
	relay_name(name, sizeof(name), device);
	if (!speaker && device->paired && device->adapter)
		speaker_adopt(relay, device, name);
	else if (speaker)
		name_follow(relay, speaker->kept, name);
	if (speaker && !device->connected && speaker->state != SPEAKER_PAIRED)
		speaker_link_down(speaker);
}

/* --- what policy_next decided ------------------------------------------------------------------ */

/* Whoever is being paired has the adapter for himself; a scan waits only for what is wanted by hand. */
static bool adapter_taken(const struct speaker *speaker, const struct bluez_adapter *adapter)
{
	const struct pairing *pairing = &speaker->relay->pairing;
	if (speaker->relay->scan.running)
		return !speaker->wanted_once;
	return pairing->state == PAIRING_RUNS && pairing->device &&
	       pairing->device->adapter == adapter &&
	       strcmp(pairing->address, speaker->kept->address);
}

static bool adapter_paging(const struct relay *relay, const struct bluez_adapter *adapter)
{
	for (int i = 0; i < relay->speaker_count; i++) {
		const struct speaker *speaker = relay->speakers[i];
		if (speaker->state == SPEAKER_CONNECTING && speaker->device &&
		    speaker->device->adapter == adapter)
			return true;
	}
	return false;
}

/* Another program's stream of it: WirePlumber's, as a rule. */
static bool held_by_another(const struct speaker *speaker)
{
	const struct bluez_transport *transport;
	if (!speaker->device)
		return false;
	spa_list_for_each (transport, bluez_transports(speaker->relay->bluez), link)
		if (!transport->mine && transport->device == speaker->device &&
		    !strcasecmp(transport->uuid, BLUEZ_A2DP_SOURCE))
			return true;
	return false;
}

/* Is another speaker's stream just being suspended because nothing gets through to it? */
static bool adapter_fades(const struct speaker *speaker)
{
	const struct relay *relay = speaker->relay;
	for (int i = 0; i < relay->speaker_count; i++) {
		const struct speaker *other = relay->speakers[i];
		if (other != speaker && other->state == SPEAKER_STALLED && other->calling &&
		    other->device && other->device->adapter == speaker->device->adapter &&
		    relay_now(relay) - other->state_since < FADE_NS)
			return true;
	}
	return false;
}

static struct policy_link link_of(const struct speaker *speaker)
{
	const struct bluez_device *device = speaker->device;
	const struct bluez_adapter *adapter = device ? device->adapter : NULL;
	return (struct policy_link){
	    .idle = speaker->relay->idle,
	    .wanted = !speaker->turned_off && (speaker->kept->autoconnect || speaker->wanted_once),
	    .reachable = adapter && adapter->powered && adapter->endpoints > 0 &&
	                 !adapter->endpoints_pending,
	    .calling = speaker->calling || speaker->removing,
	    .transport = speaker->transport != NULL,
	    .foreign = held_by_another(speaker),
	    .playing = speaker->output != 0,
	    .connected = device && device->connected,
	    .paging = adapter &&
	              (adapter_taken(speaker, adapter) || adapter_paging(speaker->relay, adapter)),
	    .air_fades = adapter && adapter_fades(speaker),
	    .not_before = speaker->not_before,
	};
}

static void speaker_stop(struct speaker *speaker)
{
	speaker->removing = engine_remove_output(speaker->relay->engine, speaker->output) == 0;
}

/* Nothing can be done now but say why; it is looked at again every second. */
static void speaker_waits_in_vain(struct speaker *speaker, const char *text)
{
	if (speaker->state != SPEAKER_FAILED || strcmp(speaker->problem, text))
		speaker_back_off(speaker, SPEAKER_FAILED, text);
	else
		speaker->not_before = relay_now(speaker->relay) + SECOND_NS;
}

void speaker_act(struct speaker *speaker, int64_t now)
{
	struct policy_link link = link_of(speaker);
	int error = 0;
	if (speaker->test != SIGNAL_NONE && now >= speaker->test_until)
		speaker_test(speaker, SIGNAL_NONE, NULL);
	switch (policy_next(&link, now)) {
	case POLICY_WAIT:
		return;
	case POLICY_CONNECT:
		if (!speaker->wanted_once && place_full(speaker)) {
			speaker_waits_in_vain(
			    speaker, "no air left there for one more; c connects it anyway");
			return;
		}
		error = bluez_connect(speaker->device, BLUEZ_A2DP_SINK);
		speaker_set_state(speaker, SPEAKER_CONNECTING);
		break;
	/*
	 * BlueZ gave the speaker to the program whose endpoint it found first, and lets nobody else
	 * have it (a2dp_reconfig: EPERM): the user can, by a line.
	 */
	case POLICY_HELD:
		speaker_waits_in_vain(speaker,
		                      policy_held_text(speaker->relay->source_info.server));
		return;
	case POLICY_ACQUIRE:
		error = bluez_acquire(speaker->transport);
		break;
	case POLICY_STOP:
		speaker_stop(speaker);
		return;
	case POLICY_DISCONNECT:
		error = bluez_disconnect(speaker->device);
		break;
	}
	speaker->calling = !error;
	if (error)
		speaker_back_off(speaker, SPEAKER_FAILED, strerror(-error));
}

void speaker_turn(struct speaker *speaker, bool on)
{
	speaker->turned_off = !on;
	speaker->not_before = 0;
	speaker->attempt = 0;
	speaker->wanted_once = on;
	if (!on && !speaker->output && !speaker->transport)
		speaker_set_state(speaker, SPEAKER_OFF);
}

/* --- what BlueZ answers ------------------------------------------------------------------------ */

void speaker_connected(struct speaker *speaker, const char *problem)
{
	speaker->calling = false;
	if (problem) {
		enum model_speaker_state state = speaker->played ? SPEAKER_LOST : SPEAKER_FAILED;
		speaker_back_off(speaker, state, problem);
	} else if (speaker->state == SPEAKER_CONNECTING) {
		speaker_set_state(speaker, speaker->transport ? SPEAKER_IDLE : SPEAKER_PAIRED);
		tell(speaker, JOURNAL_INFO, "connected");
	}
}

static void delay_follow(struct speaker *speaker)
{
	if (speaker->output)
		speaker->relay->align_again = true;
}

/* Can its volume be set at the speaker? */
static bool has_own_volume(const struct speaker *speaker)
{
	return speaker->transport && speaker->transport->volume_known && speaker->device &&
	       !compatibility_volume_broken(speaker->device->own_name, speaker->device->address);
}

/* The speaker's volume is raised only by what is kept, and only when it has taken that. */
static void volume_follow(struct speaker *speaker)
{
	const struct bluez_transport *transport = speaker->transport;
	int percent = (transport->volume * 100 + AVRCP_FULL / 2) / AVRCP_FULL;
	if (!has_own_volume(speaker))
		return;
	if (!speaker->volume_settled && speaker->kept->volume != SETTINGS_VOLUME_UNKNOWN &&
	    abs(speaker->kept->volume - percent) > 1) {
		speaker_send_volume(speaker);
		return;
	}
	speaker->volume_settled = true;
	if (abs(speaker->kept->volume - percent) > 1) { /* its own buttons */
		speaker->kept->volume = percent;
		relay_keep(speaker->relay);
	}
	speaker_mix(speaker);
}

static void speaker_wait(struct speaker *speaker, int64_t ns)
{
	int64_t until = relay_now(speaker->relay) + ns;
	speaker->not_before = until > speaker->not_before ? until : speaker->not_before;
}

void speaker_follow_transport(struct speaker *speaker, struct bluez_transport *transport,
                              enum bluez_change change)
{
	speaker->relay->air_again = true;
	if (change == BLUEZ_REMOVED) {
		if (!transport->mine && speaker->state == SPEAKER_FAILED)
			speaker->not_before = relay_now(speaker->relay) + SECOND_NS / 2;
		if (speaker->transport != transport)
			return;
		speaker->transport = NULL;
		speaker->calling = speaker->state == SPEAKER_CONNECTING && speaker->calling;
		speaker->volume_settled = false;
		if (speaker->output && !speaker->removing)
			speaker_stop(speaker);
		return;
	}
	if (!transport->mine) { /* ours is shown a moment before it is given to us */
		if (change == BLUEZ_ADDED && !speaker->calling)
			speaker_wait(speaker, SECOND_NS / 2);
		return;
	}
	if (speaker->transport != transport) {
		speaker->transport = transport;
		speaker->volume_settled = false;
		if (!speaker->calling && !speaker->output) /* it came by itself: it opens first */
			speaker->not_before = relay_now(speaker->relay) + SECOND_NS / 2;
	}
	delay_follow(speaker);
	volume_follow(speaker);
}

/* --- into the engine and out of it -------------------------------------------------------------- */

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
		};
	}
	int error = alignment_solve(wanted, count, relay->settings->config.rate, DELAY_LONGEST,
	                            relay->quiet || count == 1, &relay->target_ns);
	for (int i = 0; i < count && !error; i++) {
		who[i]->delay_frames = wanted[i].delay_frames;
		if (who[i]->output)
			orders[order_count++] =
			    (struct output_delay){who[i]->output, (uint32_t)wanted[i].delay_frames,
			                          slack_of(who[i]), queue_slack_of(who[i])};
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
	if (has_own_volume(speaker))
		bluez_set_volume(speaker->transport, (uint16_t)volume);
}

/* Speakers of one adapter share its air; the number is the last half of its address. */
static uint32_t air_of(const struct speaker *speaker)
{
	unsigned a = 0, b = 0, c = 0;
	sscanf(speaker->device->adapter->address + 9, "%x:%x:%x", &a, &b, &c);
	return a << 16 | b << 8 | c;
}

static int output_start(struct speaker *speaker, int fd)
{
	struct relay *relay = speaker->relay;
	const struct bus_bytes *configuration = &speaker->transport->configuration;
	int error = align(relay, speaker);
	if (error)
		return error;
	struct output_config config = {
	    .fd = fd,
	    .mtu = speaker->mtu,
	    .group_rate = relay->settings->config.rate,
	    .delay = speaker->delay_frames,
	    .slack_ns = slack_of(speaker),
	    .queue_ns = queue_slack_of(speaker),
	    .mix = matrix_of(speaker),
	};
	memcpy(config.configuration, configuration->bytes, SBC_CONFIG_BYTES);
	error = engine_add_output(relay->engine, &config, air_of(speaker), &speaker->output);
	if (!error)
		flush_guard(speaker, fd);
	return error;
}

static const char *start_problem(int error)
{
	switch (error) {
	case -ERANGE:
		return "its delay and the others' are further apart than the delay line is long";
	case -EMSGSIZE:
		return "its packets are too small for its configuration";
	case -EINVAL:
		return "its configuration is none";
	default:
		return strerror(-error);
	}
}

/* Its link is ended, with all that went wrong on it, and made anew. */
static void speaker_hang_up(struct speaker *speaker)
{
	if (!speaker->transport || !speaker->device || !speaker->device->connected)
		return;
	tell(speaker, JOURNAL_INFO, "connecting it anew");
	speaker->calling = bluez_disconnect(speaker->device) == 0;
}

void speaker_acquired(struct speaker *speaker, int fd, uint16_t mtu, const char *problem)
{
	speaker->calling = false;
	int error = 0;
	if (!problem && (!speaker->transport || !speaker->device || !speaker->device->adapter))
		problem = "the stream ended while it began";
	if (!problem) {
		speaker->mtu = mtu;
		speaker->bitpool = 0;
		error = output_start(speaker, fd);
	}
	if (problem || error) {
		if (fd >= 0)
			close(fd);
		speaker_back_off(speaker, SPEAKER_FAILED, problem ? problem : start_problem(error));
		if (problem && speaker->attempt >= BEGINS_MOST)
			speaker_hang_up(speaker);
		return;
	}
	if (speaker->played)
		speaker->totals.reconnects++;
	speaker->played = true;
	speaker->playing_since = relay_now(speaker->relay);
	*speaker->problem = 0;
	speaker_set_state(speaker, SPEAKER_STREAMING);
	tell(speaker, JOURNAL_INFO, "streaming");
}

/* While BlueZ has a stream for acquired it hands it out to nobody, us included: it ends with its link. */
void speaker_released(struct speaker *speaker, const char *problem)
{
	speaker->calling = false;
	if (!problem || !speaker->transport)
		return;
	journal_write(speaker->relay->journal, JOURNAL_WARNING, speaker->kept->name,
	              "its stream could not be suspended: %s", problem);
	speaker_hang_up(speaker);
}

/* Its stream is suspended, which frees the air for the others, and started anew, at its place. */
static void speaker_cut_loose(struct speaker *speaker, const char *problem)
{
	speaker->totals.stalls++;
	speaker_back_off(speaker, SPEAKER_STALLED, problem);
	speaker_stop(speaker);
}

void speaker_stalled(struct speaker *speaker)
{
	speaker_cut_loose(speaker, "takes no packets: too far away, or the air is full");
}

/* One that plays what comes, one after the other, is out of its place by what is missing. */
void speaker_flushed(struct speaker *speaker)
{
	if (!speaker->removing)
		speaker_cut_loose(speaker, "out of reach: packets for it were dropped");
}

void speaker_failed(struct speaker *speaker, int error)
{
	journal_write(speaker->relay->journal, JOURNAL_WARNING, speaker->kept->name, "socket: %s",
	              strerror(error));
	speaker_stop(speaker);
	speaker->not_before = relay_now(speaker->relay) +
	                      SECOND_NS; /* the link's end is on its way */
}

void speaker_removed(struct speaker *speaker, const struct output_snapshot *last)
{
	speaker->totals.sent += last->sent;
	speaker->totals.dropped += last->dropped;
	speaker->totals.late += last->late;
	speaker->output = 0;
	speaker->removing = false;
	speaker->test = SIGNAL_NONE;
	if (speaker->transport && bluez_release(speaker->transport) == 0)
		speaker->calling = true;
	if (!speaker->transport && speaker->device && !speaker->device->connected)
		speaker_link_down(speaker);
	else if (speaker->state == SPEAKER_STREAMING || speaker->state == SPEAKER_CONGESTED)
		speaker_set_state(speaker, SPEAKER_IDLE);
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
