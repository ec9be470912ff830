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

#include "relay/policy.h"

#define FADE_NS (3 * SECOND_NS)         /* others do not wait longer for a speaker out of reach */
#define UNANSWERED_NS (12 * SECOND_NS)  /* a page takes 5.12 s, and BlueZ tries it twice */
#define VAIN_NS (SECOND_NS / 4)         /* from a connection without a stream to the next attempt */
#define VAIN_MOST 8                     /* then it is told, and left alone for longer */
#define BEGINS_MOST 3                   /* a stream that will not begin so often is begun anew */
#define PLAYED_WELL_NS (20 * SECOND_NS) /* failures before that do not count any more */
#define PLAYED_AGAIN_NS (5 * SECOND_NS) /* nor, before the next, do stalls before that */

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
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
	return adapter && relay_streams(speaker->relay, adapter) > 0;
}

void speaker_back_off(struct speaker *speaker, enum model_speaker_state state, const char *problem)
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
	char next[32] = "at once";
	if (wait >= SECOND_NS / 2)
		snprintf(next, sizeof(next), "in %g s", (double)wait / SECOND_NS);
	journal_write(speaker->relay->journal, known ? JOURNAL_DEBUG : JOURNAL_WARNING,
	              speaker->kept->name, "%s; next attempt %s", problem, next);
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
		if (speaker->state == SPEAKER_CONNECTING && speaker_adapter(speaker) == adapter)
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

/*
 * Where a speaker speaks LE as well, as many do, and does not answer its page, BlueZ goes on to look for it there, for
 * 40 s: in all that time nobody else on the adapter would be called.
 */
static bool unanswered(const struct speaker *speaker)
{
	return speaker->state == SPEAKER_CONNECTING && speaker->calling && !speaker->hanging_up &&
	       speaker->device && !speaker->device->connected &&
	       relay_now(speaker->relay) - speaker->state_since > UNANSWERED_NS;
}

/* A stream begins where its packets will not wait for others'. */
static int64_t not_before(const struct speaker *speaker)
{
	int64_t settled = speaker->transport ? air_settled(speaker) : 0;
	return settled > speaker->not_before ? settled : speaker->not_before;
}

static struct policy_link link_of(const struct speaker *speaker)
{
	const struct bluez_device *device = speaker->device;
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
	return (struct policy_link){
	    .idle = speaker->relay->idle,
	    .wanted = !speaker->turned_off && (speaker->kept->autoconnect || speaker->wanted_once),
	    .reachable = adapter && adapter->powered && adapter->endpoints > 0 &&
	                 !adapter->endpoints_pending,
	    .calling = speaker->calling || speaker->removing,
	    .unanswered = unanswered(speaker),
	    .transport = speaker->transport != NULL,
	    .foreign = held_by_another(speaker),
	    .playing = speaker->output != 0,
	    .connected = device && device->connected,
	    .paging = adapter &&
	              (adapter_taken(speaker, adapter) || adapter_paging(speaker->relay, adapter)),
	    .air_fades = adapter && adapter_fades(speaker),
	    .not_before = not_before(speaker),
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

/* One too many waits, so that what is there plays. */
static bool speaker_fits(struct speaker *speaker)
{
	bool before = speaker->kept_out;
	speaker->kept_out = !speaker->wanted_once && air_full(speaker);
	speaker->relay->air_again |= speaker->kept_out != before;
	if (!speaker->kept_out)
		return true;
	speaker_waits_in_vain(speaker, "no air left there for one more: another adapter helps, "
	                               "c connects it anyway");
	return false;
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
		if (!speaker_fits(speaker))
			return;
		error = bluez_connect(speaker->device, BLUEZ_A2DP_SINK);
		speaker_set_state(speaker, SPEAKER_CONNECTING);
		break;
	/*
	 * BlueZ gave the speaker to the program whose endpoint it found first, and lets nobody else
	 * have it (a2dp_reconfig: EPERM): the user can, by a line.
	 */
	case POLICY_HELD:
		speaker_waits_in_vain(speaker,
		                      policy_held_text(speaker->relay->source_told.server));
		return;
	case POLICY_ACQUIRE:
		if (!speaker_fits(speaker))
			return;
		error = bluez_acquire(speaker->transport);
		break;
	case POLICY_STOP:
		speaker_stop(speaker);
		return;
	case POLICY_HANG_UP:
		speaker->hanging_up = bluez_disconnect(speaker->device) == 0;
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

/*
 * Where the stream of a program that has gone, ours before it was killed for one, is being ended, BlueZ says that all
 * is connected, and nothing comes of it.
 */
static void speaker_connected_in_vain(struct speaker *speaker)
{
	if (++speaker->vain % VAIN_MOST) {
		speaker->not_before = relay_now(speaker->relay) + VAIN_NS;
		speaker_set_state(speaker, SPEAKER_PAIRED);
	} else {
		speaker_back_off(speaker, SPEAKER_FAILED,
		                 "it is connected, and bluetoothd makes no stream for it");
	}
}

void speaker_connected(struct speaker *speaker, const char *problem)
{
	speaker->calling = speaker->hanging_up = false;
	if (problem) {
		enum model_speaker_state state = speaker->played ? SPEAKER_LOST : SPEAKER_FAILED;
		speaker_back_off(speaker, state, problem);
	} else if (!speaker->transport && !held_by_another(speaker)) {
		speaker_connected_in_vain(speaker);
	} else if (speaker->state == SPEAKER_CONNECTING) {
		speaker->vain = 0;
		speaker_set_state(speaker, speaker->transport ? SPEAKER_IDLE : SPEAKER_PAIRED);
		tell(speaker, JOURNAL_INFO, "connected");
	}
}

void speaker_disconnected(struct speaker *speaker)
{
	if (speaker->hanging_up)
		speaker_connected(speaker, "does not answer - is it switched on and near?");
	speaker->calling = false;
}

static void delay_follow(struct speaker *speaker)
{
	if (speaker->output)
		speaker->relay->align_again = true;
}

/* The speaker's volume is raised only by what is kept, and only when it has taken that. */
static void volume_follow(struct speaker *speaker)
{
	const struct bluez_transport *transport = speaker->transport;
	int percent = (transport->volume * 100 + AVRCP_FULL / 2) / AVRCP_FULL;
	if (!speaker_has_own_volume(speaker))
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
		error = speaker_output_start(speaker, fd);
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
