/* SPDX-License-Identifier: MIT */
#ifndef RIG_CONTROLLER_H
#define RIG_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/rig/parts/air.h"

/*
 * Bluetooth controllers for a kernel that has none: /dev/vhci on the host's side, Debian's btvirt, as it
 * is, for what a controller says and knows, and our own air (air.h) for the data.
 *
 *   kernel hciN ── /dev/vhci ── commands ──► btvirt (-s: one device per connection to its socket)
 *                            ◄── events ───
 *                            ── ACL data ──► air ──► the other end's /dev/vhci
 *
 * btvirt's own way for data is not used: it hands over at once what a radio would take milliseconds for,
 * and its second link of a device carries nothing, for the two ends of a link may have different handles
 * and it does not translate. So this reads along which links come and go, and carries their data itself.
 * Besides it
 *   - tells the host of buffers as a real controller has them (Read Buffer Size),
 *   - answers Write Automatic Flush Timeout, which btvirt does not know,
 *   - cuts a link as a lost one (reason 0x08), all of those of a host that resets its controller among them,
 *     and leaves pages to an absent device unanswered,
 *   - rewrites the delay reports of a device: BlueZ before 5.79 can only report 0 as a sink.
 *
 * HCI is Bluetooth Core 5.3, volume 4, part E.  One thread.
 */

#define CONTROLLERS_MAX AIR_RADIOS

struct controllers;

struct controllers_config {
	int count;
	const char *socket_path; /* btvirt's */
	uint16_t buffer_bytes, buffers;
	struct air_config air;
};

/* Opens them, hci0 first.  Returns 0 or -errno. */
int controllers_open(struct controllers **ret, const struct controllers_config *config);
void controllers_close(struct controllers *all);

/* The model that carries the data, for its knobs. */
struct air *controllers_air(struct controllers *all);

/* The number of the controller with that address; -ENODEV for none (it has one once its host asked). */
int controllers_find(const struct controllers *all, const char *address);

/* Loses all links of a controller, as when its supervision time-out is over. */
void controllers_cut(struct controllers *all, int number);

/*
 * From now on it is a loudspeaker, which can show and read nothing: its pairings ask nobody.  The host would
 * not say so by itself, since one bluetoothd, and its one agent, is that of all.
 */
void controllers_set_plain(struct controllers *all, int number);

/* Pulls a controller out of the host, with its links; and puts it back, as the same hciN.  0 or -errno. */
void controllers_pull(struct controllers *all, int number);
int controllers_plug(struct controllers *all, int number);

/* Nobody can reach an absent one, and it reaches nobody; what it has stays until it is cut. */
void controllers_set_absent(struct controllers *all, int number, bool absent);

/* From now on every delay report of that controller's host says so many tenths of a millisecond. */
void controllers_set_delay(struct controllers *all, int number, int tenths_ms);

/*
 * Waits for something to do, or until `until` (CLOCK_MONOTONIC, ns) or until `fd` can be read, and does
 * it.  Returns 1 when `fd` can be read, else 0, or -errno when the host or btvirt is gone.
 */
int controllers_run(struct controllers *all, int fd, int64_t until);

#endif
