/* SPDX-License-Identifier: MIT */
#ifndef BASE_FLUSH_PROTOCOL_H
#define BASE_FLUSH_PROTOCOL_H

#include <stdint.h>

/*
 * What the relay and echorelay-flush(8) say to each other over a SOCK_SEQPACKET socket, one structure a
 * message.  The helper's end is its standard input; it ends when that is closed.
 */

#define FLUSH_TIMEOUT_LEAST_MS 20
#define FLUSH_TIMEOUT_MOST_MS 500

/* relay → helper, with the media channel's socket (SCM_RIGHTS): bound how long its packets are kept. */
struct flush_request {
	uint32_t id; /* the relay's name for this stream */
	uint32_t timeout_ms;
};

/* helper → relay */
struct flush_report {
	uint32_t id;
	int32_t result;
};

#define FLUSH_SET 0      /* the controller has taken the timeout; a negative result: -errno */
#define FLUSH_OCCURRED 1 /* the controller has dropped packets of that link */

#endif
