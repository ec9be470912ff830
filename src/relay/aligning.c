/* SPDX-License-Identifier: MIT */
#include "relay/aligning_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/sweep.h"
#include "relay/hearing.h"
#include "relay/private.h"
#include "relay/signal.h"

#define WARM_NS (SECOND_NS / 2)     /* of the microphone: how its clock runs is to be known */
#define PATIENCE_NS (6 * SECOND_NS) /* for its first sound */
#define SILENCE_NS (3 * SECOND_NS)  /* it was there and says nothing any more */
#define HEADSTART_NS (SIGNAL_LEAD_IN_NS + SECOND_NS / 2)
#define BEFORE_NS                                                                                  \
	(SECOND_NS / 4) /* of recording ahead of the sweep: noise, and what came too early */
#define LATEST_NS (1100 * MS_NS) /* a speaker may be that slow */
#define MS_NS 1000000ll

/* --- who -------------------------------------------------------------------------------------------- */

struct speaker *aligning_speaker_of(struct relay *relay, const struct aligning_speaker *member)
{
	for (int i = 0; i < relay->speaker_count; i++)
		if (!strcmp(relay->speakers[i]->kept->address, member->address))
			return relay->speakers[i];
	return NULL;
}

static bool can_be_heard(const struct speaker *speaker)
{
	return speaker->output && !speaker->removing && !speaker_silenced(speaker);
}

static int member_add(struct aligning *aligning, const struct speaker *speaker)
{
	struct aligning_speaker *member = &aligning->speakers[aligning->count++];
	*member = (struct aligning_speaker){.finding.verdict = MEASURE_NOT_HEARD};
	snprintf(member->address, sizeof(member->address), "%s", speaker->kept->address);
	snprintf(member->name, sizeof(member->name), "%s", speaker->kept->name);
	return 0;
}

/* The speakers of a list, each of which must be able to play. */
static int members_named(struct relay *relay, struct aligning *aligning, const char *list,
                         char *reply, size_t size)
{
	char copy[512], *rest = copy, *word;
	snprintf(copy, sizeof(copy), "%s", list);
	while ((word = strsep(&rest, ","))) {
		struct speaker *speaker = relay_speaker_named(relay, word, reply, size);
		if (!speaker)
			return -ENOENT;
		if (!can_be_heard(speaker)) {
			snprintf(reply, size, "%s %s", speaker->kept->name,
			         speaker->output ? "is muted" : "does not play");
			return -ENODEV;
		}
		if (aligning->count < MODEL_SPEAKERS)
			member_add(aligning, speaker);
	}
	return 0;
}

static int members_choose(struct relay *relay, struct aligning *aligning, const char *list,
                          char *reply, size_t size)
{
	if (list && *list && strcmp(list, "all") != 0)
		return members_named(relay, aligning, list, reply, size);
	bool plays = false;
	for (int i = 0; i < relay->speaker_count; i++) {
		plays |= relay->speakers[i]->output != 0;
		if (can_be_heard(relay->speakers[i]))
			member_add(aligning, relay->speakers[i]);
	}
	if (aligning->count)
		return 0;
	snprintf(reply, size, "%s", plays ? "all that play are muted" : "no speaker plays");
	return -ENODEV;
}

/* --- when ------------------------------------------------------------------------------------------- */

/* For how long the source still settles, ns. */
static int64_t settling_left(struct relay *relay, int64_t now)
{
	const struct source_snapshot *source = &engine_snapshot(relay->engine)->source;
	return source->settles_ns > now ? source->settles_ns - now : 0;
}

/* All sweeps, from the first to the last one's end. */
static int64_t slots_ns(const struct aligning *aligning)
{
	return aligning->count * ALIGNING_ROUNDS * ALIGNING_SLOT_NS;
}

/* When it will be over, if the first sweep is prepared at this instant. */
static int64_t end_from(const struct aligning *aligning, int64_t begin)
{
	return begin + HEADSTART_NS + slots_ns(aligning) + LATEST_NS / 2;
}

/* --- beginning and ending --------------------------------------------------------------------------- */

void aligning_free(struct aligning *aligning)
{
	if (!aligning)
		return;
	hearing_free(aligning->hearing);
	response_free(aligning->response);
	free(aligning->recording);
	free(aligning);
}

