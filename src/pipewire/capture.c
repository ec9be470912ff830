/* SPDX-License-Identifier: MIT */
#include "pipewire/capture.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pipewire/pipewire.h>

#include "pipewire/graph.h"
#include "pipewire/listen.h"

#define RETRY_SECONDS 2
/*
 * Frames asked for, 5.8 ms.  PipeWire keeps half a quantum and a packet of the Echo's in stock (decode-buffer.h,
 * 0.3.65): 17 ms with 256, 20 with 512, 32 with 1024; less than 256 makes it keep more.
 */
#define QUANTUM 256
#define BLUETOOTH_ASSUMED_NS 17500000 /* that stock, once it has settled; 15 to 87 ms may be */
#define HOLE_SECONDS 0.005 /* the graph's clock ahead of the frames by more: some are missing */
#define NS_PER_SECOND 1000000000ll

/* What the data thread has to itself. */
struct receiver {
	int64_t position;
	uint64_t ticks; /* of the graph's clock at the last block */
	uint32_t block; /* frames of the last block */
	bool began;
};

struct capture {
	struct source source;
	char wanted[GRAPH_TEXT];
	struct inlet *inlet;
	uint32_t rate;
	const struct source_events *events;
	void *user;

	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct spa_hook core_listener;
	struct spa_source *retry;
	bool broken; /* the connection failed: to be taken down, outside of its own callbacks */
	char server[32];
	bool reports_latency; /* the daemon is 1.4 or newer */
	bool listed;          /* all nodes that were there have been told */
	struct graph *graph;

	struct pw_stream *stream;
	struct spa_hook stream_listener;
	struct graph_node target; /* what the stream was made for, or would be; no name: nothing */
	enum source_path path;
	uint32_t generation; /* of the stream; tells one epoch's clock from another's */
	atomic_bool open;    /* sound may pass */
	atomic_llong latency_ns;
	struct receiver receiver;
	struct source_info told;
};

static struct capture *capture_of(const struct source *source)
{
	return (struct capture *)((char *)(uintptr_t)source - offsetof(struct capture, source));
}

/* --- the data thread ------------------------------------------------------------------------------ */

/* How many frames the graph's clock went on beyond those that were handed to us. */
static int64_t frames_missing(const struct receiver *receiver, const struct pw_time *time,
                              uint32_t rate)
{
	double unit = (double)time->rate.num / (double)time->rate.denom;
	double passed = (double)(time->ticks - receiver->ticks) * unit;
	double heard = (double)receiver->block / rate;
	return fabs(passed - heard) < HOLE_SECONDS ? 0 : (int64_t)lround((passed - heard) * rate);
}

static void block_hand_in(struct capture *capture, const struct frame *frames, uint32_t count,
                          const struct pw_time *time)
{
	struct receiver *receiver = &capture->receiver;
	if (receiver->began && time->rate.denom && time->ticks > receiver->ticks) {
		int64_t missing = frames_missing(receiver, time, capture->rate);
		receiver->position += missing > 0 ? missing : 0;
	}
	struct inlet_block block = {
	    .ns = time->now,
	    .position = receiver->position,
	    .clock_id = capture->generation,
	    .count = count,
	};
	inlet_write(capture->inlet, &block, frames, capture->rate);
	receiver->position += count;
	receiver->ticks = time->ticks;
	receiver->block = count;
	receiver->began = true;
}

static int64_t latency_of(const struct pw_time *time, uint32_t rate)
{
	double unit = time->rate.denom ? (double)time->rate.num / (double)time->rate.denom : 0;
	return (int64_t)((double)time->delay * unit * 1e9) +
	       (int64_t)time->buffered * NS_PER_SECOND / rate;
}

/*
 * Where a node has sent nothing, PipeWire puts silence in (audioconvert.c) and marks it: that is not sound, and an Echo
 * that is connected and sends nothing is to be seen as such.  What was left out shows in the next block's ticks.
 */
