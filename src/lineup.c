/* SPDX-License-Identifier: MIT */
#include "lineup.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lineup_print.h"
#include "lineup_relay.h"
#include "pipewire/microphone.h"

#define TICK_US 200000
#define TICK_MS 200
#define CONNECT_SECONDS 25 /* for the speakers, in a relay of our own */
#define SETTLE_SECONDS 2   /* delays come to rest */
#define MICROPHONES 32

enum phase { PHASE_CONNECT, PHASE_SETTLE, PHASE_START, PHASE_MEASURE, PHASE_END };

struct lineup {
	struct lineup_relay house;
	const char *microphone, *speakers;
	bool json, keep, levels, list;

	int result; /* of the last command */
	char reply[256];

	enum phase phase;
	int ticks; /* in this phase */
	int code;
};

static const struct option options[] = {
    {"mic", required_argument, NULL, 'm'},      {"mics", no_argument, NULL, 'M'},
    {"speakers", required_argument, NULL, 's'}, {"keep", no_argument, NULL, 'k'},
    {"levels", no_argument, NULL, 'l'},         {"json", no_argument, NULL, 'j'},
    {"demo", optional_argument, NULL, 'd'},     {"config", required_argument, NULL, 'c'},
    {"state", required_argument, NULL, 'S'},    {"bus", required_argument, NULL, 'B'},
    {"help", no_argument, NULL, 'h'},           {0},
};

static void help(void)
{
	puts("Usage: echorelay align [OPTION]...\n"
	     "Finds by microphone when each speaker is heard, and lines them up.\n\n"
	     "  --mic NODE            listen with this PipeWire node, not the one ranked highest\n"
	     "  --mics                list the microphones there are\n"
	     "  --speakers LIST       only these: numbers, addresses or names, with commas\n"
	     "  --keep                line up what was found for sure\n"
	     "  --levels              the same, and bring louder ones down to the softest\n"
	     "  --json                print the results as JSON\n"
	     "  --demo[=SCENARIO]     in a simulated room, the truth beside what was found\n"
	     "  --config FILE         instead of ~/.config/echorelay/echorelay.conf\n"
	     "  --state DIR           where to keep what was found\n"
	     "  --bus ADDRESS         D-Bus address of BlueZ, instead of the system bus\n"
	     "  --help                print this");
}

static void take(struct lineup *lineup, int letter, const char *value)
{
	const char **texts[] = {['m'] = &lineup->microphone,
	                        ['s'] = &lineup->speakers,
	                        ['c'] = &lineup->house.config,
	                        ['S'] = &lineup->house.state,
	                        ['B'] = &lineup->house.bus};
	if (letter == 'd')
		lineup->house.demo = value ? value : "";
	else if (letter == 'k' || letter == 'l')
		lineup->keep = true, lineup->levels |= letter == 'l';
	else if (letter == 'j')
		lineup->json = true;
	else if (letter == 'M')
		lineup->list = true;
	else
		*texts[letter] = value;
}

/* Returns EX_OK, EX_USAGE, or -1 where the help was wanted and is printed. */
static int read_options(struct lineup *lineup, int argc, char *argv[])
{
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (letter == 'h') {
			help();
			return -1;
		}
		if (letter == '?')
			return EX_USAGE;
		take(lineup, letter, optarg);
	}
	if (optind == argc)
		return EX_OK;
	fprintf(stderr, "echorelay: align takes no '%s'\n", argv[optind]);
	return EX_USAGE;
}

static int list_microphones(void)
{
	struct microphone_entry entries[MICROPHONES];
	int count = microphone_list(entries, MICROPHONES);
	if (count < 0)
		return lineup_fail(EX_UNAVAILABLE, "no PipeWire");
	for (int i = 0; i < count; i++)
		printf("%-40s %s\n", entries[i].node, entries[i].description);
	if (!count)
		return lineup_fail(EX_UNAVAILABLE, "PipeWire has no microphone");
	return EX_OK;
}

/* --- what happens, five times a second ------------------------------------------------------------ */

static const struct model *model_of(struct lineup *lineup)
{
	return relay_model(lineup->house.relay);
}

