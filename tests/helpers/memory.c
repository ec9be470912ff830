/* SPDX-License-Identifier: MIT */
#include "tests/helpers/memory.h"

#include <stdio.h>
#include <unistd.h>

long memory_resident_kib(void)
{
	long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (!file || fscanf(file, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}
