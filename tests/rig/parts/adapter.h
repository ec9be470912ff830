/* SPDX-License-Identifier: MIT */
#ifndef RIG_ADAPTER_H
#define RIG_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <systemd/sd-bus.h>

/*
 * What one does with an adapter before anything plays: switch it on, find and pair devices, connect.
 * Everything waits until bluetoothd has answered; functions return 0 or -errno, and have then said on
 * stderr what went wrong.
 */

#define ADAPTER_PATH_BYTES 64
#define A2DP_SOURCE_UUID "0000110a-0000-1000-8000-00805f9b34fb"
#define A2DP_SINK_UUID "0000110b-0000-1000-8000-00805f9b34fb"

/* "/org/bluez/hci0"; with an address "/org/bluez/hci0/dev_00_AA_…" */
void adapter_path(char path[ADAPTER_PATH_BYTES], const char *hci, const char *address);

/* Waits for bluetoothd to have the adapter, powers it, names it; it can be found and paired for good. */
int adapter_up(sd_bus *bus, const char *hci, const char *name);

/* Its own address. */
int adapter_address(sd_bus *bus, const char *hci, char address[18]);

/* The device with this address, which is an adapter of the guest, can be found and paired from now on. */
int adapter_show(sd_bus *bus, const char *address);

/* Looks around until all of the addresses have been seen, `seconds` at the most. */
int adapter_discover(sd_bus *bus, const char *hci, char *const addresses[], int count, int seconds);

/* Pairs the two, and each trusts the other: nobody will be asked about their profiles. */
int adapter_pair(sd_bus *bus, const char *hci, const char *address);
int adapter_connect(sd_bus *bus, const char *hci, const char *address, const char *uuid);
int adapter_disconnect(sd_bus *bus, const char *hci, const char *address);

/* An agent that says yes to everything, for all adapters.  It lives as long as the bus. */
int adapter_agent(sd_bus *bus);

#endif