static bool holds_sound(const struct spa_data *audio)
{
	return audio->data && audio->chunk->size &&
	       !SPA_FLAG_IS_SET(audio->chunk->flags, SPA_CHUNK_FLAG_EMPTY);
}

static void on_process(void *data)
{
	struct capture *capture = data;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(capture->stream);
	struct pw_time time;
	if (!buffer)
		return;
	const struct spa_data *audio = &buffer->buffer->datas[0];
	bool wanted = atomic_load_explicit(&capture->open, memory_order_acquire);
	if (wanted && holds_sound(audio) &&
	    pw_stream_get_time_n(capture->stream, &time, sizeof(time)) == 0) {
		uint32_t offset = SPA_MIN(audio->chunk->offset, audio->maxsize);
		uint32_t size = SPA_MIN(audio->chunk->size, audio->maxsize - offset);
		block_hand_in(capture, SPA_PTROFF(audio->data, offset, const struct frame),
		              size / (uint32_t)sizeof(struct frame), &time);
		atomic_store_explicit(&capture->latency_ns, latency_of(&time, capture->rate),
		                      memory_order_relaxed);
	}
	pw_stream_queue_buffer(capture->stream, buffer);
}

/* --- what is told --------------------------------------------------------------------------------- */

static void tell(struct capture *capture, enum source_state state, const char *problem)
{
	struct source_info info;
	memset(&info, 0, sizeof(info)); /* padding included: it is compared below */
	info.state = state;
	info.latency_ns = -1;
	info.channels = 2;
	snprintf(info.server, sizeof(info.server), "%s", capture->server);
	info.gain = 1;
	info.managed = capture->graph && graph_managed(capture->graph);
	const struct graph_node *node = *capture->target.name ? &capture->target : NULL;
	int64_t latency = atomic_load_explicit(&capture->latency_ns, memory_order_relaxed);
	snprintf(info.problem, sizeof(info.problem), "%s", problem);
	if (node) {
		snprintf(info.node, sizeof(info.node), "%s", node->name);
		snprintf(info.name, sizeof(info.name), "%s",
		         *node->description ? node->description : node->name);
		snprintf(info.address, sizeof(info.address), "%s", node->address);
		info.gain = node->volume;
		if (!node->is_bluetooth || capture->reports_latency) /* before 1.4 it is made up */
			info.latency_ns = state == SOURCE_STREAMING ? latency : -1;
		else if (state == SOURCE_STREAMING)
			info.latency_assumed_ns = BLUETOOTH_ASSUMED_NS;
	}
	info.rate = capture->rate;
	if (!memcmp(&info, &capture->told, sizeof(info)))
		return;
	capture->told = info;
	capture->events->changed(capture->user, &info);
}

static void tell_missing(struct capture *capture)
{
	char text[SOURCE_TEXT];
	if (*capture->wanted && capture->listed)
		snprintf(text, sizeof(text),
		         "PipeWire has no node '%.60s' - pw-cli ls Node lists them",
		         capture->wanted);
	else
		*text = 0;
	tell(capture, SOURCE_ABSENT, text);
}

/* --- the stream ----------------------------------------------------------------------------------- */

static void stream_drop(struct capture *capture)
{
	*capture->target.name = 0;
	if (!capture->stream)
		return;
	atomic_store(&capture->open, false);
	spa_hook_remove(&capture->stream_listener);
	pw_stream_destroy(capture->stream); /* its data thread is done with it when this returns */
	capture->stream = NULL;
	inlet_finish(capture->inlet);
}

