/* SPDX-License-Identifier: MIT */
/* What devices have told of themselves: their services, their endpoints, their volume.  What is made of it is compatibility.c's. */
#include "relay/arrivals.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "a2dp/codec.h"
#include "base/text.h"
#include "relay/compatibility.h"

#define VOLUME_NS (5 * 1000000000ll) /* AVRCP has told it by then, if the device has one */

static void codec_add(struct abilities *abilities, const struct bluez_remote *remote)
{
	const struct bus_bytes *capabilities = &remote->capabilities;
	const char *name = codec_name(remote->codec, capabilities->bytes, capabilities->size);
	size_t used = strlen(abilities->codecs);
	if (*name != '?' && !strstr(abilities->codecs, name))
		snprintf(abilities->codecs + used, sizeof(abilities->codecs) - used, "%s%s",
		         used ? " " : "", name);
	if (remote->codec != SBC_CONFIG_CODEC || capabilities->size != SBC_CONFIG_BYTES)
		return;
	abilities->has_sbc = true;
	memcpy(abilities->sbc, capabilities->bytes, SBC_CONFIG_BYTES);
	abilities->delay_asked = remote->delay_reporting_known;
	abilities->delay_reporting = remote->delay_reporting;
}

void abilities_follow(struct abilities *abilities, const struct bluez_device *device)
{
	const struct bluez_remote *remote;
	snprintf(abilities->own_name, sizeof(abilities->own_name), "%s", device->own_name);
	if (*device->modalias)
		snprintf(abilities->modalias, sizeof(abilities->modalias), "%s", device->modalias);
	spa_list_for_each (remote, bluez_remotes(device->bluez), link) {
		if (strcmp(remote->device_path, device->path))
			continue;
		abilities->endpoints_known = true;
		if (!strcasecmp(remote->uuid, BLUEZ_A2DP_SINK))
			codec_add(abilities, remote);
	}
}

void abilities_follow_transport(struct abilities *abilities,
                                const struct bluez_transport *transport, enum bluez_change change,
                                int64_t now)
{
	if (change == BLUEZ_REMOVED)
		abilities->stream_since = 0;
	else if (!abilities->stream_since)
		abilities->stream_since = now;
	if (transport->volume_known)
		abilities->volume_asked = abilities->volume = true;
	if (transport->delay_known)
		abilities->delay_asked = abilities->delay_reporting = true;
}

static int32_t maybe(bool known, bool value)
{
	return known ? value : MODEL_UNKNOWN;
}

void abilities_present(struct model_found *shown, const struct found *found, uint32_t rate,
                       int64_t now)
{
	const struct abilities *abilities = &found->abilities;
	char name[MODEL_TEXT];
	struct compatibility_facts facts = {
	    .name = name,
	    .address = found->address,
	    .modalias = abilities->modalias,
	    .class = found->class,
	    .offers_sink = found->offers & BLUEZ_OFFERS_SINK,
	    .offers_source = found->offers & BLUEZ_OFFERS_SOURCE,
	    .paired = found->paired,
	    .endpoints_known = abilities->endpoints_known,
	    .has_sbc = abilities->has_sbc,
	    .delay_reporting = maybe(abilities->delay_asked, abilities->delay_reporting),
	    .rate = rate,
	};
	bool told = abilities->volume_asked ||
	            (abilities->stream_since && now - abilities->stream_since > VOLUME_NS);
	memcpy(facts.sbc, abilities->sbc, sizeof(facts.sbc));
	text_clean(name, sizeof(name), abilities->own_name);
	snprintf(shown->codecs, sizeof(shown->codecs), "%s", abilities->codecs);
	shown->absolute_volume = maybe(told, abilities->volume);
	compatibility_judge(shown, &facts);
}
