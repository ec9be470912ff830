/* SPDX-License-Identifier: MIT */
/* What a measurement found: told, kept, put back. */
#include "relay/aligning_private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "relay/hearing.h"
#include "relay/private.h"

#define MS_NS 1000000ll

/* --- found ------------------------------------------------------------------------------------------ */

bool aligning_sure(const struct aligning_speaker *member)
{
	return member->finding.verdict == MEASURE_OK && member->finding.confidence >= MEASURE_SURE;
}

/* When its sound arrives, as the delay lines are now: what the ear hears. */
static int64_t heard_at(const struct aligning *aligning, const struct aligning_speaker *member)
{
	return member->finding.delay_ns + member->delay_frames * SECOND_NS / aligning->rate;
}

/* Who is heard first, and how far behind the last one is. */
int64_t aligning_first_heard(const struct aligning *aligning, int64_t *ret_apart)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	for (int i = 0; i < aligning->count; i++) {
		int64_t at = heard_at(aligning, &aligning->speakers[i]);
		if (!aligning_sure(&aligning->speakers[i]))
			continue;
		first = at < first ? at : first;
		last = at > last ? at : last;
	}
	*ret_apart = last >= first ? last - first : 0;
	return first;
}

/* --- what becomes of it ----------------------------------------------------------------------------- */

/* The gain that brings a speaker down to the softest one, as a volume: its cube is the gain. */
static int volume_matched(const struct aligning *aligning, const struct aligning_speaker *member,
                          int volume)
{
	double softest = INFINITY;
	for (int i = 0; i < aligning->count; i++)
		if (aligning_sure(&aligning->speakers[i]))
			softest = fmin(softest, aligning->speakers[i].finding.level_db);
	double over = member->finding.level_db - softest;
	return (int)lround(volume * pow(10, -over / 60));
}

static void member_keep(struct speaker *speaker, const struct aligning_speaker *member,
                        int64_t shift)
{
	const struct bluez_transport *transport = speaker->transport;
	bool reports = transport && transport->delay_known && transport->delay;
	speaker->kept->latency_ns = member->finding.delay_ns + shift;
	speaker->kept->reported_ns = reports ? transport->delay * 100000ll : -1;
	speaker->kept->trim_ns = 0;
}

static void volume_keep(struct speaker *speaker, int volume)
{
	speaker->kept->volume = volume;
	if (speaker->volume_settled)
		speaker_send_volume(speaker);
	else
		speaker_mix(speaker);
}

/*
 * What all of them have in common is the microphone's own delay, as far as nobody tells it: of a Bluetooth
 * microphone 0.2 s.  It says nothing of one speaker against another, but kept with them it would put those that
 * were not measured out of step.  So the one that is found closest to what was known of it stays where it was.
 * A microphone that says it is slower than it is could make a delay negative: then all move the other way.
 */
static int64_t shift_of(struct relay *relay, const struct aligning *aligning)
{
	int64_t least = INT64_MAX, least_over = INT64_MAX;
	for (int i = 0; i < aligning->count; i++) {
		const struct aligning_speaker *member = &aligning->speakers[i];
		const struct speaker *speaker = aligning_speaker_of(relay, member);
		if (!speaker || !aligning_sure(member))
			continue;
		int64_t found = member->finding.delay_ns,
			over = found - speaker_latency(speaker).us * 1000ll;
		least = found < least ? found : least;
		least_over = over < least_over ? over : least_over;
	}
	if (least < 0)
		return -least;
	return least_over > 0 && least_over < INT64_MAX ? -least_over : 0;
}

int aligning_keep(struct relay *relay, bool levels, char *reply, size_t size)
{
	struct aligning *aligning = relay->aligning;
	int kept = 0;
	if (!aligning || aligning->state != ALIGN_DONE) {
		snprintf(reply, size, "nothing has been measured");
		return -ENOENT;
	}
	int64_t shift = shift_of(relay, aligning);
	for (int i = 0; i < aligning->count; i++) {
		struct aligning_speaker *member = &aligning->speakers[i];
		struct speaker *speaker = aligning_speaker_of(relay, member);
		if (!speaker || !aligning_sure(member))
			continue;
		member->before = *speaker->kept;
		member_keep(speaker, member, shift);
		if (levels)
			volume_keep(speaker,
			            volume_matched(aligning, member, speaker_volume(speaker)));
		kept++;
	}
	if (!kept) {
		snprintf(reply, size, "no speaker was found for sure");
		return -ENODATA;
	}
	aligning->state = ALIGN_KEPT;
	relay->align_again = true;
	relay_keep(relay);
	snprintf(reply, size, "%d speakers lined up%s", kept, levels ? ", levels matched" : "");
	return 0;
}

