/* SPDX-License-Identifier: MIT */
/*
 * A real D-Bus daemon, a bluetoothd of the test's making, and a stranger on the same bus who speaks in its name:
 * by signals that are sent to us alone, by calls to our endpoint and our agent.  None of it may be heard.
 */
#include "tests/helpers/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bluez/bluez.h"
#include "tests/helpers/folder.h"

#define HCI0 "/org/bluez/hci0"
#define SPEAKER HCI0 "/dev_00_00_5E_00_53_01"
#define ENDPOINT_PATH "/org/echorelay/001A7DDA7113/source0"
#define SINK_PATH "/org/echorelay/001A7DDA7113/sink0"
#define AGENT_PATH "/org/echorelay/agent"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define TURNS 20000

static const char everything_allowed[] =
    "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>"
    "<policy context='default'><allow send_destination='*'/>"
    "<allow receive_sender='*'/><allow own='*'/></policy></busconfig>";

static struct bus_house {
	pid_t daemon;
	sd_bus *ours, *bluetoothd, *stranger;
	struct bluez *bluez;
	int present, adapters, devices, transports, agent, endpoints, asked;
	bool powered;
} here;

/* --- what we are told ------------------------------------------------------------------------------ */

static void on_service(void *user, bool present, const char *reason)
{
	(void)user, (void)reason;
	here.present = present;
}

static void on_adapter(void *user, struct bluez_adapter *adapter, enum bluez_change change)
{
	(void)user;
	here.adapters += (change == BLUEZ_ADDED) - (change == BLUEZ_REMOVED);
	here.powered = adapter->powered;
}

static void on_endpoints(void *user, struct bluez_adapter *adapter, const char *problem)
{
	(void)user, (void)adapter;
	here.endpoints += !problem;
}

static void on_device(void *user, struct bluez_device *device, enum bluez_change change)
{
	(void)user, (void)device;
	here.devices += (change == BLUEZ_ADDED) - (change == BLUEZ_REMOVED);
}

static void on_transport(void *user, struct bluez_transport *transport, enum bluez_change change)
{
	(void)user, (void)transport;
	here.transports += (change == BLUEZ_ADDED) - (change == BLUEZ_REMOVED);
}

static bool on_accept(void *user, const struct bluez_device *device, bool receives)
{
	(void)user, (void)device, (void)receives;
	return true;
}

static void on_agent(void *user, enum bluez_capability capability, const char *problem)
{
	(void)user, (void)capability;
	here.agent += !problem;
}

static void on_asked(void *user, const struct bluez_request *request)
{
	(void)user;
	here.asked++;
	bluez_answer(here.bluez, request->id, true, "0000", 0);
}

static void on_withdrawn(void *user, uint32_t id)
{
	(void)user, (void)id;
}

static const struct bluez_events events = {
    .service = on_service,
    .adapter = on_adapter,
    .endpoints = on_endpoints,
    .device = on_device,
    .transport = on_transport,
    .accept = on_accept,
    .agent = on_agent,
    .asked = on_asked,
    .withdrawn = on_withdrawn,
};

/* --- the bus and the true bluetoothd --------------------------------------------------------------- */

static const char objects[] = "a{oa{sa{sv}}}";

static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)user, (void)error;
	if (sd_bus_message_is_method_call(call, NULL, NULL) <= 0)
		return 0;
	if (sd_bus_message_is_method_call(call, OBJECT_MANAGER, "GetManagedObjects") <= 0)
		return sd_bus_reply_method_return(call, "");
	return sd_bus_reply_method_return(
	    call, objects, 2, HCI0, 1, "org.bluez.Adapter1", 2, "Address", "s", "00:1A:7D:DA:71:13",
	    "Powered", "b", 1, SPEAKER, 1, "org.bluez.Device1", 3, "Address", "s",
	    "00:00:5E:00:53:01", "Adapter", "o", HCI0, "Paired", "b", 1);
}

static bool pump(const int *value, int wanted)
{
	sd_bus *const all[] = {here.ours, here.bluetoothd, here.stranger};
	for (int turn = 0; turn < TURNS && *value != wanted; turn++) {
		bool worked = false;
		for (size_t i = 0; i < COUNT(all); i++)
			worked |= all[i] && sd_bus_process(all[i], NULL) > 0;
		if (!worked)
			sd_bus_wait(here.ours, 1000);
	}
	return *value == wanted;
}

static pid_t daemon_start(char *address, size_t size)
{
	char config[128], number[32];
	int ends[2];
	snprintf(config, sizeof(config), "--config-file=%s/bus.conf", folder);
	FILE *file = fopen(config + strlen("--config-file="), "w");
	assert_non_null(file);
	fputs(everything_allowed, file);
	fclose(file);
	assert_int_equal(pipe(ends), 0);
	snprintf(number, sizeof(number), "--print-address=%d", ends[1]);
	pid_t child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(open("/dev/null", O_WRONLY), 2); /* it may not raise its limits, and says so */
		execlp("dbus-daemon", "dbus-daemon", "--nofork", config, number, NULL);
		_exit(127);
	}
	close(ends[1]);
	ssize_t got = read(ends[0], address, size - 1);
	close(ends[0]);
	address[got > 0 ? got : 0] = 0;
	address[strcspn(address, "\n")] = 0;
	return child;
}