static struct aligning *aligning_new(uint32_t rate)
{
	struct aligning *aligning = calloc(1, sizeof(*aligning));
	double seconds = SWEEP_SECONDS + (double)(BEFORE_NS + LATEST_NS) / 1e9;
	if (!aligning)
		return NULL;
	aligning->rate = rate;
	aligning->slot = ALIGNING_SLOT_NS * rate / SECOND_NS;
	aligning->recording_count = (size_t)(seconds * rate);
	aligning->recording = calloc(aligning->recording_count, sizeof(float));
	aligning->response = response_new(rate, aligning->recording_count);
	if (aligning->recording && aligning->response)
		return aligning;
	aligning_free(aligning);
	return NULL;
}

bool aligning_running(const struct aligning *aligning)
{
	return aligning && aligning->state >= ALIGN_OPENING && aligning->state <= ALIGN_PLAYING;
}

static int microphone_open(struct relay *relay, struct aligning *aligning, const char *node)
{
	struct source *microphone = NULL;
	if (relay->config.open_microphone)
		microphone = relay->config.open_microphone(relay->config.microphone_user, node);
	if (!microphone)
		return -ENODEV;
	return hearing_new(&aligning->hearing, microphone, aligning->rate);
}

int aligning_start(struct relay *relay, const char *node, const char *speakers, char *reply,
                   size_t size)
{
	if (aligning_running(relay->aligning)) {
		snprintf(reply, size, "a measurement runs already");
		return -EBUSY;
	}
	struct aligning *aligning = aligning_new(relay->settings->config.rate);
	if (!aligning)
		return -ENOMEM;
	int error = members_choose(relay, aligning, speakers, reply, size);
	if (!error) {
		error = microphone_open(relay, aligning, node);
		if (error)
			snprintf(reply, size, "no microphone: %s", strerror(-error));
	}
	if (error) {
		aligning_free(aligning);
		return error;
	}
	aligning_free(relay->aligning);
	relay->aligning = aligning;
	aligning->state = ALIGN_OPENING;
	aligning->since = aligning->listening_since = relay_now(relay);
	int64_t settles = settling_left(relay, aligning->since);
	snprintf(reply, size, "measuring %d speakers, %d seconds%s", aligning->count,
	         (int)((settles + slots_ns(aligning)) / SECOND_NS) + 3,
	         settles ? ", for the source's clock settles first" : "");
	return 0;
}

/* Every speaker plays its music again, and the microphone is let go. */
static void stage_clear(struct relay *relay, struct aligning *aligning)
{
	for (int i = 0; i < relay->speaker_count; i++)
		speaker_test(relay->speakers[i], SIGNAL_NONE, NULL);
	hearing_free(aligning->hearing);
	aligning->hearing = NULL;
}

static void fail(struct relay *relay, struct aligning *aligning, const char *problem)
{
	snprintf(aligning->problem, sizeof(aligning->problem), "%s", problem);
	stage_clear(relay, aligning); /* and with the microphone goes the text that it gave */
	aligning->state = ALIGN_FAILED;
	journal_write(relay->journal, JOURNAL_WARNING, "align", "%s", aligning->problem);
}

void aligning_cancel(struct relay *relay)
{
	if (aligning_running(relay->aligning))
		stage_clear(relay, relay->aligning);
	aligning_free(relay->aligning);
	relay->aligning = NULL;
}

/* --- playing ---------------------------------------------------------------------------------------- */

static void member_play(struct speaker *speaker, const struct aligning *aligning, int index)
{
	struct signal_plan plan = {
	    .kind = SIGNAL_SWEEP,
	    .rate = aligning->rate,
	    .begin = aligning->begin + index * aligning->slot,
	    .period = aligning->count * aligning->slot,
	    .turns = ALIGNING_ROUNDS,
	    .quiet_from = aligning->quiet_from,
	    .quiet_until = aligning->quiet_until,
	};
	speaker_test(speaker, SIGNAL_SWEEP, signal_overlay(&plan));
}

static int member_index(const struct aligning *aligning, const struct speaker *speaker)
{
	for (int i = 0; i < aligning->count; i++)
		if (!strcmp(aligning->speakers[i].address, speaker->kept->address))
			return i;
	return -1;
}

