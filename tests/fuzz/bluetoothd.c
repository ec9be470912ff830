/* SPDX-License-Identifier: MIT */
/*
 * The whole relay with a bluetoothd that lies: objects that come, change and go in any order, with
 * properties of any type; calls that are answered wrongly, twice or never; an agent asked anything; streams
 * with whatever in them.  What it says is of a house with an adapter, a speaker and an Echo, and true where
 * the input is zero: who lies always is never believed so far that there is a stream.
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
#define STREAMS 8

struct hostile {
	struct fuzz_input input;
	sd_bus *bus;
	int64_t now;
	int streams[STREAMS]; /* the far ends of those that were acquired */
	int stream_count;
};

/* --- a source ------------------------------------------------------------------------------------ */

/* It is PipeWire's node of the Echo, and does what the input says. */
struct made_up {
	struct source source;
	struct inlet *inlet;
	const struct source_events *events;
	void *user;
	int64_t position;
};

static struct made_up *made_up_of(struct source *source)
{
	return (struct made_up *)((char *)source - offsetof(struct made_up, source));
}

static int source_open(struct source *source, struct inlet *inlet, uint32_t rate,
                       const struct source_events *events, void *user)
{
	struct made_up *made_up = made_up_of(source);
	(void)rate;
	made_up->inlet = inlet;
	made_up->events = events;
	made_up->user = user;
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

static void source_set_path(struct source *source, enum source_path path)
{
	(void)source, (void)path;
}

static const struct source_ops source_ops = {.open = source_open,
                                             .fd = source_fd,
                                             .dispatch = source_nothing,
                                             .set_path = source_set_path,
                                             .close = source_nothing};

static void source_changes(struct made_up *made_up, struct fuzz_input *input)
{
	struct source_info info = {.state = SOURCE_STREAMING - fuzz_byte(input) % 3,
	                           .node = "bluez_input.00_00_5E_00_53_02.0",
	                           .name = "Echo",
	                           .address = "00:00:5E:00:53:02",
	                           .rate = 44100,
	                           .channels = 2,
	                           .latency_ns = 20 * MS,
	                           .gain = 1 - (float)fuzz_byte(input) / 255};
	made_up->events->changed(made_up->user, &info);
}

/* Ten milliseconds of a sawtooth. */
static void source_plays(struct made_up *made_up, int64_t now)
{
	static struct frame frames[441];
	struct inlet_block block = {
	    .ns = now, .position = made_up->position, .clock_id = 1, .count = 441};
	for (int i = 0; i < 441; i++)
		frames[i].left = frames[i].right = (float)(i % 100) / 200 - 0.25f;
	inlet_write(made_up->inlet, &block, frames, 44100);
	made_up->position += 441;
}

/* --- what a message is made of ------------------------------------------------------------------- */

static const char *const paths[] = {
    "/",
    "/org/bluez",
    "/org/bluez/hci0",
    "/org/bluez/hci1",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01",
    "/org/bluez/hci0/dev_00_00_5E_00_53_02",
    "/org/bluez/hci0/dev_00_00_5E_00_53_03",
    "/org/bluez/hci1/dev_00_00_5E_00_53_01",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01/fd0",
    "/org/bluez/hci0/dev_00_00_5E_00_53_01/fd1",
    "/org/bluez/hci0/dev_00_00_5E_00_53_02/fd2",
    "/org/echorelay/agent",
    "/org/echorelay/001A7DDA7113/source0",
    "/org/echorelay/001A7DDA7113/source1",
};
static const char *const endpoints[] = {
    "/org/echorelay/001A7DDA7113/source0",
    "/org/echorelay/001A7DDA7113/source1",
    "/org/echorelay/001A7DDA7113/sink0",
};
static const char *const interfaces[] = {
    "org.bluez.Adapter1",       "org.bluez.Device1", "org.bluez.MediaTransport1",
    "org.bluez.MediaEndpoint1", "org.bluez.Agent1",
};
static const char *const texts[] = {
    "00:1A:7D:DA:71:13",
    "00:00:5E:00:53:01",
    "00:00:5E:00:53:02",
    "00:00:5E:00:53:03",
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

struct truth {
	const char *name, *type, *text;
	uint32_t number;
};
struct object {
	const char *path, *interface;
	struct truth truths[10];
};

#define HCI0 "/org/bluez/hci0"
#define SPEAKER HCI0 "/dev_00_00_5E_00_53_01"
#define ECHO_DOT HCI0 "/dev_00_00_5E_00_53_02"
#define STRANGER HCI0 "/dev_00_00_5E_00_53_03"
#define SOURCE_UUID "0000110a-0000-1000-8000-00805f9b34fb"
#define SINK_UUID "0000110b-0000-1000-8000-00805f9b34fb"

static const struct object house[] = {
    {HCI0,
     "org.bluez.Adapter1",
     {{"Address", "s", "00:1A:7D:DA:71:13", 0},
      {"Alias", "s", "box", 0},
      {"Powered", "b", NULL, 1},
      {"Discoverable", "b", NULL, 0},
      {"Pairable", "b", NULL, 0},
      {"Discovering", "b", NULL, 0},
      {"UUIDs", "as", SINK_UUID, 0}}},
    {SPEAKER,
     "org.bluez.Device1",
     {{"Address", "s", "00:00:5E:00:53:01", 0},
      {"Alias", "s", "Kitchen", 0},
      {"Adapter", "o", HCI0, 0},
      {"Class", "u", NULL, 0x240414},
      {"Paired", "b", NULL, 1},
      {"Connected", "b", NULL, 1},
      {"UUIDs", "as", SINK_UUID, 0}}},
    {ECHO_DOT,
     "org.bluez.Device1",
     {{"Address", "s", "00:00:5E:00:53:02", 0},
      {"Alias", "s", "Echo", 0},
      {"Adapter", "o", HCI0, 0},
      {"Paired", "b", NULL, 1},
      {"Connected", "b", NULL, 1},
      {"UUIDs", "as", SOURCE_UUID, 0}}},
    {STRANGER,
     "org.bluez.Device1",
     {{"Address", "s", "00:00:5E:00:53:03", 0},
      {"Alias", "s", "Patio", 0},
      {"Adapter", "o", HCI0, 0},
      {"Class", "u", NULL, 0x240414},
      {"Paired", "b", NULL, 0},
      {"RSSI", "n", NULL, (uint16_t)-60},
      {"UUIDs", "as", SINK_UUID, 0}}},
    {SPEAKER "/fd0",
     "org.bluez.MediaTransport1",
     {{"Device", "o", SPEAKER, 0},
      {"UUID", "s", SOURCE_UUID, 0},
      {"Codec", "y", NULL, 0},
      {"Configuration", "ay", "\x21\x15\x02\x35", 0},
      {"State", "s", "idle", 0},
      {"Delay", "q", NULL, 1500},
      {"Volume", "q", NULL, 100}}},
    {ECHO_DOT "/fd2",
     "org.bluez.MediaTransport1",
     {{"Device", "o", ECHO_DOT, 0},
      {"UUID", "s", SINK_UUID, 0},
      {"Codec", "y", NULL, 0},
      {"Configuration", "ay", "\x21\x15\x02\x35", 0},
      {"State", "s", "pending", 0},
      {"Volume", "q", NULL, 100}}},
};
#define OBJECTS 6
#define TRANSPORTS 4 /* from there on: the speaker's, the Echo's */
#define ENDPOINTS 3  /* the last is the Echo's */

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

static void append_truth(sd_bus_message *message, const struct truth *truth)
{
	if (*truth->type == 'o' || *truth->type == 's')
		sd_bus_message_append(message, truth->type, truth->text);
	else if (!strcmp(truth->type, "as"))
		sd_bus_message_append(message, "as", 1, truth->text);
	else if (!strcmp(truth->type, "ay"))
		sd_bus_message_append_array(message, 'y', truth->text, strlen(truth->text));
	else
		sd_bus_message_append(message, truth->type, truth->number);
}

/* Of `truth`, or where that is NULL of `type`. */
static void append_property(sd_bus_message *message, struct fuzz_input *input, const char *name,
                            const char *type, const struct truth *truth)
{
	sd_bus_message_open_container(message, 'e', "sv");
	sd_bus_message_append(message, "s", name);
	sd_bus_message_open_container(message, 'v', type);
	if (truth)
		append_truth(message, truth);
	else
		append_value(message, input, type);
	sd_bus_message_close_container(message);
	sd_bus_message_close_container(message);
}

/* A property of an object: true, or left out, or another value. */
static void append_own(sd_bus_message *message, struct fuzz_input *input, const struct truth *truth)
{
	uint8_t how = fuzz_byte(input);
	if (how >= 224)
		return;
	append_property(message, input, truth->name, truth->type, how < 160 ? truth : NULL);
}

static void append_foreign(sd_bus_message *message, struct fuzz_input *input)
{
	struct property property = ONE_OF(input, properties);
	if (fuzz_byte(input) > 250)
		property.type = ONE_OF(input, properties).type;
	append_property(message, input, property.name, property.type, NULL);
}

static void append_properties(sd_bus_message *message, struct fuzz_input *input,
                              const struct object *object)
{
	int foreign = object ? 0 : fuzz_byte(input) % 12;
	sd_bus_message_open_container(message, 'a', "{sv}");
	for (const struct truth *truth = object ? object->truths : NULL; truth && truth->name;
	     truth++)
		append_own(message, input, truth);
	for (int i = 0; i < foreign && input->left; i++)
		append_foreign(message, input);
	sd_bus_message_close_container(message);
}

/* One that changed; or any, where the object is none. */
static void append_change(sd_bus_message *message, struct fuzz_input *input,
                          const struct object *object)
{
	int count = 0;
	if (!object) {
		append_properties(message, input, NULL);
		return;
	}
	while (object->truths[count].name)
		count++;
	sd_bus_message_open_container(message, 'a', "{sv}");
	append_own(message, input, &object->truths[fuzz_byte(input) % count]);
	sd_bus_message_close_container(message);
}

/* One of the house; or NULL: any, of which nothing is true. */
static const struct object *pick_object(struct fuzz_input *input)
{
	uint8_t which = fuzz_byte(input);
	return which < 192 ? &house[which % OBJECTS] : NULL;
}

static const char *path_of(struct fuzz_input *input, const struct object *object)
{
	return object ? object->path : ONE_OF(input, paths);
}

static const char *interface_of(struct fuzz_input *input, const struct object *object)
{
	return object ? object->interface : ONE_OF(input, interfaces);
}

static void append_interfaces(sd_bus_message *message, struct fuzz_input *input,
                              const struct object *object)
{
	sd_bus_message_open_container(message, 'a', "{sa{sv}}");
	sd_bus_message_open_container(message, 'e', "sa{sv}");
	sd_bus_message_append(message, "s", interface_of(input, object));
	append_properties(message, input, object);
	sd_bus_message_close_container(message);
	sd_bus_message_close_container(message);
}

static void append_object(sd_bus_message *message, struct fuzz_input *input,
                          const struct object *object)
{
	sd_bus_message_open_container(message, 'e', "oa{sa{sv}}");
	sd_bus_message_append(message, "o", path_of(input, object));
	append_interfaces(message, input, object);
	sd_bus_message_close_container(message);
}

static void append_objects(sd_bus_message *message, struct fuzz_input *input)
{
	int first = fuzz_byte(input) % 8, foreign = fuzz_byte(input) % 4;
	sd_bus_message_open_container(message, 'a', "{oa{sa{sv}}}");
	for (int i = first; i < OBJECTS; i++)
		append_object(message, input, &house[i]);
	for (int i = 0; i < foreign; i++)
		append_object(message, input, NULL);
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
	struct fuzz_input *input = &hostile->input;
	const struct object *object = pick_object(input);
	sd_bus_message *signal = NULL;
	if (sd_bus_message_new_signal(hostile->bus, &signal, "/",
	                              "org.freedesktop.DBus.ObjectManager", member) < 0)
		return;
	sd_bus_message_append(signal, "o", path_of(input, object));
	if (!strcmp(member, "InterfacesAdded"))
		append_interfaces(signal, input, object);
	else
		sd_bus_message_append(signal, "as", 1, interface_of(input, object));
	send_and_forget(hostile, signal);
}

static void say_changed(struct hostile *hostile)
{
	struct fuzz_input *input = &hostile->input;
	const struct object *object = pick_object(input);
	sd_bus_message *signal = NULL;
	if (sd_bus_message_new_signal(hostile->bus, &signal, path_of(input, object),
	                              "org.freedesktop.DBus.Properties", "PropertiesChanged") < 0)
		return;
	sd_bus_message_append(signal, "s", interface_of(input, object));
	append_change(signal, input, object);
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
	static const char *const methods[] = {"SetConfiguration", "SelectConfiguration",
	                                      "ClearConfiguration", "Release"};
	const char *method = ONE_OF(&hostile->input, methods);
	uint8_t which = fuzz_byte(&hostile->input), whose = fuzz_byte(&hostile->input);
	const char *path = endpoints[which % ENDPOINTS];
	bool echos = which % ENDPOINTS == ENDPOINTS - 1;
	/* the stream that belongs there, one that does not, or any */
	const struct object *transport =
	    whose < 192 ? &house[TRANSPORTS + (echos != (whose % 8 == 7))] : NULL;
	sd_bus_message *call = NULL;
	if (sd_bus_message_new_method_call(hostile->bus, &call, NULL, path,
	                                   "org.bluez.MediaEndpoint1", method) < 0)
		return;
	if (!strcmp(method, "SelectConfiguration"))
		append_value(call, &hostile->input, "ay");
	else if (strcmp(method, "Release") != 0)
		sd_bus_message_append(call, "o", path_of(&hostile->input, transport));
	if (!strcmp(method, "SetConfiguration"))
		append_properties(call, &hostile->input, transport);
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
	uint32_t how = fuzz_byte(&hostile->input);
	uint32_t mtu = how < 192 ? 672 : fuzz_number(&hostile->input) & 0xffff;
	sd_bus_message_append(reply, "hqq", fds[0], mtu, mtu);
	close(fds[0]);
	if (how % 16 == 15 || hostile->stream_count == STREAMS)
		close(fds[1]); /* it has ended before it began */
	else
		hostile->streams[hostile->stream_count++] = fds[1];
}

/* The far end of a stream: what came is read or not, and something is sent, or it ends. */
static void stream_acts(struct hostile *hostile)
{
	struct fuzz_input *input = &hostile->input;
	char taken[4096];
	if (!hostile->stream_count)
		return;
	int *fd = &hostile->streams[fuzz_byte(input) % hostile->stream_count];
	uint8_t how = fuzz_byte(input);
	size_t size = fuzz_byte(input) * 4u;
	size = size < input->left ? size : input->left;
	if (*fd < 0)
		return;
	while (how % 2 == 0 && recv(*fd, taken, sizeof(taken), MSG_DONTWAIT) > 0)
		;
	if (how % 8 >= 4 && send(*fd, input->data, size, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
		input->data += size;
		input->left -= size;
	}
	if (how >= 240) {
		close(*fd);
		*fd = -1;
	}
}

/* Whatever the relay calls: the right answer, a wrong one, an error, two, or none. */
static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct hostile *hostile = user;
	const char *member = sd_bus_message_get_member(call);
	sd_bus_message *reply = NULL;
	char own[300];
	uint8_t how = fuzz_byte(&hostile->input);
	(void)error;
	if (sd_bus_message_is_method_call(call, NULL, NULL) <= 0)
		return 0;
	if (how % 16 == 15)
		return 1;
	if (how % 16 >= 13)
		return sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "%s",
		                                  text_of(&hostile->input, own, sizeof(own)));
	if (sd_bus_message_new_method_return(call, &reply) < 0)
		return 1;
	if (member && !strcmp(member, "GetManagedObjects"))
		append_objects(reply, &hostile->input);
	else if (member && strstr(member, "Acquire") && how % 16 < 11)
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
	    "pair 00:00:5E:00:53:03",
	    "cancel",
	    "window on",
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
	    "undo",
	    "scan off",
	    "window off",
	    "solo 1 on",
	    "test 1",
	    "align start",
	};
	char reply[256];
	relay_command(relay, ONE_OF(input, lines), reply, sizeof(reply));
}

