/* SPDX-License-Identifier: MIT */
/*
 * The whole relay with a bluetoothd that lies: objects that come, change and go in any order, with
 * properties of any type; calls that are answered wrongly, twice or never; an agent asked anything.
 */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "relay/relay.h"

#define MS 1000000ll
#define ACTS 40

struct hostile {
	struct fuzz_input input;
	sd_bus *bus;
	int64_t now;
};

/* --- a source that is silent -------------------------------------------------------------------- */

static int source_open(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	(void)source, (void)inlet, (void)rate, (void)events, (void)user;
	return 0;
}

static int source_fd(const struct source *source)
{
	(void)source;
	return -1;
}

static void source_nothing(struct source *source)
{
	(void)source;
}

static const struct source_ops silent_ops = {
    .open = source_open, .fd = source_fd, .dispatch = source_nothing, .close = source_nothing};
static struct source silent = {&silent_ops};

/* --- what a message is made of ------------------------------------------------------------------- */

static const char *const paths[] = {
    "/",
    "/org/bluez",
    "/org/bluez/hci0",
    "/org/bluez/hci1",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01",
    "/org/bluez/hci0/dev_00_00_5E_00_53_02",
    "/org/bluez/hci1/dev_00_00_5E_00_53_01",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01/fd0",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01/fd1",
    "/org/bluez/hci0/dev_00_00_5E_00_53_02/fd2",
    "/org/echorelay/agent",
    "/org/echorelay/001A7DDA7113/source0",
    "/org/echorelay/001A7DDA7113/source1",
};
static const char *const interfaces[] = {
    "org.bluez.Adapter1",       "org.bluez.Device1", "org.bluez.MediaTransport1",
    "org.bluez.MediaEndpoint1", "org.bluez.Agent1",
};
static const char *const texts[] = {
    "00:1A:7D:DA:71:13",
    "00:00:5E:00:53:01",
    "00:00:5E:00:53:02",
    "/org/bluez/hci0",
    "/org/bluez/hci1",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01",
    "0000110a-0000-1000-8000-00805f9b34fb",
    "0000110b-0000-1000-8000-00805f9b34fb",
    "active",
    "pending",
    "idle",
    "",
    "usb:v1949p1200d1419",
};

struct property {
	const char *name, *type;
};
static const struct property properties[] = {
    {"Address", "s"},   {"Alias", "s"},          {"Powered", "b"},     {"Discoverable", "b"},
    {"Pairable", "b"},  {"Class", "u"},          {"Discovering", "b"}, {"Modalias", "s"},
    {"Adapter", "o"},   {"Paired", "b"},         {"Trusted", "b"},     {"Blocked", "b"},
    {"Connected", "b"}, {"RSSI", "n"},           {"UUIDs", "as"},      {"Device", "o"},
    {"UUID", "s"},      {"State", "s"},          {"Codec", "y"},       {"Delay", "q"},
    {"Volume", "q"},    {"Configuration", "ay"},
};

#define ONE_OF(input, list) ((list)[fuzz_byte(input) % (sizeof(list) / sizeof((list)[0]))])

static const char *text_of(struct fuzz_input *input, char *text, size_t size)
{
	if (fuzz_byte(input) % 4)
		return ONE_OF(input, texts);
	fuzz_word(input, text, size);
	for (char *c = text; *c; c++) /* D-Bus takes no text that is no UTF-8 */
		*c &= 0x7f;
	return text;
}

static void append_value(sd_bus_message *message, struct fuzz_input *input, const char *type)
{
	char own[300];
	uint8_t bytes[20];
	uint32_t number = fuzz_byte(input) % 3 ? fuzz_byte(input) : fuzz_number(input);
	switch (*type) {
	case 's':
		sd_bus_message_append(message, "s", text_of(input, own, sizeof(own)));
		break;
	case 'o':
		sd_bus_message_append(message, "o", ONE_OF(input, paths));
		break;
	case 'b':
		sd_bus_message_append(message, "b", (int)(number & 1));
		break;
	case 'y':
	case 'n':
	case 'q':
	case 'u':
		sd_bus_message_append(message, type, number);
		break;
	default:
		if (!strcmp(type, "as")) {
			sd_bus_message_append(message, "as", 2, ONE_OF(input, texts),
			                      ONE_OF(input, texts));
			break;
		}
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = fuzz_byte(input);
		sd_bus_message_append_array(message, 'y', bytes,
		                            number % 3 ? 4 : number % sizeof(bytes));
	}
}

static void append_properties(sd_bus_message *message, struct fuzz_input *input)
{
	int count = fuzz_byte(input) % 12;
	sd_bus_message_open_container(message, 'a', "{sv}");
	for (int i = 0; i < count && input->left; i++) {
		struct property property = ONE_OF(input, properties);
		if (fuzz_byte(input) > 250)
			property.type = ONE_OF(input, properties).type;
		sd_bus_message_open_container(message, 'e', "sv");
		sd_bus_message_append(message, "s", property.name);
		sd_bus_message_open_container(message, 'v', property.type);
		append_value(message, input, property.type);
		sd_bus_message_close_container(message);
		sd_bus_message_close_container(message);
	}
	sd_bus_message_close_container(message);
}

