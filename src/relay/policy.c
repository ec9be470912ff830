/* SPDX-License-Identifier: MIT */
#include "relay/policy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECOND 1000000000ll
#define BACKOFF_FIRST (2 * SECOND)
#define BACKOFF_ONCE (SECOND / 20)
#define BACKOFF_STALL (SECOND / 4)
#define BACKOFF_MOST (60 * SECOND)
#define ENDPOINTS_MOST 7
#define NO_STREAM (15 * SECOND)      /* an Echo opens its own within some seconds */
#define STREAM_GONE (2 * SECOND)     /* what a restart of PipeWire takes; an Echo opens no other */
#define STREAM_ORPHANED (SECOND / 2) /* nobody sent it away, and our own sink is there */
#define MUTE (20 * SECOND)           /* longer than PipeWire takes to make a node of it */

/* Class of device: major class in bits 8..12, minor in 2..7 (Bluetooth assigned numbers, 2.8). */
#define MAJOR_COMPUTER 0x01
#define MAJOR_PHONE 0x02
#define MAJOR_AUDIO_VIDEO 0x04

#define LATELY (15 * SECOND) /* an inquiry hears a device every 1.3 to 10 s */
#define RSSI_WEAK (-80)

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
	if (link->unanswered)
		return POLICY_HANG_UP;
	if (link->calling)
		return POLICY_WAIT;
	if (!link->wanted) {
		if (link->playing)
			return POLICY_STOP;
		return link->transport ? POLICY_DISCONNECT : POLICY_WAIT;
	}
	if (link->idle && link->playing)
		return POLICY_STOP;
	if (link->playing || now < link->not_before)
		return POLICY_WAIT;
	/* a speaker takes its time base from its first packets: they must not wait for others' */
	if (link->transport)
		return link->idle || link->air_fades ? POLICY_WAIT : POLICY_ACQUIRE;
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

static int64_t doubled(int64_t first, int64_t most, int times)
{
	int64_t wait = first;
	while (--times > 0 && wait < most)
		wait *= 2;
	return wait < most ? wait : most;
}

int64_t policy_backoff(int attempt, bool air_needed)
{
	return doubled(BACKOFF_FIRST, air_needed ? 2 * BACKOFF_MOST : BACKOFF_MOST, attempt);
}

int64_t policy_backoff_stall(int attempt)
{
	return attempt > 1 ? doubled(BACKOFF_STALL, BACKOFF_MOST, attempt - 1) : BACKOFF_ONCE;
}

bool policy_pages(const char *name, const char *modalias)
{
	return is_amazon(&(struct policy_device){.name = name, .modalias = modalias});
}

bool policy_heard(const char *node, const char *address)
{
	char part[18];
	if (!*node)
		return true;
	snprintf(part, sizeof(part), "%s", address);
	for (char *colon = part; (colon = strchr(colon, ':'));)
		*colon = '_';
	return !strncmp(node, "bluez_", 6) && strcasestr(node, part);
}

enum policy_source_action policy_next_source(const struct policy_source *link, int64_t now)
{
	if (link->calling || now < link->not_before || !link->reachable)
		return POLICY_SOURCE_WAIT;
	if (!link->connected)
		return link->wanted ? POLICY_SOURCE_CONNECT : POLICY_SOURCE_WAIT;
	int64_t patience = link->orphaned   ? STREAM_ORPHANED
	                   : link->streamed ? STREAM_GONE
	                                    : NO_STREAM;
	if (link->no_stream_ns >= patience)
		return link->failed && link->wanted ? POLICY_SOURCE_SHAKE : POLICY_SOURCE_CONNECT;
	return link->mute_ns >= MUTE ? POLICY_SOURCE_SHAKE : POLICY_SOURCE_WAIT;
}

int64_t policy_shake_pause(int times)
{
	return doubled(120 * SECOND, 1800 * SECOND, times);
}

int policy_endpoints(int speakers)
{
	return speakers + 1 < ENDPOINTS_MOST ? speakers + 1 : ENDPOINTS_MOST;
}

bool policy_rest(int64_t silent_ns, int64_t after_ns)
{
	return after_ns && silent_ns >= after_ns;
}

enum model_kind policy_kind(uint32_t class, uint32_t offers)
{
	static const uint8_t kinds[] = {
	    [0x01] = KIND_HEADSET,    [0x02] = KIND_HEADSET, [0x05] = KIND_SPEAKER,
	    [0x06] = KIND_HEADPHONES, [0x07] = KIND_SPEAKER, [0x08] = KIND_CAR,
	    [0x09] = KIND_TELEVISION, [0x0a] = KIND_SPEAKER, [0x0e] = KIND_TELEVISION,
	    [0x0f] = KIND_TELEVISION,
	};
	uint32_t major = (class >> 8) & 0x1f, minor = (class >> 2) & 0x3f;
	if (major == MAJOR_AUDIO_VIDEO && minor < sizeof(kinds) && kinds[minor])
		return (enum model_kind)kinds[minor];
	if (major == MAJOR_AUDIO_VIDEO)
		return KIND_SPEAKER;
	if (major == MAJOR_PHONE)
		return KIND_PHONE;
	if (major == MAJOR_COMPUTER)
		return KIND_COMPUTER;
	if (offers & BLUEZ_OFFERS_SINK)
		return KIND_SPEAKER;
	return class ? KIND_OTHER : KIND_UNKNOWN;
}

