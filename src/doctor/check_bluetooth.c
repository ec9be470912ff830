/* SPDX-License-Identifier: MIT */
/* Adapters, BlueZ, what is paired, and the air. */
#include "doctor/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "a2dp/airtime.h"

#define MAJOR_AUDIO_VIDEO 0x04
#define AIR_MOST 80 /* percent: the rest is for retransmissions and for what else goes on */

/* bluetoothctl forgets with each call which adapter was selected: so it is busctl that sets a property. */
static void cure_property(struct verdict *verdict, const char *object, const char *interface,
                          const char *assignment)
{
	verdict_cure(verdict, true, "busctl set-property org.bluez /org/bluez/%s org.bluez.%s %s",
	             object, interface, assignment);
}

/* --- adapters ------------------------------------------------------------------------------------ */

void check_adapter(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	if (findings->adapter_count)
		return verdict_say(verdict, CHECK_OK, "%d Bluetooth adapter%s",
		                   findings->adapter_count, findings->adapter_count > 1 ? "s" : "");
	if (!findings->has_sysfs)
		return verdict_say(verdict, CHECK_UNKNOWN, "/sys cannot be seen from here");
	verdict_say(verdict, CHECK_FAIL,
	            "no Bluetooth adapter: plug one in; one that is in may lack its firmware");
	verdict_cure(verdict, false,
	             "sudo dmesg | grep -iE 'bluetooth|firmware' && apt-cache search firmware");
}

void check_same_address(struct verdict *verdict, const struct findings *findings,
                        const struct box *box)
{
	(void)box;
	for (int i = 0; i < findings->adapter_count; i++)
		for (int k = 0; k < i; k++) {
			const char *address = findings->adapters[i].address;
			if (*address && !strcmp(address, findings->adapters[k].address))
				return verdict_say(verdict, CHECK_FAIL,
				                   "%s and %s have the same address %s, as cheap "
				                   "dongles do: pull one "
				                   "out, pairings cannot tell them apart",
				                   findings->adapters[k].hci,
				                   findings->adapters[i].hci, address);
		}
	if (findings->bluez_there != SIGHT_YES)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell the addresses");
	verdict_say(verdict, CHECK_OK, "every adapter has an address of its own");
}

void check_rfkill(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	for (int i = 0; i < findings->adapter_count; i++) {
		const struct found_adapter *adapter = &findings->adapters[i];
		if (adapter->blocked_hard)
			return verdict_say(verdict, CHECK_FAIL,
			                   "%s is off by a switch or key of the machine",
			                   adapter->hci);
		if (!adapter->blocked)
			continue;
		verdict_say(verdict, CHECK_FAIL, "%s is blocked by rfkill", adapter->hci);
		return verdict_cure(verdict, true, "sudo rfkill unblock bluetooth");
	}
	if (!findings->has_sysfs || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "no adapter to look at");
	verdict_say(verdict, CHECK_OK, "nothing is blocked");
}

