/* SPDX-License-Identifier: MIT */
#ifndef RELAY_RTKIT_H
#define RELAY_RTKIT_H

#include <sys/types.h>

#include <systemd/sd-bus.h>

/*
 * Real-time priority from rtkit's daemon, for who has no right to it by himself (org.freedesktop.RealtimeKit1):
 * it gives a thread SCHED_RR, to users at the screen as a rule.  It wants RLIMIT_RTTIME to be no longer than
 * its RTTimeUSecMax, 200 ms: the kernel ends a process whose real-time thread runs for so long without a
 * pause.  Never waits.  Main thread only.
 */

struct rtkit;

/* NULL: the thread has it.  Else why not.  Not from within rtkit_ask. */
typedef void (*rtkit_answer)(void *user, const char *problem);

/*
 * Asks for `thread`, a thread of this process.  Uses the bus until rtkit_free, which must come before the
 * bus goes and may come from within the answer.  Returns 0 or -errno.
 */
int rtkit_ask(struct rtkit **ret_rtkit, sd_bus *bus, pid_t thread, rtkit_answer answer, void *user);
void rtkit_free(struct rtkit *rtkit);

#endif
