/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <time.h>
#include <poll.h>
#include <unistd.h>

#include "engine/clock.h"
#include "engine/relay_thread.h"

/* Below PipeWire's data thread (88), above everything that is not audio. */
#define PRIORITY 70
#define STACK_BYTES (1024 * 1024) /* the sanitizers want most of it */
#define NS_PER_SECOND 1000000000

/* The main thread's note of an output. */
struct entry {
	uint32_t id;
	bool used;
};

struct engine {
	const struct engine_events *events;
	void *user;
	uint32_t next_id, rate;
	struct entry entries[ENGINE_OUTPUTS_MAX];

	pthread_t pthread;
	bool runs;
	atomic_bool stop;
	int order_fd; /* eventfd: orders wait for the engine */
	int news_fd;  /* eventfd: news wait for the main thread */
	int timer_fd;
	atomic_int id; /* the thread's; 0: it has not begun */
	bool lacks_memory, lacks_priority;

	_Alignas(64) uint8_t stack[STACK_BYTES]; /* the thread's: locked with the rest */
	struct relay_thread thread;
};

static void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void engine_destroy(struct engine *engine)
{
	fd_close(engine->order_fd);
	fd_close(engine->news_fd);
	fd_close(engine->timer_fd);
	free(engine);
}

struct engine *engine_new(const struct engine_config *config, const struct engine_events *events,
                          void *user)
{
	struct engine *engine = aligned_alloc(_Alignof(struct engine), sizeof(*engine));
	if (!engine)
		return NULL;
	memset(engine, 0, sizeof(*engine));
	engine->events = events;
	engine->user = user;
	engine->next_id = 1;
	engine->rate = config->rate;
	engine->order_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	engine->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	engine->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (engine->order_fd < 0 || engine->news_fd < 0 || engine->timer_fd < 0) {
		engine_destroy(engine);
		return NULL;
	}
	int64_t lead = config->lead_ns * config->rate / NS_PER_SECOND;
	relay_thread_init(&engine->thread, config->rate, lead, config->now);
	return engine;
}

static void engine_stop(struct engine *engine)
{
	if (!engine->runs)
		return;
	atomic_store(&engine->stop, true);
	eventfd_write(engine->order_fd, 1);
	pthread_join(engine->pthread, NULL);
	munlock(engine, sizeof(*engine));
	engine->runs = false;
}

/* Frees what a message hands over. */
static void message_drop(const struct message *message)
{
	if (message->type == MESSAGE_ADD || message->type == MESSAGE_REMOVED)
		output_free(message->output);
	else if (message->type == MESSAGE_OVERLAY || message->type == MESSAGE_OVERLAY_BACK)
		free(message->overlay);
	else if (message->type == MESSAGE_TAP || message->type == MESSAGE_TAP_BACK)
		tap_free(message->tap);
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	engine_stop(engine);
	struct message message;
	while (mailbox_take(&engine->thread.orders, &message))
		message_drop(&message);
	while (mailbox_take(&engine->thread.news, &message))
		message_drop(&message);
	tap_free(engine->thread.tap);
	for (uint32_t i = 0; i < engine->thread.count; i++)
		output_free(engine->thread.outputs[i]);
	engine_destroy(engine);
}

/* --- the thread -------------------------------------------------------------------------------- */

static bool news_waiting(const struct engine *engine)
{
	const struct spa_ringbuffer *ring = &engine->thread.news.ring;
	return ring->writeindex != __atomic_load_n(&ring->readindex, __ATOMIC_RELAXED);
}

static void sleep_until(struct engine *engine, int64_t ns)
{
	struct itimerspec at = {.it_value = {ns / NS_PER_SECOND, ns % NS_PER_SECOND}};
	timerfd_settime(engine->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
	struct pollfd fds[] = {
	    {.fd = engine->timer_fd, .events = POLLIN},
	    {.fd = engine->order_fd, .events = POLLIN},
	    {.fd = engine->thread.tap ? tap_fd(engine->thread.tap) : -1, .events = POLLIN},
	};
	eventfd_t orders;
	poll(fds, 3, -1);
	if (fds[1].revents)
		eventfd_read(engine->order_fd, &orders);
	if (fds[1].revents || fds[2].revents)
		engine->thread.due_ns = 0; /* woken early: says nothing of lateness */
}

static void *engine_run(void *data)
{
	struct engine *engine = data;
	atomic_store(&engine->id, gettid());
	while (!atomic_load(&engine->stop)) {
		int64_t next = relay_thread_step(&engine->thread, clock_now(&clock_monotonic));
		if (news_waiting(engine))
			eventfd_write(engine->news_fd, 1);
		sleep_until(engine, next);
	}
	return NULL;
}

static int thread_create(struct engine *engine)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, engine->stack, STACK_BYTES);
	sigfillset(&all); /* signals are for the main thread */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&engine->pthread, &attributes, engine_run, engine);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}

int engine_start(struct engine *engine)
{
	engine->lacks_memory = mlock(engine, sizeof(*engine)) < 0;
	int error = thread_create(engine);
	if (error)
		return error;
	engine->runs = true;
	pthread_setname_np(engine->pthread, "relay-engine");
	struct sched_param param = {.sched_priority = PRIORITY};
	engine->lacks_priority = pthread_setschedparam(engine->pthread, SCHED_FIFO, &param) != 0;
	return 0;
}

#define NO_MEMORY "memory is not locked (LimitMEMLOCK)"
#define NO_PRIORITY "no real-time priority: add your user to the group 'pipewire', log in again"

const char *engine_refusal(const struct engine *engine)
{
	static const char *const texts[2][2] = {{NULL, NO_PRIORITY},
	                                        {NO_MEMORY, NO_MEMORY "; " NO_PRIORITY}};
	return texts[engine->lacks_memory][engine->lacks_priority];
}

