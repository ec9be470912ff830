/* SPDX-License-Identifier: MIT */
/* What the kernel shows in /sys and /proc: adapters, radio switches, wireless networks, processes. */
#include "doctor/findings.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct looking {
	struct findings *findings;
	const struct box *box;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool file_says(const struct box *box, const char *folder, const char *name, const char *word)
{
	char *text = box_read(box, "%s/%s", folder, name);
	bool says = text && !strcmp(text, word);
	free(text);
	return says;
}

/* --- adapters ------------------------------------------------------------------------------------ */

/* The adapter's device is an interface of the USB device above it. */
static void look_usb(struct found_adapter *adapter, const struct box *box, const char *device)
{
	char *slash;
	snprintf(adapter->usb_path, sizeof(adapter->usb_path), "%s", device);
	while (!box_exists(box, "%s/idVendor", adapter->usb_path)) {
		slash = strrchr(adapter->usb_path, '/');
		if (!slash || slash == adapter->usb_path)
			return;
		*slash = 0;
	}
	char *vendor = box_read(box, "%s/idVendor", adapter->usb_path);
	char *product = box_read(box, "%s/idProduct", adapter->usb_path);
	adapter->on_usb = true;
	snprintf(adapter->usb_id, sizeof(adapter->usb_id), "%.4s:%.4s", vendor ? vendor : "?",
	         product ? product : "?");
	adapter->sleeps = file_says(box, adapter->usb_path, "power/control", "auto");
	free(vendor);
	free(product);
}

static void look_rfkill(struct found_adapter *adapter, const struct box *box, const char *path)
{
	char name[64];
	snprintf(name, sizeof(name), "%s", adapter->hci);
	if (!file_says(box, path, "type", "bluetooth") || !file_says(box, path, "name", name))
		return;
	adapter->blocked |= file_says(box, path, "soft", "1");
	adapter->blocked_hard |= file_says(box, path, "hard", "1");
}

static void on_rfkill(void *user, const char *path)
{
	struct looking *looking = user;
	for (int i = 0; i < looking->findings->adapter_count; i++)
		look_rfkill(&looking->findings->adapters[i], looking->box, path);
}

static void on_adapter(void *user, const char *path)
{
	struct looking *looking = user;
	struct findings *findings = looking->findings;
	const char *hci = last_part(path);
	char device[BOX_PATH];
	if (findings->adapter_count == FOUND_ADAPTERS || strchr(hci, ':')) /* hci0:11 is a link */
		return;
	struct found_adapter *adapter = &findings->adapters[findings->adapter_count++];
	snprintf(adapter->hci, sizeof(adapter->hci), "%.15s", hci);
	if (!box_link(looking->box, device, sizeof(device), "%s/device", path))
		return;
	look_usb(adapter, looking->box, device);
	adapter->on_uart = !adapter->on_usb;
}

/* --- Wi-Fi --------------------------------------------------------------------------------------- */

static void on_wave(void *user, const char *path)
{
	struct looking *looking = user;
	struct findings *findings = looking->findings;
	const char *interface = path + strlen("/sys/class/net/");
	size_t length = strcspn(interface, "/");
	struct found_wave *wave = &findings->waves[findings->wave_count];
	if (findings->wave_count == FOUND_WAVES || length >= sizeof(wave->name))
		return;
	snprintf(wave->name, sizeof(wave->name), "%.*s", (int)length, interface);
	findings->wave_count++;
}

/* iw prints "channel 6 (2437 MHz), width: 20 MHz" for an interface that is connected. */
static void wave_ask(struct findings *findings, struct found_wave *wave, const struct box *box)
{
	const char *const ask[] = {"iw", "dev", wave->name, "info", NULL};
	char *answer;
	int error = box_run(box, ask, &answer);
	const char *channel = answer ? strstr(answer, "channel ") : NULL;
	findings->wave_tool = !error;
	if (channel && sscanf(channel, "channel %*d (%d MHz)", &wave->mhz) != 1)
		wave->mhz = 0;
	free(answer);
}