/*
 * Those that are asked have their sweeps, the others silence; also one that comes back in the middle of it:
 * its places on the timeline are the same as before.
 */
static void stage_keep(struct relay *relay, const struct aligning *aligning)
{
	struct signal_plan silence = {.kind = SIGNAL_SILENCE, .rate = aligning->rate};
	for (int i = 0; i < relay->speaker_count; i++) {
		struct speaker *speaker = relay->speakers[i];
		int index = member_index(aligning, speaker);
		if (!speaker->output || speaker->test != SIGNAL_NONE)
			continue;
		if (index >= 0)
			member_play(speaker, aligning, index);
		else
			speaker_test(speaker, SIGNAL_SILENCE, signal_overlay(&silence));
	}
}

/* What was on before makes room. */
static void stage_prepare(struct relay *relay, const struct aligning *aligning)
{
	for (int i = 0; i < relay->speaker_count; i++)
		relay->speakers[i]->test = SIGNAL_NONE;
	stage_keep(relay, aligning);
}

static void play(struct relay *relay, struct aligning *aligning, int64_t now)
{
	int64_t frame = (int64_t)engine_frame_at(relay->engine, now);
	int64_t slots = aligning->count * ALIGNING_ROUNDS * aligning->slot;
	aligning->begin = frame + HEADSTART_NS * aligning->rate / SECOND_NS;
	aligning->quiet_from = frame;
	aligning->quiet_until = aligning->begin + slots + 2 * aligning->rate; /* till it is over */
	stage_prepare(relay, aligning);
	aligning->state = ALIGN_PLAYING;
	aligning->began_ns = now;
	aligning->ends_ns = end_from(aligning, now);
}

struct aligning_speaker *aligning_member_of(struct aligning *aligning, int take)
{
	return &aligning->speakers[take % aligning->count];
}

/* The frame of the timeline, its own delay line counted in, at which a take's sweep begins. */
static double take_frame(struct relay *relay, struct aligning *aligning, int take)
{
	struct aligning_speaker *member = aligning_member_of(aligning, take);
	struct speaker *speaker = aligning_speaker_of(relay, member);
	const struct output_snapshot *output = NULL;
	if (speaker && speaker->output)
		output = snapshot_output(engine_snapshot(relay->engine), speaker->output);
	if (output)
		member->delay_frames = output->delay;
	return (double)(aligning->begin + take * aligning->slot + member->delay_frames);
}

/* Notes when each sweep is due, right when it is: the group's clock may bend later. */
static void dues_note(struct relay *relay, struct aligning *aligning, int64_t now)
{
	while (aligning->due_count < aligning->count * ALIGNING_ROUNDS) {
		double frame = take_frame(relay, aligning, aligning->due_count);
		if (engine_time_of(relay->engine, frame) > now)
			return;
		frame += sweep_centre() * aligning->rate;
		aligning->due_frame[aligning->due_count] = frame;
		aligning->due_ns[aligning->due_count++] = engine_time_of(relay->engine, frame);
	}
}

/* --- listening -------------------------------------------------------------------------------------- */

static void take_measure(struct aligning *aligning, int take, int64_t position)
{
	struct aligning_speaker *member = aligning_member_of(aligning, take);
	struct finding_take *made = &member->takes[member->take_count++];
	made->take = measure_take(aligning->response, aligning->recording,
	                          aligning->recording_count, aligning->rate);
	double centre = (double)position + made->take.place + sweep_centre() * aligning->rate;
	made->at_ns = hearing_time_of(aligning->hearing, centre);
	made->delay_ns = made->at_ns - aligning->due_ns[take];
}

static void take_lost(struct aligning *aligning, int take)
{
	struct aligning_speaker *member = aligning_member_of(aligning, take);
	member->takes[member->take_count++] = (struct finding_take){
	    .at_ns = aligning->due_ns[take], .take = {.verdict = MEASURE_NOT_HEARD}};
}