bool engine_lacks_priority(const struct engine *engine)
{
	return engine->lacks_priority;
}

pid_t engine_thread(const struct engine *engine)
{
	return atomic_load(&engine->id);
}

void engine_give_priority(struct engine *engine)
{
	engine->lacks_priority = false;
}

int64_t engine_step(struct engine *engine, int64_t now)
{
	return relay_thread_step(&engine->thread, now);
}

/* --- news -------------------------------------------------------------------------------------- */

int engine_fd(const struct engine *engine)
{
	return engine->news_fd;
}

static void entry_forget(struct engine *engine, uint32_t id)
{
	for (int i = 0; i < ENGINE_OUTPUTS_MAX; i++)
		if (engine->entries[i].used && engine->entries[i].id == id)
			engine->entries[i].used = false;
}

static void output_gone(struct engine *engine, struct output *output)
{
	struct output_snapshot last;
	output_show(output, &(struct timeline){.end = 0}, 0, &last);
	entry_forget(engine, output->id);
	output_free(output);
	engine->events->output_removed(engine->user, &last);
}

static void news_tell(struct engine *engine, const struct message *message)
{
	switch (message->type) {
	case MESSAGE_REMOVED:
		output_gone(engine, message->output);
		break;
	case MESSAGE_STALLED:
		engine->events->output_stalled(engine->user, message->id);
		break;
	case MESSAGE_FAILED:
		engine->events->output_failed(engine->user, message->id, message->error);
		break;
	case MESSAGE_OVERLAY_BACK:
	case MESSAGE_TAP_BACK:
		message_drop(message);
		break;
	case MESSAGE_SOURCE:
		engine->events->source_changed(engine->user, message->live);
		break;
	default:
		break;
	}
}

void engine_dispatch(struct engine *engine)
{
	eventfd_t count;
	struct message message;
	if (engine->runs)
		eventfd_read(engine->news_fd, &count);
	while (mailbox_take(&engine->thread.news, &message))
		news_tell(engine, &message);
}

/* --- orders ------------------------------------------------------------------------------------ */

static int order(struct engine *engine, const struct message *message)
{
	int error = mailbox_post(&engine->thread.orders, message);
	if (!error)
		eventfd_write(engine->order_fd, 1);
	return error;
}

struct inlet *engine_inlet(struct engine *engine)
{
	return &engine->thread.intake.inlet;
}

int engine_set_tap(struct engine *engine, struct tap *tap)
{
	int error = tap ? tap_set_rate(tap, &engine->thread.filter, engine->rate) : 0;
	if (!error)
		error = order(engine, &(struct message){.type = MESSAGE_TAP, .tap = tap});
	if (error)
		tap_free(tap);
	return error;
}

static struct entry *entry_free(struct engine *engine)
{
	for (int i = 0; i < ENGINE_OUTPUTS_MAX; i++)
		if (!engine->entries[i].used)
			return &engine->entries[i];
	return NULL;
}

int engine_add_output(struct engine *engine, const struct output_config *config, uint32_t *ret_id)
{
	struct entry *entry = entry_free(engine);
	if (!entry)
		return -ENOSPC;
	struct output_config led = *config;
	led.lead = engine->thread.intake.lead;
	struct output *output;
	int error = output_new(&output, engine->next_id, &led, &engine->thread.filter);
	if (error)
		return error;
	error = order(engine, &(struct message){.type = MESSAGE_ADD, .output = output});
	if (error) {
		output->channel.fd = -1; /* it stays the caller's */
		output_free(output);
		return error;
	}
	*entry = (struct entry){engine->next_id, true};
	*ret_id = engine->next_id++;
	return 0;
}

int engine_remove_output(struct engine *engine, uint32_t id)
{
	return order(engine, &(struct message){.type = MESSAGE_REMOVE, .id = id});
}

int engine_set_delays(struct engine *engine, const struct output_delay *delays, uint32_t count)
{
	struct message message = {.type = MESSAGE_DELAYS};
	if (count > ENGINE_OUTPUTS_MAX)
		return -EINVAL;
	message.delays.count = count;
	memcpy(message.delays.list, delays, count * sizeof(*delays));
	return order(engine, &message);
}

int engine_set_mix(struct engine *engine, uint32_t id, struct mix_matrix mix)
{
	return order(engine, &(struct message){.type = MESSAGE_MIX, .id = id, .mix = mix});
}

int engine_set_overlay(struct engine *engine, uint32_t id, struct overlay *overlay)
{
	int error =
	    order(engine, &(struct message){.type = MESSAGE_OVERLAY, .id = id, .overlay = overlay});
	if (error)
		free(overlay);
	return error;
}

int engine_reset_meters(struct engine *engine)
{
	return order(engine, &(struct message){.type = MESSAGE_RESET_METERS});
}

const struct snapshot *engine_snapshot(struct engine *engine)
{
	return snapshot_front(&engine->thread.shown);
}

const struct output_snapshot *snapshot_output(const struct snapshot *snapshot, uint32_t id)
{
	for (uint32_t i = 0; i < snapshot->count; i++)
		if (snapshot->outputs[i].id == id)
			return &snapshot->outputs[i];
	return NULL;
}

double engine_frame_at(struct engine *engine, int64_t ns)
{
	const struct snapshot *seen = engine_snapshot(engine);
	return seen->frame + (double)(ns - seen->ns) * seen->frames_per_ns;
}

int64_t engine_time_of(struct engine *engine, double frame)
{
	const struct snapshot *seen = engine_snapshot(engine);
	if (seen->frames_per_ns <= 0) /* it has not shown itself yet */
		return 0;
	return seen->ns + (int64_t)((frame - seen->frame) / seen->frames_per_ns);
}
