/* SPDX-License-Identifier: MIT */
/*
 * doctor/: a healthy box of Debian 12 and one of Debian 13, as folders and answers; then one thing wrong
 * at a time, each of which has to be told by its name, and nothing else with it.
 */
#include "tests/helpers/test.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "doctor/check.h"
#include "doctor/doctor.h"
#include "doctor/mask.h"
#include "doctor/report.h"

struct answer {
	const char *program, *text;
	int error;
};

struct fake {
	char root[64];
	struct answer answers[12];
	const char *terminal, *locale, *runtime;
	bool capable;
	struct box box;
};

static int fake_run(void *user, const char *const argv[], char **ret_text)
{
	const struct fake *fake = user;
	char with_word[256]; /* "iw dev" is more than "iw" */
	snprintf(with_word, sizeof(with_word), "%s %s", argv[0], argv[1] ? argv[1] : "");
	for (int exact = 1; exact >= 0; exact--)
		for (size_t i = 0; i < COUNT(fake->answers); i++) {
			const char *program = fake->answers[i].program;
			if (!program || strcmp(program, exact ? with_word : argv[0]))
				continue;
			*ret_text = strdup(fake->answers[i].text);
			return fake->answers[i].error;
		}
	*ret_text = strdup("");
	return -ENOENT;
}

static const char *fake_variable(void *user, const char *name)
{
	const struct fake *fake = user;
	if (!strcmp(name, "TERM"))
		return fake->terminal;
	if (!strcmp(name, "LANG"))
		return fake->locale;
	return strcmp(name, "XDG_RUNTIME_DIR") ? NULL : fake->runtime;
}

static bool fake_capable(void *user, const char *path)
{
	const struct fake *fake = user;
	return !strcmp(path, FLUSH_HELPER) && fake->capable;
}

static void answer(struct fake *fake, const char *program, const char *text, int error)
{
	size_t i = 0;
	while (fake->answers[i].program && strcmp(fake->answers[i].program, program))
		i++;
	assert_true(i < COUNT(fake->answers));
	fake->answers[i] = (struct answer){program, text, error};
}

static void put(struct fake *fake, const char *path, const char *text)
{
	char full[512], folder[512];
	snprintf(full, sizeof(full), "%s%s", fake->root, path);
	snprintf(folder, sizeof(folder), "%s", full);
	*strrchr(folder, '/') = 0;
	assert_int_equal(file_make_directory(folder), 0);
	assert_int_equal(file_replace_text(full, text), 0);
}

static void take_away(struct fake *fake, const char *path)
{
	char full[512];
	snprintf(full, sizeof(full), "%s%s", fake->root, path);
	assert_int_equal(unlink(full), 0);
}

static void link_to(struct fake *fake, const char *path, const char *target)
{
	char full[512], aim[512];
	put(fake, path, "");
	take_away(fake, path);
	snprintf(full, sizeof(full), "%s%s", fake->root, path);
	snprintf(aim, sizeof(aim), "%s%s", fake->root, target);
	assert_int_equal(symlink(aim, full), 0);
}

#define USB "/sys/devices/pci0000:00/usb1/1-4"
#define OBJECTS(powered, discoverable, class, uuids, address, devices)                             \
	"{\"type\":\"a{oa{sa{sv}}}\",\"data\":[{\"/org/bluez/hci0\":{\"org.bluez.Adapter1\":{"     \
	"\"Address\":{\"type\":\"s\",\"data\":\"00:1A:7D:DA:71:13\"},"                             \
	"\"Powered\":{\"type\":\"b\",\"data\":" powered "},"                                       \
	"\"Discoverable\":{\"type\":\"b\",\"data\":" discoverable "},"                             \
	"\"Class\":{\"type\":\"u\",\"data\":" class "},"                                           \
						    "\"UUIDs\":{\"type\":\"as\",\"data\":[" uuids  \
						    "]}}},"                                        \
						    "\"/org/bluez/"                                \
						    "hci1\":{\"org.bluez.Adapter1\":{"             \
						    "\"Address\":{\"type\":\"s\",\"data\":"        \
						    "\"" address "\"},"                            \
						    "\"Powered\":{\"type\":\"b\",\"data\":true}}"  \
						    "}" devices "}]}"