static void command(struct lineup *lineup, const char *line)
{
	lineup->result =
	    relay_command(lineup->house.relay, line, lineup->reply, sizeof(lineup->reply));
}

static void end(struct lineup *lineup, int code)
{
	lineup->code = code;
	lineup->phase = PHASE_END;
	sd_event_exit(lineup->house.event, 0);
}

static void phase_set(struct lineup *lineup, enum phase phase)
{
	lineup->phase = phase;
	lineup->ticks = 0;
}

static bool seconds_passed(const struct lineup *lineup, int seconds)
{
	return lineup->ticks >= seconds * 1000 / TICK_MS;
}

/* Those that want to connect by themselves. */
static void connect_step(struct lineup *lineup)
{
	const struct model *model = model_of(lineup);
	int wanted = 0, playing = 0;
	for (int i = 0; i < model->speaker_count; i++) {
		wanted += model->speakers[i].autoconnect;
		playing += model_speaker_plays(&model->speakers[i]);
	}
	if (wanted && playing >= wanted)
		phase_set(lineup, PHASE_SETTLE);
	else if (seconds_passed(lineup, CONNECT_SECONDS))
		phase_set(lineup, PHASE_START); /* with those that are there */
}

static void start(struct lineup *lineup)
{
	char line[512];
	snprintf(line, sizeof(line), "align start %s \"%s\"",
	         lineup->microphone ? lineup->microphone : "auto",
	         lineup->speakers ? lineup->speakers : "all");
	command(lineup, line);
	phase_set(lineup, PHASE_MEASURE);
}

static void conclude(struct lineup *lineup)
{
	const struct model_align *align = &model_of(lineup)->align;
	int found = lineup_print(align, lineup->house.sim, lineup->json);
	int code = found == align->count ? EX_OK : 1;
	if (lineup->keep && found) {
		command(lineup, lineup->levels ? "align levels" : "align keep");
		lineup_fail(0, lineup->reply);
		code = lineup->result < 0 ? EX_UNAVAILABLE : code;
	}
	end(lineup, code);
}

static void measure_step(struct lineup *lineup)
{
	const struct model_align *align = &model_of(lineup)->align;
	if (lineup->result < 0)
		end(lineup, lineup_fail(EX_UNAVAILABLE, lineup->reply));
	else if (align->state == ALIGN_FAILED)
		end(lineup, lineup_fail(EX_UNAVAILABLE, align->problem));
	else if (align->state == ALIGN_DONE)
		conclude(lineup);
	else
		lineup_progress(align);
}

static void step(struct lineup *lineup)
{
	lineup->ticks++;
	switch (lineup->phase) {
	case PHASE_CONNECT:
		connect_step(lineup);
		break;
	case PHASE_SETTLE:
		if (seconds_passed(lineup, SETTLE_SECONDS))
			phase_set(lineup, PHASE_START);
		break;
	case PHASE_START:
		start(lineup);
		break;
	case PHASE_MEASURE:
		measure_step(lineup);
		break;
	case PHASE_END:
		break;
	}
}

static int on_tick(sd_event_source *source, uint64_t us, void *user)
{
	struct lineup *lineup = user;
	step(lineup);
	sd_event_source_set_time(source, us + TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- the whole ----------------------------------------------------------------------------------- */

static int run(struct lineup *lineup)
{
	int error = sd_event_add_time_relative(lineup->house.event, NULL, CLOCK_MONOTONIC, TICK_US,
	                                       1000, on_tick, lineup);
	if (error >= 0)
		error = sd_event_loop(lineup->house.event);
	if (error < 0)
		return lineup_fail(EX_SOFTWARE, strerror(-error));
	if (lineup->phase != PHASE_END) /* a signal */
		return lineup_fail(EX_TEMPFAIL, "cancelled; nothing is changed");
	return lineup->code;
}

int lineup_run(int argc, char *argv[])
{
	static struct lineup lineup; /* too large for a small stack */
	int code = read_options(&lineup, argc, argv);
	if (code)
		return code < 0 ? EX_OK : code;
	if (lineup.list)
		return list_microphones();
	code = lineup_relay_build(&lineup.house);
	if (!code)
		code = run(&lineup);
	lineup_relay_free(&lineup.house);
	return code;
}
