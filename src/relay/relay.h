/* SPDX-License-Identifier: MIT */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "engine/clock.h"
#include "engine/source.h"
#include "relay/journal.h"
#include "relay/model.h"
#include "relay/settings.h"

/*
 * The relay: where bluez, the source and the engine meet.  It implements their callbacks, decides with
 * policy.h and alignment.h, keeps the settings, and shows a model.  Main thread only.
 *
 *     bluez ── a stream is there, fd ──►  relay  ── output, delays, mix ──► engine
 *     source ── its state ─────────────►    │   ◄── stalled, failed ───────
 *                                           └──► model
 */

struct relay;

struct relay_config {
	const struct clock *clock;
	struct settings *settings; /* the caller's, outlives the relay */
	struct journal *journal;   /* so does this */
	struct source *source;     /* the relay's from now on */
	/* D-Bus: the peer at the other end of a descriptor, an address, or (−1 and NULL) the system bus. */
	int bus_fd;
	const char *bus_address;
	/* The other end of a flush helper (base/flush_protocol.h); 0: the program is started. */
	int flush_fd;
	/*
	 * Opens a microphone to line the speakers up with: the one of that name, NULL: any.  A source that
	 * is the relay's from then on, or NULL.  May itself be NULL: then there is none.
	 */
	struct source *(*open_microphone)(void *user, const char *node);
	void *microphone_user;
	bool own_thread; /* the engine runs on a thread of its own; else relay_step moves it */
	bool looks_only; /* shows what there is and touches nothing */
};

/* Returns 0; -ENOMEM, or what the engine's thread could not be started for. */
int relay_new(struct relay **ret_relay, const struct relay_config *config);

/* Suspends the streams, stops the engine and the source, writes the settings. */
void relay_free(struct relay *relay);

/* Hooks the relay into a loop: its descriptors and its timer.  Returns 0 or -errno. */
int relay_attach(struct relay *relay, sd_event *event);

/*
 * Without a loop: handles all that has come in and all that is due at the clock's time.  Returns when to
 * call again, at the latest.
 */
int64_t relay_step(struct relay *relay);

/* The model as of now; the relay's, good until the next call of any function here. */
const struct model *relay_model(struct relay *relay);

/*
 * Carries out a command line (command.h).  Returns 0 and what was done in `reply`, for the user; -EINVAL
 * for a line that is none, -ENOENT for a speaker that is none, -ERANGE and others for what cannot be;
 * `reply` then says why.
 */
int relay_command(struct relay *relay, const char *line, char *reply, size_t size);

/* How often the engine has moved: it does so at least fifty times a second, or it is stuck. */
uint64_t relay_engine_steps(const struct relay *relay);

/* Was bluetoothd ever there? */
bool relay_had_bluetooth(const struct relay *relay);

#endif