#define DEVICE(address, name, uuid, adapter, trusted)                                              \
	",\"/org/bluez/" adapter "/dev_" address "\":{\"org.bluez.Device1\":{"                     \
	"\"Address\":{\"type\":\"s\",\"data\":\"" address "\"},"                                   \
	"\"Alias\":{\"type\":\"s\",\"data\":\"" name "\"},"                                        \
	"\"Adapter\":{\"type\":\"o\",\"data\":\"/org/bluez/" adapter "\"},"                        \
	"\"Paired\":{\"type\":\"b\",\"data\":true},"                                               \
	"\"Trusted\":{\"type\":\"b\",\"data\":" trusted "},"                                       \
	"\"UUIDs\":{\"type\":\"as\",\"data\":[\"" uuid "\"]}}}"
#define SOURCE "0000110a-0000-1000-8000-00805f9b34fb"
#define SINK "0000110b-0000-1000-8000-00805f9b34fb"
#define ECHO DEVICE("44:00:49:12:AB:CD", "Echo Dot", SOURCE, "hci0", "true")
#define SPEAKER(n) DEVICE("00:00:5E:00:53:1" n, "Flip " n, SINK, "hci1", "false")
#define SECOND "5C:F3:70:A1:22:08"
#define HEALTHY OBJECTS("true", "false", "7078164", "\"" SINK "\"", SECOND, ECHO SPEAKER("0"))

static void process(struct fake *fake, const char *number, const char *name, const char *arguments)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%s/comm", number);
	put(fake, path, name);
	snprintf(path, sizeof(path), "/proc/%s/cmdline", number);
	put(fake, path, arguments);
}

static void adapters(struct fake *fake)
{
	put(fake, USB "/idVendor", "0bda\n");
	put(fake, USB "/idProduct", "8771\n");
	put(fake, USB "/power/control", "on\n");
	put(fake, USB "/1-4:1.0/interface", "");
	link_to(fake, "/sys/class/bluetooth/hci0/device", USB "/1-4:1.0");
	put(fake, "/sys/devices/serial0/serial0-0/name", "");
	link_to(fake, "/sys/class/bluetooth/hci1/device", "/sys/devices/serial0/serial0-0");
	put(fake, "/sys/class/rfkill/rfkill0/type", "bluetooth\n");
	put(fake, "/sys/class/rfkill/rfkill0/name", "hci0\n");
	put(fake, "/sys/class/rfkill/rfkill0/soft", "0\n");
	put(fake, "/sys/class/rfkill/rfkill0/hard", "0\n");
	put(fake, "/sys/class/net/wlan0/phy80211/name", "phy0\n");
}

static const char lua[] = "bluez_monitor.properties[\"with-logind\"] = false\n"
			  "bluez_monitor.properties[\"bluez5.roles\"] = \"[ a2dp_sink ]\"\n"
			  "x = { [\"bluez5.auto-connect\"] = \"[ ]\" }\n"
			  "y = { [\"bluez5.media-source-role\"] = \"input\" }\n";
static const char conf[] =
    "wireplumber.profiles = { main = { monitor.bluez.seat-monitoring = disabled } }\n"
    "monitor.bluez.properties = { bluez5.roles = [ a2dp_sink ] }\n"
    "x = { bluez5.auto-connect = [ ] bluez5.media-source-role = \"input\" }\n";
#define LUA "/etc/wireplumber/bluetooth.lua.d/80-echorelay.lua"
#define CONF "/etc/wireplumber/wireplumber.conf.d/80-echorelay.conf"

static void programs(struct fake *fake, bool bookworm)
{
	answer(fake, "busctl", HEALTHY, 0);
	answer(fake, "bluetoothctl", bookworm ? "bluetoothctl: 5.66" : "bluetoothctl: 5.79", 0);
	answer(fake, "pipewire",
	       bookworm ? "pipewire\nCompiled with libpipewire 0.3.65"
	                : "pipewire\nCompiled with libpipewire 1.4.2",
	       0);
	answer(fake, "wireplumber",
	       bookworm ? "wireplumber\nCompiled with libwireplumber 0.4.13"
	                : "wireplumber\nCompiled with libwireplumber 0.5.8",
	       0);
	answer(fake, "iw", "Interface wlan0\n\tchannel 36 (5180 MHz), width: 80 MHz\n", 0);
	put(fake, bookworm ? LUA : CONF, bookworm ? lua : conf);
	process(fake, "101", "bluetoothd\n", "/usr/libexec/bluetooth/bluetoothd");
	process(fake, "102", "pipewire\n", "/usr/bin/pipewire");
	process(fake, "103", "wireplumber\n", "/usr/bin/wireplumber");
}

