/* SPDX-License-Identifier: MIT */
#include "sim/radio.h"

#include <stdbool.h>
#include <string.h>

#include "a2dp/airtime.h"

#define SLOT_NS 625000

void radio_init(struct radio *radio, int buffers, uint32_t seed)
{
	memset(radio, 0, sizeof(*radio));
	radio->buffers = buffers;
	radio->random = seed;
}

void radio_add(struct radio *radio, struct radio_link *link)
{
	if (radio->link_count < RADIO_LINKS)
		radio->links[radio->link_count++] = link;
}

static void packet_free(struct radio_packet *packet)
{
	packet->link->held--;
	packet->link = NULL;
}

void radio_forget(struct radio *radio, struct radio_link *link)
{
	for (int i = 0; i < radio->buffers; i++) {
		struct radio_packet *packet = &radio->packets[i];
		if (packet->link != link)
			continue;
		if (radio->flying == packet)
			radio->flying = NULL;
		packet_free(packet);
	}
}

static double chance(struct radio *radio)
{
	radio->random = radio->random * 6364136223846793005u + 1442695040888963407u;
	return (double)(radio->random >> 33) / 2147483648.0;
}

/* --- from the host into the controller --------------------------------------------------------- */

static struct radio_packet *buffer_free(struct radio *radio)
{
	for (int i = 0; i < radio->buffers; i++)
		if (!radio->packets[i].link)
			return &radio->packets[i];
	return NULL;
}

static bool packet_fetch(struct radio *radio, struct radio_link *link, struct radio_packet *packet)
{
	ssize_t size =
	    link->ops->fetch(link->user, packet->bytes, sizeof(packet->bytes), &packet->sent_ns);
	if (size <= 0)
		return false;
	packet->size = (size_t)size;
	packet->number = radio->numbers++;
	packet->link = link;
	link->held++;
	return true;
}

/* The fewest in flight first; of those that have something to send. */
static bool buffer_fill(struct radio *radio, struct radio_packet *packet)
{
	for (unsigned held = 0; held < RADIO_BUFFERS; held++)
		for (int i = 0; i < radio->link_count; i++)
			if (radio->links[i]->held == held &&
			    packet_fetch(radio, radio->links[i], packet))
				return true;
	return false;
}

static void buffers_fill(struct radio *radio)
{
	struct radio_packet *packet;
	while ((packet = buffer_free(radio)) && buffer_fill(radio, packet))
		;
}

/* --- from the controller into the air ---------------------------------------------------------- */

static struct radio_packet *oldest_of(struct radio *radio, const struct radio_link *link)
{
	struct radio_packet *oldest = NULL;
	for (int i = 0; i < radio->buffers; i++) {
		struct radio_packet *packet = &radio->packets[i];
		if (packet->link == link && (!oldest || packet->number < oldest->number))
			oldest = packet;
	}
	return oldest;
}

/* The links take turns. */
static bool take_off(struct radio *radio)
{
	for (int i = 0; i < radio->link_count; i++) {
		int turn = (radio->turn + i) % radio->link_count;
		struct radio_packet *packet = oldest_of(radio, radio->links[turn]);
		if (!packet)
			continue;
		unsigned slots = airtime_packet_slots(packet->link->mtu, packet->size);
		int64_t start = packet->sent_ns > radio->free_at ? packet->sent_ns : radio->free_at;
		radio->turn = turn + 1;
		radio->flying = packet;
		radio->free_at = start + slots * SLOT_NS;
		return true;
	}
	return false;
}

void radio_burst(struct radio *radio, int64_t until)
{
	radio->burst_until = until;
}

static bool is_lost(struct radio *radio, const struct radio_link *link)
{
	if (radio->free_at < link->faded_until || chance(radio) < link->loss)
		return true;
	return radio->free_at < radio->burst_until && chance(radio) < radio->burst_loss;
}

static void land(struct radio *radio)
{
	struct radio_packet *packet = radio->flying;
	struct radio_link *link = packet->link;
	radio->flying = NULL;
	if (is_lost(radio, link)) {
		link->lost++;
		return;
	}
	packet_free(packet);
	link->ops->arrived(link->user, packet->bytes, packet->size, radio->free_at);
}

/* Drops what is too old.  Returns when the next will be. */
static int64_t packets_flush(struct radio *radio, int64_t now)
{
	int64_t next = INT64_MAX;
	for (int i = 0; i < radio->buffers; i++) {
		struct radio_packet *packet = &radio->packets[i];
		struct radio_link *link = packet->link;
		if (!link || !link->flush_ns || packet == radio->flying)
			continue;
		int64_t due = packet->sent_ns + link->flush_ns;
		if (due > now) {
			next = due < next ? due : next;
			continue;
		}
		packet_free(packet);
		link->dropped++;
		if (link->ops->flushed)
			link->ops->flushed(link->user);
	}
	return next;
}

int64_t radio_run(struct radio *radio, int64_t now)
{
	int64_t flush;
	do {
		if (radio->flying && radio->free_at <= now)
			land(radio);
		flush = packets_flush(radio, now);
		buffers_fill(radio);
	} while (!radio->flying && take_off(radio) && radio->free_at <= now);
	int64_t next = radio->flying ? radio->free_at : INT64_MAX;
	return flush < next ? flush : next;
}
