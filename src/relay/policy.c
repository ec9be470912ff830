/* SPDX-License-Identifier: MIT */
#include "relay/policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECOND 1000000000ll
#define BACKOFF_FIRST (2 * SECOND)
#define BACKOFF_STALL (SECOND / 4)
#define BACKOFF_MOST (60 * SECOND)
#define ENDPOINTS_MOST 7

/* Class of device: major class in bits 8..12, minor in 2..7 (Bluetooth assigned numbers, 2.8). */
#define MAJOR_AUDIO_VIDEO 0x04

static bool class_is_no_loudspeaker(uint32_t class)
{
	static const uint8_t minors[] = {
	    0x01, /* headset */
	    0x02, /* hands-free */
	    0x06, /* headphones */
	    0x08, /* car audio */
	    0x0e, /* video display */
	    0x0f, /* video display and loudspeaker */
	};
	if (((class >> 8) & 0x1f) != MAJOR_AUDIO_VIDEO)
		return false;
	for (size_t i = 0; i < sizeof(minors); i++)
		if (((class >> 2) & 0x3f) == minors[i])
			return true;
	return false;
}

/* Amazon's company number in Bluetooth's and in USB's list, or a name that says so. */
static bool is_amazon(const struct policy_device *device)
{
	return !strncasecmp(device->modalias, "bluetooth:v0171", 15) ||
	       !strncasecmp(device->modalias, "usb:v1949", 9) ||
	       strcasestr(device->name, "amazon") || strcasestr(device->name, "echo");
}

enum settings_role policy_role(const struct policy_device *device)
{
	if (device->kept != ROLE_UNKNOWN)
		return device->kept;
	if (device->offers_source && device->offers_sink)
		return is_amazon(device) ? ROLE_SOURCE : ROLE_UNKNOWN;
	if (device->offers_source)
		return ROLE_SOURCE;
	if (device->offers_sink)
		return class_is_no_loudspeaker(device->class) ? ROLE_NONE : ROLE_SPEAKER;
	return ROLE_UNKNOWN;
}

enum policy_action policy_next(const struct policy_link *link, int64_t now)
{
	if (link->calling)
		return POLICY_WAIT;
	if (!link->wanted) {
		if (link->playing)
			return POLICY_STOP;
		return link->transport ? POLICY_DISCONNECT : POLICY_WAIT;
	}
	if (link->playing || now < link->not_before)
		return POLICY_WAIT;
	if (link->transport)
		return POLICY_ACQUIRE;
	if (!link->reachable || link->paging)
		return POLICY_WAIT;
	return link->foreign ? POLICY_HELD : POLICY_CONNECT;
}

const char *policy_held_text(const char *server)
{
	int major, minor, micro;
	bool known = sscanf(server, "PipeWire %d.%d.%d", &major, &minor, &micro) == 3;
	if (known && major == 0 && minor == 3 && micro < 68)
		return "WirePlumber holds it - systemctl --user restart wireplumber, while "
		       "echorelay runs";
	return "another program holds it - WirePlumber wants bluez5.roles = [ a2dp_sink ], see "
	       "80-echorelay.conf";
}

static int64_t backoff(int64_t first, int attempt)
{
	int64_t wait = first;
	while (--attempt > 0 && wait < BACKOFF_MOST)
		wait *= 2;
	return wait < BACKOFF_MOST ? wait : BACKOFF_MOST;
}

int64_t policy_backoff(int attempt)
{
	return backoff(BACKOFF_FIRST, attempt);
}

int64_t policy_backoff_stall(int attempt)
{
	return backoff(BACKOFF_STALL, attempt);
}

int policy_endpoints(int speakers)
{
	return speakers + 1 < ENDPOINTS_MOST ? speakers + 1 : ENDPOINTS_MOST;
}
