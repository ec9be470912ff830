/* SPDX-License-Identifier: MIT */
/* The whole relay in the simulated world, in virtual time. */
#include "tests/helpers/test.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bluez/bluez.h"
#include "tests/helpers/house.h"
#include "tests/helpers/tone.h"

#define MS HOUSE_MS
#define SECOND HOUSE_SECOND

#define HOUSE "[world]\nrecord = FOLDER\n" HOUSE_REST
#define HOUSE_REST                                                                                 \
	"[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"                                            \
	"[adapter hci1]\naddress = 00:1A:7D:DA:71:14\n"                                            \
	"[echo Echo Dot]\naddress = 44:00:49:12:AB:CD\nadapter = hci1\n"                           \
	"[speaker Kitchen]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n"     \
	"[speaker Hall]\naddress = 00:00:5E:00:53:02\nkind = conceal\nlatency = 220 ms\n"          \
	"reports = 220 ms\n"                                                                       \
	"[speaker Study]\naddress = 00:00:5E:00:53:03\nkind = rtp\nlatency = 150 ms\n"             \
	"reports = 150 ms\nvolume = yes\nmtu = 1021\n"

static const char *const addresses[] = {"00:00:5E:00:53:01", "00:00:5E:00:53:02",
                                        "00:00:5E:00:53:03"};

static void speakers_are_connected_and_play_in_step(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 8 * SECOND);
	const struct model *model = relay_model(house->relay);
	assert_int_equal(model->speaker_count, 3);
	assert_int_equal(model->source.state, MODEL_SOURCE_STREAMING);
	assert_string_equal(model->source.name, "Echo Dot");
	assert_string_equal(model->source.codec, "sbc");
	assert_int_equal(model->source.drift_ppb, MODEL_UNKNOWN); /* too early to tell */
	for (int i = 0; i < 3; i++) {
		const struct model_speaker *speaker = &model->speakers[i];
		assert_int_equal(speaker->speaker.origin, ORIGIN_REPORTED);
		assert_int_equal(speaker->late, 0);
		assert_int_equal(speaker->dropped, 0);
		assert_true(speaker->fill_us > 0);
		assert_true(speaker->meter.peak_cdb[0] > -4000);
		/* all of them add up to the same instant */
		assert_in_range(speaker->total_us - speaker->queue.us,
		                model->speakers[0].total_us - 50, model->speakers[0].total_us + 50);
	}
	house_command(house, "volume Study 100");
	house_run(house, SECOND);
	house_close(house);
	float *record[3];
	int64_t count;
	for (int i = 0; i < 3; i++)
		record[i] = house_record(house, addresses[i], &count);
	for (int64_t at = 7 * 44100; at < 9 * 44100; at += 20000) {
		assert_in_range(best_shift(record[0], record[1], at) + 1, 0, 2);
		assert_in_range(best_shift(record[0], record[2], at) + 1, 0, 2);
	}
	for (int i = 0; i < 3; i++)
		free(record[i]);
	house_free(house);
}

/* The relay was killed and starts anew: BlueZ is still at ending its old stream, and says that all is connected. */
static void stream_that_was_left_is_waited_for(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	struct device *hall = house_device(house, "Hall");
	hall->closing_until = house->now + SECOND;
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_in_range(hall->vain, 1, 5); /* and bluetoothd is not asked all the time */
	house_free(house);
}

static void trim_moves_one_speaker(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_command(house, "delay Kitchen +10ms");
	house_run(house, 6 * SECOND);
	assert_int_equal(house_speaker(house, "Kitchen")->trim.us, 10000);
	int64_t at = (house->now - 1000 * SECOND) * 44100 / SECOND - 3 * 44100;
	house_close(house);
	int64_t count;
	float *kitchen = house_record(house, addresses[0], &count);
	float *hall = house_record(house, addresses[1], &count);
	assert_in_range(best_shift(hall, kitchen, at), 440, 442); /* Kitchen plays later */
	free(kitchen);
	free(hall);
	house_free(house);
}

static void slower_joiner_moves_all(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE "[speaker Slow]\naddress = 00:00:5E:00:53:04\n"
	                                      "latency = 400 ms\nreports = 400 ms\nreachable = no\n"
	                                      "adapter = hci1\n");
	house_run(house, 10 * SECOND);
	assert_int_equal(house_speaker(house, "Hall")->delay_us, 0);
	house_device(house, "Slow")->reachable = true;
	house_command(house, "connect Slow on");
	house_run(house, 14 * SECOND);
	assert_int_equal(house_speaker(house, "Slow")->state, SPEAKER_STREAMING);
	assert_in_range(house_speaker(house, "Hall")->delay_us, 179900, 180100);
	assert_in_range(house_speaker(house, "Slow")->delay_us, 0, 100);
	house_free(house);
}

