/* SPDX-License-Identifier: MIT */
/*
 * From a box in the shop to the first sound, in steps that each have their time:
 *
 *   reach ─► pair ─► trust ─► connect ─► sound
 *
 *   Pair is one call of BlueZ; that the link is there divides it into reach and pair.  Connecting and the
 *   stream are the speaker's own affair (speaker.c): here it is only watched.  One at a time.
 */
#include "relay/private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static const int64_t limits[STEP_COUNT] = {
    [STEP_REACH] = 12 * SECOND_NS, /* a page takes 5.12 s, and BlueZ tries it twice */
    [STEP_PAIR] = 20 * SECOND_NS,    [STEP_TRUST] = 3 * SECOND_NS,
    [STEP_CONNECT] = 20 * SECOND_NS, [STEP_FIRST_SOUND] = 10 * SECOND_NS,
};

bool pairing_runs_with(const struct relay *relay, const struct bluez_device *device)
{
	return relay->pairing.state == PAIRING_RUNS && device && relay->pairing.device == device;
}

/* --- steps --------------------------------------------------------------------------------------- */

static int32_t ms_of(int64_t ns)
{
	return (int32_t)(ns / 1000000);
}

static void note(struct pairing *pairing, enum model_step step, const char *text)
{
	snprintf(pairing->steps[step].note, sizeof(pairing->steps[step].note), "%s", text);
}

static void step_begin(struct relay *relay, enum model_step step)
{
	struct pairing *pairing = &relay->pairing;
	pairing->step = step;
	pairing->step_began = pairing->acted = relay_now(relay);
	pairing->left_ns = limits[step];
	pairing->steps[step].state = STEP_RUNS;
}

static void step_end(struct relay *relay, enum model_step_state state)
{
	struct pairing *pairing = &relay->pairing;
	struct model_pairing_step *step = &pairing->steps[pairing->step];
	step->state = (int32_t)state;
	step->ms = ms_of(relay_now(relay) - pairing->step_began);
}

static void step_next(struct relay *relay)
{
	step_end(relay, STEP_DONE);
	step_begin(relay, relay->pairing.step + 1);
}

/* --- how it ends --------------------------------------------------------------------------------- */

