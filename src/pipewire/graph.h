/* SPDX-License-Identifier: MIT */
#ifndef PIPEWIRE_GRAPH_H
#define PIPEWIRE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include <pipewire/pipewire.h>

/*
 * Which of PipeWire's nodes could be the source, followed as they come and go: the Echo's
 * (`bluez_input.…`), or the one that the user named.  Main thread only.
 */

#define GRAPH_TEXT 128

struct graph_node {
	uint32_t id;
	char serial[24];       /* object.serial, as target.object takes it */
	char name[GRAPH_TEXT]; /* node.name */
	char description[GRAPH_TEXT];
	char address[18]; /* api.bluez5.address */
	bool is_sink;     /* its monitor is meant */
	bool is_bluetooth;
	float volume; /* that PipeWire applies to its samples; 1: they are as they came */
};

struct graph;

struct graph_events {
	/* graph_target or graph_managed gives another answer, or something of the target is different. */
	void (*changed)(void *user);
	/* How welcome a Bluetooth device is as the source (engine/source.h). */
	int (*welcome)(void *user, const char *address);
};

/*
 * Follows the nodes of `core`, which outlives it.  `wanted` is a node's name or serial number, or NULL for
 * the Echo.  NULL without memory.
 */
struct graph *graph_new(struct pw_core *core, const char *wanted, const struct graph_events *events,
                        void *user);
void graph_free(struct graph *graph);

/* The node to capture; NULL while there is none.  Good until `changed` is called. */
const struct graph_node *graph_target(const struct graph *graph);

/* Is there a session manager, WirePlumber as a rule?  It has the default nodes' names. */
bool graph_managed(const struct graph *graph);

/* Asks anew how welcome each device is. */
void graph_reconsider(struct graph *graph);

/* Is node `output` linked to node `input`, and nothing else to it? */
bool graph_linked_only(const struct graph *graph, uint32_t output, uint32_t input);

#endif