static void vanished_speaker_comes_back_in_place(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *hall = house_device(house, "Hall");
	hall->reachable = false;
	peer_device_lost(hall);
	house_run(house, SECOND);
	assert_int_equal(house_speaker(house, "Hall")->state, SPEAKER_LOST);
	assert_int_equal(house_speaker(house, "Kitchen")->state, SPEAKER_STREAMING);
	house_run(house, 8 * SECOND);
	hall->reachable = true;
	assert_true(house_wait(house, 30 * SECOND, all_stream));
	house_run(house, 4 * SECOND);
	assert_int_equal(house_speaker(house, "Hall")->reconnects, 1);
	assert_int_equal(house_speaker(house, "Kitchen")->reconnects, 0);
	assert_int_equal(house_speaker(house, "Kitchen")->dropped, 0);
	int64_t at = (house->now - 1000 * SECOND) * 44100 / SECOND - 2 * 44100, count;
	house_close(house);
	float *kitchen = house_record(house, addresses[0], &count);
	float *back = house_record(house, addresses[1], &count);
	assert_in_range(best_shift(kitchen, back, at) + 1, 0, 2);
	free(kitchen);
	free(back);
	house_free(house);
}

static void stalled_speaker_is_cut_loose_and_comes_back(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	speaker_stall(house_device(house, "Study"), house->now + 3 * SECOND);
	house_run(house, 500 * MS);
	assert_int_equal(house_speaker(house, "Study")->state, SPEAKER_STALLED);
	house_run(house, 14 * SECOND);
	assert_int_equal(house_speaker(house, "Study")->state, SPEAKER_STREAMING);
	assert_int_equal(house_speaker(house, "Study")->stalls, 1);
	assert_int_equal(house_speaker(house, "Hall")->late, 0);
	int64_t at = (house->now - 1000 * SECOND) * 44100 / SECOND - 2 * 44100, count;
	house_close(house);
	float *kitchen = house_record(house, addresses[0], &count);
	float *back = house_record(house, addresses[2], &count);
	assert_in_range(best_shift(kitchen, back, at) + 1, 0, 2);
	free(kitchen);
	free(back);
	house_free(house);
}

/* Fades of Hall, and where everybody is after each.  What Kitchen had of it is the result. */
struct neighbour {
	int stalls;
	int64_t gap_worst;
};

static struct neighbour fades_on_a_shared_radio(const char *keys)
{
	static const int fades[] = {60, 300, 600, 1000};
	char scenario[2048];
	const char *rest = strstr(HOUSE, "[adapter hci1]");
	snprintf(scenario, sizeof(scenario), "%.*sshared = yes\n%s%s", (int)(rest - HOUSE), HOUSE,
	         keys, rest);
	struct house *house = house_new(scenario);
	int64_t at[COUNT(fades)], count;
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_command(house, "volume Study 100");
	for (size_t i = 0; i < COUNT(fades); i++) {
		house_run(house, 4 * SECOND);
		speaker_stall(house_device(house, "Hall"), house->now + fades[i] * MS);
		house_run(house, 2 * SECOND);
		assert_true(house_wait(house, 20 * SECOND, all_stream));
		house_run(house, 3 * SECOND);
		at[i] = (house->now - 1000 * SECOND) * 44100 / SECOND - 44100;
	}
	struct neighbour kitchen = {house_speaker(house, "Kitchen")->stalls,
	                            house_device(house, "Kitchen")->spacing_worst};
	house_close(house);
	float *record[3];
	for (int i = 0; i < 3; i++)
		record[i] = house_record(house, addresses[i], &count);
	for (size_t i = 0; i < COUNT(fades); i++)
		for (int k = 1; k < 3; k++)
			assert_in_range(best_shift(record[0], record[k], at[i]) + 1, 0, 2);
	for (int i = 0; i < 3; i++)
		free(record[i]);
	house_free(house);
	return kitchen;
}

