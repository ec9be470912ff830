/* SPDX-License-Identifier: MIT */
/*
 * Who takes the Echo's stream from bluetoothd.
 *
 * The endpoint that the Echo plays to is WirePlumber's, and PipeWire has a node for it.  But BlueZ gives the
 * stream's socket to whoever asks first (profiles/audio/transport.c, acquire: it looks at no owner but the present
 * one), and PipeWire asks only when somebody listens to its node.  So the relay asks, and the engine reads the
 * packets itself (engine/tap.h): PipeWire's jitter buffer, 17 to 40 ms, is left out.
 *
 *     the Echo starts ─► "pending" ─► TryAcquire ─► the engine's tap ─► "idle", or gone ─► no tap
 *                                       └ refused, or of another rate: through PipeWire, which resamples
 *
 * That is done where the configuration asks for it.  For BlueZ, 5.66 as 5.82, does not get over the end of an endpoint
 * whose stream another program than its owner has: when WirePlumber starts anew, the stream goes on; but once it is
 * suspended, the Echo cannot start it again, and released, bluetoothd dies.
 */
#include "relay/private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "a2dp/sbc_config.h"

#define CLOCK_IDS 0x80000000u /* PipeWire's streams count from 1 on */

static bool may_tap(const struct relay *relay)
{
	const struct settings_config *config = &relay->settings->config;
	return relay->source->ops->set_path && config->past_pipewire && !*config->source;
}

static void path_set(struct relay *relay, enum source_path path)
{
	relay->source->ops->set_path(relay->source, path);
}

/* What the engine can read: SBC, at the group's rate. */
static bool fits(const struct relay *relay, const struct bluez_transport *transport)
{
	struct sbc_config config;
	return air_sbc(&config, transport) && config.rate == relay->settings->config.rate;
}

static struct bluez_transport *transport_tapped(const struct relay *relay)
{
	struct bluez_transport *transport;
	if (relay->bluez && *relay->echo.tapped)
		spa_list_for_each (transport, bluez_transports(relay->bluez), link)
			if (!strcmp(transport->path, relay->echo.tapped))
				return transport;
	return NULL;
}

static void tap_end(struct relay *relay)
{
	*relay->echo.tapped = 0;
	engine_set_tap(relay->engine, NULL);
	source_show(relay);
}

/* It is suspended, or gone; or another source is to be heard. */
static void tap_look_after(struct relay *relay, const struct bluez_transport *wanted)
{
	struct bluez_transport *tapped = transport_tapped(relay);
	if (!*relay->echo.tapped || (tapped && tapped == wanted && tapped->state != BLUEZ_IDLE))
		return;
	tap_end(relay);
	if (tapped && tapped->state != BLUEZ_IDLE)
		bluez_release(tapped);
}

void tapping_look_after(struct relay *relay)
{
	struct echo *echo = &relay->echo;
	if (!may_tap(relay))
		return;
	struct bluez_transport *transport = echo_transport(relay);
	tap_look_after(relay, transport);
	if (*echo->tapped || (transport && transport->call))
		return;
	if (!transport || transport->state == BLUEZ_IDLE) {
		echo->refused = false;
		path_set(relay, SOURCE_STANDS_BY);
	} else if (transport->state == BLUEZ_PENDING && !echo->refused && fits(relay, transport)) {
		echo->refused = bluez_acquire(transport) < 0;
	} else {
		path_set(relay, SOURCE_LISTENS); /* it is PipeWire's already, or is to be */
	}
}

void tapping_acquired(struct relay *relay, const struct bluez_transport *transport, int fd,
                      const char *problem)
{
	struct echo *echo = &relay->echo;
	struct tap *tap = NULL;
	if (!problem && tap_new(&tap, fd, transport->configuration.bytes, CLOCK_IDS + echo->taps))
		close(fd);
	if (!tap || engine_set_tap(relay->engine, tap)) {
		echo->refused = true;
		return;
	}
	echo->taps++;
	snprintf(echo->tapped, sizeof(echo->tapped), "%s", transport->path);
	path_set(relay, SOURCE_ELSEWHERE);
}
