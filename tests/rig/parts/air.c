/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/air.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_OVERHEAD_BYTES 8 /* access code, header and the like, at the link's own rate */

struct packet {
	struct packet *next;
	int link;
	enum air_kind kind;
	int64_t born, due;
	size_t size;
	uint8_t bytes[];
};

struct radio {
	int64_t busy_until, fade_until;
	uint32_t loss_percent;
};

struct link {
	bool open;
	int from, to;
	int64_t flush_ns;
	uint64_t served; /* when it last had its turn */
	struct packet *queue;
};

struct air {
	struct air_config config;
	struct air_events events;
	struct air_counters counters;
	uint64_t random;
	uint64_t turns;
	struct radio radios[AIR_RADIOS];
	struct link links[AIR_LINKS];
	struct packet *flying;  /* on the air, by the end of their air time */
	struct packet *landing; /* through, by when the receiving host has them */
};

struct air *air_new(const struct air_config *config, const struct air_events *events)
{
	struct air *air = calloc(1, sizeof(*air));
	if (!air)
		return NULL;
	air->config = *config;
	air->events = *events;
	air->random = config->seed;
	for (int i = 0; i < AIR_RADIOS; i++)
		air->radios[i].loss_percent = config->loss_percent;
	return air;
}

static void list_free(struct packet **list)
{
	while (*list) {
		struct packet *packet = *list;
		*list = packet->next;
		free(packet);
	}
}

void air_free(struct air *air)
{
	if (!air)
		return;
	for (int i = 0; i < AIR_LINKS; i++)
		list_free(&air->links[i].queue);
	list_free(&air->flying);
	list_free(&air->landing);
	free(air);
}

/* --- links ------------------------------------------------------------------------------------- */

int air_open(struct air *air, int from, int to)
{
	for (int i = 0; i < AIR_LINKS; i++)
		if (!air->links[i].open) {
			air->links[i] = (struct link){.open = true, .from = from, .to = to};
			return i;
		}
	return -ENOSPC;
}

static void list_forget(struct packet **list, int link)
{
	while (*list) {
		struct packet *packet = *list;
		if (packet->link != link) {
			list = &packet->next;
			continue;
		}
		*list = packet->next;
		free(packet);
	}
}

void air_close(struct air *air, int link)
{
	list_free(&air->links[link].queue);
	list_forget(&air->flying, link);
	list_forget(&air->landing, link);
	air->links[link].open = false;
}

int air_send(struct air *air, int link, enum air_kind kind, const uint8_t *bytes, size_t size,
             int64_t now)
{
	struct packet **end = &air->links[link].queue, *packet = malloc(sizeof(*packet) + size);
	if (!packet)
		return -ENOMEM;
	*packet = (struct packet){.link = link, .kind = kind, .born = now, .size = size};
	memcpy(packet->bytes, bytes, size);
	while (*end)
		end = &(*end)->next;
	*end = packet;
	return 0;
}

/* --- knobs ------------------------------------------------------------------------------------- */

void air_set_flush(struct air *air, int link, int64_t timeout_ns)
{
	air->links[link].flush_ns = timeout_ns;
}

void air_set_rate(struct air *air, uint32_t kbit_per_second)
{
	air->config.kbit_per_second = kbit_per_second;
}

void air_set_latency(struct air *air, int64_t latency_ns)
{
	air->config.latency_ns = latency_ns;
}

void air_set_loss(struct air *air, int radio, uint32_t percent)
{
	air->radios[radio].loss_percent = percent;
}

void air_fade(struct air *air, int radio, int64_t until)
{
	air->radios[radio].fade_until = until;
}

const struct air_counters *air_counters(const struct air *air)
{
	return &air->counters;
}

/* --- what happens ------------------------------------------------------------------------------ */

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void list_insert(struct packet **list, struct packet *packet)
{
	while (*list && (*list)->due <= packet->due)
		list = &(*list)->next;
	packet->next = *list;
	*list = packet;
}

static struct packet *list_take(struct packet **list, int64_t now)
{
	struct packet *packet = *list;
	if (!packet || packet->due > now)
		return NULL;
	*list = packet->next;
	return packet;
}

