/* SPDX-License-Identifier: MIT */
/* bluez/ against the simulated org.bluez, in virtual time: what is called, what comes back. */
#include "tests/helpers/test.h"

#include <string.h>
#include <unistd.h>

#include "bluez/bluez.h"
#include "sim/sim.h"
#include "sim/world.h"

#define MS 1000000ll
#define SECOND 1000000000ll

static const char two_speakers[] = "[adapter hci0]\n"
				   "address = 00:1A:7D:DA:71:13\n"
				   "[echo Echo Dot]\n"
				   "[speaker A]\n"
				   "address = 00:00:5E:00:53:01\n"
				   "reports = 187 ms\n"
				   "volume = yes\n"
				   "[speaker B]\n"
				   "address = 00:00:5E:00:53:02\n"
				   "capabilities = 11150235\n"
				   "mtu = 895\n"
				   "[speaker C]\n"
				   "address = 00:00:5E:00:53:03\n"
				   "reachable = no\n";

/* A client, its world, and what the client was told. */
struct bench {
	struct sim *sim;
	sd_bus *bus;
	struct bluez *bluez;
	int64_t now;
	int present, adapters, devices, transports;
	char reason[128];
	struct bluez_device *device[8];
	struct bluez_adapter *adapter;
	struct bluez_transport *mine[8];
	struct bluez_transport *transport; /* the last of ours */
	char problem[128];
	int answers, fd, endpoint_answers;
	uint16_t mtu;
};

static void on_service(void *user, bool present, const char *reason)
{
	struct bench *bench = user;
	bench->present = present;
	snprintf(bench->reason, sizeof(bench->reason), "%s", reason ? reason : "");
}

static void on_adapter(void *user, struct bluez_adapter *adapter, enum bluez_change change)
{
	struct bench *bench = user;
	bench->adapters += (change == BLUEZ_ADDED) - (change == BLUEZ_REMOVED);
	bench->adapter = change == BLUEZ_REMOVED ? NULL : adapter;
}

static void on_endpoints(void *user, struct bluez_adapter *adapter, const char *problem)
{
	struct bench *bench = user;
	(void)adapter;
	bench->endpoint_answers++;
	assert_null(problem);
}

static void on_device(void *user, struct bluez_device *device, enum bluez_change change)
{
	struct bench *bench = user;
	if (change == BLUEZ_ADDED)
		bench->device[bench->devices++] = device;
	if (change == BLUEZ_REMOVED)
		bench->devices--;
}

static void on_transport(void *user, struct bluez_transport *transport, enum bluez_change change)
{
	struct bench *bench = user;
	if (!transport->mine)
		return;
	bool known = false;
	for (int i = 0; i < 8; i++) {
		known |= bench->mine[i] == transport;
		if (bench->mine[i] == transport && change == BLUEZ_REMOVED)
			bench->mine[i] = NULL;
	}
	for (int i = 0; i < 8 && !known; i++)
		if (!bench->mine[i]) {
			bench->mine[i] = transport;
			bench->transport = transport;
			known = true;
		}
	bench->transports = 0;
	for (int i = 0; i < 8; i++)
		bench->transports += bench->mine[i] != NULL;
}

static void answer(struct bench *bench, const char *problem)
{
	bench->answers++;
	snprintf(bench->problem, sizeof(bench->problem), "%s", problem ? problem : "");
}

static void on_connected(void *user, struct bluez_device *device, const char *problem)
{
	(void)device;
	answer(user, problem);
}

static void on_acquired(void *user, struct bluez_transport *transport, int fd, uint16_t mtu,
                        const char *problem)
{
	struct bench *bench = user;
	(void)transport;
	bench->fd = fd;
	bench->mtu = mtu;
	answer(bench, problem);
}

static void on_released(void *user, struct bluez_transport *transport, const char *problem)
{
	(void)transport;
	answer(user, problem);
}

static const struct bluez_events events = {
    on_service,   on_adapter,   on_endpoints, on_device,   on_transport,
    on_connected, on_connected, on_acquired,  on_released,
};

static void run(struct bench *bench, int64_t ns)
{
	int64_t end = bench->now + ns;
	while (bench->now <= end) {
		while (sd_bus_process(bench->bus, NULL) > 0)
			;
		sim_step(bench->sim, bench->now);
		while (sd_bus_process(bench->bus, NULL) > 0)
			;
		bench->now += 5 * MS;
	}
}

static struct bench *bench_new(const char *scenario)
{
	static struct bench bench;
	char message[256];
	bench = (struct bench){.now = 1000 * SECOND, .fd = -1, .present = -1};
	assert_int_equal(sim_new_virtual(&bench.sim, scenario, bench.now, message, sizeof(message)),
	                 0);
	assert_int_equal(bus_open_peer(&bench.bus, sim_bus_fd(bench.sim)), 0);
	assert_int_equal(bluez_new(&bench.bluez, bench.bus, 44100, &events, &bench), 0);
	run(&bench, 100 * MS);
	assert_int_equal(bench.present, 1);
	return &bench;
}

static void bench_free(struct bench *bench)
{
	bluez_free(bench->bluez);
	sd_bus_flush_close_unref(bench->bus);
	sim_free(bench->sim);
	if (bench->fd >= 0)
		close(bench->fd);
}

static void connect_speaker(struct bench *bench, int index, const char *uuid)
{
	int before = bench->answers;
	assert_int_equal(bluez_connect(bench->device[index], uuid), 0);
	for (int i = 0; i < 70 && bench->answers == before; i++)
		run(bench, 100 * MS);
	assert_int_equal(bench->answers, before + 1);
}

