/* SPDX-License-Identifier: MIT */
/*
 * The Echo's stream to the relay's own sink (bluez_register_sink): the engine reads its packets itself (engine/tap.h).
 *
 * There is WirePlumber's sink as well, as a rule, and the Echo takes the one that was registered first.  Either will
 * do: what WirePlumber receives is captured from PipeWire (pipewire/capture.h), behind its jitter buffer, 17 to 40 ms
 * later.
 *
 *     the Echo takes ours ─► "pending" ─► TryAcquire ─► the engine's tap ─► "idle", or gone ─► no tap
 *                 └ theirs ─► PipeWire's node ─► the engine's inlet
 */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLOCK_IDS 0x80000000u /* PipeWire's streams count from 1 on */
#define ASK_AGAIN_NS (2 * SECOND_NS)

bool tapping_wanted(const struct relay *relay)
{
	const struct settings_config *config = &relay->settings->config;
	return config->own_sink && !*config->source && !relay->config.looks_only;
}

static void path_set(struct relay *relay, enum source_path path)
{
	if (relay->source->ops->set_path)
		relay->source->ops->set_path(relay->source, path);
}

static bool is_tapped(const struct relay *relay, const struct bluez_transport *transport)
{
	return !strcmp(transport->path, relay->echo.tapped);
}

/* How much a stream to our sink is wanted; 0: not at all. */
static int rank_of(struct relay *relay, const struct bluez_transport *transport)
{
	if (!transport->mine || !transport->device || !bluez_receives(transport))
		return 0;
	int welcome = echo_welcome(relay, transport->device->address);
	return !welcome ? 0
	                : 4 * welcome + 2 * (transport->state != BLUEZ_IDLE) +
	                      is_tapped(relay, transport);
}

/* The one to be heard, unless PipeWire has a source that is more welcome. */
static struct bluez_transport *stream_find(struct relay *relay)
{
	const char *other = relay->source_told.address;
	struct bluez_transport *transport, *found = NULL;
	int best = 4 * (*other ? echo_welcome(relay, other) : 0);
	if (!tapping_wanted(relay) || !relay->bluez)
		return NULL;
	spa_list_for_each (transport, bluez_transports(relay->bluez), link) {
		int rank = rank_of(relay, transport);
		if (rank && rank >= best) {
			best = rank + 1;
			found = transport;
		}
	}
	return found;
}

/* --- what is shown of it --------------------------------------------------------------------------- */

static void stream_describe(struct source_info *info, const struct relay *relay,
                            const struct bluez_transport *stream)
{
	struct sbc_config config;
	bool plays = is_tapped(relay, stream) && stream->state == BLUEZ_ACTIVE;
	*info = (struct source_info){
	    .state = plays ? SOURCE_STREAMING : SOURCE_IDLE,
	    .channels = 2,
	    .server = "BlueZ",
	    .gain = 1,
	    .managed = info->managed,
	};
	if (air_sbc(&config, stream))
		info->rate = config.rate;
	relay_name(info->name, sizeof(info->name), stream->device);
	snprintf(info->address, sizeof(info->address), "%s", stream->device->address);
}

static void show(struct relay *relay, const struct bluez_transport *stream)
{
	struct source_info info = relay->source_told;
	if (stream)
		stream_describe(&info, relay, stream);
	else if (tapping_wanted(relay) && info.state == SOURCE_ABSENT)
		*info.problem = 0; /* an Echo does not need PipeWire */
	if (relay->source_info.state != info.state)
		relay->source_since = relay_now(relay);
	relay->source_info = info;
}

void source_show(struct relay *relay)
{
	show(relay, stream_find(relay));
}

/* --- the tap --------------------------------------------------------------------------------------- */

static struct bluez_transport *transport_tapped(const struct relay *relay)
{
	struct bluez_transport *transport;
	if (relay->bluez && *relay->echo.tapped)
		spa_list_for_each (transport, bluez_transports(relay->bluez), link)
			if (is_tapped(relay, transport))
				return transport;
	return NULL;
}

