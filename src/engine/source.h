/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_SOURCE_H
#define ENGINE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/inlet.h"

/*
 * Where the sound comes from, as the relay sees it: PipeWire (pipewire/capture.h) or the simulated
 * Echo (sim/echo.h).  A source writes its sound into the inlet from a thread of its own; everything
 * below is for the main thread.
 */

enum source_state {
	SOURCE_ABSENT,    /* there is nothing to capture; `problem` may say why */
	SOURCE_IDLE,      /* it is there, and silent */
	SOURCE_STREAMING, /* it plays */
};

/* How the sound of a Bluetooth source comes in. */
enum source_path {
	SOURCE_LISTENS, /* the source sees to it: the rule, where nobody says otherwise */
	SOURCE_STANDS_BY, /* it only looks who is there: somebody else brings the sound (engine/tap.h) */
};

#define SOURCE_TEXT 128

struct source_info {
	enum source_state state;
	char node[SOURCE_TEXT]; /* the PipeWire node, as --source takes it */
	char name[SOURCE_TEXT]; /* from the air: hostile until cleaned (base/text.h) */
	char address[18];       /* Bluetooth address, or empty */
	uint32_t rate;          /* its own, Hz; 0 = not known */
	uint32_t channels;
	char server[32];    /* what it comes from, "PipeWire 1.4.2"; empty = not known */
	bool managed;       /* PipeWire has a session manager, which receives from Bluetooth */
	int64_t latency_ns; /* from its air or disk to the inlet; −1 = not known */
	int64_t latency_assumed_ns; /* what it usually is, where it is not known; else 0 */
	float gain; /* its volume, if that is in its samples already; 1 = it is not */
	char problem[SOURCE_TEXT];
};

struct source_events {
	/* Something of it is different; called from dispatch, first soon after open. */
	void (*changed)(void *user, const struct source_info *info);
	/*
	 * How welcome is the Bluetooth device at `address` as a source?  0: not at all; of several the
	 * most welcome is taken, the first such.  May answer otherwise as more becomes known.
	 */
	int (*welcome)(void *user, const char *address);
};

struct source;

struct source_ops {
	/*
	 * Starts: from now on sound goes into `inlet` at `rate` frames a second, and `events` are
	 * called; both outlive the source.  Returns 0 or -errno; that there is no sound yet, or no
	 * PipeWire, is a state and no error.
	 */
	int (*open)(struct source *source, struct inlet *inlet, uint32_t rate,
	            const struct source_events *events, void *user);
	/* A descriptor that is readable when dispatch has something to do. */
	int (*fd)(const struct source *source);
	void (*dispatch)(struct source *source);
	/* May be NULL: then it always listens. */
	void (*set_path)(struct source *source, enum source_path path);
	/* Stops and frees.  The inlet is not touched any more when this returns. */
	void (*close)(struct source *source);
};

struct source {
	const struct source_ops *ops;
};

#endif