/* One radio for all: the fade of one stops the others, unless the radio may drop what it holds for it. */
static void fade_on_a_shared_radio_is_survived_in_place(void **state)
{
	(void)state;
	struct neighbour held = fades_on_a_shared_radio("flush = no\n");
	assert_in_range(held.stalls, 3, 12); /* it tries again while Hall is still away */
	struct neighbour flushed = fades_on_a_shared_radio("");
	assert_int_equal(flushed.stalls, 0);
	assert_true(flushed.gap_worst < 20 * MS);
}

static void missing_capability_is_told_once(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nflush = no\n"
	                                "[echo Echo Dot]\n[speaker A]\n[speaker B]\n");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 2 * SECOND);
	const struct model *model = relay_model(house->relay);
	int told = 0;
	for (int i = 0; i < model->event_count; i++)
		told += strstr(model->events[i].text, "setcap cap_net_raw+ep") != NULL;
	assert_int_equal(told, 1);
	house_free(house);
}

static void bluetoothd_restart_is_survived(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[world]\nevent = 12 s restart 3 s\n"
	              "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[echo Echo Dot]\nadapter = hci0\n"
	              "[speaker A]\nreports = 180 ms\n[speaker B]\nreports = 150 ms\n");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_run(house, 1013 * SECOND - house->now);
	assert_string_equal(relay_model(house->relay)->problem, "bluetoothd has stopped");
	assert_true(house_wait(house, 30 * SECOND, all_stream));
	assert_string_equal(relay_model(house->relay)->problem, "");
	house_run(house, 3 * SECOND);
	assert_int_equal(relay_model(house->relay)->source.state, MODEL_SOURCE_STREAMING);
	house_free(house);
}

static void volume_never_rises_by_connecting(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	settings_speaker(&house->settings, addresses[2])->volume = 30;
	house_run(house, 8 * SECOND);
	struct device *study = house_device(house, "Study");
	assert_int_equal(study->transport.volume, 38); /* 30 % of 127 */
	assert_true(house_speaker(house, "Study")->absolute_volume);
	int64_t end = (house->now - 1000 * SECOND) * 44100 / SECOND, count;
	house_close(house);
	float *sound = house_record(house, addresses[2], &count);
	for (int64_t i = 0; i < end && i < count; i++)
		assert_true(fabsf(sound[i]) < 0.11f); /* (38/127)² of 1 */
	free(sound);
	house_free(house);
}

static void group_volume_keeps_the_distances(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	house_run(house, 8 * SECOND);
	house_command(house, "volume Kitchen 80");
	house_command(house, "volume Hall 50");
	house_command(house, "volume Study 60");
	house_command(house, "group-volume +30"); /* Kitchen has only 20 left */
	assert_int_equal(house_speaker(house, "Kitchen")->volume, 100);
	assert_int_equal(house_speaker(house, "Hall")->volume, 70);
	assert_int_equal(house_speaker(house, "Study")->volume, 80);
	house_command(house, "group-volume 40");
	assert_int_equal(house_speaker(house, "Kitchen")->volume, 40);
	assert_int_equal(house_speaker(house, "Hall")->volume, 10);
	house_command(house, "group-volume -50");
	assert_int_equal(house_speaker(house, "Hall")->volume, 0);
	assert_int_equal(house_speaker(house, "Kitchen")->volume, 30);
	house_free(house);
}

/* While sound is still in the delay lines the target stays; after that it falls. */
static void target_falls_in_silence(void **state)
{
	(void)state;
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[echo Echo Dot]\nevent = 20 s pause 10 s\n"
	                                "[speaker Quick]\nlatency = 150 ms\nreports = 150 ms\n"
	                                "[speaker Slow]\nlatency = 400 ms\nreports = 400 ms\n"
	                                "event = 12 s off 100 s\n");
	house_run(house, 1019 * SECOND - house->now);
	assert_in_range(house_speaker(house, "Quick")->delay_us, 249900, 250100);
	house_run(house, 2 * SECOND);
	assert_in_range(house_speaker(house, "Quick")->delay_us, 249900, 250100);
	house_run(house, 5 * SECOND);
	assert_int_equal(house_speaker(house, "Quick")->delay_us, 0);
	house_free(house);
}

