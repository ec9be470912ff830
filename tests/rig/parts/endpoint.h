/* SPDX-License-Identifier: MIT */
#ifndef RIG_ENDPOINT_H
#define RIG_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

#include "a2dp/sbc_config.h"

/*
 * One A2DP SBC endpoint of a device that the rig plays, on the adapter that is this device's radio, and
 * the one transport it can have (BlueZ before 5.83 allows no more).  One thread, which runs the bus.
 */

struct endpoint_config {
	const char *hci;  /* "hci2" */
	const char *name; /* last part of its object path, for logs */
	bool sink;        /* else a source */
	uint8_t capabilities[SBC_CONFIG_BYTES];
};

/* What is known of the transport; the strings and the fd belong to the endpoint. */
struct transport {
	char path[128], device[64], state[16];
	uint8_t configuration[SBC_CONFIG_BYTES];
	int fd; /* -1 until acquired */
	uint16_t mtu_read, mtu_write;
};

struct endpoint_events {
	void (*configured)(void *user); /* there is a transport now */
	void (*state)(void *user);      /* transport->state is another */
	void (*acquired)(void *user);   /* transport->fd can be used */
	void (*value)(void *user, const char *name, uint16_t value); /* Volume or Delay */
	void (*cleared)(void *user); /* the transport is gone, after its fd was closed */
};

struct endpoint;

/* Registers it.  `events` (NULL: nobody cares) and `user` must outlive it.  Returns 0 or -errno, said on stderr. */
int endpoint_new(struct endpoint **ret, sd_bus *bus, const struct endpoint_config *config,
                 const struct endpoint_events *events, void *user);

/* NULL while there is none. */
struct transport *endpoint_transport(struct endpoint *endpoint);

/* The rate that SelectConfiguration chooses from now on (44100 at first). */
void endpoint_set_rate(struct endpoint *endpoint, uint32_t rate);

/* Starts the stream, or as a sink takes it when the source has started it. */
void endpoint_acquire(struct endpoint *endpoint);

/* Suspends the stream.  The fd is closed. */
void endpoint_release(struct endpoint *endpoint);

/* The stream stopped from the other end: closes the fd. */
void endpoint_close(struct endpoint *endpoint);

/* Sets the transport's Volume or Delay. */
void endpoint_set_value(struct endpoint *endpoint, const char *name, uint16_t value);

#endif
