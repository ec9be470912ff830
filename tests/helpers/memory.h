/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_MEMORY_H
#define TESTS_HELPERS_MEMORY_H

/* KiB of this process that are in RAM; 0 where the kernel does not tell. */
long memory_resident_kib(void);

#endif
