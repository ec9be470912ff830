/* SPDX-License-Identifier: MIT */
#include "engine/relay_thread.h"

#include <math.h>

void relay_thread_init(struct relay_thread *thread, uint32_t rate, int64_t lead, int64_t now)
{
	group_clock_init(&thread->clock, rate, now);
	timeline_init(&thread->timeline, thread->ring, 0);
	intake_init(&thread->intake, rate, lead);
	reader_filter_init(&thread->filter);
	mailbox_init(&thread->orders);
	mailbox_init(&thread->news);
	snapshot_exchange_init(&thread->shown);
	thread->tap = NULL;
	thread->count = 0;
	thread->show_ns = now;
	thread->steps = 0;
	thread->due_ns = 0;
	thread->wake_worst_ns = 0;
	thread->news_lost = 0;
}

static void post(struct relay_thread *thread, const struct message *message)
{
	if (mailbox_post(&thread->news, message) < 0)
		thread->news_lost++;
}

static struct output *output_find(const struct relay_thread *thread, uint32_t id)
{
	for (uint32_t i = 0; i < thread->count; i++)
		if (thread->outputs[i]->id == id)
			return thread->outputs[i];
	return NULL;
}

static void output_add(struct relay_thread *thread, struct output *output)
{
	if (thread->count < ENGINE_OUTPUTS_MAX)
		thread->outputs[thread->count++] = output;
	else
		post(thread, &(struct message){.type = MESSAGE_REMOVED, .output = output});
}

static void output_remove(struct relay_thread *thread, uint32_t id)
{
	for (uint32_t i = 0; i < thread->count; i++) {
		struct output *output = thread->outputs[i];
		if (output->id != id)
			continue;
		thread->outputs[i] = thread->outputs[--thread->count];
		post(thread,
		     &(struct message){.type = MESSAGE_REMOVED, .id = id, .output = output});
		return;
	}
}

/* The frame that no output has read yet, whatever its phase: there all begin to move. */
static double frame_ahead_of_all(const struct relay_thread *thread, int64_t now)
{
	return ceil(group_clock_frame_at(&thread->clock, now)) + SBC_STREAM_PACKET_SAMPLES;
}

static void delays_set(struct relay_thread *thread, const struct message *message, int64_t now)
{
	double begin = frame_ahead_of_all(thread, now);
	for (uint32_t i = 0; i < message->delays.count; i++) {
		const struct output_delay *delay = &message->delays.list[i];
		struct output *output = output_find(thread, delay->id);
		if (output && delay->slack_ns) {
			output_set_slack(output, delay->slack_ns, delay->queue_ns);
			output->even = delay->even;
			output->ceiling = delay->ceiling;
		}
		if (output && output->reader.goal != delay->frames)
			reader_move(&output->reader, delay->frames, begin);
	}
}

/* What an output had, or what no output takes, is the main thread's again. */
static void overlay_set(struct relay_thread *thread, uint32_t id, struct overlay *overlay)
{
	struct output *output = output_find(thread, id);
	struct overlay *back = output ? overlay_player_set(&output->overlay, overlay) : overlay;
	if (back)
		post(thread, &(struct message){.type = MESSAGE_OVERLAY_BACK, .overlay = back});
}

static void source_tell(struct relay_thread *thread)
{
	post(thread, &(struct message){.type = MESSAGE_SOURCE, .live = thread->intake.live});
}

static void tap_set(struct relay_thread *thread, struct tap *tap)
{
	if (thread->tap) {
		post(thread, &(struct message){.type = MESSAGE_TAP_BACK, .tap = thread->tap});
		if (intake_end(&thread->intake))
			source_tell(thread);
	}
	thread->tap = tap;
}

static void meters_reset(struct relay_thread *thread)
{
	meter_reset(&thread->intake.meter);
	for (uint32_t i = 0; i < thread->count; i++)
		meter_reset(&thread->outputs[i]->meter);
}

static void order_obey(struct relay_thread *thread, const struct message *message, int64_t now)
{
	struct output *output;
	switch (message->type) {
	case MESSAGE_ADD:
		output_add(thread, message->output);
		break;
	case MESSAGE_REMOVE:
		output_remove(thread, message->id);
		break;
	case MESSAGE_DELAYS:
		delays_set(thread, message, now);
		break;
	case MESSAGE_MIX:
		output = output_find(thread, message->id);
		if (output)
			mix_set(&output->mix, message->mix);
		break;
	case MESSAGE_OVERLAY:
		overlay_set(thread, message->id, message->overlay);
		break;
	case MESSAGE_TAP:
		tap_set(thread, message->tap);
		break;
	case MESSAGE_RESET_METERS:
		meters_reset(thread);
		break;
	default:
		break;
	}
}