static void healthy(struct fake *fake, bool bookworm)
{
	*fake = (struct fake){.terminal = "xterm",
	                      .locale = "C.UTF-8",
	                      .runtime = "/run/user/1000",
	                      .capable = true,
	                      .root = "/tmp/echorelay-doctor-XXXXXX"};
	assert_non_null(mkdtemp(fake->root));
	adapters(fake);
	programs(fake, bookworm);
	put(fake, "/usr/lib/x86_64-linux-gnu/spa-0.2/bluez5/libspa-bluez5.so", "");
	put(fake, "/run/user/1000/pipewire-0", "");
	put(fake, "/etc/group", "root:x:0:\npipewire:x:108:ben,anna\n");
	put(fake, "/etc/security/limits.d/95-pipewire.conf", "@pipewire - rtprio 95\n");
	put(fake, "/etc/bluetooth/main.conf", "[General]\n#ControllerMode = le\n");
	put(fake, "/var/lib/systemd/linger/anna", "");
	put(fake, FLUSH_HELPER, "");
	fake->box = (struct box){.root = fake->root,
	                         .uid = getuid(),
	                         .pid = 4711,
	                         .user_name = "anna",
	                         .home = "/home/anna",
	                         .realtime_priority = 95,
	                         .terminal = true,
	                         .run = fake_run,
	                         .variable = fake_variable,
	                         .capable = fake_capable,
	                         .user = fake};
}

static int erase(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status, (void)type, (void)ftw;
	return remove(path);
}

static void discard(struct fake *fake)
{
	nftw(fake->root, erase, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *said_in(const json_t *json, const char *id, const char *key)
{
	for (size_t i = 0; i < json_array_size(json_object_get(json, "checks")); i++) {
		const json_t *check = json_array_get(json_object_get(json, "checks"), i);
		if (!strcmp(json_string_value(json_object_get(check, "id")), id))
			return json_string_value(json_object_get(check, key));
	}
	return "none of that name";
}

static const char *state_in(const json_t *json, const char *id)
{
	return said_in(json, id, "state");
}

/* --- no false alarm ------------------------------------------------------------------------------ */

static void expect_all_ok(bool bookworm)
{
	struct fake fake;
	healthy(&fake, bookworm);
	json_t *json = doctor_examine(&fake.box);
	for (int i = 0; check_table[i].id; i++)
		if (strcmp(state_in(json, check_table[i].id), "ok"))
			fail_msg("%s is %s", check_table[i].id, state_in(json, check_table[i].id));
	json_decref(json);
	discard(&fake);
}

static void healthy_box_of_debian_12(void **state)
{
	(void)state;
	expect_all_ok(true);
}

static void healthy_box_of_debian_13(void **state)
{
	(void)state;
	expect_all_ok(false);
}

/* --- one trap at a time -------------------------------------------------------------------------- */

static void no_adapter(struct fake *fake)
{
	take_away(fake, "/sys/class/bluetooth/hci0/device");
	take_away(fake, "/sys/class/bluetooth/hci1/device");
	char path[128];
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/sys/class/bluetooth/hci%d", fake->root, i);
		assert_int_equal(rmdir(path), 0);
	}
	answer(fake, "busctl", "{\"data\":[{}]}", 0);
}

static void same_address(struct fake *fake)
{
	answer(
	    fake, "busctl",
	    OBJECTS("true", "false", "0", "\"" SINK "\"", "00:1A:7D:DA:71:13", ECHO SPEAKER("0")),
	    0);
}

static void blocked(struct fake *fake)
{
	put(fake, "/sys/class/rfkill/rfkill0/soft", "1\n");
}

static void switched_off(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("false", "false", "0", "\"" SINK "\"", SECOND, ECHO SPEAKER("0")), 0);
}

static void falls_asleep(struct fake *fake)
{
	put(fake, USB "/power/control", "auto\n");
}

static void carries_little(struct fake *fake)
{
	put(fake, USB "/idVendor", "0a12\n");
	put(fake, USB "/idProduct", "0001\n");
}

