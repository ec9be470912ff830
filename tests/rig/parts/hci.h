/* SPDX-License-Identifier: MIT */
#ifndef RIG_HCI_H
#define RIG_HCI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Packets between a Bluetooth host and its controller: the few that the rig reads or writes (Bluetooth
 * Core 5.3, volume 4, part E, chapters 5 and 7).  A packet's first byte is its type, as on a UART (part A).
 * Pure.
 */

#define HCI_PACKET_BYTES 2048

enum hci_type { HCI_COMMAND = 1, HCI_ACL = 2, HCI_EVENT = 4, HCI_VENDOR = 0xff };

enum hci_opcode {
	HCI_CREATE_CONNECTION = 0x0405,
	HCI_DISCONNECT = 0x0406,
	HCI_IO_CAPABILITY_REPLY = 0x042b,
	HCI_USER_CONFIRM_REPLY = 0x042c,
	HCI_RESET = 0x0c03,
	HCI_WRITE_FLUSH_TIMEOUT = 0x0c28,
	HCI_READ_BUFFER_SIZE = 0x1005,
	HCI_READ_ADDRESS = 0x1009,
};

enum hci_event_code {
	HCI_CONNECTION_COMPLETE = 0x03,
	HCI_DISCONNECTION_COMPLETE = 0x05,
	HCI_COMMAND_COMPLETE = 0x0e,
	HCI_COMMAND_STATUS = 0x0f,
	HCI_FLUSH_OCCURRED = 0x11,
	HCI_COMPLETED_PACKETS = 0x13,
	HCI_USER_CONFIRM_REQUEST = 0x33,
};

enum hci_error { HCI_PAGE_TIMEOUT = 0x04, HCI_CONNECTION_TIMEOUT = 0x08 };

struct hci_address {
	uint8_t bytes[6]; /* last one first, as on the air */
};

static inline uint16_t hci_read16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline void hci_write16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

/* "00:AA:01:02:00:42" */
void hci_address_print(const struct hci_address *address, char text[18]);

/* Bytes of the packet that `bytes` begin with; 0: more are needed to know; -EBADMSG: no packet. */
ssize_t hci_packet_bytes(const uint8_t *bytes, size_t size);

#endif