/* Constants of Knuth's MMIX generator. */
static uint32_t random_percent(struct air *air)
{
	air->random = air->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(air->random >> 33) % 100;
}

static bool is_lost(struct air *air, const struct link *link, int64_t now)
{
	const struct radio *from = &air->radios[link->from], *to = &air->radios[link->to];
	uint32_t percent = (uint32_t)later(from->loss_percent, to->loss_percent);
	if (later(from->fade_until, to->fade_until) > now)
		return true;
	return percent && random_percent(air) < percent;
}

/* The packets whose air time is over. */
static void air_end(struct air *air, int64_t now)
{
	struct packet *packet;
	while ((packet = list_take(&air->flying, now))) {
		struct link *link = &air->links[packet->link];
		if (is_lost(air, link, now)) {
			air->counters.lost++;
			packet->next = link->queue;
			link->queue = packet;
			continue;
		}
		air->counters.sent++;
		air->events.completed(air->events.user, packet->link);
		packet->due += air->config.latency_ns;
		list_insert(&air->landing, packet);
	}
}

static void air_land(struct air *air, int64_t now)
{
	struct packet *packet;
	while ((packet = list_take(&air->landing, now))) {
		air->events.arrived(air->events.user, packet->link, packet->bytes, packet->size);
		free(packet);
	}
}

/* Returns when the next of the link's packets gets too old. */
static int64_t link_flush(struct air *air, int number, int64_t now)
{
	struct link *link = &air->links[number];
	struct packet **place = &link->queue;
	bool dropping = false;
	int64_t next = INT64_MAX;
	while (link->flush_ns && *place) {
		struct packet *packet = *place;
		int64_t due = packet->born + link->flush_ns;
		if (packet->kind != AIR_CONTINUES)
			dropping = packet->kind == AIR_FLUSHABLE && due <= now;
		if (!dropping) {
			if (packet->kind == AIR_FLUSHABLE)
				next = earlier(next, due);
			place = &packet->next;
			continue;
		}
		*place = packet->next;
		free(packet);
		air->counters.flushed++;
		air->events.completed(air->events.user, number);
		air->events.flushed(air->events.user, number);
	}
	return next;
}

/* When both of the link's radios can take its first packet. */
static int64_t link_free_at(const struct air *air, const struct link *link)
{
	const struct radio *from = &air->radios[link->from], *to = &air->radios[link->to];
	if (!link->open || !link->queue)
		return INT64_MAX;
	return later(later(from->busy_until, to->busy_until),
	             later(from->fade_until, to->fade_until));
}

static void link_start(struct air *air, struct link *link, int64_t now)
{
	struct packet *packet = link->queue;
	int64_t bits = (int64_t)(packet->size + PACKET_OVERHEAD_BYTES) * 8;
	link->queue = packet->next;
	link->served = ++air->turns;
	packet->due = now + bits * 1000000 / air->config.kbit_per_second;
	air->radios[link->from].busy_until = air->radios[link->to].busy_until = packet->due;
	list_insert(&air->flying, packet);
}

/* The link that can start now and has waited longest for its turn. */
static struct link *link_next(struct air *air, int64_t now)
{
	struct link *next = NULL;
	for (int i = 0; i < AIR_LINKS; i++) {
		struct link *link = &air->links[i];
		if (link_free_at(air, link) <= now && (!next || link->served < next->served))
			next = link;
	}
	return next;
}

int64_t air_step(struct air *air, int64_t now)
{
	int64_t next = INT64_MAX;
	struct link *link;
	air_end(air, now);
	air_land(air, now);
	for (int i = 0; i < AIR_LINKS; i++)
		if (air->links[i].open)
			next = earlier(next, link_flush(air, i, now));
	while ((link = link_next(air, now)))
		link_start(air, link, now);
	for (int i = 0; i < AIR_LINKS; i++)
		next = earlier(next, link_free_at(air, &air->links[i]));
	if (air->flying)
		next = earlier(next, air->flying->due);
	if (air->landing)
		next = earlier(next, air->landing->due);
	return next;
}
