/* SPDX-License-Identifier: MIT */
/*
 * pair hciN ADDRESS...: finds these devices from the adapter hciN and pairs them with it, as their owner
 * would by hand; each side trusts the other from then on.
 * pair --agent: stays, and says yes to whatever bluetoothd asks.
 */
#include <stdio.h>
#include <string.h>

#include "bluez/bus.h"
#include "tests/rig/parts/adapter.h"

#define DISCOVERY_SECONDS 15

static int agent(sd_bus *bus)
{
	int result = adapter_agent(bus);
	while (result >= 0)
		if ((result = sd_bus_process(bus, NULL)) == 0)
			result = sd_bus_wait(bus, UINT64_MAX);
	return 1;
}

int main(int argc, char *argv[])
{
	sd_bus *bus;
	if (argc < 2 || (argc < 3 && strcmp(argv[1], "--agent") != 0)) {
		fprintf(stderr, "pair hciN ADDRESS... | --agent\n");
		return 64;
	}
	if (bus_open_system(&bus) < 0) {
		fprintf(stderr, "pair: no system bus\n");
		return 69;
	}
	if (argc == 2)
		return agent(bus);
	for (int i = 2; i < argc; i++)
		adapter_show(bus, argv[i]);
	int error = adapter_discover(bus, argv[1], argv + 2, argc - 2, DISCOVERY_SECONDS);
	for (int i = 2; i < argc && !error; i++)
		error = adapter_pair(bus, argv[1], argv[i]);
	return error ? 1 : 0;
}
