/* SPDX-License-Identifier: MIT */
#include "engine/snapshot.h"

#define FRESH 4u
#define INDEX 3u

void snapshot_exchange_init(struct snapshot_exchange *exchange)
{
	exchange->back = 0;
	exchange->front = 1;
	atomic_init(&exchange->middle, 2);
	for (int i = 0; i < 3; i++)
		exchange->copies[i] = (struct snapshot){.ns = 0};
}

struct snapshot *snapshot_back(struct snapshot_exchange *exchange)
{
	return &exchange->copies[exchange->back];
}

void snapshot_publish(struct snapshot_exchange *exchange)
{
	unsigned given = exchange->back | FRESH;
	exchange->back = atomic_exchange_explicit(&exchange->middle, given, memory_order_acq_rel) &
	                 INDEX;
}

const struct snapshot *snapshot_front(struct snapshot_exchange *exchange)
{
	if (atomic_load_explicit(&exchange->middle, memory_order_relaxed) & FRESH)
		exchange->front = atomic_exchange_explicit(&exchange->middle, exchange->front,
		                                           memory_order_acq_rel) &
		                  INDEX;
	return &exchange->copies[exchange->front];
}