static void objects_are_listed(void **state)
{
	(void)state;
	struct bench *bench = bench_new(two_speakers);
	assert_int_equal(bench->adapters, 1);
	assert_int_equal(bench->devices, 4);
	assert_string_equal(bench->adapter->address, "00:1A:7D:DA:71:13");
	assert_true(bench->adapter->powered);
	struct bluez_device *a = bench->device[0];
	for (int i = 1; i < 4; i++)
		if (!strcmp(bench->device[i]->address, "00:00:5E:00:53:01"))
			a = bench->device[i];
	assert_string_equal(a->name, "A");
	assert_true(a->paired);
	assert_int_equal(a->offers, BLUEZ_OFFERS_SINK);
	assert_ptr_equal(a->adapter, bench->adapter);
	bench_free(bench);
}

static int index_of(const struct bench *bench, const char *name)
{
	for (int i = 0; i < bench->devices; i++)
		if (!strcmp(bench->device[i]->name, name))
			return i;
	return -1;
}

static void speaker_connects_and_streams(void **state)
{
	(void)state;
	struct bench *bench = bench_new(two_speakers);
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	run(bench, 50 * MS);
	assert_int_equal(bench->endpoint_answers, 1);
	assert_int_equal(bench->adapter->endpoints, 3);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "");
	assert_int_equal(bench->transports, 1);
	struct bluez_transport *transport = bench->transport;
	static const uint8_t configuration[] = {0x21, 0x15, 2, 53};
	assert_int_equal(transport->configuration.size, 4);
	assert_memory_equal(transport->configuration.bytes, configuration, 4);
	run(bench, 500 * MS);
	assert_true(transport->delay_known);
	assert_int_equal(transport->delay, 1870);
	assert_true(transport->volume_known);
	assert_int_equal(transport->volume, 127);
	bluez_set_volume(transport, 64);
	bluez_acquire(transport);
	run(bench, 100 * MS);
	assert_int_equal(transport->volume, 64);
	assert_string_equal(bench->problem, "");
	assert_true(bench->fd >= 0);
	assert_int_equal(bench->mtu, 672);
	assert_int_equal(transport->state, BLUEZ_ACTIVE);
	bluez_release(transport);
	run(bench, 100 * MS);
	assert_int_equal(transport->state, BLUEZ_IDLE);
	bench_free(bench);
}

static void one_endpoint_carries_one_stream(void **state)
{
	(void)state;
	struct bench *bench = bench_new(two_speakers);
	bluez_register_endpoints(bench->bluez, bench->adapter, 1);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "");
	connect_speaker(bench, index_of(bench, "B"), BLUEZ_A2DP_SINK);
	assert_non_null(strstr(bench->problem, "no free endpoint"));
	bluez_register_endpoints(bench->bluez, bench->adapter, 2);
	connect_speaker(bench, index_of(bench, "B"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "");
	assert_int_equal(bench->transports, 2);
	/* B has 48 kHz only: it is taken at that */
	assert_int_equal(bench->transport->configuration.bytes[0], 0x11);
	bench_free(bench);
}

static void failures_come_in_words(void **state)
{
	(void)state;
	struct bench *bench = bench_new(two_speakers);
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	connect_speaker(bench, index_of(bench, "C"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "does not answer - is it switched on and near?");
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SOURCE);
	assert_non_null(strstr(bench->problem, "does not offer A2DP"));
	bluez_connect(bench->device[index_of(bench, "A")], BLUEZ_A2DP_SINK);
	connect_speaker(bench, index_of(bench, "B"), BLUEZ_A2DP_SINK); /* two pages at once */
	assert_non_null(strstr(bench->problem, "busy"));
	bench_free(bench);
}

static void link_loss_takes_the_transport(void **state)
{
	(void)state;
	char scenario[1024];
	snprintf(scenario, sizeof(scenario), "%sevent = 5 s vanish 2 s\n[speaker D]\n",
	         two_speakers);
	struct bench *bench = bench_new(two_speakers);
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	bluez_acquire(bench->transport);
	run(bench, 100 * MS);
	assert_int_equal(bench->transports, 1);
	struct world *world = sim_world(bench->sim);
	peer_device_lost(&world->devices[0]);
	run(bench, 100 * MS);
	assert_int_equal(bench->transports, 0);
	assert_false(bench->device[index_of(bench, "A")]->connected);
	assert_true(write(bench->fd, "x", 1) < 0);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK); /* and again */
	assert_string_equal(bench->problem, "");
	assert_int_equal(bench->transports, 1);
	bench_free(bench);
}

static void bluetoothd_restarts(void **state)
{
	(void)state;
	char scenario[1024];
	snprintf(scenario, sizeof(scenario), "[world]\nevent = 5 s restart 3 s\n%s", two_speakers);
	struct bench *bench = bench_new(scenario);
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	run(bench, 5 * SECOND);
	assert_int_equal(bench->present, 0);
	assert_string_equal(bench->reason, "bluetoothd has stopped");
	assert_int_equal(bench->adapters, 0);
	assert_int_equal(bench->devices, 0);
	assert_int_equal(bench->transports, 0);
	bluez_retry(bench->bluez);
	run(bench, 100 * MS);
	assert_non_null(strstr(bench->reason, "not running"));
	run(bench, 3 * SECOND);
	assert_int_equal(bench->present, 1);
	assert_int_equal(bench->devices, 4);
	assert_int_equal(bench->adapter->endpoints, -1); /* ours are gone with it */
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "");
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(objects_are_listed),
	    cmocka_unit_test(speaker_connects_and_streams),
	    cmocka_unit_test(one_endpoint_carries_one_stream),
	    cmocka_unit_test(failures_come_in_words),
	    cmocka_unit_test(link_loss_takes_the_transport),
	    cmocka_unit_test(bluetoothd_restarts),
	};
	return RUN(tests);
}