static void act(struct hostile *hostile, struct relay *relay, struct made_up *made_up)
{
	switch (fuzz_byte(&hostile->input) % 16) {
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
	case 11:
		source_changes(made_up, &hostile->input);
		break;
	case 12:
		source_plays(made_up, hostile->now);
		break;
	case 13:
		stream_acts(hostile);
		break;
	default: /* 1 ms to 16 s */
		hostile->now += MS << fuzz_byte(&hostile->input) % 15;
	}
}

/* --- the two together ---------------------------------------------------------------------------- */

static int64_t now_of(void *user)
{
	return ((struct hostile *)user)->now;
}

static void is_plain(const char *text)
{
	for (; *text; text++)
		fuzz_require((unsigned char)*text >= ' ' && *text != 0x7f,
		             "nothing that is shown steers a terminal");
}

static void model_is_plain(const struct model *model)
{
	is_plain(model->source.name);
	is_plain(model->source.problem);
	is_plain(model->problem);
	for (int i = 0; i < model->speaker_count; i++) {
		is_plain(model->speakers[i].name);
		is_plain(model->speakers[i].address);
		is_plain(model->speakers[i].problem);
	}
	for (int i = 0; i < model->adapter_count; i++) {
		is_plain(model->adapters[i].name);
		is_plain(model->adapters[i].address);
		is_plain(model->adapters[i].problem);
	}
	for (int i = 0; i < model->event_count; i++) {
		is_plain(model->events[i].subject);
		is_plain(model->events[i].text);
	}
}

