/* SPDX-License-Identifier: MIT */
#include "sim/sim.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/clock.h"
#include "sim/ear.h"
#include "sim/echo.h"
#include "sim/world.h"

#define GROUP_RATE 44100
#define PRIORITY 60                               /* the engine's is 70 */
#define CODEC_NS (73 * 1000000000ll / GROUP_RATE) /* SBC's two filter banks of 8 subbands */

struct sim {
	struct scenario *scenario;
	struct echo *echo;
	struct ear *ear;
	struct world *world;
	int relay_fd, flush_fd;
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	_Atomic int64_t late_ns; /* at the worst, since it was asked */
};

static int sim_build(struct sim *sim, struct music *music, int64_t now, bool virtual_time,
                     char *message, size_t size)
{
	int fds[2];
	sim->echo = echo_new(&sim->scenario->echo, music, sim->scenario->seed);
	if (!sim->echo) {
		music_free(music);
		return -ENOMEM;
	}
	sim->ear = ear_new(sim->scenario, WORLD_AXIS_RATE, now);
	if (!sim->ear)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	sim->relay_fd = fds[0];
	int error = world_new(&sim->world, sim->scenario, sim->echo, sim->ear, fds[1], now,
	                      virtual_time, message, size);
	return error < 0 ? error : peer_flush_open(sim->world, &sim->flush_fd);
}

static int music_choose(struct music **music, const struct scenario *scenario, const char *file,
                        char *message, size_t size)
{
	if (file)
		return music_new_file(music, file, GROUP_RATE, message, size);
	*music = scenario->echo.noise ? music_new_noise(GROUP_RATE, scenario->seed)
	                              : music_new_tune(GROUP_RATE);
	return *music ? 0 : -ENOMEM;
}

static int sim_finish(struct sim **ret_sim, struct sim *sim, const char *file, int64_t now,
                      bool virtual_time, char *message, size_t size)
{
	struct music *music;
	int error = music_choose(&music, sim->scenario, file, message, size);
	if (!error)
		error = sim_build(sim, music, now, virtual_time, message, size);
	if (error) {
		sim_free(sim);
		return error;
	}
	*ret_sim = sim;
	return 0;
}

static struct sim *sim_alloc(void)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	if (sim)
		sim->relay_fd = sim->flush_fd = -1;
	return sim;
}

int sim_new(struct sim **ret_sim, const char *scenario, int64_t now, char *message, size_t size)
{
	const char *file = strncmp(scenario, "file:", 5) ? NULL : scenario + 5;
	struct sim *sim = sim_alloc();
	if (!sim)
		return -ENOMEM;
	int error = scenario_load(&sim->scenario, file ? "" : scenario, message, size);
	if (error) {
		sim_free(sim);
		return error;
	}
	return sim_finish(ret_sim, sim, file, now, false, message, size);
}

int sim_new_virtual(struct sim **ret_sim, const char *scenario_text, int64_t now, char *message,
                    size_t size)
{
	struct sim *sim = sim_alloc();
	if (!sim)
		return -ENOMEM;
	int error = scenario_parse(&sim->scenario, scenario_text, "scenario", message, size);
	if (error) {
		sim_free(sim);
		return error;
	}
	return sim_finish(ret_sim, sim, NULL, now, true, message, size);
}

void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	if (sim->runs) {
		atomic_store(&sim->stop, true);
		pthread_join(sim->thread, NULL);
	}
	world_free(sim->world);
	echo_free(sim->echo);
	ear_free(sim->ear);
	free(sim->scenario);
	if (sim->relay_fd >= 0)
		close(sim->relay_fd);
	if (sim->flush_fd >= 0)
		close(sim->flush_fd);
	free(sim);
}

int sim_bus_fd(struct sim *sim)
{
	int fd = sim->relay_fd;
	sim->relay_fd = -1;
	return fd;
}

int sim_flush_fd(struct sim *sim)
{
	int fd = sim->flush_fd;
	sim->flush_fd = -1;
	return fd;
}

struct source *sim_source(struct sim *sim)
{
	return echo_source(sim->echo);
}

struct source *sim_microphone(struct sim *sim)
{
	return ear_source(sim->ear);
}

int64_t sim_truth_ns(const struct sim *sim, const char *address)
{
	for (int i = 0; i < sim->scenario->speaker_count; i++) {
		const struct scenario_speaker *speaker = &sim->scenario->speakers[i];
		if (!strcmp(speaker->address, address))
			return speaker->dac.latency_ns + CODEC_NS +
			       (int64_t)(speaker->distance / EAR_SOUND * 1e9);
	}
	return -1;
}

struct world *sim_world(struct sim *sim)
{
	return sim->world;
}

int64_t sim_step(struct sim *sim, int64_t now)
{
	return world_step(sim->world, now);
}

static void *sim_run(void *data)
{
	struct sim *sim = data;
	int64_t next = INT64_MAX;
	while (!atomic_load(&sim->stop)) {
		int64_t now = clock_now(&clock_monotonic);
		if (now - next > atomic_load(&sim->late_ns))
			atomic_store(&sim->late_ns, now - next);
		next = world_step(sim->world, now);
		int64_t wait = next - clock_now(&clock_monotonic);
		if (wait > 0 && sd_bus_wait(sim->world->bus, (uint64_t)wait / 1000 + 1) < 0)
			usleep((useconds_t)(wait / 1000)); /* the relay has left: play to the end */
	}
	return NULL;
}

int sim_start(struct sim *sim)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&sim->thread, NULL, sim_run, sim);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	sim->runs = !error;
	if (!sim->runs)
		return -error;
	pthread_setname_np(sim->thread, "sim-world");
	pthread_setschedparam(sim->thread, SCHED_FIFO,
	                      &(struct sched_param){.sched_priority = PRIORITY});
	return 0;
}

int64_t sim_late_ns(struct sim *sim)
{
	return atomic_exchange(&sim->late_ns, 0);
}