int aligning_put_back(struct relay *relay)
{
	struct aligning *aligning = relay->aligning;
	if (!aligning || aligning->state != ALIGN_KEPT)
		return -ENOENT;
	for (int i = 0; i < aligning->count; i++) {
		const struct settings_speaker *before = &aligning->speakers[i].before;
		struct speaker *speaker = aligning_speaker_of(relay, &aligning->speakers[i]);
		if (!speaker || !*before->address)
			continue;
		speaker->kept->latency_ns = before->latency_ns;
		speaker->kept->reported_ns = before->reported_ns;
		speaker->kept->trim_ns = before->trim_ns;
		if (speaker->kept->volume != before->volume)
			volume_keep(speaker, before->volume);
	}
	aligning->state = ALIGN_DONE;
	relay->align_again = true;
	relay_keep(relay);
	return 0;
}

/* --- shown ------------------------------------------------------------------------------------------ */

static int32_t us_of(int64_t ns)
{
	return (int32_t)((ns + (ns < 0 ? -500 : 500)) / 1000);
}

static void present_member(const struct relay *relay, const struct aligning *aligning,
                           const struct aligning_speaker *member, struct model_align_speaker *shown)
{
	const struct finding *finding = &member->finding;
	bool concluded = aligning->state == ALIGN_DONE || aligning->state == ALIGN_KEPT;
	int64_t apart, first = aligning_first_heard(aligning, &apart);
	struct speaker *speaker = aligning_speaker_of((struct relay *)(uintptr_t)relay, member);
	*shown = (struct model_align_speaker){
	    .takes = concluded ? finding->takes : member->take_count,
	    .found_us = MODEL_UNKNOWN,
	    .spread_us = MODEL_UNKNOWN,
	    .apart_us = MODEL_UNKNOWN,
	    .drift_ppb = MODEL_UNKNOWN,
	    .confidence_permille = MODEL_UNKNOWN,
	    .level_cdb = MODEL_UNKNOWN,
	    .volume = MODEL_UNKNOWN,
	};
	snprintf(shown->address, sizeof(shown->address), "%s", member->address);
	snprintf(shown->name, sizeof(shown->name), "%s", member->name);
	if (!concluded)
		return;
	snprintf(shown->verdict, sizeof(shown->verdict), "%s",
	         measure_verdict_name(finding->verdict));
	snprintf(shown->advice, sizeof(shown->advice), "%s",
	         measure_verdict_advice(finding->verdict));
	shown->confidence_permille = (int32_t)lround(finding->confidence * 1000);
	if (!aligning_sure(member))
		return;
	shown->found_us = us_of(finding->delay_ns);
	shown->spread_us = (int32_t)lround(finding->spread_ms * 1000);
	shown->apart_us = us_of(heard_at(aligning, member) - first);
	shown->drift_ppb = (int32_t)lround(finding->drift_ppm * 1000);
	shown->level_cdb = (int32_t)lround(finding->level_db * 100);
	if (speaker)
		shown->volume = volume_matched(aligning, member, speaker_volume(speaker));
}

static void present_progress(const struct relay *relay, struct aligning *aligning,
                             struct model_align *shown)
{
	int64_t now = relay_now(relay), whole = aligning->ends_ns - aligning->since;
	int64_t left = aligning->ends_ns - now;
	if (aligning->state == ALIGN_OPENING) {
		shown->progress_permille = 0;
		return;
	}
	shown->left_ms = (int32_t)((left > 0 ? left : 0) / MS_NS);
	shown->progress_permille = (int32_t)(1000 * (now - aligning->since) / whole);
	if (shown->progress_permille > 999)
		shown->progress_permille = 999;
	if (aligning->state == ALIGN_SETTLING)
		return;
	int playing = aligning->due_count ? aligning->due_count - 1 : 0;
	shown->round = playing / aligning->count + 1;
	snprintf(shown->playing, sizeof(shown->playing), "%s",
	         aligning_member_of(aligning, playing)->address);
	double peak = hearing_peak(aligning->hearing);
	shown->peak_cdb = peak > 1e-6 ? (int32_t)lround(2000 * log10(peak)) : MODEL_UNKNOWN;
}

void aligning_present(const struct relay *relay, struct model_align *shown)
{
	struct aligning *aligning = relay->aligning;
	*shown = (struct model_align){.state = ALIGN_OFF,
	                              .left_ms = MODEL_UNKNOWN,
	                              .progress_permille = MODEL_UNKNOWN,
	                              .peak_cdb = MODEL_UNKNOWN,
	                              .rounds = ALIGNING_ROUNDS};
	if (!aligning)
		return;
	shown->state = aligning->state;
	snprintf(shown->microphone, sizeof(shown->microphone), "%s", aligning->microphone);
	snprintf(shown->problem, sizeof(shown->problem), "%s", aligning->problem);
	if (aligning_running(aligning))
		present_progress(relay, aligning, shown);
	shown->count = aligning->count;
	for (int i = 0; i < aligning->count; i++)
		present_member(relay, aligning, &aligning->speakers[i], &shown->speakers[i]);
}
