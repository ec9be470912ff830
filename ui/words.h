/* SPDX-License-Identifier: MIT */
#ifndef UI_WORDS_H
#define UI_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "relay/model.h"
#include "ui/theme.h"

/*
 * Figures and states as the words that stand on a screen.  Each writes into the caller's `text` and
 * returns it.  Pure.
 */

/* "12 s", "3 min", "2 h" */
char *words_age(int64_t ms, char *text, size_t size);

/* "02:14:07"; beyond four days "5 days" */
char *words_clock(int64_t ms, char *text, size_t size);

/* "14:07:31", local, of CLOCK_REALTIME. */
char *words_time(int64_t us, char *text, size_t size);

/* Thousandths with so many decimals; "--" for MODEL_UNKNOWN. */
char *words_thousandths(int32_t value, int decimals, char *text, size_t size);

/* A count in at most five columns: "0", "9999", "12k", "1.2M". */
char *words_count(int64_t count, char *text, size_t size);

/* "ST", "L", "R", "MONO" */
const char *words_channel(int32_t channel);

/* A speaker's state: sign and word, for how long, what comes next: "x lost 12 s, retry 3 in 4 s". */
char *words_state(const struct charset *set, const struct model_speaker *speaker, char *text,
                  size_t size);
enum theme_role words_state_role(int32_t state);

/* The same of the source. */
char *words_source_state(const struct charset *set, const struct model_source *source, char *text,
                         size_t size);
const char *words_source_sign(const struct charset *set, int32_t state);
const char *words_source_name(const struct model_source *source);

/* The whole way to the ear in ms; "~" before it where a part is a guess. */
char *words_latency(const struct charset *set, const struct model_speaker *speaker, char *text,
                    size_t size);

/* "SBC 44.1k bp53", or in full; empty where nothing is configured. */
char *words_codec(const struct model_speaker *speaker, bool full, char *text, size_t size);
char *words_source_codec(const struct model_source *source, char *text, size_t size);

/* A name in at most `width` columns: cut between words where that keeps the first one whole. */
char *words_name(const char *name, int width, char *text, size_t size);

/*
 * A sentence in at most `width` columns: what has no room is taken out before its last part, which has
 * the figures or what to do: "congested: the air... bitpool 53 -> 45".
 */
char *words_fit(const struct charset *set, const char *sentence, int width, char *text,
                size_t size);

/* Whom an event is about: "2 Bedroom" where it is a speaker, in at most `width` columns; "2" below eight. */
char *words_subject(const struct model *model, const char *subject, int width, char *text,
                    size_t size);

#endif