/* --- processes ----------------------------------------------------------------------------------- */

/* bluetoothd was told not to load what it needs: -P, --noplugin. */
static bool runs_without_a2dp(const struct box *box, const char *path)
{
	char *arguments = box_read(box, "%.*scmdline", (int)(strlen(path) - strlen("comm")), path);
	const char *plugins = arguments ? strstr(arguments, "noplugin=") : NULL;
	if (arguments && !plugins)
		plugins = strstr(arguments, " -P");
	bool without = plugins && (strstr(plugins, "a2dp") || strchr(plugins, '*'));
	free(arguments);
	return without;
}

/* proc_pid_stat(5): the thread's name in brackets, its state the third field, its policy the 41st. */
static void on_thread(void *user, const char *path)
{
	static const enum found_engine by_policy[] = {
	    [SCHED_OTHER] = ENGINE_ORDINARY,
	    [SCHED_FIFO] = ENGINE_BY_RIGHT,
	    [SCHED_RR] = ENGINE_BY_RTKIT,
	};
	struct looking *looking = user;
	char *text = box_read(looking->box, "%s", path);
	char *field = text ? strstr(text, "(relay-engine) ") : NULL;
	for (int number = 2; field && number < 41; number++)
		field = strchr(field + 1, ' ');
	unsigned long policy = field ? strtoul(field, NULL, 10) : ULONG_MAX;
	if (policy < sizeof(by_policy) / sizeof(by_policy[0]))
		looking->findings->engine = by_policy[policy];
	free(text);
}

static void look_relay(struct looking *looking, const char *path, bool mine)
{
	char threads[64];
	int number = atoi(path + strlen("/proc/"));
	if (number == looking->box->pid)
		return;
	looking->findings->runs_echorelay = true;
	snprintf(threads, sizeof(threads), "/proc/%d/task/[0-9]*/stat", number);
	if (mine)
		box_each(looking->box, threads, on_thread, looking);
}

static void on_process(void *user, const char *path)
{
	struct looking *looking = user;
	struct findings *findings = looking->findings;
	uid_t owner = 0;
	char *name = box_read(looking->box, "%s", path);
	if (!name)
		return;
	bool mine = box_owner(looking->box, path, &owner) && owner == looking->box->uid;
	findings->has_proc = true;
	if (!strcmp(name, "bluetoothd")) {
		findings->runs_bluetoothd = true;
		findings->bluetoothd_without_a2dp = runs_without_a2dp(looking->box, path);
	}
	findings->runs_pipewire |= mine && !strcmp(name, "pipewire");
	findings->runs_wireplumber |= mine && !strcmp(name, "wireplumber");
	findings->runs_pulseaudio |= !strcmp(name, "pulseaudio");
	findings->runs_bluealsa |= !strcmp(name, "bluealsa") || !strcmp(name, "bluealsad");
	findings->runs_rtkit |= !strcmp(name, "rtkit-daemon");
	if (!strcmp(name, "echorelay"))
		look_relay(looking, path, mine);
	free(name);
}

void look_processes(struct findings *findings, const struct box *box)
{
	struct looking looking = {findings, box};
	box_each(box, "/proc/[0-9]*/comm", on_process, &looking);
}

void look_kernel(struct findings *findings, const struct box *box)
{
	struct looking looking = {findings, box};
	char *model = box_read(box, "/proc/device-tree/model");
	findings->is_pi = model && strstr(model, "Raspberry Pi");
	free(model);
	findings->has_sysfs = box_exists(box, "/sys/class");
	box_each(box, "/sys/class/bluetooth/hci*", on_adapter, &looking);
	box_each(box, "/sys/class/rfkill/rfkill*", on_rfkill, &looking);
	box_each(box, "/sys/class/net/*/phy80211", on_wave, &looking);
	for (int i = 0; i < findings->wave_count; i++)
		wave_ask(findings, &findings->waves[i], box);
}
