/* SPDX-License-Identifier: MIT */
/* A machine whose every file and program says what the input says: the doctor's verdicts, and a report. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "doctor/check.h"
#include "doctor/mask.h"

static const char *const files[] = {
    "proc/device-tree/model",
    "proc/1/comm",
    "proc/1/cmdline",
    "sys/class/bluetooth/hci0/device",
    "sys/class/rfkill/rfkill0/type",
    "sys/class/net/wlan0/phy80211",
    "usr/share/wireplumber/bluetooth.lua.d/x.lua",
    "etc/wireplumber/wireplumber.conf.d/x.conf",
    "etc/bluetooth/main.conf",
    "etc/group",
    "etc/security/limits.d/x.conf",
    "var/lib/systemd/linger/anna",
};

static char *answer;
static bool newer;

static int run(void *user, const char *const argv[], char **ret_text)
{
	(void)user;
	*ret_text = strdup(!strcmp(argv[0], "wireplumber") ? newer ? "0.5.1" : "0.4.13" : answer);
	return strlen(answer) % 7 == 6 ? -EIO : 0;
}

static const char *variable(void *user, const char *name)
{
	(void)user, (void)name;
	return NULL;
}

static bool capable(void *user, const char *path)
{
	(void)user, (void)path;
	return false;
}

static const struct box box = {
    .user_name = "anna",
    .home = "/home/anna",
    .run = run,
    .variable = variable,
    .capable = capable,
};

/* Every file is the same one. */
static void machine_make(void)
{
	char text[128];
	snprintf(text, sizeof(text), "%s/text", fuzz_folder());
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), files[i]);
		for (char *slash = path + strlen(fuzz_folder()) + 1; (slash = strchr(slash, '/'));
		     *slash++ = '/') {
			*slash = 0;
			mkdir(path, 0700);
		}
		fuzz_require(!symlink(text, path), "there is a file");
	}
}

static void judge(const struct findings *findings)
{
	for (const struct check *check = check_table; check->id; check++) {
		struct verdict verdict = {.state = CHECK_UNKNOWN};
		check->judge(&verdict, findings, &box);
		fuzz_require(memchr(verdict.text, 0, sizeof(verdict.text)) != NULL, "words end");
	}
}

static void hide(void)
{
	static struct mask mask;
	json_t *json = json_loads(answer, 0, NULL);
	mask.count = 0;
	mask_add(&mask, "anna");
	mask_add(&mask, answer);
	json_t *hidden = json ? mask_json(&mask, json) : NULL;
	json_decref(hidden);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct findings findings;
	static struct box here;
	if (!here.root) {
		machine_make();
		here = box;
		here.root = fuzz_folder();
	}
	fuzz_file("text", data, size);
	answer = fuzz_text(data, size);
	newer = size % 2;
	findings_look(&findings, &here);
	judge(&findings);
	hide();
	free(answer);
	return 0;
}
