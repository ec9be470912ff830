/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong with a stream to the relay's own sink, and who may have one: bluetoothd fails to hand the Echo's
 * socket over, hands over another thing, or too late; configurations that are none; strangers, speakers and second
 * sources.  In the end the Echo is heard, and the user was told.
 */
#include "tests/helpers/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bluez/bluez.h"
#include "tests/helpers/house_time.h"

#define SECOND HOUSE_SECOND
#define HCI0 "/org/bluez/hci0/"
#define SINK "/org/echorelay/001A7DDA7113/sink0"
#define SOURCE "/org/echorelay/001A7DDA7113/source0"
#define ECHO_PATH HCI0 "dev_44_00_49_12_AB_CD"
#define SPEAKER_PATH HCI0 "dev_00_00_5E_00_53_01"
#define PHONE_PATH HCI0 "dev_00_00_5E_00_53_07"
#define THIEF_PATH HCI0 "dev_00_00_5E_00_53_66"

static const char scenario[] =
    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
    "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nsink = relay\nnoise = yes\nstarts = 2 s\n"
    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n"
    "[speaker Echo Show]\naddress = 00:00:5E:00:53:66\npaired = no\noffers = source\n"
    "modalias = bluetooth:v0171p0001d0001\n"
    "[speaker Phone]\naddress = 00:00:5E:00:53:07\noffers = source\n";

static bool plays(const struct model *model)
{
	bool speaker = false;
	for (int i = 0; i < model->speaker_count; i++)
		speaker |= model_speaker_plays(&model->speakers[i]);
	return speaker && model->source.state == MODEL_SOURCE_STREAMING;
}

static bool sounds(const struct model *model)
{
	return plays(model) && model->source.meter.rms_cdb[0] > -4000;
}

static bool source_is_absent(const struct model *model)
{
	return model->source.state == MODEL_SOURCE_ABSENT;
}

/* --- the man in the middle ------------------------------------------------------------------------- */

enum fault {
	FAULT_NONE,
	FAULT_ERROR,
	FAULT_LATE,  /* it is handed over when nobody waits any more */
	FAULT_TWICE, /* it fails, and is handed over */
	FAULT_EMPTY, /* an answer without a socket */
	FAULT_FILE,  /* things that are no such socket */
	FAULT_PIPE,
	FAULT_EVENT,
	FAULT_STREAM,
	FAULT_DEAD, /* one whose other end is closed already */
	FAULT_LISTEN,
	FAULT_HELD /* until the test says so */
};

static struct middle {
	struct house *house;
	enum fault fault;
	int left, far; /* how often still; the other end of what was handed out, or −1 */
	const char *path;
	sd_bus_message *held;
	int64_t until;
	sd_bus_slot *slot;
} middle;

static int descriptor_of(enum fault fault)
{
	int pair[2] = {-1, -1};
	switch (fault) {
	case FAULT_FILE:
		return open("/dev/zero", O_RDWR | O_CLOEXEC);
	case FAULT_PIPE:
		assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
		break;
	case FAULT_EVENT:
		return eventfd(1, EFD_CLOEXEC);
	case FAULT_LISTEN:
		return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	default:
		assert_int_equal(socketpair(AF_UNIX,
		                            (fault == FAULT_STREAM ? SOCK_STREAM : SOCK_SEQPACKET) |
		                                SOCK_CLOEXEC,
		                            0, pair),
		                 0);
	}
	if (fault == FAULT_STREAM)
		for (int i = 0; i < 500; i++)
			send(pair[1], "rubbish without an end, ", 24, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (fault == FAULT_DEAD) {
		close(pair[1]);
	} else {
		if (middle.far >= 0)
			close(middle.far);
		middle.far = pair[1];
	}
	return pair[0];
}

static void hand_over(sd_bus_message *call, enum fault fault)
{
	int fd = descriptor_of(fault);
	assert_true(fd >= 0);
	sd_bus_reply_method_return(call, "hqq", fd, 672, 672);
	close(fd);
}

static int on_call(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(call);
	(void)user, (void)error;
	if (!sd_bus_message_is_method_call(call, NULL, "TryAcquire") || middle.left <= 0 ||
	    (middle.path && strcmp(middle.path, path) != 0))
		return 0;
	middle.left--;
	switch (middle.fault) {
	case FAULT_NONE:
		return 0;
	case FAULT_ERROR:
		return sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "\x1b[2Jno\n");
	case FAULT_TWICE:
		sd_bus_reply_method_errorf(call, "org.bluez.Error.Failed", "first");
		return 0;
	case FAULT_EMPTY:
		return sd_bus_reply_method_return(call, "");
	case FAULT_LATE:
	case FAULT_HELD:
		middle.held = sd_bus_message_ref(call);
		return 1;
	default:
		hand_over(call, middle.fault);
		peer_transport_set_state(house_device(middle.house, "Echo Dot"), TRANSPORT_ACTIVE);
		return 1;
	}
}