static void talk(struct hostile *hostile, struct relay *relay)
{
	for (int i = 0; i < 4; i++) {
		relay_step(relay);
		for (int j = 0; j < 20 && sd_bus_process(hostile->bus, NULL) > 0; j++)
			;
	}
	hostile->now += MS;
	model_is_plain(relay_model(relay));
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
	struct made_up made_up = {.source = {&source_ops}};
	struct clock clock = {.now = now_of, .user = &hostile};
	struct journal journal;
	struct relay *relay;
	settings_init(&settings);
	settings.config.own_sink = fuzz_byte(&hostile.input) % 2;
	journal_open(&journal, NULL);
	struct relay_config config = {.clock = &clock,
	                              .settings = &settings,
	                              .journal = &journal,
	                              .source = &made_up.source,
	                              .bus_fd = peer_open(&hostile)};
	fuzz_require(!relay_new(&relay, &config), "there is a relay");
	for (int i = 0; i < 4; i++)
		talk(&hostile, relay);
	for (int i = 0; i < ACTS && hostile.input.left; i++) {
		act(&hostile, relay, &made_up);
		talk(&hostile, relay);
	}
	sd_bus_flush_close_unref(hostile.bus);
	relay_step(relay);
	relay_free(relay);
	journal_close(&journal);
	for (int i = 0; i < hostile.stream_count; i++)
		if (hostile.streams[i] >= 0)
			close(hostile.streams[i]);
	return 0;
}