static void calls_itself_a_computer(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("true", "false", "268", "\"" SINK "\"", SECOND, SPEAKER("0")), 0);
}

static void pi_alone(struct fake *fake)
{
	put(fake, "/proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4");
	take_away(fake, USB "/idVendor");
}

static void no_bluetoothd(struct fake *fake)
{
	answer(fake, "busctl", "Call failed: The name org.bluez was not provided", -EIO);
	take_away(fake, "/proc/101/comm");
}

static void no_system_bus(struct fake *fake)
{
	answer(fake, "busctl", "Failed to connect to bus: No such file or directory", -EIO);
}

static void bad_bluez(struct fake *fake)
{
	answer(fake, "bluetoothctl", "bluetoothctl: 5.86", 0);
}

static void crashing_bluez(struct fake *fake)
{
	answer(fake, "bluetoothctl", "bluetoothctl: 5.59", 0);
}

static void low_energy_only(struct fake *fake)
{
	put(fake, "/etc/bluetooth/main.conf", "[General]\nControllerMode = le\n");
}

static void plugin_left_out(struct fake *fake)
{
	process(fake, "101", "bluetoothd\n", "bluetoothd --noplugin=a2dp,hostname");
}

static void as_root(struct fake *fake)
{
	fake->box.privileged = true;
}

static void no_pipewire(struct fake *fake)
{
	answer(fake, "pipewire", "", -ENOENT);
}

static void pipewire_of_another(struct fake *fake)
{
	take_away(fake, "/run/user/1000/pipewire-0");
}

static void after_su(struct fake *fake)
{
	fake->runtime = NULL;
}

static void no_wireplumber(struct fake *fake)
{
	take_away(fake, "/proc/103/comm");
}

static void no_bluetooth_part(struct fake *fake)
{
	take_away(fake, "/usr/lib/x86_64-linux-gnu/spa-0.2/bluez5/libspa-bluez5.so");
}

static void pulseaudio(struct fake *fake)
{
	process(fake, "104", "pulseaudio\n", "pulseaudio");
}

static void bluealsa(struct fake *fake)
{
	process(fake, "104", "bluealsa\n", "bluealsa");
}

static void seat(struct fake *fake)
{
	put(fake, LUA, strchr(lua, '\n') + 1);
}

static void seat_in_a_comment(struct fake *fake)
{
	char text[600];
	snprintf(text, sizeof(text), "-- %s", lua);
	put(fake, LUA, text);
}

static void no_sink(struct fake *fake)
{
	answer(fake, "busctl", OBJECTS("true", "false", "0", "", SECOND, ECHO SPEAKER("0")), 0);
}

static void takes_speakers(struct fake *fake)
{
	put(fake, LUA,
	    "a = { [\"with-logind\"] = false }\nx = { [\"bluez5.auto-connect\"] = \"[ ]\" }\n"
	    "y = { [\"bluez5.media-source-role\"] = \"input\" }\n");
}

static void plays_here_too(struct fake *fake)
{
	put(fake, LUA,
	    "a = { [\"with-logind\"] = false, [\"bluez5.roles\"] = \"[ a2dp_sink ]\" }\n"
	    "x = { [\"bluez5.auto-connect\"] = \"[ ]\" }\n");
}

static void connects_by_itself(struct fake *fake)
{
	put(fake, LUA,
	    "a = { [\"with-logind\"] = false }\nb = { [\"bluez5.roles\"] = \"[ a2dp_sink ]\" }\n"
	    "y = { [\"bluez5.media-source-role\"] = \"input\" }\n");
}

static void does_not_linger(struct fake *fake)
{
	take_away(fake, "/var/lib/systemd/linger/anna");
}

static void no_priority(struct fake *fake)
{
	fake->box.realtime_priority = 0;
	put(fake, "/etc/group", "pipewire:x:108:annabel\n");
}

static void helper_without_its_right(struct fake *fake)
{
	fake->capable = false;
}

static void no_echo(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("true", "false", "263188", "\"" SINK "\"", SECOND, SPEAKER("0")), 0);
}

static void echo_untrusted(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("true", "false", "0", "\"" SINK "\"", SECOND,
	               DEVICE("44:00:49:12:AB:CD", "Echo", SOURCE, "hci0", "false") SPEAKER("0")),
	       0);
}

