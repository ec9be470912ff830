/* SPDX-License-Identifier: MIT */
/*
 * witness MS: does this machine stand still?  A thread on each CPU, of the highest real-time priority that is to
 * be had, wakes each millisecond and does nothing else.  Told to end (TERM), says how often one woke MS or more
 * after its time, and by how much at the most: what no program on this machine could have done better.
 *
 *     stops=2 longest_ms=32.4
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_NS 1000000
#define CPUS 64

struct watch {
	pthread_t thread;
	int cpu;
	int64_t least_ns; /* of a stop */
	int stops;
	int64_t longest_ns;
};

static atomic_bool ending;

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void stay_on(int cpu)
{
	struct sched_param highest = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	pthread_setschedparam(pthread_self(), SCHED_FIFO, &highest);
}

static void *watch(void *user)
{
	struct watch *watch = user;
	stay_on(watch->cpu);
	for (int64_t due = now() + PERIOD_NS; !ending; due += PERIOD_NS) {
		struct timespec at = {due / 1000000000, due % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		int64_t late = now() - due;
		watch->stops += late >= watch->least_ns;
		watch->longest_ns = late > watch->longest_ns ? late : watch->longest_ns;
		if (late > PERIOD_NS)
			due = now();
	}
	return NULL;
}

int main(int argc, char *argv[])
{
	static struct watch watches[CPUS];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int count = cpus < CPUS ? (int)cpus : CPUS, stops = 0, signal;
	double milliseconds = argc == 2 ? atof(argv[1]) : 0;
	int64_t longest = 0;
	sigset_t end;
	if (!(milliseconds > 0))
		return fprintf(stderr, "witness MS\n"), 64;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &end, NULL);
	for (int i = 0; i < count; i++) {
		watches[i] = (struct watch){.cpu = i, .least_ns = (int64_t)(milliseconds * 1e6)};
		pthread_create(&watches[i].thread, NULL, watch, &watches[i]);
	}
	sigwait(&end, &signal);
	ending = true;
	for (int i = 0; i < count; i++) {
		pthread_join(watches[i].thread, NULL);
		stops += watches[i].stops;
		longest = watches[i].longest_ns > longest ? watches[i].longest_ns : longest;
	}
	printf("stops=%d longest_ms=%.1f\n", stops, (double)longest / 1e6);
	return 0;
}