/* It is suspended, or gone; or another source is to be heard. */
static void tap_look_after(struct relay *relay, const struct bluez_transport *wanted)
{
	struct bluez_transport *tapped = transport_tapped(relay);
	if (!*relay->echo.tapped || (tapped && tapped == wanted && tapped->state != BLUEZ_IDLE))
		return;
	*relay->echo.tapped = 0;
	engine_set_tap(relay->engine, NULL);
	if (tapped && tapped->state != BLUEZ_IDLE)
		bluez_release(tapped);
}

/* Told once for each stream. */
static void stream_refused(struct relay *relay, const char *problem)
{
	struct echo *echo = &relay->echo;
	echo->ask_at = relay_now(relay) + ASK_AGAIN_NS;
	if (!echo->refused)
		journal_write(relay->journal, JOURNAL_WARNING, relay->source_info.name,
		              "its stream cannot be had: %s", problem);
	echo->refused = true;
}

static void ready_forget(struct echo *echo)
{
	tap_free(echo->ready);
	echo->ready = NULL;
	*echo->asked = 0;
}

/* The tap comes first: a stream that is taken and then let go of is suspended, and its source falls silent. */
static int stream_take(struct relay *relay, struct bluez_transport *stream)
{
	struct echo *echo = &relay->echo;
	ready_forget(echo);
	int error = tap_new(&echo->ready, -1, stream->configuration.bytes, CLOCK_IDS + echo->taps);
	if (!error)
		error = bluez_acquire(stream);
	if (error < 0)
		return error;
	snprintf(echo->asked, sizeof(echo->asked), "%s", stream->path);
	return 0;
}

/* It stays "pending" where it could not be had: so it is asked for again. */
static void stream_ask(struct relay *relay, struct bluez_transport *stream)
{
	struct echo *echo = &relay->echo;
	if (!stream || stream->state == BLUEZ_IDLE) {
		echo->refused = false;
		echo->ask_at = 0;
		return;
	}
	if (stream->state != BLUEZ_PENDING || *echo->tapped || stream->call ||
	    relay_now(relay) < echo->ask_at)
		return;
	int error = stream_take(relay, stream);
	if (error < 0)
		stream_refused(relay, strerror(-error));
}

void tapping_look_after(struct relay *relay)
{
	struct bluez_transport *stream = stream_find(relay);
	tap_look_after(relay, stream);
	relay->echo.direct = stream;
	path_set(relay, stream ? SOURCE_STANDS_BY : SOURCE_LISTENS);
	show(relay, stream);
	stream_ask(relay, stream);
}

static int tap_begin(struct relay *relay, int fd)
{
	struct tap *tap = relay->echo.ready;
	relay->echo.ready = NULL;
	tap_open(tap, fd);
	return engine_set_tap(relay->engine, tap);
}

static bool is_awaited(struct relay *relay, const struct bluez_transport *transport)
{
	const struct echo *echo = &relay->echo;
	return echo->ready && !*echo->tapped && !strcmp(echo->asked, transport->path) &&
	       transport == stream_find(relay);
}

void tapping_acquired(struct relay *relay, struct bluez_transport *transport, int fd,
                      const char *problem)
{
	struct echo *echo = &relay->echo;
	if (!problem && !is_awaited(relay, transport)) {
		close(fd); /* another one is to be heard by now */
		bluez_release(transport);
		return;
	}
	int error = problem ? 0 : tap_begin(relay, fd);
	if (error) {
		problem = strerror(-error);
		bluez_release(transport);
	}
	if (problem) {
		stream_refused(relay, problem);
		return;
	}
	echo->taps++;
	snprintf(echo->tapped, sizeof(echo->tapped), "%s", transport->path);
}

void tapping_close(struct relay *relay)
{
	ready_forget(&relay->echo);
}