static void no_speaker(struct fake *fake)
{
	answer(fake, "busctl", OBJECTS("true", "false", "0", "\"" SINK "\"", SECOND, ECHO), 0);
}

static void open_to_everybody(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("true", "true", "0", "\"" SINK "\"", SECOND, ECHO SPEAKER("0")), 0);
}

static void too_much_for_the_air(struct fake *fake)
{
	answer(fake, "busctl",
	       OBJECTS("true", "false", "0", "\"" SINK "\"", SECOND,
	               ECHO SPEAKER("0") SPEAKER("1") SPEAKER("2") SPEAKER("3")),
	       0);
}

static void wifi_in_the_way(struct fake *fake)
{
	answer(fake, "iw", "Interface wlan0\n\tchannel 6 (2437 MHz), width: 20 MHz\n", 0);
}

static void terminal_that_can_nothing(struct fake *fake)
{
	fake->terminal = "dumb";
}

static void locale_without_utf8(struct fake *fake)
{
	fake->locale = "C";
}

static const struct trap {
	const char *id, *state;
	void (*set)(struct fake *fake);
	const char *cure; /* a part of it, or NULL: none */
	bool alone;       /* nothing else may be wrong then */
} traps[] = {
    {"adapter", "fail", no_adapter, "dmesg", false},
    {"same-address", "fail", same_address, NULL, true},
    {"rfkill", "fail", blocked, "rfkill unblock", true},
    {"powered", "fail", switched_off, "/org/bluez/hci0 org.bluez.Adapter1 Powered b true", true},
    {"autosuspend", "warn", falls_asleep, USB "/power/control", true},
    {"chip", "warn", carries_little, NULL, true},
    {"class", "warn", calls_itself_a_computer, "Class = ", false},
    {"onboard", "warn", pi_alone, NULL, true},
    {"bluetoothd", "fail", no_bluetoothd, "systemctl enable --now bluetooth", true},
    {"bluetoothd", "fail", no_system_bus, "start dbus", true},
    {"bluez-version", "warn", bad_bluez, NULL, true},
    {"bluez-version", "fail", crashing_bluez, NULL, true},
    {"bluez-mode", "fail", low_energy_only, "ControllerMode = dual", true},
    {"bluez-mode", "fail", plugin_left_out, "systemctl edit", true},
    {"user", "warn", as_root, NULL, true},
    {"pipewire", "fail", no_pipewire, "apt install pipewire", false},
    {"pipewire", "fail", pipewire_of_another, "--now pipewire.socket", true},
    {"pipewire", "fail", after_su, "export XDG_RUNTIME_DIR", true},
    {"wireplumber", "fail", no_wireplumber, "--now wireplumber", true},
    {"spa-bluetooth", "fail", no_bluetooth_part, "libspa-0.2-bluetooth", true},
    {"second-server", "warn", pulseaudio, "mask --now pulseaudio", true},
    {"second-server", "fail", bluealsa, "disable --now bluealsa", true},
    {"seat", "warn", seat, "80-echorelay.lua -t /etc/wireplumber/bluetooth.lua.d", true},
    {"seat", "warn", seat_in_a_comment, "80-echorelay.lua", true},
    {"sink-role", "fail", no_sink, "restart wireplumber", true},
    {"source-role", "warn", takes_speakers, "80-echorelay.lua", true},
    {"input-role", "warn", plays_here_too, "80-echorelay.lua", true},
    {"auto-connect", "warn", connects_by_itself, "80-echorelay.lua", true},
    {"linger", "warn", does_not_linger, "enable-linger anna", true},
    {"real-time", "warn", no_priority, "adduser anna pipewire", true},
    {"flush-helper", "warn", helper_without_its_right, "setcap cap_net_raw+ep", true},
    {"echo", "warn", no_echo, NULL, true},
    {"echo", "warn", echo_untrusted, "dev_44_00_49_12_AB_CD org.bluez.Device1 Trusted b true",
     true},
    {"speakers", "warn", no_speaker, NULL, true},
    {"discoverable", "warn", open_to_everybody, "hci0 org.bluez.Adapter1 Discoverable b false",
     true},
    {"air", "warn", too_much_for_the_air, NULL, true},
    {"wifi", "warn", wifi_in_the_way, "nmcli", true},
    {"terminal", "fail", terminal_that_can_nothing, "TERM=", true},
    {"terminal", "warn", locale_without_utf8, "C.UTF-8", true},
};