void check_powered(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	if (findings->bluez_there != SIGHT_YES || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell");
	for (int i = 0; i < findings->adapter_count; i++) {
		const struct found_adapter *adapter = &findings->adapters[i];
		if (adapter->powered)
			continue;
		verdict_say(verdict, CHECK_FAIL, "%s is switched off", adapter->hci);
		return cure_property(verdict, adapter->hci, "Adapter1", "Powered b true");
	}
	verdict_say(verdict, CHECK_OK, "all adapters are on");
}

void check_autosuspend(struct verdict *verdict, const struct findings *findings,
                       const struct box *box)
{
	(void)box;
	bool any = false;
	for (int i = 0; i < findings->adapter_count; i++) {
		const struct found_adapter *adapter = &findings->adapters[i];
		any |= adapter->on_usb;
		if (!adapter->sleeps)
			continue;
		verdict_say(verdict, CHECK_WARN,
		            "%s (USB %s) may be put to sleep between packets: dropouts",
		            adapter->hci, adapter->usb_id);
		return verdict_cure(
		    verdict, true,
		    "echo on | sudo tee %s/power/control; echo options btusb "
		    "enable_autosuspend=0 | sudo tee /etc/modprobe.d/echorelay.conf",
		    adapter->usb_path);
	}
	if (!findings->has_sysfs || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "no adapter to look at");
	verdict_say(verdict, CHECK_OK, any ? "USB adapters stay awake" : "no adapter is on USB");
}

/* What others have measured of adapters, by USB id: sendspin-bt-bridge's list, raspberrypi/linux. */
void check_chip(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	for (int i = 0; i < findings->adapter_count; i++)
		if (!strcmp(findings->adapters[i].usb_id, "0a12:0001"))
			return verdict_say(verdict, CHECK_WARN,
			                   "%s is a CSR8510 or a copy of it (USB 0a12:0001): it "
			                   "carries one stream, two at best; one with an RTL8761B "
			                   "carries more",
			                   findings->adapters[i].hci);
	if (!findings->has_sysfs || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "no adapter to look at");
	verdict_say(verdict, CHECK_OK, "none that is known to carry little");
}

void check_onboard(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	bool usb = false, uart = false;
	for (int i = 0; i < findings->adapter_count; i++) {
		usb |= findings->adapters[i].on_usb;
		uart |= findings->adapters[i].on_uart;
	}
	if (!findings->is_pi)
		return verdict_say(verdict, CHECK_OK, "not a Raspberry Pi");
	if (uart && !usb)
		return verdict_say(
		    verdict, CHECK_WARN,
		    "the Pi's own chip is the only adapter: it shares its antenna with "
		    "Wi-Fi and carries one stream at best; add a USB adapter");
	if (uart)
		return verdict_say(
		    verdict, CHECK_OK,
		    "a USB adapter beside the Pi's own chip; adapter = in echorelay.conf "
		    "keeps the relay off the latter");
	verdict_say(verdict, CHECK_OK, "the Pi's own chip is not in use");
}

/* --- BlueZ --------------------------------------------------------------------------------------- */

void check_bluetoothd(struct verdict *verdict, const struct findings *findings,
                      const struct box *box)
{
	(void)box;
	if (findings->bluez_there == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK, "bluetoothd answers");
	if (findings->bus == SIGHT_NO) {
		verdict_say(verdict, CHECK_FAIL, "there is no system bus");
		return verdict_cure(verdict, true, "sudo systemctl start dbus");
	}
	if (findings->bluez_there == SIGHT_UNKNOWN && !findings->has_proc)
		return verdict_say(verdict, CHECK_UNKNOWN, "neither the bus nor /proc can be seen");
	if (findings->runs_bluetoothd)
		return verdict_say(verdict, CHECK_UNKNOWN,
		                   "bluetoothd runs, but does not answer on the system bus");
	verdict_say(verdict, CHECK_FAIL, "bluetoothd does not run");
	if (version_known(findings->bluez))
		return verdict_cure(verdict, true, "sudo systemctl enable --now bluetooth");
	verdict_cure(verdict, true,
	             "sudo apt install bluez && sudo systemctl enable --now bluetooth");
}

/* Versions with a fault that hurts here; the newest fault of each.  Threads of bluez/bluez on GitHub. */
static const struct known_fault {
	struct version first, last;
	enum check_state state;
	const char *what;
} known_faults[] = {
    {{5, 59, 0}, {5, 59, 0}, CHECK_FAIL, "an Echo's capabilities crash it (#166)"},
    /* what echorelay has configured it leaves as it is */
    {{5, 80, 0},
     {5, 82, 0},
     CHECK_OK,
     "some speakers fail when reconfigured (#1471), which echorelay does not do"},
    {{5, 86, 0},
     {5, 86, 0},
     CHECK_WARN,
     "devices that are speaker and source at once connect the wrong way (#1898, #1922)"},
    {{5, 87, 0}, {5, 87, 0}, CHECK_WARN, "speakers' own volume is broken (#2273, #2302)"},
};

static bool version_between(struct version version, const struct known_fault *fault)
{
	struct version last = fault->last;
	return version_from(version, fault->first.major, fault->first.minor, fault->first.micro) &&
	       !version_from(version, last.major, last.minor + 1, 0);
}

void check_bluez_version(struct verdict *verdict, const struct findings *findings,
                         const struct box *box)
{
	(void)box;
	struct version version = findings->bluez;
	if (!version_known(version))
		return verdict_say(verdict, CHECK_UNKNOWN, "bluetoothctl does not tell");
	for (size_t i = 0; i < sizeof(known_faults) / sizeof(known_faults[0]); i++)
		if (version_between(version, &known_faults[i]))
			return verdict_say(verdict, known_faults[i].state, "BlueZ %d.%d: %s",
			                   version.major, version.minor, known_faults[i].what);
	if (!version_from(version, 5, 66, 0))
		return verdict_say(verdict, CHECK_WARN, "BlueZ %d.%d is older than what was tried",
		                   version.major, version.minor);
	verdict_say(verdict, CHECK_OK, "BlueZ %d.%d", version.major, version.minor);
}

void check_bluez_mode(struct verdict *verdict, const struct findings *findings,
                      const struct box *box)
{
	(void)box;
	if (findings->low_energy_only) {
		verdict_say(verdict, CHECK_FAIL,
		            "main.conf has ControllerMode = le: no A2DP at all");
		return verdict_cure(verdict, true,
		                    "sudo sed -i 's/^ *ControllerMode.*/ControllerMode = dual/' "
		                    "/etc/bluetooth/main.conf && sudo systemctl restart bluetooth");
	}
	if (findings->bluetoothd_without_a2dp) {
		verdict_say(verdict, CHECK_FAIL,
		            "bluetoothd was started without its a2dp plugin (--noplugin, -P)");
		return verdict_cure(verdict, false, "sudo systemctl edit --full bluetooth");
	}
	verdict_say(verdict, CHECK_OK, "A2DP is not switched off");
}

/* --- devices ------------------------------------------------------------------------------------- */

static int count_devices(const struct findings *findings, int adapter, bool sources)
{
	int count = 0;
	for (int i = 0; i < findings->device_count; i++) {
		const struct found_device *device = &findings->devices[i];
		bool source = device->is_source;
		if (adapter >= 0 && device->adapter != adapter)
			continue;
		count += sources ? source : device->is_sink && !source;
	}
	return count;
}

static void cure_trust(struct verdict *verdict, const struct findings *findings,
                       const struct found_device *device)
{
	char object[64];
	if (device->adapter < 0)
		return;
	snprintf(object, sizeof(object), "%s/dev_%s", findings->adapters[device->adapter].hci,
	         device->address);
	for (char *colon = object; (colon = strchr(colon, ':'));)
		*colon = '_';
	cure_property(verdict, object, "Device1", "Trusted b true");
}

void check_echo(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	const struct found_device *trusted = NULL;
	(void)box;
	if (findings->bluez_there != SIGHT_YES)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell what is paired");
	for (int i = 0; i < findings->device_count; i++) {
		const struct found_device *device = &findings->devices[i];
		if (!device->is_source)
			continue;
		if (!device->trusted) {
			verdict_say(verdict, CHECK_WARN,
			            "%s is paired, but not trusted: it cannot come back by itself",
			            device->name);
			return cure_trust(verdict, findings, device);
		}
		trusted = device;
	}
	if (trusted)
		return verdict_say(verdict, CHECK_OK, "%s is paired", trusted->name);
	verdict_say(verdict, CHECK_WARN,
	            "no Echo is paired: press E in echorelay, then say \"Alexa, pair Bluetooth\"");
}

void check_speakers(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	int count = count_devices(findings, -1, false);
	if (findings->bluez_there != SIGHT_YES)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell what is paired");
	if (count)
		return verdict_say(verdict, CHECK_OK, "%d speaker%s paired", count,
		                   count > 1 ? "s are" : " is");
	verdict_say(verdict, CHECK_WARN, "no speaker is paired: press p in echorelay");
}

void check_class(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	if (findings->bluez_there != SIGHT_YES || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell");
	uint32_t class = findings->adapters[0].class;
	bool audio = (class >> 8 & 0x1f) == MAJOR_AUDIO_VIDEO;
	if (audio || count_devices(findings, -1, true))
		return verdict_say(verdict, CHECK_OK, "class of device 0x%06x", class);
	verdict_say(
	    verdict, CHECK_WARN,
	    "this box calls itself no loudspeaker (class 0x%06x): if the Echo does not find "
	    "it, change that",
	    class);
	verdict_cure(
	    verdict, false,
	    "sudo hostnamectl set-chassis embedded && sudo sed -i 's/^#* *Class *=.*/Class = "
	    "0x000414/' /etc/bluetooth/main.conf && sudo systemctl restart bluetooth");
}

void check_discoverable(struct verdict *verdict, const struct findings *findings,
                        const struct box *box)
{
	(void)box;
	if (findings->bluez_there != SIGHT_YES)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell");
	for (int i = 0; i < findings->adapter_count; i++) {
		if (!findings->adapters[i].discoverable || !count_devices(findings, -1, true))
			continue;
		verdict_say(verdict, CHECK_WARN,
		            "%s can be found by everybody, though an Echo is paired",
		            findings->adapters[i].hci);
		return cure_property(verdict, findings->adapters[i].hci, "Adapter1",
		                     "Discoverable b false");
	}
	verdict_say(verdict, CHECK_OK, "nobody finds this box who should not");
}

/* --- the air ------------------------------------------------------------------------------------- */

/*
 * 44.1 kHz joint stereo at bitpool 53 on an MTU of 672, what nearly everything does: 5 frames of 119
 * bytes a packet.  A stream that comes in costs a poll of two slots on top of each packet.
 */
static double stream_percent(bool comes_in)
{
	const int64_t packet_ns = 5 * 128 * 1000000000ll / 44100;
	const double slots_per_packet = 1600.0 * (double)packet_ns / 1e9;
	return airtime_percent(672, 5 * 119 + 13, packet_ns) +
	       (comes_in ? 100.0 * 2 / slots_per_packet : 0);
}

void check_air(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	if (findings->bluez_there != SIGHT_YES)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell what is paired");
	double most = 0;
	for (int i = 0; i < findings->adapter_count; i++) {
		int speakers = count_devices(findings, i, false);
		int sources = count_devices(findings, i, true) > 0;
		double percent = speakers * stream_percent(false) + sources * stream_percent(true);
		most = percent > most ? percent : most;
		if (percent > AIR_MOST && speakers)
			return verdict_say(verdict, CHECK_WARN,
			                   "what is paired with %s takes %.0f %% of its air, if "
			                   "all of it plays at full "
			                   "quality; 80 %% is what carries: another adapter, or "
			                   "one channel a speaker",
			                   findings->adapters[i].hci, percent);
	}
	verdict_say(verdict, CHECK_OK, "at the most %.0f %% of an adapter's air", most);
}

void check_wifi(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	for (int i = 0; i < findings->wave_count; i++) {
		const struct found_wave *wave = &findings->waves[i];
		if (wave->mhz >= 2400 && wave->mhz < 2500) {
			verdict_say(
			    verdict, CHECK_WARN,
			    "%s is on %d MHz, in Bluetooth's band: 5 GHz or a cable is better",
			    wave->name, wave->mhz);
			return verdict_cure(
			    verdict, false,
			    "nmcli connection modify \"$(nmcli -g GENERAL.CONNECTION "
			    "device show %s)\" wifi.band a",
			    wave->name);
		}
	}
	if (findings->wave_count && !findings->wave_tool) {
		verdict_say(verdict, CHECK_UNKNOWN, "iw is not there to tell the band of %s",
		            findings->waves[0].name);
		return verdict_cure(verdict, false, "sudo apt install iw");
	}
	if (!findings->has_sysfs)
		return verdict_say(verdict, CHECK_UNKNOWN, "/sys cannot be seen from here");
	verdict_say(verdict, CHECK_OK, "no Wi-Fi on Bluetooth's band");
}
