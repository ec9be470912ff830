/* SPDX-License-Identifier: MIT */
/*
 * The Echo as BlueZ has it: which devices may be the source, and how loud the source wants to be.
 *
 * The Echo's volume is AVRCP's absolute volume.  Where its stream is PipeWire's, PipeWire multiplies it into the
 * samples that it hands on, unless WirePlumber's rule bluez5.hw-volume forbids that; then the relay does it.  Which
 * of the two is seen from the node's own volume: never both, never neither.
 */
#include "relay/private.h"

#include <string.h>

#define UNTOUCHED 0.999f
#define DOUBT_NS SECOND_NS /* PipeWire follows a change of volume within some 10 ms */

struct bluez_transport *echo_transport(const struct relay *relay)
{
	struct bluez_transport *transport;
	if (!relay->bluez || !*relay->source_info.address)
		return NULL;
	spa_list_for_each (transport, bluez_transports(relay->bluez), link)
		if (transport->device && bluez_receives(transport) &&
		    !strcmp(transport->device->address, relay->source_info.address))
			return transport;
	return NULL;
}

int echo_volume(const struct relay *relay)
{
	const struct bluez_transport *transport = echo_transport(relay);
	return transport && transport->volume_known
	           ? (transport->volume * 100 + AVRCP_FULL / 2) / AVRCP_FULL
	           : -1;
}

/* PipeWire's own curve, spa_bt_volume_hw_to_linear: the cube of the part. */
static float gain_wanted(const struct relay *relay)
{
	const struct bluez_transport *transport = echo_transport(relay);
	if (!transport || !transport->volume_known || transport->volume >= AVRCP_FULL)
		return 1;
	float part = (float)transport->volume / AVRCP_FULL;
	return part * part * part;
}

/* Has PipeWire multiplied it in?  A node at full volume beside an Echo that is not settles it, in time. */
static bool pipewire_applies(struct echo *echo, const struct source_info *source, float wanted,
                             int64_t now)
{
	if (echo->direct)
		return false;
	if (source->gain < UNTOUCHED)
		return true;
	if (!echo->pipewire_applies || source->state != SOURCE_STREAMING || wanted >= UNTOUCHED)
		echo->doubt_since = now;
	return echo->pipewire_applies && now - echo->doubt_since < DOUBT_NS;
}

void echo_look_after(struct relay *relay, int64_t now)
{
	struct echo *echo = &relay->echo;
	float wanted = gain_wanted(relay);
	echo->pipewire_applies = pipewire_applies(echo, &relay->source_info, wanted, now);
	float gain = echo->pipewire_applies ? 1 : wanted;
	if (gain == echo->gain)
		return;
	echo->gain = gain;
	for (int i = 0; i < relay->speaker_count; i++)
		speaker_mix(relay->speakers[i]);
}

int echo_welcome(struct relay *relay, const char *address)
{
	struct bluez_device *device;
	int welcome = 1; /* not known, or not decided: better than nothing */
	if (!relay->bluez)
		return welcome;
	spa_list_for_each (device, bluez_devices(relay->bluez), link) {
		if (strcmp(device->address, address) || !device->paired)
			continue;
		enum settings_role role = relay_role(relay, device);
		if (role == ROLE_SOURCE)
			return 2;
		if (role == ROLE_SPEAKER || role == ROLE_NONE)
			welcome = 0;
	}
	return welcome;
}
