/* SPDX-License-Identifier: MIT */
#include "pipewire/microphone.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pipewire/pipewire.h>

#include "pipewire/listen.h"

#define QUANTUM 512        /* frames asked for */
#define HOLE_SECONDS 0.005 /* the graph's clock ahead of the frames by more: some are missing */
#define CANDIDATES 64
#define LIST_SECONDS 2
#define NS_PER_SECOND 1000000000ll

struct candidate {
	uint32_t id;
	int priority;
	bool is_sink, is_microphone;
	char serial[24];
	char name[MICROPHONE_TEXT], description[MICROPHONE_TEXT];
};

struct microphone {
	struct source source;
	char wanted[MICROPHONE_TEXT];
	struct inlet *inlet;
	uint32_t rate;
	const struct source_events *events;
	void *user;

	struct pw_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct pw_registry *registry;
	struct spa_hook core_listener, registry_listener;
	bool listed; /* everything that was there has been told */
	int count;
	struct candidate candidates[CANDIDATES];

	struct pw_stream *stream;
	struct spa_hook stream_listener;
	struct candidate target;
	struct source_info told;

	/* the data thread */
	int64_t position;
	uint64_t ticks; /* of the graph's clock at the last block; 0: there was none */
	uint32_t block; /* its frames */
	atomic_llong latency_ns;
};

static struct microphone *microphone_of(const struct source *source)
{
	return (struct microphone *)((char *)(uintptr_t)source -
	                             offsetof(struct microphone, source));
}

/* --- the data thread ------------------------------------------------------------------------------ */

static double tick_seconds(const struct pw_time *time)
{
	return time->rate.denom ? (double)time->rate.num / time->rate.denom : 0;
}

static void block_hand_in(struct microphone *microphone, const struct frame *frames, uint32_t count,
                          const struct pw_time *time)
{
	double passed = (double)(time->ticks - microphone->ticks) * tick_seconds(time);
	double missing = passed - (double)microphone->block / microphone->rate;
	if (microphone->ticks && fabs(missing) > HOLE_SECONDS)
		microphone->position += llround(missing * microphone->rate);
	struct inlet_block block = {
	    .ns = time->now, .position = microphone->position, .clock_id = 1, .count = count};
	inlet_write(microphone->inlet, &block, frames, microphone->rate);
	microphone->position += count;
	microphone->ticks = time->ticks;
	microphone->block = count;
	atomic_store_explicit(&microphone->latency_ns,
	                      (int64_t)((double)time->delay * tick_seconds(time) * 1e9),
	                      memory_order_relaxed);
}

static void on_process(void *data)
{
	struct microphone *microphone = data;
	struct pw_buffer *buffer = pw_stream_dequeue_buffer(microphone->stream);
	struct pw_time time;
	if (!buffer)
		return;
	const struct spa_data *audio = &buffer->buffer->datas[0];
	if (audio->data && audio->chunk->size &&
	    pw_stream_get_time_n(microphone->stream, &time, sizeof(time)) == 0) {
		uint32_t offset = SPA_MIN(audio->chunk->offset, audio->maxsize);
		uint32_t size = SPA_MIN(audio->chunk->size, audio->maxsize - offset);
		block_hand_in(microphone, SPA_PTROFF(audio->data, offset, const struct frame),
		              size / (uint32_t)sizeof(struct frame), &time);
	}
	pw_stream_queue_buffer(microphone->stream, buffer);
}

/* --- what is told --------------------------------------------------------------------------------- */

static void tell(struct microphone *microphone, enum source_state state, const char *problem)
{
	struct source_info info;
	memset(&info, 0, sizeof(info)); /* padding included: it is compared below */
	info.state = state;
	info.rate = microphone->rate;
	info.channels = 2;
	info.latency_ns = atomic_load_explicit(&microphone->latency_ns, memory_order_relaxed);
	snprintf(info.node, sizeof(info.node), "%s", microphone->target.name);
	snprintf(info.name, sizeof(info.name), "%s", microphone->target.description);
	snprintf(info.problem, sizeof(info.problem), "%s", problem);
	if (!memcmp(&info, &microphone->told, sizeof(info)))
		return;
	microphone->told = info;
	microphone->events->changed(microphone->user, &info);
}

/* --- the stream ----------------------------------------------------------------------------------- */

static void on_state(void *data, enum pw_stream_state old, enum pw_stream_state state,
                     const char *error)
{
	(void)old;
	tell(data, state == PW_STREAM_STATE_STREAMING ? SOURCE_STREAMING : SOURCE_IDLE,
	     error ? error : "");
}

static const struct pw_stream_events stream_events = {
    PW_VERSION_STREAM_EVENTS,
    .state_changed = on_state,
    .process = on_process,
};

