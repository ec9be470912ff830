/* SPDX-License-Identifier: MIT */
/* Which speakers there are, in which order, and which of BlueZ's devices each of them is. */
#include "relay/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "relay/policy.h"

/* --- finding ----------------------------------------------------------------------------------- */

struct speaker *speaker_of_device(struct relay *relay, const struct bluez_device *device)
{
	for (int i = 0; device && i < relay->speaker_count; i++)
		if (relay->speakers[i]->device == device)
			return relay->speakers[i];
	return NULL;
}

struct speaker *speaker_of_transport(struct relay *relay, const struct bluez_transport *transport)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (relay->speakers[i]->transport == transport)
			return relay->speakers[i];
	return speaker_of_device(relay, transport->device);
}

struct bluez_adapter *speaker_adapter(const struct speaker *speaker)
{
	return speaker->device ? speaker->device->adapter : NULL;
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

/* --- devices ----------------------------------------------------------------------------------- */

/* To ask is not to keep: a keyboard that is paired here has no business among the speakers. */
enum settings_role relay_role(struct relay *relay, const struct bluez_device *device)
{
	const struct settings_speaker *kept = settings_known(relay->settings, device->address);
	char name[128];
	text_clean(name, sizeof(name), device->name);
	struct policy_device known = {
	    .kept = kept ? kept->role : ROLE_UNKNOWN,
	    .offers_source = device->offers & BLUEZ_OFFERS_SOURCE,
	    .offers_sink = device->offers & BLUEZ_OFFERS_SINK,
	    .class = device->class,
	    .name = name,
	    .modalias = device->modalias,
	};
	return policy_role(&known);
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
	enum settings_role role = relay_role(relay, device);
	if (role == ROLE_UNKNOWN && device->offers == (BLUEZ_OFFERS_SINK | BLUEZ_OFFERS_SOURCE))
		door_ask_role(relay, device, name);
	bool known = settings_known(relay->settings, device->address);
	struct settings_speaker *kept = known || role == ROLE_SPEAKER
	                                    ? settings_speaker(relay->settings, device->address)
	                                    : NULL;
	if (kept)
		name_follow(relay, kept, name);
	if (role != ROLE_SPEAKER || !kept)
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
	speaker->calling = speaker->hanging_up = false;
	speaker_set_state(speaker, SPEAKER_PAIRED);
}

/* Also where it has another address by now: then it is another device, and may be another speaker's. */
static void speakers_forget_device(struct relay *relay, const struct bluez_device *device,
                                   bool gone)
{
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		if (speaker->device == device &&
		    (gone || strcmp(device->address, speaker->kept->address) != 0))
			speaker_forget_device(speaker);
	}
}

/* It left: a link that broke while it played is "lost", everything else is its own good right. */
void speaker_link_down(struct speaker *speaker)
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
	bool gone = change == BLUEZ_REMOVED || !device->paired;
	char name[128];
	place_again(relay, change == BLUEZ_REMOVED);
	speakers_forget_device(relay, device, gone);
	if (gone)
		return;
	struct speaker *speaker = speaker_of_device(relay, device);
	relay_name(name, sizeof(name), device);
	if (!speaker && device->paired && device->adapter)
		speaker_adopt(relay, device, name);
	else if (speaker)
		name_follow(relay, speaker->kept, name);
	if (speaker && !device->connected && speaker->state != SPEAKER_PAIRED)
		speaker_link_down(speaker);
}