static void expect_cure(const json_t *json, const struct trap *trap)
{
	for (size_t i = 0; i < json_array_size(json_object_get(json, "checks")); i++) {
		const json_t *check = json_array_get(json_object_get(json, "checks"), i);
		const char *cure = json_string_value(json_object_get(check, "cure"));
		if (strcmp(json_string_value(json_object_get(check, "id")), trap->id))
			continue;
		if (trap->cure ? !cure || !strstr(cure, trap->cure) : cure != NULL)
			fail_msg("%s: the cure is %s", trap->id, cure ? cure : "none");
	}
}

static void each_trap_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(traps); i++) {
		const struct trap *trap = &traps[i];
		struct fake fake;
		healthy(&fake, true);
		trap->set(&fake);
		json_t *json = doctor_examine(&fake.box);
		if (strcmp(state_in(json, trap->id), trap->state))
			fail_msg("trap %zu: %s is %s", i, trap->id, state_in(json, trap->id));
		expect_cure(json, trap);
		for (int k = 0; trap->alone && check_table[k].id; k++) {
			const char *other = state_in(json, check_table[k].id);
			if (strcmp(check_table[k].id, trap->id) && strcmp(other, "ok") &&
			    strcmp(other, "unknown"))
				fail_msg("trap %zu, %s: %s is %s as well", i, trap->id,
				         check_table[k].id, other);
		}
		json_decref(json);
		discard(&fake);
	}
}

static void newer_pipewire_heeds_roles(void **state)
{
	struct fake fake;
	(void)state;
	healthy(&fake, false);
	put(&fake, CONF,
	    "monitor.bluez.seat-monitoring = disabled\nbluez5.auto-connect = [ ]\n"
	    "bluez5.media-source-role = \"input\"\n");
	json_t *json = doctor_examine(&fake.box);
	assert_string_equal(state_in(json, "source-role"), "fail");
	json_decref(json);
	discard(&fake);
}

/* A relay that runs shows how its engine got its priority, whatever may be had from here. */
static void real_time_is_told_of_the_relay_that_runs(void **state)
{
	static const char stat[] = "205 (relay-engine) S 1 205 205 0 -1 1077936192 12 0 0 0 1 2 0 "
				   "0 %s 0 3 0 55 104857600 2000 18446744073709551615 0 0 0 0 0 0 "
				   "2147221247 0 0 0 0 0 -1 1 %s 0 0 0 0 0 0 0 0 0 0 0\n";
	static const struct {
		long may;
		const char *number, *priority_policy, *state, *words;
	} rows[] = {
	    {0, "-71", "70 1", "ok", "has taken"},
	    {0, "-20", "19 2", "ok", "from rtkit"},
	    {0, "20", "0 0", "warn", "no right"},
	    {95, "20", "0 0", "warn", "which may be had by now"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake fake;
		char text[512];
		healthy(&fake, true);
		no_priority(&fake);
		fake.box.realtime_priority = rows[i].may;
		process(&fake, "204", "echorelay\n", "echorelay daemon");
		snprintf(text, sizeof(text), stat, rows[i].number, rows[i].priority_policy);
		put(&fake, "/proc/204/task/205/stat", text);
		put(&fake, "/proc/204/task/204/stat", "204 (echorelay) S 1 204");
		json_t *json = doctor_examine(&fake.box);
		assert_string_equal(state_in(json, "real-time"), rows[i].state);
		assert_non_null(strstr(said_in(json, "real-time", "text"), rows[i].words));
		json_decref(json);
		discard(&fake);
	}
}

/* A relay that runs offers the Echo a sink of its own: what PipeWire lacks is not grave then. */
static void pipewire_is_wanted_less_beside_a_relay(void **state)
{
	struct fake fake;
	(void)state;
	healthy(&fake, true);
	no_pipewire(&fake);
	process(&fake, "204", "echorelay\n", "echorelay daemon");
	json_t *json = doctor_examine(&fake.box);
	assert_string_equal(state_in(json, "pipewire"), "warn");
	json_decref(json);
	discard(&fake);
}

/* --- form ---------------------------------------------------------------------------------------- */

/* The manual promises id, state, text and cure, and nothing else. */
static void checks_have_their_form(void **state)
{
	struct fake fake;
	(void)state;
	healthy(&fake, true);
	no_pipewire(&fake);
	json_t *json = doctor_examine(&fake.box), *checks = json_object_get(json, "checks"), *check;
	size_t index, rows = 0;
	assert_int_equal(json_object_size(json), 1);
	while (check_table[rows].id)
		rows++;
	assert_int_equal(json_array_size(checks), rows);
	json_array_foreach(checks, index, check)
	{
		const json_t *cure = json_object_get(check, "cure");
		assert_int_equal(json_object_size(check), 4);
		assert_string_equal(json_string_value(json_object_get(check, "id")),
		                    check_table[index].id);
		const char *name = json_string_value(json_object_get(check, "state"));
		assert_true(!strcmp(name, "ok") || !strcmp(name, "warn") || !strcmp(name, "fail") ||
		            !strcmp(name, "unknown"));
		assert_true(json_string_length(json_object_get(check, "text")) > 0);
		assert_true(json_is_null(cure) || json_string_length(cure) > 0);
	}
	json_decref(json);
	discard(&fake);
}

/* What --fix may run. */
static void safe_cures_take_nothing_away(void **state)
{
	static const char *const taking[] = {"disable", "mask",  "purge", "remove", "rm ",
	                                     "edit",    "nmcli", " kill", "stop"};
	static struct findings findings;
	int safe = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(traps); i++) {
		struct fake fake;
		healthy(&fake, true);
		traps[i].set(&fake);
		memset(&findings, 0, sizeof(findings));
		findings_look(&findings, &fake.box);
		for (int k = 0; check_table[k].id; k++) {
			struct verdict verdict = {.safe = false};
			check_table[k].judge(&verdict, &findings, &fake.box);
			safe += verdict.safe;
			for (size_t t = 0; verdict.safe && t < COUNT(taking); t++)
				if (strstr(verdict.cure, taking[t]))
					fail_msg("%s: not safe: %s", check_table[k].id,
					         verdict.cure);
		}
		discard(&fake);
	}
	assert_true(safe > 15);
}