static void stream_make(struct microphone *microphone, const struct candidate *target)
{
	struct pw_properties *props = pw_properties_new(
	    PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY, "Capture", PW_KEY_MEDIA_ROLE,
	    "Production", PW_KEY_NODE_NAME, "echorelay-microphone", PW_KEY_NODE_DESCRIPTION,
	    "echorelay, listening", PW_KEY_NODE_DONT_RECONNECT, "true", "target.object",
	    target->serial, NULL);
	pw_properties_setf(props, PW_KEY_NODE_LATENCY, "%d/%u", QUANTUM, microphone->rate);
	if (target->is_sink)
		pw_properties_set(props, PW_KEY_STREAM_CAPTURE_SINK, "true");
	microphone->target = *target;
	microphone->stream = pw_stream_new(microphone->core, "echorelay microphone", props);
	if (!microphone->stream)
		return tell(microphone, SOURCE_IDLE, "PipeWire gives no stream");
	pw_stream_add_listener(microphone->stream, &microphone->stream_listener, &stream_events,
	                       microphone);
	if (listen_connect(microphone->stream, microphone->rate) < 0)
		tell(microphone, SOURCE_IDLE, "PipeWire does not connect the stream");
}

/* --- which there are ------------------------------------------------------------------------------ */

static const char *text_of(const struct spa_dict *props, const char *key)
{
	const char *value = spa_dict_lookup(props, key);
	return value ? value : "";
}

static void on_global(void *data, uint32_t id, uint32_t permissions, const char *type,
                      uint32_t version, const struct spa_dict *props)
{
	struct microphone *microphone = data;
	(void)permissions, (void)version;
	if (!props || strcmp(type, PW_TYPE_INTERFACE_Node) || microphone->count == CANDIDATES)
		return;
	const char *class = text_of(props, PW_KEY_MEDIA_CLASS);
	const char *name = text_of(props, PW_KEY_NODE_NAME);
	const char *description = text_of(props, PW_KEY_NODE_DESCRIPTION);
	bool source = !strncmp(class, "Audio/Source", 12), sink = !strcmp(class, "Audio/Sink");
	if (!source && !sink)
		return;
	struct candidate *candidate = &microphone->candidates[microphone->count++];
	*candidate = (struct candidate){
	    .id = id,
	    .priority = atoi(text_of(props, "priority.session")),
	    .is_sink = sink,
	    /* what comes over Bluetooth is the Echo, and late by nobody knows how much */
	    .is_microphone = source && strncmp(name, "bluez_input", 11) != 0,
	};
	snprintf(candidate->serial, sizeof(candidate->serial), "%s",
	         text_of(props, PW_KEY_OBJECT_SERIAL));
	snprintf(candidate->name, sizeof(candidate->name), "%s", name);
	snprintf(candidate->description, sizeof(candidate->description), "%s",
	         *description ? description : name);
}

static void on_global_remove(void *data, uint32_t id)
{
	struct microphone *microphone = data;
	if (microphone->stream && id == microphone->target.id)
		tell(microphone, SOURCE_ABSENT, "the microphone has gone");
}

static const struct pw_registry_events registry_events = {
    PW_VERSION_REGISTRY_EVENTS,
    .global = on_global,
    .global_remove = on_global_remove,
};

static const struct candidate *best(const struct microphone *microphone)
{
	const struct candidate *best = NULL;
	for (int i = 0; i < microphone->count; i++) {
		const struct candidate *candidate = &microphone->candidates[i];
		if (candidate->is_microphone && (!best || candidate->priority > best->priority))
			best = candidate;
	}
	return best;
}

static const struct candidate *named(const struct microphone *microphone)
{
	for (int i = 0; i < microphone->count; i++)
		if (!strcmp(microphone->candidates[i].name, microphone->wanted) ||
		    !strcmp(microphone->candidates[i].serial, microphone->wanted))
			return &microphone->candidates[i];
	return NULL;
}

static void choose(struct microphone *microphone)
{
	char text[SOURCE_TEXT];
	const struct candidate *target = *microphone->wanted ? named(microphone) : best(microphone);
	if (target)
		return stream_make(microphone, target);
	if (*microphone->wanted)
		snprintf(text, sizeof(text), "PipeWire has no node '%.60s'", microphone->wanted);
	else
		snprintf(text, sizeof(text), "PipeWire has no microphone - plug one in");
	tell(microphone, SOURCE_ABSENT, text);
}

/* The answer to pw_core_sync: everything before it has come. */
static void on_core_done(void *data, uint32_t id, int seq)
{
	struct microphone *microphone = data;
	(void)seq;
	if (id != PW_ID_CORE || microphone->listed)
		return;
	microphone->listed = true;
	if (microphone->events)
		choose(microphone);
}