static void take_orders(struct relay_thread *thread, int64_t now)
{
	struct message message;
	while (mailbox_take(&thread->orders, &message))
		order_obey(thread, &message, now);
}

static void take_source(struct relay_thread *thread, int64_t now)
{
	int64_t ahead = READER_LOOKAHEAD, patience = INTAKE_PATIENCE_NS;
	for (uint32_t i = 0; i < thread->count; i++) {
		int64_t wanted = output_ahead(thread->outputs[i]);
		int64_t slack = thread->outputs[i]->slack_ns * 3 / 4;
		ahead = wanted > ahead ? wanted : ahead;
		patience = slack < patience ? slack : patience;
	}
	if (intake_take(&thread->intake, thread->tap, &thread->timeline, &thread->clock, now))
		source_tell(thread);
	intake_fill(&thread->intake, &thread->timeline, &thread->clock, now, ahead, patience);
}

static void report_fate(struct relay_thread *thread, const struct output *output)
{
	bool stalled = output->fate == OUTPUT_STALLED;
	post(thread, &(struct message){.type = stalled ? MESSAGE_STALLED : MESSAGE_FAILED,
	                               .id = output->id,
	                               .error = output->error});
}

static int64_t send_due(struct relay_thread *thread, int64_t now)
{
	int64_t next = now + RELAY_THREAD_IDLE_NS;
	for (uint32_t i = 0; i < thread->count; i++) {
		struct output *output = thread->outputs[i];
		enum output_fate before = output->fate;
		if (!output->started)
			output_start(output, thread->outputs, thread->count, &thread->clock, now);
		int64_t due = output_step(output, &thread->timeline, &thread->clock, now);
		if (output->fate != before)
			report_fate(thread, output);
		next = due < next ? due : next;
	}
	return next;
}

static void show_source(const struct relay_thread *thread, struct source_snapshot *shown,
                        int64_t now)
{
	const struct intake *intake = &thread->intake;
	double frame = group_clock_frame_at(&thread->clock, now);
	*shown = (struct source_snapshot){
	    .live = intake->live,
	    .lead = thread->timeline.end - (int64_t)frame,
	    .paced = intake->live && !intake->settles_ns,
	    .settles_ns = intake->live ? intake->settles_ns : 0,
	    .ppm = group_clock_ppm(&thread->clock),
	    .epochs = intake->epochs,
	    .gaps = intake->gaps,
	    .xruns = intake->xruns,
	    .overruns = atomic_load_explicit(&intake->inlet.overruns, memory_order_relaxed),
	    .frames = intake->frames,
	    .meter = meter_read(&intake->meter),
	};
}

static void show(struct relay_thread *thread, int64_t now)
{
	struct snapshot *shown = snapshot_back(&thread->shown);
	shown->ns = now;
	shown->frame = group_clock_frame_at(&thread->clock, now);
	shown->frames_per_ns = group_clock_frame_at(&thread->clock, now + 1000000000) -
	                       shown->frame;
	shown->frames_per_ns /= 1e9;
	shown->steps = thread->steps;
	shown->wake_worst_ns = thread->wake_worst_ns;
	show_source(thread, &shown->source, now);
	shown->count = thread->count;
	for (uint32_t i = 0; i < thread->count; i++)
		output_show(thread->outputs[i], &thread->timeline, now, &shown->outputs[i]);
	snapshot_publish(&thread->shown);
	thread->wake_worst_ns = 0;
	thread->show_ns = now + RELAY_THREAD_SHOW_NS;
}

int64_t relay_thread_step(struct relay_thread *thread, int64_t now)
{
	thread->steps++;
	if (thread->due_ns && now - thread->due_ns > thread->wake_worst_ns)
		thread->wake_worst_ns = now - thread->due_ns;
	take_orders(thread, now);
	take_source(thread, now);
	int64_t next = send_due(thread, now);
	if (now >= thread->show_ns)
		show(thread, now);
	thread->due_ns = next > now ? next : now + 1;
	return thread->due_ns;
}