static void mute_and_channel(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_command(house, "mute all on");
	house_run(house, 12 * SECOND);
	for (int i = 0; i < 3; i++)
		assert_true(relay_model(house->relay)->speakers[i].meter.peak_cdb[0] < -8000);
	house_command(house, "mute Kitchen toggle");
	house_command(house, "channel Kitchen left");
	house_run(house, 2 * SECOND);
	const struct model_speaker *kitchen = house_speaker(house, "Kitchen");
	assert_true(kitchen->meter.peak_cdb[0] > -4000);
	assert_int_equal(kitchen->meter.peak_cdb[0], kitchen->meter.peak_cdb[1]);
	assert_true(house_speaker(house, "Hall")->muted);
	house_free(house);
}

/* How much louder Kitchen is than the source, dB. */
static int gain_of_kitchen(struct house *house)
{
	house_run(house, 4 * SECOND);
	const struct model *model = relay_model(house->relay);
	return (house_speaker(house, "Kitchen")->meter.rms_cdb[0] -
	        model->source.meter.rms_cdb[0]) /
	       100;
}

/* At 64 of 127 it is 18 dB down: by PipeWire or by the relay, by one of them and not by both. */
static void volume_of_the_echo_counts_once(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	struct device *echo = house_device(house, "Echo Dot");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	assert_in_range(gain_of_kitchen(house) + 100, 96, 104);
	peer_transport_set_volume(echo, 64); /* WirePlumber forbids it to PipeWire */
	assert_in_range(gain_of_kitchen(house) + 100, 78, 86);
	assert_int_equal(relay_model(house->relay)->source.volume, 50);
	echo_set_gain(sim_world(house->sim)->echo, 0.128f); /* or does not */
	assert_in_range(gain_of_kitchen(house) + 100, 96, 104);
	echo_set_gain(sim_world(house->sim)->echo, 1);
	assert_in_range(gain_of_kitchen(house) + 100, 78, 86);
	house_free(house);
}

static bool one_is_held(const struct model *model)
{
	for (int i = 0; i < model->speaker_count; i++)
		if (strstr(model->speakers[i].problem, "bluez5.roles = [ a2dp_sink ]"))
			return true;
	return false;
}

/* WirePlumber registered first and gets the speaker that is connected first: the cure is told. */
static void speaker_that_another_program_holds_is_told(void **state)
{
	(void)state;
	struct house *house = house_new("[world]\nrivals = 1\n" HOUSE_REST);
	assert_true(house_wait(house, 10 * SECOND, one_is_held));
	house_run(house, 20 * SECOND);
	assert_true(one_is_held(relay_model(house->relay)));
	int playing = 0;
	for (int i = 0; i < 3; i++)
		playing += model_speaker_plays(&relay_model(house->relay)->speakers[i]);
	assert_int_equal(playing, 2);
	peer_rivals_remove(sim_world(house->sim)); /* it is cured */
	assert_true(house_wait(house, 15 * SECOND, all_stream));
	house_free(house);
}

static void bond_set(struct house *house, struct device *device, int paired)
{
	device->paired = paired;
	sd_bus_emit_properties_changed(sim_world(house->sim)->bus, device->path,
	                               "org.bluez.Device1", "Paired", NULL);
}

/* BlueZ takes "Paired" back first, and the stream goes after that. */
static void bond_that_goes_takes_the_stream_along(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *kitchen = house_device(house, "Kitchen");
	assert_int_equal(house_speaker(house, "Kitchen")->speaker.origin, ORIGIN_REPORTED);
	bond_set(house, kitchen, 0);
	house_run(house, 500 * MS);
	peer_device_off(kitchen);
	house_run(house, 5 * SECOND);
	assert_int_equal(house_speaker(house, "Kitchen")->state, SPEAKER_PAIRED);
	/* nothing is known of it any more that its stream said */
	assert_int_equal(house_speaker(house, "Kitchen")->speaker.origin, ORIGIN_ASSUMED);
	bond_set(house, kitchen, 1);
	assert_true(house_wait(house, 15 * SECOND, all_stream));
	house_free(house);
}

static void address_say(struct house *house, struct device *device, const char *address)
{
	sd_bus_emit_signal(sim_world(house->sim)->bus, device->path,
	                   "org.freedesktop.DBus.Properties", "PropertiesChanged", "sa{sv}as",
	                   "org.bluez.Device1", 1, "Address", "s", address, 0);
}

static int32_t state_at(const struct house *house, const char *address)
{
	const struct model *model = house_model(house);
	int i = 0;
	while (strcmp(model->speakers[i].address, address) != 0)
		assert_true(++i < model->speaker_count);
	return model->speakers[i].state;
}