static int bus_make(void **state)
{
	char address[256];
	folder_make(state);
	here.daemon = daemon_start(address, sizeof(address));
	if (!*address)
		fail_msg("no dbus-daemon could be started");
	assert_int_equal(bus_open_address(&here.bluetoothd, address), 0);
	assert_int_equal(bus_open_address(&here.stranger, address), 0);
	assert_int_equal(bus_open_address(&here.ours, address), 0);
	assert_true(sd_bus_request_name(here.bluetoothd, "org.bluez", 0) >= 0);
	assert_true(sd_bus_add_filter(here.bluetoothd, NULL, on_call, NULL) >= 0);
	assert_int_equal(bluez_new(&here.bluez, here.ours, 44100, &events, NULL), 0);
	assert_true(pump(&here.present, true));
	bluez_set_agent(here.bluez, BLUEZ_KEYBOARD_DISPLAY);
	struct bluez_adapter *adapter = bluez_find_adapter(here.bluez, "00:1A:7D:DA:71:13");
	assert_non_null(adapter);
	assert_int_equal(bluez_register_sink(adapter), 0);
	bluez_register_endpoints(here.bluez, adapter, 1);
	assert_true(pump(&here.endpoints, 1));
	assert_true(pump(&here.agent, 1));
	return 0;
}

static int bus_end(void **state)
{
	bluez_free(here.bluez);
	sd_bus_flush_close_unref(here.ours);
	sd_bus_flush_close_unref(here.stranger);
	sd_bus_flush_close_unref(here.bluetoothd);
	kill(here.daemon, SIGTERM);
	waitpid(here.daemon, NULL, 0);
	return folder_remove(state);
}

/* --- what can be said ------------------------------------------------------------------------------ */

static int answered;
static char answer[128];

static int on_answer(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const sd_bus_error *said = sd_bus_message_get_error(reply);
	(void)user, (void)error;
	snprintf(answer, sizeof(answer), "%s", said ? said->name : "");
	answered++;
	return 0;
}

static sd_bus_message *new_call(sd_bus *from, const char *path, const char *interface,
                                const char *method)
{
	const char *to;
	sd_bus_message *call = NULL;
	assert_true(sd_bus_get_unique_name(here.ours, &to) >= 0);
	assert_true(sd_bus_message_new_method_call(from, &call, to, path, interface, method) >= 0);
	return call;
}

/* Calls us; the name of the error, or "" if it was done. */
static const char *say_call(sd_bus *from, sd_bus_message *call)
{
	answered = 0;
	assert_true(sd_bus_call_async(from, NULL, call, on_answer, NULL, 0) >= 0);
	sd_bus_message_unref(call);
	assert_true(pump(&answered, 1));
	return answer;
}

/* What was sent before has been received when this is answered. */
static void round_trip(sd_bus *from)
{
	say_call(from, new_call(from, AGENT_PATH, "org.freedesktop.DBus.Peer", "Ping"));
}

/* To us alone: a bus daemon's match rules do not stand in between. */
static void say_signal(sd_bus *from, const char *path, const char *interface, const char *member,
                       const char *types, ...)
{
	const char *to;
	sd_bus_message *signal = NULL;
	va_list arguments;
	assert_true(sd_bus_get_unique_name(here.ours, &to) >= 0);
	assert_true(sd_bus_message_new_signal(from, &signal, path, interface, member) >= 0);
	va_start(arguments, types);
	assert_true(sd_bus_message_appendv(signal, types, arguments) >= 0);
	va_end(arguments);
	assert_true(sd_bus_message_set_destination(signal, to) >= 0);
	assert_true(sd_bus_send(from, signal, NULL) >= 0);
	sd_bus_message_unref(signal);
}

static void say_all(sd_bus *from)
{
	say_signal(from, HCI0, PROPERTIES, "PropertiesChanged", "sa{sv}as", "org.bluez.Adapter1", 1,
	           "Powered", "b", 0, 0);
	say_signal(from, "/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}",
	           HCI0 "/dev_00_00_5E_00_53_66", 1, "org.bluez.Device1", 2, "Address", "s",
	           "00:00:5E:00:53:66", "Paired", "b", 1);
	say_signal(from, "/", OBJECT_MANAGER, "InterfacesRemoved", "oas", SPEAKER, 1,
	           "org.bluez.Device1");
	round_trip(from);
}

/* --- tests ----------------------------------------------------------------------------------------- */

static void a_strangers_signals_are_not_heard(void **state)
{
	(void)state;
	say_all(here.stranger);
	say_signal(here.stranger, "/org/freedesktop/DBus", "org.freedesktop.DBus",
	           "NameOwnerChanged", "sss", "org.bluez", ":1.1", "");
	round_trip(here.stranger);
	assert_true(here.powered);
	assert_true(here.present);
	assert_int_equal(here.devices, 1);
	assert_non_null(bluez_find_device(here.bluez, SPEAKER));
}

