/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_FINDINGS_H
#define DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "doctor/box.h"

/*
 * What was seen of the machine, before anything is made of it.  Whatever could not be seen says so, so
 * that a check can tell "no" from "don't know".
 */

#define FOUND_ADAPTERS 8
#define FOUND_DEVICES 64
#define FOUND_WAVES 4
#define FLUSH_HELPER LIBEXECDIR "/echorelay-flush"

/* Seen, not there, or not to be seen from here. */
enum sight { SIGHT_UNKNOWN, SIGHT_NO, SIGHT_YES };

/* How the engine's thread of a relay that runs is scheduled: sched(7), and who gave it that. */
enum found_engine {
	ENGINE_NOT_SEEN,
	ENGINE_ORDINARY, /* as any other */
	ENGINE_BY_RIGHT, /* SCHED_FIFO, which the kernel let it take */
	ENGINE_BY_RTKIT, /* SCHED_RR, which rtkit gives */
};

/* "5.66" as {5, 66, 0}; {0} where it is not known. */
struct version {
	int major, minor, micro;
};

struct found_adapter {
	char hci[16];
	char address[18];           /* BlueZ's word for it; empty: BlueZ does not have it */
	bool on_usb, on_uart;       /* where the kernel has it; neither: not seen */
	char usb_path[BOX_PATH];    /* its device in sysfs */
	char usb_id[16];            /* 0a12:0001 */
	bool sleeps;                /* USB autosuspend is on */
	bool blocked, blocked_hard; /* rfkill */
	bool powered, discoverable;
	uint32_t class;
	bool has_sink, has_source; /* a program has registered endpoints: SDP records for them */
};

struct found_device {
	char address[18], name[128];
	int adapter; /* index; −1: none */
	bool paired, trusted;
	bool is_sink, is_source;
};

/* A wireless network interface. */
struct found_wave {
	char name[32];
	int mhz; /* 0: not known, or not connected */
};

struct findings {
	/* the kernel */
	bool has_sysfs;
	bool is_pi;
	int adapter_count;
	struct found_adapter adapters[FOUND_ADAPTERS];
	int wave_count;
	struct found_wave waves[FOUND_WAVES];
	bool wave_tool; /* iw could be asked */
	/* programs that run; one's own where it matters */
	bool has_proc;
	bool runs_bluetoothd, runs_pipewire, runs_wireplumber, runs_pulseaudio, runs_bluealsa,
	    runs_rtkit;
	bool runs_echorelay;          /* another one than this */
	enum found_engine engine;     /* … of this user */
	bool bluetoothd_without_a2dp; /* its command line says so */
	/* versions, and what is installed */
	struct version bluez, pipewire, wireplumber;
	enum sight spa_bluetooth;
	/* BlueZ */
	enum sight bus;         /* the system bus answers */
	enum sight bluez_there; /* org.bluez is on it */
	int device_count;
	struct found_device devices[FOUND_DEVICES];
	/* configuration */
	bool low_energy_only; /* main.conf: ControllerMode = le */
	enum sight seat_ignored, sink_role, source_role_off, input_role, auto_connect_off;
	enum sight lingers;
	enum sight in_audio_group, limit_for_group;
	bool flush_helper, flush_helper_may; /* installed; with its capability */
};

/* Looks at everything.  *findings is about 20 KiB. */
void findings_look(struct findings *findings, const struct box *box);

/* The parts. */
void look_kernel(struct findings *findings, const struct box *box);
void look_processes(struct findings *findings, const struct box *box);
void look_bluez(struct findings *findings, const struct box *box);
void look_sound(struct findings *findings, const struct box *box);
void look_rights(struct findings *findings, const struct box *box);

/*
 * All objects of BlueZ, as busctl has them: the answer to be unreferenced, NULL where there is none; the text,
 * which then says why, to be freed.  Returns what box_run did.
 */
int look_objects(const struct box *box, json_t **ret_answer, char **ret_text);

/* Is `version` at least that? */
bool version_from(struct version version, int major, int minor, int micro);
bool version_known(struct version version);

/* The first number with dots in a text. */
struct version version_read(const char *text);

#endif