static void device_of_another_address_is_another(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	struct device *kitchen = house_device(house, "Kitchen"),
		      *hall = house_device(house, "Hall");
	peer_device_remove(hall);
	house_run(house, 2 * SECOND);
	address_say(house, kitchen, addresses[1]); /* the Hall's */
	house_run(house, 2 * SECOND);
	assert_int_equal(state_at(house, addresses[0]), SPEAKER_PAIRED);
	peer_device_remove(kitchen);
	house_run(house, 2 * SECOND);
	assert_int_equal(state_at(house, addresses[1]), SPEAKER_PAIRED);
	peer_device_add(kitchen);
	peer_device_add(hall);
	assert_true(house_wait(house, 20 * SECOND, all_stream));
	house_free(house);
}

static void turned_off_stays_off(void **state)
{
	(void)state;
	struct house *house = house_new(HOUSE);
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_command(house, "connect 2 toggle");
	house_run(house, 5 * SECOND);
	assert_int_equal(relay_model(house->relay)->speakers[1].state, SPEAKER_OFF);
	house_run(house, 100 * SECOND);
	assert_int_equal(relay_model(house->relay)->speakers[1].state, SPEAKER_OFF);
	house_command(house, "connect 2 toggle");
	assert_true(house_wait(house, 10 * SECOND, all_stream));
	house_free(house);
}

static void wrong_commands_are_explained(void **state)
{
	(void)state;
	static const struct {
		const char *line, *reply;
		int result;
	} cases[] = {
	    {"", "empty line", -EINVAL},
	    {"dely 1 +1ms", "no command 'dely'; did you mean 'delay'?", -EINVAL},
	    {"xyzzy", "no command 'xyzzy'", -EINVAL},
	    {"delay 1", "usage: delay SPEAKER [+|-|=]TIME", -EINVAL},
	    {"delay 9 +1ms", "no speaker '9'", -ENOENT},
	    {"delay Nowhere 0", "no speaker 'Nowhere'", -ENOENT},
	    {"delay \"\" 0", "no speaker ''", -ENOENT},
	    {"mute STUD maybe", "mute: on, off or toggle, not 'maybe'", -EINVAL}, /* that is one */
	    {"delay 1 soon", "delay: 'soon' is no time, like +10ms or 35", -EINVAL},
	    {"delay 1 +2s", "delay: only from -1000 to +1000 ms", -ERANGE},
	    {"volume 1 loud", "volume: 'loud' is no percentage, like +5 or 70", -EINVAL},
	    {"channel 1 5.1", "channel: stereo, left, right, mono or next, not '5.1'", -EINVAL},
	    {"mute 1 maybe", "mute: on, off or toggle, not 'maybe'", -EINVAL},
	    {"help", "that is for a screen", -EINVAL},
	    {"delay \"Kitchen 0", "a quote does not end", -EINVAL},
	    {"a b c d e f g h i j", "too many words", -E2BIG},
	};
	struct house *house = house_new(HOUSE);
	house_run(house, SECOND);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char reply[256];
		int result = relay_command(house->relay, cases[i].line, reply, sizeof(reply));
		assert_string_equal(reply, cases[i].reply);
		assert_true(result < 0);
	}
	house_free(house);
}

static void a_beginning_of_a_name_is_enough(void **state)
{
	(void)state;
	static const struct {
		const char *line, *reply;
		int result;
	} cases[] = {
	    {"delay kit +5", "delay +0 -> +5 ms", 0},
	    {"delay \"Living r\" 7", "delay +0 -> +7 ms", 0},
	    {"delay liv 0", "which: Living, Living room", -ENOENT},
	    {"delay Living 3", "delay +0 -> +3 ms", 0}, /* a whole name is nobody else's */
	    {"delay room 0", "no speaker 'room'", -ENOENT},
	};
	struct house *house = house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	                                "[speaker Kitchen]\naddress = 00:00:5E:00:53:01\n"
	                                "[speaker Living room]\naddress = 00:00:5E:00:53:02\n"
	                                "[speaker Living]\naddress = 00:00:5E:00:53:03\n");
	house_run(house, SECOND);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char reply[256];
		int result = relay_command(house->relay, cases[i].line, reply, sizeof(reply));
		assert_string_equal(reply, cases[i].reply);
		assert_int_equal(result, cases[i].result);
	}
	house_free(house);
}