static void a_stranger_configures_no_stream(void **state)
{
	static const uint8_t bytes[] = {0x21, 0x15, 2, 53};
	static const char *const plain[] = {"ClearConfiguration", "Release", "SelectConfiguration"};
	static const char *const endpoints[] = {ENDPOINT_PATH, SINK_PATH};
	static const char interface[] = "org.bluez.MediaEndpoint1";
	(void)state;
	for (size_t k = 0; k < COUNT(endpoints); k++) {
		sd_bus_message *call =
		    new_call(here.stranger, endpoints[k], interface, "SetConfiguration");
		sd_bus_message_append(call, "oa{sv}", SPEAKER "/fd0", 2, "Device", "o", SPEAKER,
		                      "Configuration", "ay", sizeof(bytes), 0x21, 0x15, 2, 53);
		assert_string_equal(say_call(here.stranger, call), SD_BUS_ERROR_ACCESS_DENIED);
		assert_int_equal(here.transports, 0);
		for (size_t i = 0; i < COUNT(plain); i++) {
			call = new_call(here.stranger, endpoints[k], interface, plain[i]);
			if (i == 0)
				sd_bus_message_append(call, "o", SPEAKER "/fd0");
			else if (i == 2)
				sd_bus_message_append_array(call, 'y', bytes, sizeof(bytes));
			assert_string_equal(say_call(here.stranger, call),
			                    SD_BUS_ERROR_ACCESS_DENIED);
		}
	}
}

static void a_stranger_asks_the_agent_nothing(void **state)
{
	static const struct {
		const char *method, *types;
	} rows[] = {
	    {"RequestAuthorization", "o"},
	    {"RequestConfirmation", "ou"},
	    {"RequestPinCode", "o"},
	    {"RequestPasskey", "o"},
	    {"DisplayPinCode", "os"},
	    {"DisplayPasskey", "ouq"},
	    {"AuthorizeService", "os"},
	    {"Cancel", ""},
	    {"Release", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		sd_bus_message *call =
		    new_call(here.stranger, AGENT_PATH, "org.bluez.Agent1", rows[i].method);
		if (strlen(rows[i].types) > 0)
			sd_bus_message_append(call, "o", SPEAKER);
		if (strchr(rows[i].types, 'u'))
			sd_bus_message_append(call, "u", 1);
		if (strchr(rows[i].types, 'q'))
			sd_bus_message_append(call, "q", 1);
		if (strchr(rows[i].types, 's'))
			sd_bus_message_append(call, "s", "0000");
		assert_string_equal(say_call(here.stranger, call), SD_BUS_ERROR_ACCESS_DENIED);
	}
	assert_int_equal(here.asked, 0);
}

/* The same words from bluetoothd itself: what the tests above prove is the sender's doing. */
static void bluetoothd_is_heard(void **state)
{
	(void)state;
	sd_bus_message *call =
	    new_call(here.bluetoothd, AGENT_PATH, "org.bluez.Agent1", "RequestAuthorization");
	sd_bus_message_append(call, "o", SPEAKER);
	assert_string_equal(say_call(here.bluetoothd, call), "");
	assert_int_equal(here.asked, 1);
	call = new_call(here.bluetoothd, ENDPOINT_PATH, "org.bluez.MediaEndpoint1",
	                "SetConfiguration");
	sd_bus_message_append(call, "oa{sv}", SPEAKER "/fd0", 2, "Device", "o", SPEAKER,
	                      "Configuration", "ay", 4, 0x21, 0x15, 2, 53);
	assert_string_equal(say_call(here.bluetoothd, call), "");
	assert_int_equal(here.transports, 1);
	say_all(here.bluetoothd);
	assert_false(here.powered);
	assert_null(bluez_find_device(here.bluez, SPEAKER));
	assert_int_equal(here.devices, 1);
	assert_int_equal(here.transports, 0); /* it went with its device */
}

/* The name changes hands: who had it is a stranger from then on. */
static void who_has_lost_the_name_is_not_heard(void **state)
{
	(void)state;
	assert_true(sd_bus_release_name(here.bluetoothd, "org.bluez") >= 0);
	assert_true(pump(&here.present, false));
	assert_true(sd_bus_add_filter(here.stranger, NULL, on_call, NULL) >= 0);
	assert_true(sd_bus_request_name(here.stranger, "org.bluez", 0) >= 0);
	assert_true(pump(&here.present, true));
	say_all(here.bluetoothd);
	assert_true(here.powered);
	assert_int_equal(here.devices, 1);
	say_all(here.stranger);
	assert_false(here.powered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_strangers_signals_are_not_heard),
	    cmocka_unit_test(a_stranger_configures_no_stream),
	    cmocka_unit_test(a_stranger_asks_the_agent_nothing),
	    cmocka_unit_test(bluetoothd_is_heard),
	    cmocka_unit_test(who_has_lost_the_name_is_not_heard),
	};
	return cmocka_run_group_tests(tests, bus_make, bus_end);
}
