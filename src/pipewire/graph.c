/* SPDX-License-Identifier: MIT */
#include "pipewire/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/extensions/metadata.h>
#include <spa/param/props.h>
#include <spa/pod/parser.h>
#include <spa/utils/list.h>

struct node {
	struct spa_list link; /* graph.nodes, oldest first */
	struct graph *graph;
	struct graph_node shown;
	bool ready; /* its properties have come */
	struct pw_proxy *proxy;
	struct spa_hook listener;
};

struct link {
	struct spa_list link; /* graph.links */
	uint32_t id, output, input;
};

struct graph {
	struct pw_registry *registry;
	struct spa_hook listener;
	char wanted[GRAPH_TEXT];
	const struct graph_events *events;
	void *user;
	struct spa_list nodes, links;
	const struct graph_node *target;
	uint32_t manager; /* the object that WirePlumber keeps; SPA_ID_INVALID: none */
};

static int node_welcome(const struct graph *graph, const struct node *node)
{
	if (*graph->wanted)
		return !strcmp(node->shown.name, graph->wanted) ||
		       !strcmp(node->shown.serial, graph->wanted);
	if (!node->ready || !node->shown.is_bluetooth || node->shown.is_sink)
		return 0;
	return graph->events->welcome(graph->user, node->shown.address);
}

static void target_choose(struct graph *graph)
{
	const struct graph_node *target = NULL;
	struct node *node;
	int best = 0;
	spa_list_for_each (node, &graph->nodes, link) {
		int welcome = node_welcome(graph, node);
		if (welcome > best) {
			best = welcome;
			target = &node->shown;
		}
	}
	if (target == graph->target)
		return;
	graph->target = target;
	graph->events->changed(graph->user);
}

void graph_reconsider(struct graph *graph)
{
	target_choose(graph);
}

static void text_take(char *text, size_t size, const struct spa_dict *props, const char *key)
{
	const char *value = props ? spa_dict_lookup(props, key) : NULL;
	if (value)
		snprintf(text, size, "%s", value);
}

/* The registry tells little of a node; its own properties come a moment later. */
static void on_node_info(void *data, const struct pw_node_info *info)
{
	struct node *node = data;
	if (!info->props)
		return;
	text_take(node->shown.address, sizeof(node->shown.address), info->props,
	          "api.bluez5.address");
	text_take(node->shown.description, sizeof(node->shown.description), info->props,
	          PW_KEY_NODE_DESCRIPTION);
	node->ready = true;
	target_choose(node->graph);
}

/* PipeWire's bluez plugin sets a source's volume on its node (bluez5-device.c, dynamic nodes). */
static void on_node_param(void *data, int seq, uint32_t id, uint32_t index, uint32_t next,
                          const struct spa_pod *param)
{
	struct node *node = data;
	float volume;
	(void)seq, (void)index, (void)next;
	if (id != SPA_PARAM_Props || !param ||
	    spa_pod_parse_object(param, SPA_TYPE_OBJECT_Props, NULL, SPA_PROP_volume,
	                         SPA_POD_Float(&volume)) < 0)
		return;
	node->shown.volume = volume;
	if (node->graph->target == &node->shown)
		node->graph->events->changed(node->graph->user);
}

static const struct pw_node_events node_events = {
    PW_VERSION_NODE_EVENTS,
    .info = on_node_info,
    .param = on_node_param,
};

static void node_bind(struct graph *graph, struct node *node)
{
	uint32_t params[] = {SPA_PARAM_Props};
	node->proxy = pw_registry_bind(graph->registry, node->shown.id, PW_TYPE_INTERFACE_Node,
	                               PW_VERSION_NODE, 0);
	if (!node->proxy)
		return;
	pw_proxy_add_object_listener(node->proxy, &node->listener, &node_events, node);
	if (node->shown.is_bluetooth)
		pw_node_subscribe_params((struct pw_node *)node->proxy, params, 1);
}

static void node_free(struct node *node)
{
	spa_list_remove(&node->link);
	if (node->proxy) {
		spa_hook_remove(&node->listener);
		pw_proxy_destroy(node->proxy);
	}
	free(node);
}

static void node_add(struct graph *graph, uint32_t id, const struct spa_dict *props)
{
	struct node *node = calloc(1, sizeof(*node));
	const char *class = spa_dict_lookup(props, PW_KEY_MEDIA_CLASS);
	if (!node)
		return;
	node->graph = graph;
	node->shown.id = id;
	node->shown.volume = 1;
	node->shown.is_sink = class && !strcmp(class, "Audio/Sink");
	text_take(node->shown.name, sizeof(node->shown.name), props, PW_KEY_NODE_NAME);
	text_take(node->shown.serial, sizeof(node->shown.serial), props, "object.serial");
	node->shown.is_bluetooth = !strncmp(node->shown.name, "bluez_input.", 12);
	spa_list_append(&graph->nodes, &node->link);
	node_bind(graph, node);
	target_choose(graph);
}