static void attempt_add(struct pairing *pairing, bool well, const char *text, const char *advice)
{
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	memmove(&pairing->attempts[1], &pairing->attempts[0],
	        (MODEL_ATTEMPTS - 1) * sizeof(pairing->attempts[0]));
	struct model_attempt *attempt = &pairing->attempts[0];
	*attempt = (struct model_attempt){
	    .time_us = (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000, .well = well};
	snprintf(attempt->name, sizeof(attempt->name), "%s", pairing->name);
	snprintf(attempt->text, sizeof(attempt->text), "%s", text);
	snprintf(attempt->advice, sizeof(attempt->advice), "%s", advice);
	if (pairing->attempt_count < MODEL_ATTEMPTS)
		pairing->attempt_count++;
}

static void pairing_end(struct relay *relay, enum model_pairing_state state)
{
	relay->pairing.state = state;
	relay->pairing.device = NULL;
	relay->pairing.agent_awaited = relay->pairing.pair_awaited = false;
	door_agent(relay);
}

static void pairing_fail(struct relay *relay, struct policy_words words)
{
	struct pairing *pairing = &relay->pairing;
	char text[MODEL_TEXT];
	step_end(relay, STEP_FAILED);
	snprintf(text, sizeof(text), "failed at step %d: %s", (int)pairing->step + 1,
	         words.problem);
	snprintf(pairing->problem, sizeof(pairing->problem), "%s", words.problem);
	pairing->words = (struct policy_words){pairing->problem, words.advice};
	attempt_add(pairing, false, text, words.advice);
	journal_write(relay->journal, JOURNAL_WARNING, pairing->name, "pairing %s", text);
	pairing_end(relay, PAIRING_FAILED);
}

static struct policy_trouble trouble_of(struct relay *relay)
{
	const struct pairing *pairing = &relay->pairing;
	const struct found *found = scan_found(relay, pairing->address);
	bool heard = found && found->heard_at;
	return (struct policy_trouble){
	    .step = pairing->step,
	    .how = BLUEZ_PAIR_OTHER,
	    .refused_here = pairing->refused,
	    .unanswered = pairing->unanswered,
	    .heard_ns = heard ? pairing->began - found->heard_at : -1,
	    .rssi = heard ? found->rssi : 0,
	};
}

static void pairing_done(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	int64_t whole = relay_now(relay) - pairing->began;
	char text[MODEL_TEXT];
	step_end(relay, STEP_DONE);
	if (pairing->step == STEP_FIRST_SOUND)
		snprintf(text, sizeof(text), "paired in %.1f s, first sound after %.1f s",
		         (double)pairing->paired_ns / 1e9, (double)whole / 1e9);
	else
		snprintf(text, sizeof(text), "paired in %.1f s, connected after %.1f s",
		         (double)pairing->paired_ns / 1e9, (double)whole / 1e9);
	attempt_add(pairing, true, text, "");
	journal_write(relay->journal, JOURNAL_INFO, pairing->name, "%s", text);
	pairing_end(relay, PAIRING_DONE);
}

/* --- connecting ---------------------------------------------------------------------------------- */

static void connect_begin(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	step_next(relay);
	if (pairing->role == ROLE_SOURCE) {
		note(pairing, STEP_CONNECT, "A2DP source");
		if (pairing->tries == 0 && pairing->device->connected) { /* known, and here */
			pairing_done(relay);
			return;
		}
		bluez_connect(pairing->device, BLUEZ_A2DP_SOURCE);
		return;
	}
	note(pairing, STEP_CONNECT, "A2DP sink");
	struct speaker *speaker = speaker_of_address(relay, pairing->address);
	if (speaker)
		speaker_turn(speaker, true);
}

void pairing_connected(struct relay *relay, const struct bluez_device *device, const char *problem)
{
	struct pairing *pairing = &relay->pairing;
	if (!pairing_runs_with(relay, device) || pairing->step != STEP_CONNECT ||
	    pairing->role != ROLE_SOURCE)
		return;
	struct policy_trouble trouble = trouble_of(relay);
	trouble.problem = problem;
	if (problem) {
		pairing_fail(relay, policy_trouble_words(&trouble));
		return;
	}
	pairing_done(relay);
}

/* The first attempt may fall into BlueZ's own look at what the device can do: it has a second. */
static void watch_connecting(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	struct speaker *speaker = speaker_of_address(relay, pairing->address);
	struct policy_trouble trouble = trouble_of(relay);
	if (pairing->role == ROLE_SOURCE)
		return;
	bool no_sink = pairing->device->offers == BLUEZ_OFFERS_SOURCE;
	if (!speaker && !no_sink)
		return; /* "Paired" is still on its way */
	if (no_sink) {
		trouble.problem = "offers no A2DP sink: it is no speaker";
		pairing_fail(relay, policy_trouble_words(&trouble));
	} else if (speaker->transport) {
		step_next(relay);
	} else if (speaker->attempt >= 2) {
		trouble.problem = speaker->problem;
		pairing_fail(relay, policy_trouble_words(&trouble));
	}
}

static void watch_sound(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	const struct speaker *speaker = speaker_of_address(relay, pairing->address);
	const struct output_snapshot *output = NULL;
	if (speaker && speaker->output)
		output = snapshot_output(engine_snapshot(relay->engine), speaker->output);
	if (relay->idle)
		note(pairing, STEP_FIRST_SOUND, "plays as soon as there is music");
	if (relay->idle || (output && output->sent))
		pairing_done(relay);
}

/* --- pairing ------------------------------------------------------------------------------------- */

static void trust_begin(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	struct settings_speaker *kept = settings_speaker(relay->settings, pairing->address);
	pairing->paired_ns = relay_now(relay) - pairing->began;
	step_next(relay);
	if (kept) {
		kept->role = pairing->role;
		snprintf(kept->name, sizeof(kept->name), "%s", pairing->name);
		snprintf(kept->adapter, sizeof(kept->adapter), "%s",
		         pairing->device->adapter->address);
		relay_keep(relay);
	}
	relay_adopt(relay, pairing->device);
	if (!policy_trust(pairing->role, relay->contested)) {
		note(pairing, STEP_TRUST, "not trusted: another program would take its sound");
		connect_begin(relay);
		return;
	}
	note(pairing, STEP_TRUST, "will reconnect by itself");
	if (pairing->device->trusted)
		connect_begin(relay);
	else
		bluez_set_trusted(pairing->device, true);
}

static void pair_call(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	pairing->agent_awaited = false;
	pairing->pair_awaited = true;
	int error = bluez_pair(pairing->device);
	if (error)
		pairing_fail(relay, (struct policy_words){strerror(-error), ""});
}

void pairing_agent_ready(struct relay *relay, const char *problem)
{
	struct pairing *pairing = &relay->pairing;
	if (pairing->state != PAIRING_RUNS || !pairing->agent_awaited)
		return;
	if (problem)
		journal_write(relay->journal, JOURNAL_WARNING, pairing->name,
		              "no agent: %s; only what asks nothing can pair", problem);
	pair_call(relay);
}

/* With the right face for this try: at once if the agent has it already. */
static void pair_begin(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	pairing->tries++;
	for (int i = 0; i < STEP_COUNT; i++)
		pairing->steps[i] = (struct model_pairing_step){
		    .state = STEP_WAITS, .ms = MODEL_UNKNOWN, .limit_ms = ms_of(limits[i])};
	step_begin(relay, STEP_REACH);
	if (pairing->tries > 1)
		note(pairing, STEP_REACH, "once more, without PIN and display");
	pairing->agent_awaited = true;
	door_agent(relay);
	if (pairing->agent_awaited && !relay->door.agent_awaited)
		pair_call(relay);
}

static void pair_failed(struct relay *relay, enum bluez_pairing how, const char *problem)
{
	struct pairing *pairing = &relay->pairing;
	bool answered_no = pairing->refused || pairing->unanswered;
	if (!answered_no && policy_pair_again(how, pairing->tries)) {
		journal_write(relay->journal, JOURNAL_INFO, pairing->name,
		              "%s; trying the other way of pairing", problem);
		pair_begin(relay);
		return;
	}
	struct policy_trouble trouble = trouble_of(relay);
	trouble.how = how;
	trouble.problem = problem;
	pairing_fail(relay, policy_trouble_words(&trouble));
}

void pairing_paired(struct relay *relay, struct bluez_device *device, enum bluez_pairing how,
                    const char *problem)
{
	struct pairing *pairing = &relay->pairing;
	if (!pairing_runs_with(relay, device) || !pairing->pair_awaited)
		return;
	pairing->pair_awaited = false;
	if (how != BLUEZ_PAIRED && how != BLUEZ_PAIR_EXISTS) {
		pair_failed(relay, how, problem);
		return;
	}
	if (pairing->step == STEP_REACH)
		step_next(relay);
	if (!*pairing->steps[STEP_PAIR].note)
		note(pairing, STEP_PAIR, "no PIN needed (Just Works)");
	trust_begin(relay);
}

/* --- from outside -------------------------------------------------------------------------------- */

/* Of those that BlueZ has of that address, one for each adapter. */
static struct bluez_device *device_choose(struct relay *relay, const char *address)
{
	struct bluez_device *devices[MODEL_ADAPTERS], *device;
	struct policy_site sites[MODEL_ADAPTERS];
	const struct settings_speaker *kept = settings_known(relay->settings, address);
	int count = 0;
	if (!relay->bluez)
		return NULL;
	spa_list_for_each (device, bluez_devices(relay->bluez), link) {
		const struct bluez_adapter *adapter = device->adapter;
		if (strcmp(device->address, address) || !adapter || !adapter->powered ||
		    !relay_uses_adapter(relay, adapter) || count == MODEL_ADAPTERS)
			continue;
		devices[count] = device;
		sites[count++] = (struct policy_site){
		    .kept = device->paired || (kept && !strcmp(kept->adapter, adapter->address)),
		    .air = (int)air_taken(relay, adapter),
		    .rssi = device->rssi,
		};
	}
	int best = policy_place(sites, count);
	return best < 0 ? NULL : devices[best];
}

/*
 * What is known as a source stays one: an Echo offers a sink, too.  A device that only sends is one;
 * whatever else is paired this way is a speaker.
 */
static enum settings_role role_wanted(struct relay *relay, const struct bluez_device *device)
{
	if (device->paired && relay_role(relay, device) == ROLE_SOURCE)
		return ROLE_SOURCE;
	return device->offers == BLUEZ_OFFERS_SOURCE ? ROLE_SOURCE : ROLE_SPEAKER;
}

static void begin_known(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	for (int i = 0; i < STEP_TRUST; i++)
		pairing->steps[i].state = STEP_DONE;
	note(pairing, STEP_PAIR, "was paired already");
	step_begin(relay, STEP_PAIR);
	trust_begin(relay);
}

int pairing_begin(struct relay *relay, const char *address)
{
	struct pairing *pairing = &relay->pairing;
	if (pairing->state == PAIRING_RUNS || relay->door.open || relay->door.opening)
		return -EBUSY;
	struct bluez_device *device = device_choose(relay, address);
	if (!device)
		return -ENOENT;
	scan_stop(relay);
	pairing->state = PAIRING_RUNS;
	pairing->device = device;
	pairing->role = role_wanted(relay, device);
	pairing->tries = 0;
	pairing->refused = pairing->unanswered = false;
	pairing->began = relay_now(relay);
	pairing->paired_ns = 0;
	*pairing->problem = 0;
	pairing->words = (struct policy_words){pairing->problem, ""};
	snprintf(pairing->address, sizeof(pairing->address), "%s", address);
	text_clean(pairing->name, sizeof(pairing->name), device->name);
	for (int i = 0; i < STEP_COUNT; i++)
		pairing->steps[i] = (struct model_pairing_step){
		    .state = STEP_WAITS, .ms = MODEL_UNKNOWN, .limit_ms = ms_of(limits[i])};
	if (device->paired)
		begin_known(relay);
	else
		pair_begin(relay);
	return 0;
}

int pairing_cancel(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	struct speaker *speaker = speaker_of_address(relay, pairing->address);
	if (pairing->state != PAIRING_RUNS)
		return -ENOENT;
	if (pairing->pair_awaited)
		bluez_pair_cancel(pairing->device);
	if (pairing->step >= STEP_CONNECT && speaker)
		speaker_turn(speaker, false);
	pairing_fail(relay, pairing->step > STEP_PAIR
	                        ? (struct policy_words){"cancelled",
	                                                "it is paired; c in the main view connects"}
	                        : (struct policy_words){"cancelled", ""});
	return 0;
}

void pairing_follow(struct relay *relay, const struct bluez_device *device,
                    enum bluez_change change)
{
	struct pairing *pairing = &relay->pairing;
	if (!pairing_runs_with(relay, device))
		return;
	if (change == BLUEZ_REMOVED) {
		pairing->device = NULL;
		pairing_fail(relay, (struct policy_words){"is gone: BlueZ forgot it meanwhile",
		                                          "scan again"});
		return;
	}
	if (pairing->step == STEP_REACH && device->connected)
		step_next(relay);
	if (pairing->step == STEP_TRUST && device->trusted)
		connect_begin(relay);
}

static void over_time(struct relay *relay)
{
	struct pairing *pairing = &relay->pairing;
	struct policy_trouble trouble = trouble_of(relay);
	trouble.over_time = true;
	if (pairing->step == STEP_TRUST) { /* it can live without */
		note(pairing, STEP_TRUST, "could not be trusted");
		connect_begin(relay);
		return;
	}
	if (pairing->pair_awaited)
		bluez_pair_cancel(pairing->device);
	pairing_fail(relay, policy_trouble_words(&trouble));
}

void pairing_act(struct relay *relay, int64_t now)
{
	struct pairing *pairing = &relay->pairing;
	if (pairing->state != PAIRING_RUNS)
		return;
	if (!door_asks_about(relay, pairing->address)) /* the user takes the time he needs */
		pairing->left_ns -= now - pairing->acted;
	pairing->acted = now;
	if (pairing->step == STEP_CONNECT)
		watch_connecting(relay);
	else if (pairing->step == STEP_FIRST_SOUND)
		watch_sound(relay);
	if (pairing->state == PAIRING_RUNS && pairing->left_ns <= 0)
		over_time(relay);
}

void pairing_present(struct relay *relay)
{
	const struct pairing *pairing = &relay->pairing;
	struct model_pairing *shown = &relay->model.pairing;
	*shown = (struct model_pairing){.state = (int32_t)pairing->state, .tries = pairing->tries};
	snprintf(shown->address, sizeof(shown->address), "%s", pairing->address);
	snprintf(shown->name, sizeof(shown->name), "%s", pairing->name);
	if (pairing->state == PAIRING_FAILED) {
		snprintf(shown->problem, sizeof(shown->problem), "%s", pairing->problem);
		snprintf(shown->advice, sizeof(shown->advice), "%s", pairing->words.advice);
	}
	memcpy(shown->steps, pairing->steps, sizeof(shown->steps));
	if (pairing->state == PAIRING_RUNS)
		shown->steps[pairing->step].ms = ms_of(relay_now(relay) - pairing->step_began);
	relay->model.attempt_count = pairing->attempt_count;
	memcpy(relay->model.attempts, pairing->attempts, sizeof(pairing->attempts));
}