/* --- where there is nothing ---------------------------------------------------------------------- */

static void nothing_there_is_no_crash(void **state)
{
	struct fake fake = {.root = "/tmp/echorelay-doctor-XXXXXX"};
	(void)state;
	assert_non_null(mkdtemp(fake.root));
	fake.box = (struct box){.root = fake.root,
	                        .uid = getuid(),
	                        .run = fake_run,
	                        .variable = fake_variable,
	                        .capable = fake_capable,
	                        .user = &fake};
	json_t *json = doctor_examine(&fake.box);
	assert_string_equal(state_in(json, "adapter"), "unknown");
	assert_string_equal(state_in(json, "bluetoothd"), "unknown");
	assert_string_equal(state_in(json, "pipewire"), "fail");
	assert_string_equal(state_in(json, "linger"), "unknown");
	json_decref(json);
	discard(&fake);
}

static void rubbish_from_programs_is_survived(void **state)
{
	static const char *const rubbish[] = {
	    "",
	    "{",
	    "[]",
	    "{\"data\":7}",
	    "{\"data\":[{\"/\":3}]}",
	    "{\"data\":[{\"/org/bluez/hci0\":{\"org.bluez.Adapter1\":"
	    "{\"UUIDs\":{\"data\":[1,null]}}}}]}"};
	(void)state;
	for (size_t i = 0; i < COUNT(rubbish); i++) {
		struct fake fake;
		healthy(&fake, true);
		answer(&fake, "busctl", rubbish[i], 0);
		answer(&fake, "pipewire", rubbish[i], 0);
		answer(&fake, "iw", "channel ", 0);
		json_t *json = doctor_examine(&fake.box);
		assert_non_null(json);
		json_decref(json);
		discard(&fake);
	}
}

/* --- the report ---------------------------------------------------------------------------------- */

