/* SPDX-License-Identifier: MIT */
#ifndef PIPEWIRE_CAPTURE_H
#define PIPEWIRE_CAPTURE_H

#include "engine/source.h"

/*
 * PipeWire as a source: finds the Echo's node (graph.h), captures it with a pw_stream, and survives
 * whatever comes and goes: nodes, links, the daemon.
 *
 * The stream's process callback runs on PipeWire's data thread; it copies frames into the inlet and does
 * nothing else.  Sound is let through only while the stream is linked to the node it was meant for, and to
 * no other: a session manager that falls back to a microphone is not heard.
 */

/* `node` is a node's name or serial number (a sink's means its monitor), or NULL for the Echo. */
struct source *capture_new(const char *node);

#endif