static void on_core_error(void *data, uint32_t id, int seq, int result, const char *message)
{
	struct microphone *microphone = data;
	(void)seq, (void)message;
	if (id == PW_ID_CORE && result == -EPIPE && microphone->events)
		tell(microphone, SOURCE_ABSENT, "PipeWire has gone");
}

static const struct pw_core_events core_events = {
    PW_VERSION_CORE_EVENTS,
    .done = on_core_done,
    .error = on_core_error,
};

static bool daemon_ask(struct microphone *microphone)
{
	microphone->core = pw_context_connect(microphone->context, NULL, 0);
	if (!microphone->core)
		return false;
	pw_core_add_listener(microphone->core, &microphone->core_listener, &core_events,
	                     microphone);
	microphone->registry = pw_core_get_registry(microphone->core, PW_VERSION_REGISTRY, 0);
	if (!microphone->registry)
		return false;
	pw_registry_add_listener(microphone->registry, &microphone->registry_listener,
	                         &registry_events, microphone);
	pw_core_sync(microphone->core, PW_ID_CORE, 0);
	return true;
}

/* --- as a source ---------------------------------------------------------------------------------- */

static void dispatch(struct source *source)
{
	struct microphone *microphone = microphone_of(source);
	pw_loop_iterate(microphone->loop, 0);
	if (microphone->told.state == SOURCE_STREAMING) /* the latency may have become known */
		tell(microphone, SOURCE_STREAMING, microphone->told.problem);
}

static int source_fd(const struct source *source)
{
	return pw_loop_get_fd(microphone_of(source)->loop);
}

static void close_source(struct source *source)
{
	struct microphone *microphone = microphone_of(source);
	if (microphone->stream) {
		spa_hook_remove(&microphone->stream_listener);
		pw_stream_destroy(microphone->stream); /* its data thread is done with it then */
	}
	if (microphone->registry)
		pw_proxy_destroy((struct pw_proxy *)microphone->registry);
	if (microphone->core)
		pw_core_disconnect(microphone->core);
	if (microphone->context)
		pw_context_destroy(microphone->context);
	if (microphone->loop) {
		pw_loop_leave(microphone->loop);
		pw_loop_destroy(microphone->loop);
	}
	free(microphone);
	pw_deinit();
}

static int open_source(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct microphone *microphone = microphone_of(source);
	microphone->inlet = inlet;
	microphone->rate = rate;
	microphone->events = events;
	microphone->user = user;
	if (!daemon_ask(microphone))
		tell(microphone, SOURCE_ABSENT,
		     "no PipeWire - systemctl --user enable --now pipewire wireplumber");
	return 0;
}

static const struct source_ops ops = {open_source, source_fd, dispatch, NULL, close_source};

struct source *microphone_new(const char *node)
{
	struct microphone *microphone = calloc(1, sizeof(*microphone));
	if (!microphone)
		return NULL;
	pw_init(NULL, NULL);
	microphone->source.ops = &ops;
	atomic_init(&microphone->latency_ns, -1);
	snprintf(microphone->wanted, sizeof(microphone->wanted), "%s", node ? node : "");
	microphone->loop = pw_loop_new(NULL);
	if (microphone->loop) {
		pw_loop_enter(microphone->loop);
		microphone->context = pw_context_new(microphone->loop, NULL, 0);
	}
	if (!microphone->context) {
		close_source(&microphone->source);
		return NULL;
	}
	return &microphone->source;
}

/* --- the list ------------------------------------------------------------------------------------- */

static int compare_candidates(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;
	return right->priority - left->priority;
}

int microphone_list(struct microphone_entry *entries, int most)
{
	struct source *source = microphone_new(NULL);
	struct microphone *microphone = source ? microphone_of(source) : NULL;
	int count = 0;
	if (!microphone || !daemon_ask(microphone)) {
		if (source)
			close_source(source);
		return -ENOTCONN;
	}
	for (time_t end = time(NULL) + LIST_SECONDS; !microphone->listed && time(NULL) < end;)
		pw_loop_iterate(microphone->loop, 100);
	qsort(microphone->candidates, (size_t)microphone->count, sizeof(struct candidate),
	      compare_candidates);
	for (int i = 0; i < microphone->count && count < most; i++) {
		const struct candidate *candidate = &microphone->candidates[i];
		if (!candidate->is_microphone)
			continue;
		memcpy(entries[count].node, candidate->name, MICROPHONE_TEXT);
		memcpy(entries[count++].description, candidate->description, MICROPHONE_TEXT);
	}
	close_source(source);
	return count;
}
