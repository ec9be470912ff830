/* SPDX-License-Identifier: MIT */
#include "program/lineup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "program/lineup_print.h"
#include "program/lineup_house.h"
#include "pipewire/microphone.h"

#define TICK_US 200000
#define TICK_MS (TICK_US / 1000)
#define CONNECT_SECONDS 25 /* for the speakers, in a relay of our own */
#define SETTLE_SECONDS 2   /* delays come to rest */
#define MICROPHONES 32

enum phase { PHASE_CONNECT, PHASE_SETTLE, PHASE_START, PHASE_MEASURE, PHASE_END };

struct lineup {
	struct lineup_house house;
	const char *microphone, *speakers;
	bool json, keep, levels, list;

	int result; /* of the last command */
	enum phase phase;
	int ticks; /* in this phase */
	int code;
};

static const struct argument_row rows[] = {
    {"mic", "NODE", 'M', "listen with this PipeWire node, not the one ranked highest"},
    {"mics", NULL, 'L', "list the microphones there are"},
    {"speakers", "LIST", 'P', "only these: numbers, addresses or names, with commas"},
    {"keep", NULL, 'K', "line up what was found for sure"},
    {"levels", NULL, 'V', "the same, and bring louder ones down to the softest"},
    {"json", NULL, 'J', "print the results as JSON"},
    {0},
};
const struct argument_row *const lineup_options[] = {rows, options_relay_rows, NULL};

static int take(void *user, int letter, const char *value)
{
	struct lineup *lineup = user;
	switch (letter) {
	case 'M':
		lineup->microphone = value;
		return 0;
	case 'L':
		lineup->list = true;
		return 0;
	case 'P':
		lineup->speakers = value;
		return 0;
	case 'K':
	case 'V':
		lineup->keep = true;
		lineup->levels |= letter == 'V';
		return 0;
	case 'J':
		lineup->json = true;
		return 0;
	default:
		return options_take(&lineup->house.program.options, letter, value);
	}
}

/* Returns EX_OK, EX_USAGE, or -1 where the help was wanted and is printed. */
static int read_options(struct lineup *lineup, int argc, char *argv[])
{
	int first = argc;
	lineup->house.program.options = (struct options){.mode = MODE_BATCH};
	int result = arguments_read(argc, argv, "h", lineup_options, take, lineup, &first);
	if (result == ARGUMENTS_HELP) {
		puts("Usage: echorelay align [OPTION]...\n"
		     "Finds by microphone when each speaker is heard, and lines them up: those of "
		     "the relay\nthat runs, else of one for as long as it takes.\n");
		arguments_help(lineup_options);
		return -1;
	}
	if (result < 0)
		return EX_USAGE;
	if (first == argc)
		return EX_OK;
	fprintf(stderr, "echorelay: align takes no '%s'\n", argv[first]);
	return EX_USAGE;
}

static int list_microphones(void)
{
	struct microphone_entry entries[MICROPHONES];
	int count = microphone_list(entries, MICROPHONES);
	if (count < 0)
		return program_fail(EX_UNAVAILABLE, "no PipeWire");
	for (int i = 0; i < count; i++)
		printf("%-40s %s\n", entries[i].node, entries[i].description);
	if (!count)
		return program_fail(EX_UNAVAILABLE, "PipeWire has no microphone");
	return EX_OK;
}

/* --- what happens, five times a second ------------------------------------------------------------ */

static void command(struct lineup *lineup, const char *line)
{
	lineup->result = lineup_house_command(&lineup->house, line);
}

static void end(struct lineup *lineup, int code)
{
	lineup->code = code;
	lineup->phase = PHASE_END;
	sd_event_exit(lineup->house.program.event, 0);
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
static void connect_step(struct lineup *lineup, const struct model *model)
{
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

static void conclude(struct lineup *lineup, const struct model_align *align)
{
	int found = lineup_print(align, lineup->house.program.sim, lineup->json);
	int code = found == align->count ? EX_OK : 1;
	if (lineup->keep && found) {
		command(lineup, lineup->levels ? "align levels" : "align keep");
		program_fail(0, lineup->house.reply);
		code = lineup->result < 0 ? EX_UNAVAILABLE : code;
	} else if (found && lineup->house.client) {
		program_fail(0, "nothing is changed; 'echorelay set align keep' does it");
	}
	end(lineup, code);
}

static void measure_step(struct lineup *lineup, const struct model_align *align)
{
	if (lineup->result < 0)
		end(lineup, program_fail(EX_UNAVAILABLE, lineup->house.reply));
	else if (align->state == ALIGN_FAILED)
		end(lineup, program_fail(EX_UNAVAILABLE, align->problem));
	else if (align->state == ALIGN_DONE)
		conclude(lineup, align);
	else
		lineup_progress(align);
}

static void step(struct lineup *lineup)
{
	const struct model *model = lineup_house_model(&lineup->house);
	lineup->ticks++;
	if (!model)
		return;
	switch (lineup->phase) {
	case PHASE_CONNECT:
		connect_step(lineup, model);
		break;
	case PHASE_SETTLE:
		if (seconds_passed(lineup, SETTLE_SECONDS))
			phase_set(lineup, PHASE_START);
		break;
	case PHASE_START:
		start(lineup);
		break;
	case PHASE_MEASURE:
		measure_step(lineup, &model->align);
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
	int error = sd_event_add_time_relative(lineup->house.program.event, NULL, CLOCK_MONOTONIC,
	                                       TICK_US, 1000, on_tick, lineup);
	if (error >= 0)
		error = sd_event_loop(lineup->house.program.event);
	if (error < 0)
		return program_fail(EX_SOFTWARE, strerror(-error));
	if (lineup->house.lost)
		return program_fail(EX_UNAVAILABLE, client_parting(lineup->house.client));
	if (lineup->phase == PHASE_END)
		return lineup->code;
	if (lineup->house.client && lineup->phase == PHASE_MEASURE)
		command(lineup, "align cancel");
	return program_fail(EX_TEMPFAIL, "cancelled; nothing is changed"); /* by a signal */
}

int lineup_run(int argc, char *argv[])
{
	static struct lineup lineup; /* too large for a small stack */
	int code = read_options(&lineup, argc, argv);
	if (code)
		return code < 0 ? EX_OK : code;
	if (lineup.list)
		return list_microphones();
	code = lineup_house_open(&lineup.house);
	/* one that runs has its speakers already; they are what they are */
	lineup.phase = lineup.house.client ? PHASE_START : PHASE_CONNECT;
	if (!code)
		code = run(&lineup);
	lineup_house_close(&lineup.house);
	return code;
}
