/* SPDX-License-Identifier: MIT */
#ifndef RELAY_COMPATIBILITY_H
#define RELAY_COMPATIBILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "a2dp/sbc_config.h"
#include "relay/model.h"

/*
 * Will a device do as a speaker, and how well: what it has told of itself, made into one line.  Pure.
 *
 * How much is known depends on how near it has come: heard, it has a name, a class and perhaps its services;
 * paired, its services and its numbers; connected, its endpoints; and its volume while a stream is there.
 */

struct compatibility_facts {
	const char *name, *address, *modalias; /* "bluetooth:v0057p1234d0100" */
	uint32_t class;
	bool offers_sink, offers_source;
	bool paired;          /* then what it does not offer it does not have */
	bool endpoints_known; /* then the rest is, too */
	bool has_sbc;
	uint8_t sbc[SBC_CONFIG_BYTES]; /* capabilities of its SBC sink */
	int32_t delay_reporting;       /* 0, 1, MODEL_UNKNOWN */
	uint32_t rate;                 /* at which it is to run, Hz */
};

/* Writes the bitpools, the maker, what is known of that model, `works` and the verdict into `shown`. */
void compatibility_judge(struct model_found *shown, const struct compatibility_facts *facts);

/*
 * Is it known to do nothing with the volume that it is told, or to forget it?  Then the volume is made here.
 * PipeWire keeps such a list (bluez-hardware.conf, no-features = [ hw-volume ]).
 */
bool compatibility_volume_broken(const char *name, const char *address);

#endif
