/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_MESSAGES_H
#define ENGINE_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include <spa/utils/ringbuffer.h>

#include "audio/mix.h"
#include "engine/snapshot.h"

/*
 * What the main thread tells the engine's thread, and what comes back: two rings of messages of one
 * size, one for each direction, each with one writer and one reader.  An object in a message changes
 * hands with it: an output belongs to the engine from MESSAGE_ADD to MESSAGE_REMOVED.
 */

struct output;
struct overlay;
struct tap;

enum message_type {
	/* main thread → engine */
	MESSAGE_ADD,     /* output */
	MESSAGE_REMOVE,  /* id */
	MESSAGE_DELAYS,  /* delays: all of them change at the same frame of the timeline */
	MESSAGE_MIX,     /* id, mix */
	MESSAGE_OVERLAY, /* id, overlay: what it had comes back */
	MESSAGE_RESET_METERS,
	MESSAGE_TAP, /* tap: instead of the one that is there, which comes back; NULL: none */
	/* engine → main thread */
	MESSAGE_REMOVED,      /* output */
	MESSAGE_STALLED,      /* id */
	MESSAGE_FAILED,       /* id, error */
	MESSAGE_OVERLAY_BACK, /* overlay: no output has it any more */
	MESSAGE_TAP_BACK,     /* tap: it is not read any more */
	MESSAGE_SOURCE,       /* live: an epoch of the source began or ended */
};

struct output_delay {
	uint32_t id;
	uint32_t frames;
	int64_t slack_ns, queue_ns; /* as in output_config; no slack: these four as before */
	bool even;
	uint8_t ceiling;
};

struct message {
	enum message_type type;
	uint32_t id; /* of the output it is about */
	union {
		struct output *output;
		struct overlay *overlay;
		struct tap *tap;
		struct mix_matrix mix;
		int error; /* errno */
		int live;
		struct {
			uint32_t count;
			struct output_delay list[ENGINE_OUTPUTS_MAX];
		} delays;
	};
};

#define MAILBOX_MESSAGES 64 /* a power of two */

struct mailbox {
	struct spa_ringbuffer ring; /* counts messages */
	struct message messages[MAILBOX_MESSAGES];
};

void mailbox_init(struct mailbox *mailbox);

/* The writer's thread.  Returns 0, or -ENOBUFS when the reader is 64 messages behind. */
int mailbox_post(struct mailbox *mailbox, const struct message *message);

/* The reader's thread.  Returns 1 and a message, or 0. */
int mailbox_take(struct mailbox *mailbox, struct message *message);

#endif