static void hostile_names_are_cleaned(void **state)
{
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[speaker 1]\nname = \\x1b[2J\\x07evil\\xff\\xe2\\x80\\xae\n"
	              "address = 00:00:5E:00:53:01\n"
	              "[speaker 2]\nname = \\x01\naddress = 00:00:5E:00:53:02\n"
	              "[speaker 3]\nname = \\xe2\\x80\\xaeK\\xc3\\xbcche\n"
	              "address = 00:00:5E:00:53:03\n");
	house_run(house, 5 * SECOND);
	assert_string_equal(relay_model(house->relay)->speakers[0].name, "?");
	assert_string_equal(relay_model(house->relay)->speakers[1].name, "?[2J?evil");
	assert_string_equal(relay_model(house->relay)->speakers[2].name, "?Küche");
	house_free(house);
}

#define PASSERS_BY 300

static void device_append(sd_bus_message *reply, const char *address, bool paired)
{
	char path[64], *c;
	snprintf(path, sizeof(path), "/org/bluez/hci0/dev_%s", address);
	while ((c = strchr(path, ':')))
		*c = '_';
	sd_bus_message_append(reply, "{oa{sa{sv}}}", path, 1, "org.bluez.Device1", 4, "Address",
	                      "s", address, "Adapter", "o", "/org/bluez/hci0", "Paired", "b",
	                      (int)paired, "UUIDs", "as", 1, BLUEZ_A2DP_SINK);
}

static int on_listing(sd_bus_message *call, void *user, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	char address[18];
	(void)user, (void)error;
	if (!sd_bus_message_is_method_call(call, NULL, "GetManagedObjects"))
		return 0;
	sd_bus_message_new_method_return(call, &reply);
	sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}");
	sd_bus_message_append(reply, "{oa{sa{sv}}}", "/org/bluez/hci0", 1, "org.bluez.Adapter1", 2,
	                      "Address", "s", "00:1A:7D:DA:71:13", "Powered", "b", 1);
	for (int i = 0; i < PASSERS_BY; i++) {
		snprintf(address, sizeof(address), "00:00:5E:00:%02X:%02X", i / 256, i % 256);
		device_append(reply, address, false);
	}
	device_append(reply, "00:00:5E:00:53:01", true);
	sd_bus_message_close_container(reply);
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return 1;
}

/* However many BlueZ has heard, and in whatever order it tells of them. */
static void passers_by_hide_no_speaker(void **state)
{
	sd_bus_slot *slot;
	(void)state;
	struct house *house =
	    house_new("[adapter hci0]\naddress = 00:1A:7D:DA:71:13\n"
	              "[speaker A]\naddress = 00:00:5E:00:53:01\nreachable = no\n");
	assert_true(sd_bus_add_filter(sim_world(house->sim)->bus, &slot, on_listing, NULL) >= 0);
	house_run(house, SECOND);
	assert_int_equal(house_model(house)->speaker_count, 1);
	sd_bus_slot_unref(slot);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(speakers_are_connected_and_play_in_step),
	    cmocka_unit_test(stream_that_was_left_is_waited_for),
	    cmocka_unit_test(trim_moves_one_speaker),
	    cmocka_unit_test(slower_joiner_moves_all),
	    cmocka_unit_test(vanished_speaker_comes_back_in_place),
	    cmocka_unit_test(stalled_speaker_is_cut_loose_and_comes_back),
	    cmocka_unit_test(fade_on_a_shared_radio_is_survived_in_place),
	    cmocka_unit_test(missing_capability_is_told_once),
	    cmocka_unit_test(bluetoothd_restart_is_survived),
	    cmocka_unit_test(volume_never_rises_by_connecting),
	    cmocka_unit_test(group_volume_keeps_the_distances),
	    cmocka_unit_test(target_falls_in_silence),
	    cmocka_unit_test(mute_and_channel),
	    cmocka_unit_test(volume_of_the_echo_counts_once),
	    cmocka_unit_test(speaker_that_another_program_holds_is_told),
	    cmocka_unit_test(bond_that_goes_takes_the_stream_along),
	    cmocka_unit_test(device_of_another_address_is_another),
	    cmocka_unit_test(turned_off_stays_off),
	    cmocka_unit_test(wrong_commands_are_explained),
	    cmocka_unit_test(a_beginning_of_a_name_is_enough),
	    cmocka_unit_test(hostile_names_are_cleaned),
	    cmocka_unit_test(passers_by_hide_no_speaker),
	};
	return RUN(tests);
}