/* The gate is open while the stream runs and hears the node it was made for, and nothing else. */
static void gate_set(struct capture *capture)
{
	const char *error = NULL;
	enum pw_stream_state state = capture->stream ? pw_stream_get_state(capture->stream, &error)
	                                             : PW_STREAM_STATE_UNCONNECTED;
	if (!capture->stream && *capture->target.name) {
		tell(capture, SOURCE_IDLE, "");
		return;
	}
	if (!capture->stream) {
		tell_missing(capture);
		return;
	}
	bool linked = graph_linked_only(capture->graph, capture->target.id,
	                                pw_stream_get_node_id(capture->stream));
	bool open = state == PW_STREAM_STATE_STREAMING && linked;
	bool was_open = atomic_exchange(&capture->open, open);
	if (was_open && !open)
		inlet_finish(capture->inlet);
	tell(capture, open ? SOURCE_STREAMING : SOURCE_IDLE, error ? error : "");
}

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state,
                     const char *error)
{
	(void)old, (void)state, (void)error;
	gate_set(data);
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state,
    .process = on_process,
};

static struct pw_properties *stream_properties(const struct capture *capture)
{
	const struct graph_node *node = &capture->target;
	struct pw_properties *props = pw_properties_new(
	    PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Capture", PW_KEY_MEDIA_ROLE,
	    "Music", PW_KEY_NODE_NAME, "echorelay", PW_KEY_NODE_DESCRIPTION, "echorelay",
	    PW_KEY_NODE_DONT_RECONNECT, "true", "target.object", node->serial, NULL);
	pw_properties_setf(props, PW_KEY_NODE_LATENCY, "%d/%u", QUANTUM, capture->rate);
	pw_properties_setf(props, "node.force-rate", "%u", capture->rate);
	if (node->is_sink)
		pw_properties_set(props, PW_KEY_STREAM_CAPTURE_SINK, "true");
	return props;
}

static void stream_make(struct capture *capture)
{
	capture->generation++;
	capture->receiver = (struct receiver){.position = 0};
	capture->stream =
	    pw_stream_new(capture->core, "echorelay capture", stream_properties(capture));
	if (!capture->stream) {
		tell(capture, SOURCE_IDLE, "PipeWire gives no stream");
		return;
	}
	pw_stream_add_listener(capture->stream, &capture->stream_listener, &stream_events, capture);
	if (listen_connect(capture->stream, capture->rate) < 0)
		tell(capture, SOURCE_IDLE, "PipeWire does not connect the stream");
}

static void on_graph(void *user)
{
	struct capture *capture = user;
	const struct graph_node *node = capture->graph ? graph_target(capture->graph) : NULL;
	bool listens = node && (capture->path == SOURCE_LISTENS || !node->is_bluetooth);
	if (!node || node->id != capture->target.id || (capture->stream && !listens))
		stream_drop(capture);
	if (node)
		capture->target = *node;
	if (listens && !capture->stream)
		stream_make(capture);
	gate_set(capture);
}

/* --- the daemon ----------------------------------------------------------------------------------- */

static void daemon_leave(struct capture *capture)
{
	stream_drop(capture);
	graph_free(capture->graph);
	capture->graph = NULL;
	if (capture->core) {
		spa_hook_remove(&capture->core_listener);
		pw_core_disconnect(capture->core);
	}
	capture->core = NULL;
	capture->broken = capture->listed = false;
}

static void on_core_error(void *data, uint32_t id, int seq, int result, const char *message)
{
	struct capture *capture = data;
	(void)seq, (void)message;
	if (id == PW_ID_CORE && result == -EPIPE)
		capture->broken = true;
}

static void on_core_info(void *data, const struct pw_core_info *info)
{
	struct capture *capture = data;
	int major = 0, minor = 0;
	snprintf(capture->server, sizeof(capture->server), "PipeWire %.16s",
	         info->version ? info->version : "");
	if (info->version && sscanf(info->version, "%d.%d", &major, &minor) == 2)
		capture->reports_latency = major > 1 || (major == 1 && minor >= 4);
}

/* The answer to pw_core_sync: everything before it has come. */
static void on_core_done(void *data, uint32_t id, int seq)
{
	struct capture *capture = data;
	(void)seq;
	if (id != PW_ID_CORE || capture->listed)
		return;
	capture->listed = true;
	gate_set(capture);
}

static const struct pw_core_events core_events = {
    PW_VERSION_CORE_EVENTS,
    .error = on_core_error,
    .info = on_core_info,
    .done = on_core_done,
};