static void append_interfaces(sd_bus_message *message, struct fuzz_input *input)
{
	sd_bus_message_open_container(message, 'a', "{sa{sv}}");
	sd_bus_message_open_container(message, 'e', "sa{sv}");
	sd_bus_message_append(message, "s", ONE_OF(input, interfaces));
	append_properties(message, input);
	sd_bus_message_close_container(message);
	sd_bus_message_close_container(message);
}

static void append_objects(sd_bus_message *message, struct fuzz_input *input)
{
	int count = fuzz_byte(input) % 8;
	sd_bus_message_open_container(message, 'a', "{oa{sa{sv}}}");
	for (int i = 0; i < count && input->left; i++) {
		sd_bus_message_open_container(message, 'e', "oa{sa{sv}}");
		sd_bus_message_append(message, "o", ONE_OF(input, paths));
		append_interfaces(message, input);
		sd_bus_message_close_container(message);
	}
	sd_bus_message_close_container(message);
}

/* --- what it does -------------------------------------------------------------------------------- */

static void send_and_forget(struct hostile *hostile, sd_bus_message *message)
{
	sd_bus_send(hostile->bus, message, NULL);
	sd_bus_message_unref(message);
}

static void say_objects(struct hostile *hostile, const char *member)
{
	sd_bus_message *signal = NULL;
	if (sd_bus_message_new_signal(hostile->bus, &signal, "/",
	                              "org.freedesktop.DBus.ObjectManager", member) < 0)
		return;
	sd_bus_message_append(signal, "o", ONE_OF(&hostile->input, paths));
	if (!strcmp(member, "InterfacesAdded"))
		append_interfaces(signal, &hostile->input);
	else
		sd_bus_message_append(signal, "as", 1, ONE_OF(&hostile->input, interfaces));
	send_and_forget(hostile, signal);
}

static void say_changed(struct hostile *hostile)
{
	sd_bus_message *signal = NULL;
	if (sd_bus_message_new_signal(hostile->bus, &signal, ONE_OF(&hostile->input, paths),
	                              "org.freedesktop.DBus.Properties", "PropertiesChanged") < 0)
		return;
	sd_bus_message_append(signal, "s", ONE_OF(&hostile->input, interfaces));
	append_properties(signal, &hostile->input);
	sd_bus_message_append(signal, "as", 0);
	send_and_forget(hostile, signal);
}

static void say_owner(struct hostile *hostile)
{
	sd_bus_message *signal = NULL;
	if (sd_bus_message_new_signal(hostile->bus, &signal, "/org/freedesktop/DBus",
	                              "org.freedesktop.DBus", "NameOwnerChanged") < 0)
		return;
	sd_bus_message_set_sender(signal, "org.freedesktop.DBus");
	sd_bus_message_append(signal, "sss", "org.bluez", "",
	                      fuzz_byte(&hostile->input) % 2 ? ":1.2" : "");
	send_and_forget(hostile, signal);
}

static void call_endpoint(struct hostile *hostile)
{
	static const char *const methods[] = {"SelectConfiguration", "SetConfiguration",
	                                      "ClearConfiguration", "Release"};
	const char *method = ONE_OF(&hostile->input, methods);
	const char *path = paths[11 + fuzz_byte(&hostile->input) % 2];
	sd_bus_message *call = NULL;
	if (sd_bus_message_new_method_call(hostile->bus, &call, NULL, path,
	                                   "org.bluez.MediaEndpoint1", method) < 0)
		return;
	if (!strcmp(method, "SelectConfiguration"))
		append_value(call, &hostile->input, "ay");
	else if (strcmp(method, "Release") != 0)
		sd_bus_message_append(call, "o", ONE_OF(&hostile->input, paths));
	if (!strcmp(method, "SetConfiguration"))
		append_properties(call, &hostile->input);
	send_and_forget(hostile, call);
}

static void call_agent(struct hostile *hostile)
{
	static const struct property methods[] = {
	    {"RequestPinCode", "o"},       {"RequestPasskey", "o"},  {"RequestConfirmation", "ou"},
	    {"RequestAuthorization", "o"}, {"DisplayPinCode", "os"}, {"DisplayPasskey", "ouq"},
	    {"AuthorizeService", "os"},    {"Cancel", ""},           {"Release", ""},
	};
	struct property method = ONE_OF(&hostile->input, methods);
	sd_bus_message *call = NULL;
	if (sd_bus_message_new_method_call(hostile->bus, &call, NULL, "/org/echorelay/agent",
	                                   "org.bluez.Agent1", method.name) < 0)
		return;
	for (const char *type = method.type; *type; type++) {
		char one[2] = {*type, 0};
		append_value(call, &hostile->input, one);
	}
	send_and_forget(hostile, call);
}

