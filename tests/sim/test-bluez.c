/* SPDX-License-Identifier: MIT */
/* bluez/ against the simulated org.bluez, in virtual time: what is called, what comes back. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
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
	const char *refused;               /* address of a device that gets no stream */
	char problem[128];
	int answers, fd, endpoint_answers;
	enum bluez_pairing how;
	struct bluez_request request;
	uint32_t withdrawn;
	char agent_said
	    [64]; /* the error that it answered with; empty: it agreed, "nothing": not yet */
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
	if (change != BLUEZ_REMOVED)
		return;
	for (int i = 0; i < bench->devices; i++) /* the last one fills the gap */
		if (bench->device[i] == device)
			bench->device[i--] = bench->device[--bench->devices];
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

static bool on_accept(void *user, const struct bluez_device *device, bool receives)
{
	const struct bench *bench = user;
	return !receives && strcmp(device->address, bench->refused);
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

static void on_searching(void *user, struct bluez_adapter *adapter, const char *problem)
{
	(void)adapter;
	answer(user, problem);
}

static void on_paired(void *user, struct bluez_device *device, enum bluez_pairing how,
                      const char *problem)
{
	struct bench *bench = user;
	(void)device;
	bench->how = how;
	answer(bench, problem);
}

static void on_asked(void *user, const struct bluez_request *request)
{
	((struct bench *)user)->request = *request;
}

static void on_withdrawn(void *user, uint32_t id)
{
	((struct bench *)user)->withdrawn = id;
}

static void on_agent(void *user, enum bluez_capability capability, const char *problem)
{
	(void)capability;
	answer(user, problem);
}

static const struct bluez_events events = {
    .service = on_service,
    .adapter = on_adapter,
    .endpoints = on_endpoints,
    .device = on_device,
    .transport = on_transport,
    .accept = on_accept,
    .connected = on_connected,
    .disconnected = on_connected,
    .acquired = on_acquired,
    .released = on_released,
    .searching = on_searching,
    .paired = on_paired,
    .not_kept = on_connected,
    .asked = on_asked,
    .withdrawn = on_withdrawn,
    .agent = on_agent,
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
	bench = (struct bench){.now = 1000 * SECOND, .fd = -1, .present = -1, .refused = ""};
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

/* A device that is no speaker of ours, as an Echo that offers a sink. */
static void a_stream_that_is_not_wanted_is_refused(void **state)
{
	(void)state;
	struct bench *bench = bench_new(two_speakers);
	bench->refused = "00:00:5E:00:53:01";
	bluez_register_endpoints(bench->bluez, bench->adapter, 3);
	connect_speaker(bench, index_of(bench, "A"), BLUEZ_A2DP_SINK);
	assert_string_not_equal(bench->problem, "");
	assert_int_equal(bench->transports, 0);
	connect_speaker(bench, index_of(bench, "B"), BLUEZ_A2DP_SINK);
	assert_string_equal(bench->problem, "");
	assert_int_equal(bench->transports, 1);
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

static const char shop[] = "[adapter hci0]\n"
			   "address = 00:1A:7D:DA:71:13\n"
			   "[speaker Plain]\naddress = 00:00:5E:00:53:01\npaired = no\n"
			   "rssi = -52\n"
			   "[speaker Pin]\naddress = 00:00:5E:00:53:02\npaired = no\nasks = pin\n"
			   "pin = 1234\n"
			   "[speaker Key]\naddress = 00:00:5E:00:53:03\npaired = no\n"
			   "asks = passkey\npasskey = 7\n"
			   "[speaker Match]\naddress = 00:00:5E:00:53:04\npaired = no\n"
			   "asks = match\n"
			   "[speaker No]\naddress = 00:00:5E:00:53:05\npaired = no\n"
			   "pairing = rejects\n"
			   "[speaker Mute]\naddress = 00:00:5E:00:53:06\npaired = no\n"
			   "pairing = ignores\n"
			   "[speaker Held]\naddress = 00:00:5E:00:53:07\npaired = no\n"
			   "pairing = held\n"
			   "[speaker Other]\naddress = 00:00:5E:00:53:08\npaired = no\n"
			   "pairing = plain\n"
			   "[speaker Silent]\naddress = 00:00:5E:00:53:09\npaired = no\n"
			   "reachable = no\n";

/* A bench with an agent, after a scan of 4 seconds. */
static struct bench *shop_new(void)
{
	struct bench *bench = bench_new(shop);
	assert_int_equal(bench->devices, 0);
	assert_int_equal(bluez_set_agent(bench->bluez, BLUEZ_KEYBOARD_DISPLAY), 0);
	run(bench, 50 * MS);
	assert_int_equal(bench->answers, 1);
	assert_int_equal(bluez_search(bench->adapter, true), 0);
	run(bench, 4 * SECOND);
	assert_int_equal(bench->answers, 2);
	assert_string_equal(bench->problem, "");
	assert_true(bench->adapter->discovering);
	return bench;
}

static void scan_finds_what_is_in_reach(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	assert_int_equal(bench->devices, 8);
	assert_int_equal(index_of(bench, "Silent"), -1);
	const struct bluez_device *plain = bench->device[index_of(bench, "Plain")];
	assert_in_range(-plain->rssi, 50, 54);
	assert_false(plain->paired);
	assert_int_equal(plain->offers, BLUEZ_OFFERS_SINK);
	assert_int_equal(bluez_search(bench->adapter, false), 0);
	run(bench, SECOND);
	assert_false(bench->adapter->discovering);
	run(bench, 31 * SECOND); /* strangers are forgotten */
	assert_int_equal(bench->devices, 0);
	bench_free(bench);
}

/* Pairs with a device; what is asked is answered. */
static enum bluez_pairing pair(struct bench *bench, const char *name, bool yes, const char *pin,
                               uint32_t passkey)
{
	int before = bench->answers;
	bench->request.id = 0;
	assert_int_equal(bluez_pair(bench->device[index_of(bench, name)]), 0);
	for (int i = 0; i < 500 && bench->answers == before; i++) {
		run(bench, 100 * MS);
		if (bench->request.id)
			bluez_answer(bench->bluez, bench->request.id, yes, pin, passkey);
	}
	assert_int_equal(bench->answers, before + 1);
	return bench->how;
}

static void pairing_ends_in_every_way(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	assert_int_equal(pair(bench, "Plain", true, "", 0), BLUEZ_PAIRED);
	assert_int_equal(bench->request.id, 0); /* nobody was asked */
	assert_true(bench->device[index_of(bench, "Plain")]->paired);
	assert_int_equal(pair(bench, "Plain", true, "", 0), BLUEZ_PAIR_EXISTS);
	assert_int_equal(pair(bench, "Pin", true, "0000", 0), BLUEZ_PAIR_FAILED);
	assert_int_equal(bench->request.ask, BLUEZ_ASK_PIN);
	assert_int_equal(pair(bench, "Pin", true, "1234", 0), BLUEZ_PAIRED);
	assert_int_equal(pair(bench, "Key", true, "", 8), BLUEZ_PAIR_FAILED);
	assert_int_equal(pair(bench, "Key", true, "", 7), BLUEZ_PAIRED);
	assert_int_equal(bench->request.ask, BLUEZ_ASK_PASSKEY);
	assert_int_equal(pair(bench, "Match", false, "", 0), BLUEZ_PAIR_FAILED);
	assert_int_equal(bench->request.ask, BLUEZ_ASK_MATCH);
	assert_int_equal(bench->request.passkey, 123456);
	assert_int_equal(pair(bench, "Match", true, "", 0), BLUEZ_PAIRED);
	assert_int_equal(pair(bench, "No", true, "", 0), BLUEZ_PAIR_REJECTED);
	assert_int_equal(pair(bench, "Mute", true, "", 0), BLUEZ_PAIR_TIMEOUT);
	assert_int_equal(pair(bench, "Held", true, "", 0), BLUEZ_PAIR_UNREACHED);
	bench_free(bench);
}

static void another_capability_pairs_what_the_first_did_not(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	assert_int_equal(pair(bench, "Other", true, "", 0), BLUEZ_PAIR_FAILED);
	assert_int_equal(bluez_set_agent(bench->bluez, BLUEZ_NO_INPUT_NO_OUTPUT), 0);
	run(bench, 50 * MS);
	assert_int_equal(pair(bench, "Other", true, "", 0), BLUEZ_PAIRED);
	bench_free(bench);
}

static void pairing_is_cancelled(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	struct bluez_device *pin = bench->device[index_of(bench, "Pin")];
	assert_int_equal(bluez_pair(pin), 0);
	run(bench, 2 * SECOND);
	assert_int_equal(bench->request.ask, BLUEZ_ASK_PIN);
	uint32_t id = bench->request.id;
	bluez_pair_cancel(pin);
	run(bench, 100 * MS);
	assert_int_equal(bench->how, BLUEZ_PAIR_CANCELLED);
	assert_int_equal(bench->withdrawn, id);
	assert_int_equal(bluez_answer(bench->bluez, id, true, "1234", 0), -ENOENT);
	bench_free(bench);
}

static int on_agents_answer(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct bench *bench = user;
	const sd_bus_error *said = sd_bus_message_get_error(reply);
	(void)error;
	snprintf(bench->agent_said, sizeof(bench->agent_said), "%s", said ? said->name : "");
	return 0;
}

/* bluetoothd asks the agent something. */
static void ask_agent(struct bench *bench, const char *method, const char *types, ...)
{
	sd_bus *bus = sim_world(bench->sim)->bus;
	sd_bus_message *call = NULL;
	va_list values;
	va_start(values, types);
	assert_true(sd_bus_message_new_method_call(bus, &call, NULL, "/org/echorelay/agent",
	                                           "org.bluez.Agent1", method) >= 0);
	assert_true(sd_bus_message_appendv(call, types, values) >= 0);
	va_end(values);
	strcpy(bench->agent_said, "nothing");
	assert_true(sd_bus_call_async(bus, NULL, call, on_agents_answer, bench, 0) >= 0);
	sd_bus_message_unref(call);
	run(bench, 50 * MS);
}

#define REJECTED "org.bluez.Error.Rejected"

static void agent_shows_what_is_to_be_typed_there(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	const char *key = bench->device[index_of(bench, "Key")]->path;
	ask_agent(bench, "DisplayPasskey", "ouq", key, 7, 0);
	assert_string_equal(bench->agent_said, "");
	assert_int_equal(bench->request.ask, BLUEZ_SHOW_PASSKEY);
	assert_int_equal(bench->request.passkey, 7);
	uint32_t shown = bench->request.id;
	ask_agent(bench, "DisplayPasskey", "ouq", key, 7, 1); /* a digit was typed */
	assert_string_equal(bench->agent_said, "");
	assert_int_equal(bench->request.id, shown);
	ask_agent(bench, "DisplayPinCode", "os", key, "0815"); /* another try, another way */
	assert_int_equal(bench->withdrawn, shown);
	assert_int_equal(bench->request.ask, BLUEZ_SHOW_PIN);
	assert_string_equal(bench->request.text, "0815");
	assert_string_equal(bench->agent_said, "nothing");
	assert_int_equal(bluez_answer(bench->bluez, bench->request.id, true, "", 0), 0);
	run(bench, 50 * MS);
	assert_string_equal(bench->agent_said, "");
	bench_free(bench);
}

static void agent_has_one_question_of_a_known_device(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	const char *pin = bench->device[index_of(bench, "Pin")]->path;
	ask_agent(bench, "RequestPinCode", "o", "/org/bluez/hci0/dev_00_00_5E_00_53_99");
	assert_string_equal(bench->agent_said, REJECTED);
	assert_int_equal(bench->request.id, 0);
	ask_agent(bench, "RequestPinCode", "o", pin);
	uint32_t first = bench->request.id;
	assert_string_equal(bench->agent_said, "nothing");
	ask_agent(bench, "RequestConfirmation", "ou", pin, 123456);
	assert_string_equal(bench->agent_said, REJECTED);
	assert_int_equal(bench->request.id, first);
	ask_agent(bench, "Release", "");
	assert_string_equal(bench->agent_said, "");
	assert_int_equal(bench->withdrawn, first);
	assert_int_equal(bluez_answer(bench->bluez, first, true, "1234", 0), -ENOENT);
	bench_free(bench);
}

static void question_of_a_device_that_goes_is_rejected(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	struct bluez_device *pin = bench->device[index_of(bench, "Pin")];
	ask_agent(bench, "RequestPinCode", "o", pin->path);
	uint32_t asked = bench->request.id;
	assert_string_equal(bench->agent_said, "nothing");
	bluez_remove(pin);
	run(bench, 100 * MS);
	assert_string_equal(bench->agent_said, REJECTED);
	assert_int_equal(bench->withdrawn, asked);
	bench_free(bench);
}

static void what_is_kept_can_be_set(void **state)
{
	(void)state;
	struct bench *bench = shop_new();
	assert_int_equal(pair(bench, "Plain", true, "", 0), BLUEZ_PAIRED);
	struct bluez_device *plain = bench->device[index_of(bench, "Plain")];
	bluez_set_trusted(plain, true);
	bluez_set_alias(plain, "Kitchen");
	bluez_set_window(bench->adapter, true, 3);
	run(bench, 100 * MS);
	assert_true(plain->trusted);
	assert_string_equal(plain->name, "Kitchen");
	assert_true(bench->adapter->discoverable && bench->adapter->pairable);
	run(bench, 3 * SECOND); /* it closes by itself */
	assert_false(bench->adapter->discoverable || bench->adapter->pairable);
	int before = bench->devices;
	bluez_remove(plain);
	run(bench, 20 * MS);
	assert_int_equal(bench->devices, before - 1);
	bench_free(bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(objects_are_listed),
	    cmocka_unit_test(speaker_connects_and_streams),
	    cmocka_unit_test(one_endpoint_carries_one_stream),
	    cmocka_unit_test(failures_come_in_words),
	    cmocka_unit_test(a_stream_that_is_not_wanted_is_refused),
	    cmocka_unit_test(link_loss_takes_the_transport),
	    cmocka_unit_test(bluetoothd_restarts),
	    cmocka_unit_test(scan_finds_what_is_in_reach),
	    cmocka_unit_test(pairing_ends_in_every_way),
	    cmocka_unit_test(another_capability_pairs_what_the_first_did_not),
	    cmocka_unit_test(pairing_is_cancelled),
	    cmocka_unit_test(agent_shows_what_is_to_be_typed_there),
	    cmocka_unit_test(agent_has_one_question_of_a_known_device),
	    cmocka_unit_test(question_of_a_device_that_goes_is_rejected),
	    cmocka_unit_test(what_is_kept_can_be_set),
	};
	return RUN(tests);
}