/* --- pairing ------------------------------------------------------------------------------------ */

static bool better_site(const struct policy_site *a, const struct policy_site *b)
{
	if (a->kept != b->kept)
		return a->kept;
	if (a->air != b->air)
		return a->air < b->air;
	return a->rssi > b->rssi;
}

int policy_place(const struct policy_site *sites, int count)
{
	int best = 0;
	for (int i = 1; i < count; i++)
		if (better_site(&sites[i], &sites[best]))
			best = i;
	return count ? best : -1;
}

enum bluez_capability policy_capability(bool window, int attempt)
{
	return window || attempt == 2 ? BLUEZ_NO_INPUT_NO_OUTPUT : BLUEZ_KEYBOARD_DISPLAY;
}

bool policy_pair_again(enum bluez_pairing how, int attempt)
{
	return attempt == 1 && (how == BLUEZ_PAIR_FAILED || how == BLUEZ_PAIR_REJECTED);
}

/* No link came about.  A phone that holds it and plain distance look alike, but for its being heard. */
static struct policy_words unreached_words(const struct policy_trouble *trouble)
{
	if (trouble->heard_ns < 0 || trouble->heard_ns > LATELY)
		return (struct policy_words){"out of range, or switched off",
		                             "switch it on, bring it near, scan again"};
	if (trouble->rssi < RSSI_WEAK)
		return (struct policy_words){"too far away to be reached",
		                             "bring it within two metres for the first pairing"};
	return (struct policy_words){
	    "is heard but does not answer: a phone holds it",
	    "disconnect it there, hold its Bluetooth button till it blinks"};
}

static struct policy_words pairing_words(const struct policy_trouble *trouble)
{
	if (trouble->unanswered)
		return (struct policy_words){"its question was not answered in time",
		                             "pair again and answer within 45 s"};
	if (trouble->refused_here)
		return (struct policy_words){"refused by you", "nothing was changed"};
	switch (trouble->how) {
	case BLUEZ_PAIR_REJECTED:
		return (struct policy_words){"refused to pair",
		                             "hold its Bluetooth button till it blinks, again"};
	case BLUEZ_PAIR_FAILED:
		return (struct policy_words){
		    "the keys do not fit: it is paired elsewhere, or the PIN is wrong",
		    "reset its pairings (see its manual), then pair again"};
	case BLUEZ_PAIR_TIMEOUT:
		return (struct policy_words){"stopped answering while pairing",
		                             "switch it off and on, then pair again"};
	case BLUEZ_PAIR_EXISTS:
		return (struct policy_words){"is paired already", "connect it: c in the main view"};
	case BLUEZ_PAIR_GONE:
		return (struct policy_words){"is gone: BlueZ forgot it meanwhile", "scan again"};
	case BLUEZ_PAIR_CANCELLED:
		return (struct policy_words){"cancelled", ""};
	default:
		return (struct policy_words){trouble->problem ? trouble->problem
		                                              : "failed without a reason",
		                             "switch it off and on, then pair again"};
	}
}

struct policy_words policy_trouble_words(const struct policy_trouble *trouble)
{
	bool unreached = trouble->how == BLUEZ_PAIR_UNREACHED ||
	                 (trouble->step == STEP_REACH && trouble->over_time);
	if (trouble->step <= STEP_PAIR && unreached)
		return unreached_words(trouble);
	if (trouble->step == STEP_PAIR && trouble->over_time && !trouble->unanswered)
		return (struct policy_words){"stopped answering while pairing",
		                             "switch it off and on, then pair again"};
	if (trouble->step <= STEP_PAIR)
		return pairing_words(trouble);
	if (trouble->problem)
		return (struct policy_words){trouble->problem,
		                             "it is paired; c in the main view tries again"};
	return (struct policy_words){"paired, but no sound came about in time",
	                             "switch it off and on; it connects by itself"};
}

bool policy_let_in(enum settings_role role, bool contested, const char *uuid)
{
	static const char *const a2dp[] = {"0000110a", "0000110b", "0000110d"};
	static const char *const avrcp[] = {"0000110c", "0000110e", "0000110f"};
	bool sound = false, control = false;
	for (int i = 0; i < 3; i++) {
		sound |= !strncasecmp(uuid, a2dp[i], 8);
		control |= !strncasecmp(uuid, avrcp[i], 8);
	}
	if (role == ROLE_SOURCE)
		return sound || control;
	return role == ROLE_SPEAKER && (control || (sound && !contested));
}

bool policy_trust(enum settings_role role, bool contested)
{
	return role == ROLE_SOURCE || (role == ROLE_SPEAKER && !contested);
}
