/* SPDX-License-Identifier: MIT */
#ifndef RELAY_SETTINGS_H
#define RELAY_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audio/mix.h"

/*
 * echorelay.conf, which the user writes and the program never does; and speakers.json, which the program
 * keeps.  Main thread only.
 *
 * The state file is written beside the old one and renamed over it, so that at every moment the old or
 * the new is there.  One that cannot be read is set aside as speakers.json.broken, not lost.
 */

#define SETTINGS_SPEAKERS 64
#define SETTINGS_PATH 4096
#define SETTINGS_VOLUME_UNKNOWN (-1)
#define SETTINGS_ADAPTERS 8

struct settings_config {
	uint32_t rate;    /* group rate, Hz */
	int64_t lead_ns;  /* how far ahead the source's sound is put */
	char keymap[256]; /* name or file; empty: default */
	char log[SETTINGS_PATH];
	char source[256]; /* node; empty: the Echo */
	int64_t idle_ns;  /* silence after which the streams are suspended; 0: never */
	char adapters[SETTINGS_ADAPTERS][18]; /* addresses of those to use */
	int adapter_count;                    /* 0: all there are */
	bool own_sink; /* the Echo is offered one of ours, whose packets the engine reads itself */
};

enum settings_role { ROLE_UNKNOWN, ROLE_SPEAKER, ROLE_SOURCE, ROLE_NONE };

/* What is kept of one device, by its address. */
struct settings_speaker {
	char address[18];
	char name[128]; /* as last seen; clean */
	enum settings_role role;
	int64_t trim_ns;
	int64_t latency_ns;  /* measured; −1: never */
	int64_t reported_ns; /* what the speaker itself said then; −1: nothing */
	int volume;          /* percent, or SETTINGS_VOLUME_UNKNOWN */
	bool muted;
	enum mix_channel channel;
	bool autoconnect;
	bool keepawake;   /* a tone that cannot be heard, while there is silence */
	char adapter[18]; /* with which it was paired; empty: not known */
};

struct settings {
	struct settings_config config;
	char state_path[SETTINGS_PATH]; /* of speakers.json */
	bool dirty;                     /* something waits to be written */
	int speaker_count;              /* in the order of the screen */
	struct settings_speaker speakers[SETTINGS_SPEAKERS];
};

/* Everything as it is without any file. */
void settings_init(struct settings *settings);

/*
 * Reads a configuration file over what is there.  Returns 0; -EINVAL and "file:line: what is wrong" in
 * `message`; -ENOENT and the like.
 */
int settings_read_config(struct settings *settings, const char *path, char *message, size_t size);

/*
 * Reads speakers.json of the folder `directory`, which is made if need be; from now on it is written
 * there.  Returns 0, also where there is none yet; 1 and a `message` where it was damaged and set aside;
 * -errno and a message where the folder cannot be used.
 */
int settings_open_state(struct settings *settings, const char *directory, char *message,
                        size_t size);

/* The state as the file has it; to be freed; NULL without memory. */
char *settings_text(const struct settings *settings);

/* Writes the state if something changed.  Returns 0 or -errno. */
int settings_save(struct settings *settings);

/* What is kept of a device; a new entry where there is none, NULL if there are too many. */
struct settings_speaker *settings_speaker(struct settings *settings, const char *address);

/* The same, but NULL where nothing is kept. */
const struct settings_speaker *settings_known(const struct settings *settings, const char *address);

/*
 * Forgets what is kept of a device; those behind it move up one place, and pointers to them with it.
 * Returns its former place, or −1.
 */
int settings_forget(struct settings *settings, const char *address);

/*
 * The default folder: $XDG_CONFIG_HOME/echorelay or ~/.config/echorelay; $XDG_STATE_HOME/echorelay or
 * ~/.local/state/echorelay.  Returns 0, or -ENOENT without a home.
 */
int settings_config_directory(char *path, size_t size);
int settings_state_directory(char *path, size_t size);

#endif