static void answer_acquire(sd_bus_message *reply, struct hostile *hostile)
{
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	sd_bus_message_append(reply, "hqq", fds[0], (int)fuzz_number(&hostile->input) & 0xffff,
	                      (int)fuzz_byte(&hostile->input));
	close(fds[0]);
	close(fds[1]);
}

/* Whatever the relay calls: the right answer, a wrong one, an error, two, or none. */
static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct hostile *hostile = user;
	const char *member = sd_bus_message_get_member(call);
	sd_bus_message *reply = NULL;
	uint8_t how = fuzz_byte(&hostile->input);
	(void)error;
	if (sd_bus_message_is_method_call(call, NULL, NULL) <= 0)
		return 0;
	if (how % 16 == 15)
		return 1;
	if (how % 16 >= 13)
		return sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "%s",
		                                  ONE_OF(&hostile->input, texts));
	if (sd_bus_message_new_method_return(call, &reply) < 0)
		return 1;
	if (member && !strcmp(member, "GetManagedObjects"))
		append_objects(reply, &hostile->input);
	else if (member && strstr(member, "Acquire") && how % 16 < 10)
		answer_acquire(reply, hostile);
	sd_bus_send(hostile->bus, reply, NULL);
	sd_bus_message_unref(reply);
	if (how % 16 == 12)
		sd_bus_reply_method_return(call, "");
	return 1;
}

static void command(struct relay *relay, struct fuzz_input *input)
{
	static const char *const lines[] = {
	    "scan on",
	    "pair 1",
	    "pair 00:00:5E:00:53:01",
	    "cancel",
	    "window open",
	    "connect 1",
	    "connect 1 off",
	    "mute all on",
	    "answer 1 yes",
	    "answer 2 no",
	    "unpair 00:00:5E:00:53:01 --yes",
	    "volume 1 +5",
	    "rename 1 \"x\"",
	    "role 00:00:5E:00:53:01 speaker",
	    "delay 1 +10ms",
	    "all connect",
	    "test 1",
	    "align start",
	};
	char reply[256];
	relay_command(relay, ONE_OF(input, lines), reply, sizeof(reply));
}

static void act(struct hostile *hostile, struct relay *relay)
{
	switch (fuzz_byte(&hostile->input) % 12) {
	case 0:
	case 1:
	case 2:
		say_objects(hostile, "InterfacesAdded");
		break;
	case 3:
		say_objects(hostile, "InterfacesRemoved");
		break;
	case 4:
	case 5:
		say_changed(hostile);
		break;
	case 6:
		say_owner(hostile);
		break;
	case 7:
	case 8:
		call_endpoint(hostile);
		break;
	case 9:
		call_agent(hostile);
		break;
	case 10:
		command(relay, &hostile->input);
		break;
	default:
		hostile->now += fuzz_byte(&hostile->input) * 100 * MS;
	}
}

/* --- the two together ---------------------------------------------------------------------------- */

static int64_t now_of(void *user)
{
	return ((struct hostile *)user)->now;
}

static void talk(struct hostile *hostile, struct relay *relay)
{
	for (int i = 0; i < 4; i++) {
		relay_step(relay);
		for (int j = 0; j < 20 && sd_bus_process(hostile->bus, NULL) > 0; j++)
			;
	}
	hostile->now += MS;
	relay_model(relay);
}

static int peer_open(struct hostile *hostile)
{
	sd_id128_t id = SD_ID128_MAKE(1, 2, 3, 4, 5, 6, 7, 8, 9, a, b, c, d, e, f, 0);
	int fds[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		abort();
	fuzz_require(sd_bus_new(&hostile->bus) >= 0 &&
	                 sd_bus_set_fd(hostile->bus, fds[1], fds[1]) >= 0 &&
	                 sd_bus_set_server(hostile->bus, 1, id) >= 0 &&
	                 sd_bus_set_anonymous(hostile->bus, 1) >= 0 &&
	                 sd_bus_negotiate_fds(hostile->bus, 1) >= 0 &&
	                 sd_bus_set_sender(hostile->bus, "org.bluez") >= 0 &&
	                 sd_bus_add_filter(hostile->bus, NULL, on_call, hostile) >= 0 &&
	                 sd_bus_start(hostile->bus) >= 0,
	             "there is a bus");
	return fds[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings;
	struct hostile hostile = {.input = {data, size}, .now = 1000000 * MS};
	struct clock clock = {.now = now_of, .user = &hostile};
	struct journal journal;
	struct relay *relay;
	settings_init(&settings);
	journal_open(&journal, NULL);
	struct relay_config config = {.clock = &clock,
	                              .settings = &settings,
	                              .journal = &journal,
	                              .source = &silent,
	                              .bus_fd = peer_open(&hostile)};
	fuzz_require(!relay_new(&relay, &config), "there is a relay");
	for (int i = 0; i < 4; i++)
		talk(&hostile, relay);
	for (int i = 0; i < ACTS && hostile.input.left; i++) {
		act(&hostile, relay);
		talk(&hostile, relay);
	}
	sd_bus_flush_close_unref(hostile.bus);
	relay_step(relay);
	relay_free(relay);
	journal_close(&journal);
	return 0;
}