static uint32_t number_of(const struct spa_dict *props, const char *key)
{
	const char *value = spa_dict_lookup(props, key);
	return value ? (uint32_t)strtoul(value, NULL, 10) : SPA_ID_INVALID;
}

static void link_add(struct graph *graph, uint32_t id, const struct spa_dict *props)
{
	struct link *link = calloc(1, sizeof(*link));
	if (!link)
		return;
	link->id = id;
	link->output = number_of(props, PW_KEY_LINK_OUTPUT_NODE);
	link->input = number_of(props, PW_KEY_LINK_INPUT_NODE);
	spa_list_append(&graph->links, &link->link);
	graph->events->changed(graph->user);
}

static void manager_look(struct graph *graph, uint32_t id, const struct spa_dict *props)
{
	const char *name = spa_dict_lookup(props, "metadata.name");
	if (!name || strcmp(name, "default") != 0)
		return;
	graph->manager = id;
	graph->events->changed(graph->user);
}

static void on_global(void *data, uint32_t id, uint32_t permissions, const char *type,
                      uint32_t version, const struct spa_dict *props)
{
	(void)permissions, (void)version;
	if (!props)
		return;
	if (!strcmp(type, PW_TYPE_INTERFACE_Node))
		node_add(data, id, props);
	else if (!strcmp(type, PW_TYPE_INTERFACE_Link))
		link_add(data, id, props);
	else if (!strcmp(type, PW_TYPE_INTERFACE_Metadata))
		manager_look(data, id, props);
}

static void on_global_remove(void *data, uint32_t id)
{
	struct graph *graph = data;
	struct node *node, *next_node;
	struct link *link, *next_link;
	if (id == graph->manager) {
		graph->manager = SPA_ID_INVALID;
		graph->events->changed(graph->user);
	}
	spa_list_for_each_safe (link, next_link, &graph->links, link)
		if (link->id == id) {
			spa_list_remove(&link->link);
			free(link);
			graph->events->changed(graph->user);
		}
	spa_list_for_each_safe (node, next_node, &graph->nodes, link)
		if (node->shown.id == id) {
			bool was_target = graph->target == &node->shown;
			graph->target = was_target ? NULL : graph->target;
			node_free(node);
			if (was_target)
				graph->events->changed(graph->user);
			target_choose(graph);
			return;
		}
}

static const struct pw_registry_events registry_events = {
    PW_VERSION_REGISTRY_EVENTS,
    .global = on_global,
    .global_remove = on_global_remove,
};

struct graph *graph_new(struct pw_core *core, const char *wanted, const struct graph_events *events,
                        void *user)
{
	struct graph *graph = calloc(1, sizeof(*graph));
	if (!graph)
		return NULL;
	snprintf(graph->wanted, sizeof(graph->wanted), "%s", wanted ? wanted : "");
	graph->events = events;
	graph->user = user;
	graph->manager = SPA_ID_INVALID;
	spa_list_init(&graph->nodes);
	spa_list_init(&graph->links);
	graph->registry = pw_core_get_registry(core, PW_VERSION_REGISTRY, 0);
	if (!graph->registry) {
		free(graph);
		return NULL;
	}
	pw_registry_add_listener(graph->registry, &graph->listener, &registry_events, graph);
	return graph;
}

void graph_free(struct graph *graph)
{
	struct node *node, *next_node;
	struct link *link, *next_link;
	if (!graph)
		return;
	spa_list_for_each_safe (node, next_node, &graph->nodes, link)
		node_free(node);
	spa_list_for_each_safe (link, next_link, &graph->links, link)
		free(link);
	spa_hook_remove(&graph->listener);
	pw_proxy_destroy((struct pw_proxy *)graph->registry);
	free(graph);
}

const struct graph_node *graph_target(const struct graph *graph)
{
	return graph->target;
}

bool graph_managed(const struct graph *graph)
{
	return graph->manager != SPA_ID_INVALID;
}

bool graph_linked_only(const struct graph *graph, uint32_t output, uint32_t input)
{
	const struct link *link;
	bool linked = false;
	spa_list_for_each (link, &graph->links, link) {
		if (link->input != input)
			continue;
		if (link->output != output)
			return false;
		linked = true;
	}
	return linked;
}
