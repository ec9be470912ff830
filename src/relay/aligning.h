/* SPDX-License-Identifier: MIT */
#ifndef RELAY_ALIGNING_H
#define RELAY_ALIGNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relay/model.h"

/*
 * Lining the speakers up by microphone: a session that plays the sweep on one speaker after the other,
 * three rounds, and finds out when each is heard.
 *
 *     opening ──► playing ──► done ──► kept        the music is away while it plays; `cancel` at any
 *        │ │         ▲ │         │                 moment brings everything back as it was, and nothing
 *        │ └settling ┘ │         └─► off           is changed before `keep`
 *        └─── failed ◄─┘
 *
 *     speaker 1 │▁▁█▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁▁▁   a quiet lead-in (▁) wakes each; in between 1.1 s for the
 *     speaker 2 │▁▁▁▁▁▁▁█▁▁▁▁▁▁▁▁▁▁▁▁   slowest speaker and its echoes
 *               └──────┴────┴───────►   a slot each
 *
 * All of it is counted on the engine's clock and the microphone's blocks are stamped by the same, so the
 * microphone's own delay is the same for everybody.
 *
 * A source that has only begun settles for half a minute (engine/intake.h): PipeWire drives a microphone that
 * has no clock of its own by the source's, which runs ms away meanwhile, and then the group's clock bends.
 * So that is waited for.  Main thread.
 */

struct relay;
struct aligning;

#define ALIGNING_ROUNDS 3
#define ALIGNING_SLOT_NS 1900000000ll

/*
 * Begins.  `node` names the microphone, NULL: the one there is; `speakers` is a list like "1,3,Kitchen",
 * NULL: all that play.  Returns 0, or -errno and the reason in `reply`: -EBUSY, -ENOENT, -ENODEV.
 */
int aligning_start(struct relay *relay, const char *node, const char *speakers, char *reply,
                   size_t size);

/* What is to be done by now; while it is busy, to be called twenty times a second. */
void aligning_look_after(struct relay *relay, int64_t now);
bool aligning_busy(const struct relay *relay);

/* Ends a session that runs, or forgets its results.  Nothing stays changed. */
void aligning_cancel(struct relay *relay);

/*
 * Takes what was found, where it was sure, as the speakers' latencies, and their trims away; with `levels`
 * the louder ones' volumes, too.  Returns 0; -ENOENT without results, -ENODATA where none was sure.
 */
int aligning_keep(struct relay *relay, bool levels, char *reply, size_t size);

/* Puts everything back that `keep` changed.  Returns 0, or -ENOENT where there is nothing. */
int aligning_put_back(struct relay *relay);

void aligning_present(const struct relay *relay, struct model_align *shown);
void aligning_free(struct aligning *aligning);

#endif