static void takes_measure(struct aligning *aligning)
{
	while (aligning->taken_count < aligning->due_count) {
		int take = aligning->taken_count;
		int64_t from = aligning->due_ns[take] - BEFORE_NS - (int64_t)(sweep_centre() * 1e9),
			position;
		int error = hearing_copy(aligning->hearing, from, aligning->recording,
		                         aligning->recording_count, &position);
		if (error == -EAGAIN)
			return;
		if (error)
			take_lost(aligning, take);
		else
			take_measure(aligning, take, position);
		aligning->taken_count++;
	}
}

/*
 * The group's clock follows the source's, up to 300 ppm off, and bends meanwhile.  A speaker does not: it plays
 * frame after frame by a clock of its own.  So when a take was due is counted in frames, from the middle one;
 * what a speaker's takes then drift by is its own clock.
 */
static void dues_straighten(struct aligning *aligning, int64_t middle_ns)
{
	const double *frames = aligning->due_frame;
	double middle = (frames[0] + frames[aligning->due_count - 1]) / 2;
	for (int take = 0; take < aligning->due_count; take++) {
		double ns = (frames[take] - middle) * SECOND_NS / aligning->rate;
		int64_t due = middle_ns + llround(ns);
		aligning_member_of(aligning, take)->takes[take / aligning->count].delay_ns +=
		    aligning->due_ns[take] - due;
	}
}

static void conclude(struct relay *relay, struct aligning *aligning)
{
	int64_t middle = (aligning->due_ns[0] + aligning->due_ns[aligning->due_count - 1]) / 2,
		apart;
	int found = 0;
	dues_straighten(aligning, middle);
	for (int i = 0; i < aligning->count; i++) {
		struct aligning_speaker *member = &aligning->speakers[i];
		member->finding = finding_conclude(member->takes, member->take_count, middle);
		found += aligning_sure(member);
	}
	stage_clear(relay, aligning);
	aligning->state = ALIGN_DONE;
	aligning_first_heard(aligning, &apart);
	journal_write(relay->journal, JOURNAL_INFO, "align",
	              "%d of %d speakers found, %.1f ms apart", found, aligning->count,
	              (double)apart / 1e6);
}

static void listen(struct relay *relay, struct aligning *aligning, int64_t now)
{
	int64_t until = hearing_until(aligning->hearing);
	const struct source_info *info = hearing_info(aligning->hearing);
	dues_note(relay, aligning, now);
	takes_measure(aligning);
	stage_keep(relay, aligning);
	if (aligning->taken_count == aligning->count * ALIGNING_ROUNDS)
		conclude(relay, aligning);
	else if (now - until > SILENCE_NS)
		fail(relay, aligning,
		     *info->problem ? info->problem : "the microphone has fallen silent");
}

/* What is heard meanwhile has no clock, and is no part of the recording. */
static void wait_for_source(struct relay *relay, struct aligning *aligning, int64_t now)
{
	aligning->state = ALIGN_SETTLING;
	aligning->listening_since = now;
	aligning->ends_ns = end_from(aligning, now + settling_left(relay, now) + WARM_NS);
	hearing_forget(aligning->hearing);
}

static void open(struct relay *relay, struct aligning *aligning, int64_t now)
{
	const struct source_info *info = hearing_info(aligning->hearing);
	bool hears = hearing_until(aligning->hearing) != INT64_MIN;
	snprintf(aligning->microphone, sizeof(aligning->microphone), "%s",
	         *info->name ? info->name : info->node);
	int64_t listened = now - aligning->listening_since;
	if (hears && settling_left(relay, now))
		wait_for_source(relay, aligning, now);
	else if (hears && listened >= WARM_NS)
		play(relay, aligning, now);
	else if (*info->problem && !hears && listened >= 2 * SECOND_NS)
		fail(relay, aligning, info->problem);
	else if (listened >= PATIENCE_NS)
		fail(relay, aligning, "the microphone gives no sound");
}

void aligning_look_after(struct relay *relay, int64_t now)
{
	struct aligning *aligning = relay->aligning;
	if (!aligning_running(aligning))
		return;
	hearing_dispatch(aligning->hearing);
	if (aligning->state == ALIGN_PLAYING)
		listen(relay, aligning, now);
	else
		open(relay, aligning, now);
}

bool aligning_busy(const struct relay *relay)
{
	return aligning_running(relay->aligning);
}
