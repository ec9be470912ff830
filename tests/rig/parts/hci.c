/* SPDX-License-Identifier: MIT */
#include "tests/rig/parts/hci.h"

#include <errno.h>
#include <stdio.h>

void hci_address_print(const struct hci_address *address, char text[18])
{
	const uint8_t *b = address->bytes;
	snprintf(text, 18, "%02X:%02X:%02X:%02X:%02X:%02X", b[5], b[4], b[3], b[2], b[1], b[0]);
}

ssize_t hci_packet_bytes(const uint8_t *bytes, size_t size)
{
	if (!size)
		return 0;
	switch (bytes[0]) {
	case HCI_EVENT:
		return size < 3 ? 0 : 3 + bytes[2];
	case HCI_COMMAND:
		return size < 4 ? 0 : 4 + bytes[3];
	case HCI_ACL:
		return size < 5 ? 0 : 5 + hci_read16(bytes + 3);
	default:
		return -EBADMSG;
	}
}
