/* SPDX-License-Identifier: MIT */
#ifndef PIPEWIRE_LISTEN_H
#define PIPEWIRE_LISTEN_H

#include <stdint.h>

#include <pipewire/stream.h>

/*
 * Connects a stream that listens: two channels of floats at `rate`, handed to the process callback on PipeWire's
 * data thread.  Where it listens is said by its properties.  Returns 0 or -errno.
 */
int listen_connect(struct pw_stream *stream, uint32_t rate);

#endif