static int on_welcome(void *user, const char *address)
{
	struct capture *capture = user;
	return capture->events->welcome ? capture->events->welcome(capture->user, address) : 1;
}

static const struct graph_events graph_events = {on_graph, on_welcome};

static void daemon_find(struct capture *capture)
{
	capture->core = pw_context_connect(capture->context, NULL, 0);
	if (!capture->core) {
		tell(capture, SOURCE_ABSENT,
		     "no PipeWire - systemctl --user enable --now pipewire wireplumber");
		return;
	}
	pw_core_add_listener(capture->core, &capture->core_listener, &core_events, capture);
	capture->graph = graph_new(capture->core, *capture->wanted ? capture->wanted : NULL,
	                           &graph_events, capture);
	pw_core_sync(capture->core, PW_ID_CORE, 0);
	tell_missing(capture);
}

static void on_retry(void *data, uint64_t expirations)
{
	struct capture *capture = data;
	(void)expirations;
	if (!capture->core) {
		daemon_find(capture);
		return;
	}
	if (capture->graph)
		graph_reconsider(capture->graph);
	gate_set(capture); /* the latency may have changed */
}

/* --- as a source ---------------------------------------------------------------------------------- */

static void dispatch(struct source *source)
{
	struct capture *capture = capture_of(source);
	pw_loop_iterate(capture->loop, 0);
	if (capture->broken)
		daemon_leave(capture);
}

static int source_fd(const struct source *source)
{
	return pw_loop_get_fd(capture_of(source)->loop);
}

static void close_source(struct source *source)
{
	struct capture *capture = capture_of(source);
	if (capture->inlet)
		daemon_leave(capture);
	if (capture->retry)
		pw_loop_destroy_source(capture->loop, capture->retry);
	if (capture->context)
		pw_context_destroy(capture->context);
	if (capture->loop) {
		pw_loop_leave(capture->loop);
		pw_loop_destroy(capture->loop);
	}
	free(capture);
	pw_deinit();
}

static int open_source(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct capture *capture = capture_of(source);
	struct timespec at_once = {0, 1}, again = {RETRY_SECONDS, 0};
	capture->inlet = inlet;
	capture->rate = rate;
	capture->events = events;
	capture->user = user;
	capture->retry = pw_loop_add_timer(capture->loop, on_retry, capture);
	if (!capture->retry)
		return -ENOMEM;
	return pw_loop_update_timer(capture->loop, capture->retry, &at_once, &again, false);
}

static void set_path(struct source *source, enum source_path path)
{
	struct capture *capture = capture_of(source);
	if (capture->path == path)
		return;
	capture->path = path;
	if (capture->inlet)
		on_graph(capture);
}

static const struct source_ops ops = {
    .open = open_source,
    .fd = source_fd,
    .dispatch = dispatch,
    .set_path = set_path,
    .close = close_source,
};

/* Before 0.3.68 real-time threads come only with this configuration; later it is the default. */
static const char *configuration(void)
{
	int major, minor, micro;
	if (sscanf(pw_get_library_version(), "%d.%d.%d", &major, &minor, &micro) != 3)
		return "client.conf";
	return major == 0 && minor == 3 && micro < 68 ? "client-rt.conf" : "client.conf";
}

struct source *capture_new(const char *node)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	if (!capture)
		return NULL;
	pw_init(NULL, NULL);
	capture->source.ops = &ops;
	atomic_init(&capture->open, false);
	atomic_init(&capture->latency_ns, -1);
	snprintf(capture->wanted, sizeof(capture->wanted), "%s", node ? node : "");
	capture->loop = pw_loop_new(NULL);
	if (capture->loop) {
		pw_loop_enter(capture->loop);
		capture->context = pw_context_new(
		    capture->loop, pw_properties_new(PW_KEY_CONFIG_NAME, configuration(), NULL), 0);
	}
	if (!capture->context) {
		close_source(&capture->source);
		return NULL;
	}
	return &capture->source;
}
