/* SPDX-License-Identifier: MIT */
#include "engine/messages.h"

#include <errno.h>

#define MASK (MAILBOX_MESSAGES - 1)

void mailbox_init(struct mailbox *mailbox)
{
	spa_ringbuffer_init(&mailbox->ring);
}

int mailbox_post(struct mailbox *mailbox, const struct message *message)
{
	uint32_t index;
	if (spa_ringbuffer_get_write_index(&mailbox->ring, &index) >= MAILBOX_MESSAGES)
		return -ENOBUFS;
	mailbox->messages[index & MASK] = *message;
	spa_ringbuffer_write_update(&mailbox->ring, (int32_t)(index + 1));
	return 0;
}

int mailbox_take(struct mailbox *mailbox, struct message *message)
{
	uint32_t index;
	if (spa_ringbuffer_get_read_index(&mailbox->ring, &index) <= 0)
		return 0;
	*message = mailbox->messages[index & MASK];
	spa_ringbuffer_read_update(&mailbox->ring, (int32_t)(index + 1));
	return 1;
}