static struct house *house_with(enum fault fault, int times, const char *path)
{
	middle = (struct middle){.fault = fault, .left = times, .far = -1, .path = path};
	clocked = middle.house = house_new(scenario);
	assert_true(
	    sd_bus_add_filter(sim_world(middle.house->sim)->bus, &middle.slot, on_call, NULL) >= 0);
	return middle.house;
}

static struct house *house_that_plays(void)
{
	struct house *house = house_with(FAULT_NONE, 0, NULL);
	assert_true(house_wait(house, 20 * SECOND, sounds));
	return house;
}

static void leave(struct house *house)
{
	sd_bus_message_unref(middle.held);
	sd_bus_slot_unref(middle.slot);
	if (middle.far >= 0)
		close(middle.far);
	clocked = NULL;
	house_free(house);
}

/* The relay has let go of what it was given. */
static void is_closed(int far)
{
	assert_int_equal(send(far, "gone?", 5, MSG_NOSIGNAL), -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
}

/* --- the socket ------------------------------------------------------------------------------------ */

static void every_way_to_hand_it_over_is_survived(void **state)
{
	static const struct {
		enum fault fault;
		const char *told;
	} cases[] = {
	    {FAULT_ERROR, "its stream cannot be had: ?[2Jno"},
	    {FAULT_TWICE, "its stream cannot be had: first"},
	    {FAULT_EMPTY, "handed out no socket"},
	    {FAULT_FILE, "nothing comes"},
	    {FAULT_PIPE, "nothing comes"},
	    {FAULT_EVENT, "nothing comes"},
	    {FAULT_STREAM, "nothing comes"},
	    {FAULT_DEAD, "nothing comes"},
	    {FAULT_LISTEN, "nothing comes"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct house *house = house_with(cases[i].fault, 1, NULL);
		bool heard = house_wait(house, 60 * SECOND, sounds);
		if (!heard || !events_that_say(&house->journal, cases[i].told))
			fail_msg("case %zu: %s", i, heard ? "nobody was told" : "it is silent");
		assert_int_equal(middle.left, 0);
		leave(house);
	}
}

static void one_that_comes_late_is_closed(void **state)
{
	(void)state;
	struct house *house = house_with(FAULT_LATE, 1, NULL);
	house_run(house, 18 * SECOND);
	assert_non_null(middle.held);
	hand_over(middle.held, FAULT_NONE);
	house_run(house, SECOND);
	is_closed(middle.far);
	assert_true(house_wait(house, 60 * SECOND, sounds));
	leave(house);
}

static void an_echo_that_goes_meanwhile_is_no_ghost(void **state)
{
	(void)state;
	struct house *house = house_with(FAULT_HELD, 1, NULL);
	house_run(house, 4 * SECOND);
	assert_non_null(middle.held);
	peer_device_lost(house_device(house, "Echo Dot"));
	house_run(house, SECOND / 10);
	hand_over(middle.held, FAULT_NONE);
	house_run(house, SECOND / 10);
	is_closed(middle.far);
	assert_true(source_is_absent(house_model(house)));
	assert_true(house_wait(house, 60 * SECOND, sounds));
	leave(house);
}

/* Its transport goes while its packets are read, with and without the link. */
static void a_stream_that_goes_is_let_go_of(void **state)
{
	(void)state;
	struct house *house = house_that_plays();
	struct device *echo = house_device(house, "Echo Dot");
	int far = dup(echo->transport.speaker_fd);
	peer_transport_remove(echo);
	house_run(house, SECOND / 2);
	assert_true(source_is_absent(house_model(house)));
	close(echo->transport.relay_fd); /* bluetoothd's own */
	echo->transport.relay_fd = -1;
	is_closed(far);
	close(far);
	assert_true(house_wait(house, 60 * SECOND, sounds));
	leave(house);
}

/* --- no sink --------------------------------------------------------------------------------------- */

static int refuse_sink(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *path = "";
	(void)user, (void)error;
	if (!sd_bus_message_is_method_call(call, NULL, "RegisterEndpoint"))
		return 0;
	sd_bus_message_read(call, "o", &path);
	sd_bus_message_rewind(call, 1);
	return strcmp(path, SINK) ? 0
	                          : sd_bus_reply_method_errorf(call, "org.bluez.Error.NotSupported",
	                                                       "Not Supported");
}

/* BlueZ gives it none, now or later: then the Echo is heard as any other program's is, and that is not told all day. */
static void without_a_sink_it_is_pipewires(void **state)
{
	(void)state;
	middle = (struct middle){.far = -1};
	clocked = middle.house = house_new(scenario);
	assert_true(sd_bus_add_filter(sim_world(middle.house->sim)->bus, &middle.slot, refuse_sink,
	                              NULL) >= 0);
	assert_true(house_wait(middle.house, 40 * SECOND, sounds));
	assert_string_not_equal(house_model(middle.house)->source.server, "BlueZ");
	house_run(middle.house, 120 * SECOND);
	assert_true(sounds(house_model(middle.house)));
	assert_in_range(events_that_say(&middle.house->journal, "no endpoint"), 1, 2);
	leave(middle.house);
}

/* --- configurations -------------------------------------------------------------------------------- */

struct answer {
	int count;
	char error[128];
};

static int on_answer(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	const sd_bus_error *said = sd_bus_message_get_error(reply);
	struct answer *answer = user;
	(void)error;
	answer->count++;
	snprintf(answer->error, sizeof(answer->error), "%s", said ? said->message : "");
	return 0;
}

/* What bluetoothd is told when it gives `device` a stream with these bytes; "" means yes. */
static const char *configured(struct house *house, const char *endpoint, const char *device,
                              const char *transport, const void *bytes, size_t size)
{
	static struct answer answer;
	const char *uuid = strcmp(endpoint, SINK) ? BLUEZ_A2DP_SOURCE : BLUEZ_A2DP_SINK;
	sd_bus_message *call = NULL;
	sd_bus *bus = sim_world(house->sim)->bus;
	answer.count = 0;
	assert_true(sd_bus_message_new_method_call(bus, &call, NULL, endpoint,
	                                           "org.bluez.MediaEndpoint1",
	                                           "SetConfiguration") >= 0);
	sd_bus_message_append(call, "o", transport);
	sd_bus_message_open_container(call, 'a', "{sv}");
	sd_bus_message_append(call, "{sv}{sv}{sv}", "UUID", "s", uuid, "Codec", "y", 0, "State",
	                      "s", "pending");
	if (device)
		sd_bus_message_append(call, "{sv}", "Device", "o", device);
	if (bytes) {
		sd_bus_message_open_container(call, 'e', "sv");
		sd_bus_message_append(call, "s", "Configuration");
		sd_bus_message_open_container(call, 'v', "ay");
		sd_bus_message_append_array(call, 'y', bytes, size);
		sd_bus_message_close_container(call);
		sd_bus_message_close_container(call);
	}
	sd_bus_message_close_container(call);
	assert_true(sd_bus_call_async(bus, NULL, call, on_answer, &answer, 0) >= 0);
	sd_bus_message_unref(call);
	house_run(house, SECOND / 10);
	assert_int_equal(answer.count, 1);
	return answer.error;
}

static void configurations_that_were_not_offered_are_refused(void **state)
{
	static const struct {
		size_t size;
		uint8_t bytes[24];
		const char *sink, *source;
	} cases[] = {
	    {4, {0x21, 0x15, 2, 53}, "", ""},
	    {4, {0x18, 0x85, 2, 18}, "", ""},
	    {0, {0}, "none of SBC", "none of SBC"},
	    {3, {0x21, 0x15, 2}, "none of SBC", "none of SBC"},
	    {5, {0x21, 0x15, 2, 53, 0}, "none of SBC", "none of SBC"},
	    {24, {0x21, 0x15, 2, 53}, "none of SBC", "none of SBC"},
	    {4, {0, 0, 0, 0}, "none of SBC", "none of SBC"},
	    {4, {0xff, 0xff, 2, 53}, "none of SBC", "none of SBC"},
	    {4, {0x31, 0x15, 2, 53}, "none of SBC", "none of SBC"},
	    {4, {0x21, 0x15, 53, 2}, "none of SBC", "none of SBC"},
	    {4, {0x21, 0x15, 0, 53}, "none of SBC", "none of SBC"},
	    {4, {0x21, 0x15, 2, 251}, "none of SBC", "none of SBC"},
	    {4, {0x81, 0x15, 2, 53}, "not offered", "not offered"}, /* 16 and 32 kHz */
	    {4, {0x41, 0x15, 2, 53}, "not offered", "not offered"},
	    {4, {0x21, 0x15, 2, 250}, "", "not offered"}, /* all the air, were it we who send */
	};
	(void)state;
	struct house *house = house_that_plays();
	struct model_source before = house_model(house)->source;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said = configured(house, SINK, ECHO_PATH, ECHO_PATH "/x/fd9",
		                              cases[i].bytes, cases[i].size);
		assert_true(*cases[i].sink ? strstr(said, cases[i].sink) != NULL : !*said);
		said = configured(house, SOURCE, SPEAKER_PATH, SPEAKER_PATH "/x/fd9",
		                  cases[i].bytes, cases[i].size);
		assert_true(*cases[i].source ? strstr(said, cases[i].source) != NULL : !*said);
	}
	const char *said = configured(house, SINK, NULL, ECHO_PATH "/fd7", cases[0].bytes, 4);
	assert_non_null(strstr(said, "not a source"));
	said = configured(house, SINK, HCI0 "dev_no", ECHO_PATH "/fd7", cases[0].bytes, 4);
	assert_non_null(strstr(said, "not a source"));
	assert_non_null(
	    strstr(configured(house, SINK, ECHO_PATH, ECHO_PATH "/fd7", NULL, 0), "SBC"));
	house_run(house, 5 * SECOND);
	assert_true(sounds(house_model(house)));
	assert_int_equal(house_model(house)->source.gaps, before.gaps);
	assert_int_equal(house_model(house)->source.xruns, before.xruns);
	leave(house);
}

/* --- who may --------------------------------------------------------------------------------------- */

static const uint8_t good[] = {0x21, 0x15, 2, 53};

/* Whatever it says that it is: what counts is that it was paired, and as what. */
static void strangers_and_speakers_get_no_stream(void **state)
{
	(void)state;
	struct house *house = house_that_plays();
	peer_device_add(house_device(house, "Echo Show")); /* BlueZ has seen it */
	house_run(house, SECOND);
	const char *said = configured(house, SINK, THIEF_PATH, THIEF_PATH "/fd9", good, 4);
	assert_non_null(strstr(said, "not a source of ours"));
	said = configured(house, SINK, SPEAKER_PATH, SPEAKER_PATH "/fd9", good, 4);
	assert_non_null(strstr(said, "not a source of ours"));
	said = configured(house, SOURCE, ECHO_PATH, ECHO_PATH "/fd9", good, 4);
	assert_non_null(strstr(said, "not a speaker of ours"));
	said = configured(house, SOURCE, THIEF_PATH, THIEF_PATH "/fd9", good, 4);
	assert_non_null(strstr(said, "not a speaker of ours"));
	assert_string_equal(configured(house, SINK, PHONE_PATH, PHONE_PATH "/fd9", good, 4), "");
	house_command(house, "role 00:00:5E:00:53:07 none");
	said = configured(house, SINK, PHONE_PATH, PHONE_PATH "/fd8", good, 4);
	assert_non_null(strstr(said, "not a source of ours"));
	assert_true(sounds(house_model(house)));
	leave(house);
}

/* Nobody takes the place of one that plays; when that one rests, he who wants to is heard. */
static void a_second_source_waits_for_the_first(void **state)
{
	(void)state;
	struct house *house = house_that_plays();
	struct device *echo = house_device(house, "Echo Dot");
	middle.fault = FAULT_HELD;
	middle.left = 1;
	middle.path = PHONE_PATH "/fd9";
	assert_string_equal(configured(house, SINK, PHONE_PATH, PHONE_PATH "/fd9", good, 4), "");
	house_run(house, 5 * SECOND);
	assert_null(middle.held);
	assert_true(sounds(house_model(house)));
	assert_string_equal(house_model(house)->source.name, "Echo Dot");
	echo_pause(sim_world(house->sim)->echo, true, house->now);
	peer_transport_suspend(echo);
	house_run(house, SECOND);
	assert_non_null(middle.held);
	/* … unless the first one begins anew before the other's socket is there */
	peer_transport_set_state(echo, TRANSPORT_PENDING);
	house_run(house, SECOND);
	hand_over(middle.held, FAULT_NONE);
	house_run(house, 2 * SECOND);
	is_closed(middle.far);
	assert_true(sounds(house_model(house)));
	leave(house);
}

/* BlueZ says that it is paired a moment after it has begun. */
static void who_pairs_in_the_window_is_heard(void **state)
{
	(void)state;
	middle = (struct middle){.far = -1};
	struct house *house = house_new(
	    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	    "[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nsink = relay\nnoise = yes\npaired = no\n"
	    "[speaker A]\naddress = 00:00:5E:00:53:01\nreports = 180 ms\n");
	house_run(house, 3 * SECOND);
	house_command(house, "window on");
	house_run(house, SECOND);
	peer_device_knock(house_device(house, "Echo Dot"));
	assert_true(house_wait(house, 60 * SECOND, sounds));
	leave(house);
}

/* … and so asks for its stream when it is nobody yet; once the window is closed nobody may. */
static void who_pairs_in_the_window_may_have_a_stream(void **state)
{
	(void)state;
	struct house *house = house_that_plays();
	peer_device_add(house_device(house, "Echo Show"));
	house_command(house, "window on");
	house_run(house, SECOND);
	assert_string_equal(configured(house, SINK, THIEF_PATH, THIEF_PATH "/fd8", good, 4), "");
	house_command(house, "window off");
	house_run(house, SECOND);
	const char *said = configured(house, SINK, THIEF_PATH, THIEF_PATH "/fd9", good, 4);
	assert_non_null(strstr(said, "not a source of ours"));
	leave(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_way_to_hand_it_over_is_survived),
	    cmocka_unit_test(one_that_comes_late_is_closed),
	    cmocka_unit_test(an_echo_that_goes_meanwhile_is_no_ghost),
	    cmocka_unit_test(a_stream_that_goes_is_let_go_of),
	    cmocka_unit_test(without_a_sink_it_is_pipewires),
	    cmocka_unit_test(configurations_that_were_not_offered_are_refused),
	    cmocka_unit_test(strangers_and_speakers_get_no_stream),
	    cmocka_unit_test(a_second_source_waits_for_the_first),
	    cmocka_unit_test(who_pairs_in_the_window_is_heard),
	    cmocka_unit_test(who_pairs_in_the_window_may_have_a_stream),
	};
	return RUN(tests);
}