static void mask_hides_words_and_addresses(void **state)
{
	static struct mask mask;
	(void)state;
	mask.count = 0;
	mask_add(&mask, "Anna");
	mask_add(&mask, "Anna's Echo");
	mask_add(&mask, "tv"); /* too short */
	json_t *json = json_pack("{s:s, s:[s, i]}", "/dev_70_99_1C_0A_B2_44/fd1",
	                         "tv of Anna's Echo", "b", "70:99:1c:0A:B2:44 Anna 70:99", 7);
	json_t *hidden = mask_json(&mask, json);
	char *text = json_dumps(hidden, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "{\"/dev_70_99_1C_\?\?_\?\?_\?\?/fd1\":\"tv of name 2\","
	                          "\"b\":[\"70:99:1c:\?\?:\?\?:\?\? name 1 70:99\",7]}");
	free(text);
	json_decref(hidden);
	json_decref(json);
}

static void report_tells_no_names(void **state)
{
	struct fake fake;
	(void)state;
	healthy(&fake, true);
	answer(&fake, "/proc/self/exe",
	       "speaker F8:4E:17:6B:90:13 state=paired name=\"Ben's Flip\"\n", 0);
	put(&fake, "/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian 12\"\n");
	answer(
	    &fake, "/proc/self/exe status",
	    "{\"source\":{\"name\":null},\"adapters\":[{\"name\":\"annas-pi\"}],\"speakers\":[{"
	    "\"name\":\"Clara's Xtreme\",\"mtu\":672,\"bitpool\":53,\"spacing\":[9,1,0,0,0,0,0,0],"
	    "\"latency_ms\":{\"speaker\":{\"ms\":180.0}}}]}\n",
	    -EIO);
	answer(&fake, "/proc/self/exe log",
	       "{\"number\":1,\"subject\":\"Clara's Xtreme\",\"text\":\"streaming\"}\n"
	       "{\"number\":2,\"subject\":\"relay\",\"text\":\"Clara's Xtreme is gone\"}\n",
	       0);
	json_t *report = report_make(&fake.box);
	char *open = json_dumps(report, 0);
	assert_non_null(strstr(open, "Echo Dot"));
	assert_non_null(strstr(open, "44:00:49:12:AB:CD"));
	assert_non_null(strstr(open, "\"Debian 12\""));
	json_t *hidden = report_hide(report, &fake.box);
	char *text = json_dumps(hidden, 0);
	assert_null(strstr(text, "Echo Dot"));
	assert_null(strstr(text, "12:AB:CD"));
	assert_null(strstr(text, "Ben's"));
	assert_null(strstr(text, "anna"));
	assert_null(strstr(text, "Clara"));
	assert_int_equal(json_array_size(json_object_get(hidden, "events")), 2);
	const json_t *speaker = json_array_get(
	    json_object_get(json_array_get(json_object_get(hidden, "status"), 0), "speakers"), 0);
	assert_int_equal(json_integer_value(json_object_get(speaker, "mtu")), 672);
	assert_int_equal(json_array_size(json_object_get(speaker, "spacing")), 8);
	assert_non_null(strstr(text, "44:00:49:??:??:??"));
	assert_non_null(strstr(text, "Debian 12"));
	free(open);
	free(text);
	json_decref(hidden);
	json_decref(report);
	discard(&fake);
}

static void versions_are_read(void **state)
{
	(void)state;
	struct version version = version_read("bluetoothctl: 5.66");
	assert_int_equal(version.major, 5);
	assert_int_equal(version.minor, 66);
	assert_true(version_from(version, 5, 66, 0));
	assert_false(version_from(version, 5, 66, 1));
	assert_false(version_known(version_read("no version 7 here")));
	assert_false(version_known(version_read(NULL)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(healthy_box_of_debian_12),
	    cmocka_unit_test(healthy_box_of_debian_13),
	    cmocka_unit_test(each_trap_is_told),
	    cmocka_unit_test(newer_pipewire_heeds_roles),
	    cmocka_unit_test(real_time_is_told_of_the_relay_that_runs),
	    cmocka_unit_test(pipewire_is_wanted_less_beside_a_relay),
	    cmocka_unit_test(checks_have_their_form),
	    cmocka_unit_test(safe_cures_take_nothing_away),
	    cmocka_unit_test(nothing_there_is_no_crash),
	    cmocka_unit_test(rubbish_from_programs_is_survived),
	    cmocka_unit_test(versions_are_read),
	    cmocka_unit_test(mask_hides_words_and_addresses),
	    cmocka_unit_test(report_tells_no_names),
	};
	return RUN(tests);
}
