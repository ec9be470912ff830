/* SPDX-License-Identifier: MIT */
/* scan, pair and unpair: who comes and who goes. */
#include "scripts/scripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>

#include <jansson.h>

#include "scripts/act.h"

#define SCAN_S 15  /* an inquiry hears most of those that are near within 12 s */
#define PAIR_S 120 /* all steps at their limits */
#define UNPAIR_S 10
#define HEAR_S 30 /* for one to be heard that is to be paired */

const struct argument_row *const script_scan_options[] = {session_rows, act_timeout_rows,
                                                          act_scan_rows, NULL};
const struct argument_row *const script_pair_options[] = {session_rows, act_timeout_rows,
                                                          act_pair_rows, NULL};
const struct argument_row *const script_unpair_options[] = {session_rows, act_unpair_rows, NULL};

static void json_print(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(json);
}

static const struct model_found *found_named(const struct model *model, const char *word)
{
	for (int i = 0; i < model->found_count; i++)
		if (!strcasecmp(model->found[i].address, word) ||
		    !strcasecmp(model->found[i].name, word))
			return &model->found[i];
	return NULL;
}

/* A command and its arguments, up to two of them. */
static int run(struct session *session, const char *name, const char *word, const char *more)
{
	char line[512];
	snprintf(line, sizeof(line), "%s", name);
	if ((word && session_word(line, sizeof(line), word) < 0) ||
	    (more && session_word(line, sizeof(line), more) < 0)) {
		fprintf(stderr, "echorelay: a quote in a word\n");
		return EX_USAGE;
	}
	return session_run(session, line);
}

/* --- scan ---------------------------------------------------------------------------------------- */

static void found_print(const struct model_found *found)
{
	char rssi[16] = "";
	if (found->rssi != MODEL_UNKNOWN)
		snprintf(rssi, sizeof(rssi), "%d dBm", (int)found->rssi);
	printf("%s %-10s %7s %-6s %s: %s%s%s\n", found->address, model_kind_name(found->kind), rssi,
	       found->paired ? "paired" : "new", found->name, found->verdict,
	       *found->quirk ? "; " : "", found->quirk);
}

/* Returns how many are new. */
static int scan_print(const struct act *act, const struct model *model)
{
	json_t *list = json_array();
	int fresh = 0;
	for (int i = 0; i < model->found_count; i++) {
		const struct model_found *found = &model->found[i];
		if (found->hidden && !act->all)
			continue;
		fresh += !found->paired;
		if (act->common.json)
			json_array_append_new(list, model_found_to_json(found));
		else
			found_print(found);
	}
	if (act->common.json)
		json_print(json_pack("{s:O}", "devices", list));
	json_decref(list);
	return fresh;
}

/* Until it ends by itself or the time is up. */
static int scan_wait(const struct act *act, struct session *session)
{
	double until = act_now() + act->timeout_s;
	int code = session_watch(session, ACT_LOOK_MS);
	do
		code = code ? code : session_next(session, SESSION_WAIT_MS);
	while (!code && session->model.scan.running && act_now() < until);
	return code;
}

/* One that runs already, for somebody else, goes on afterwards. */
static int scan(const struct act *act, struct session *session)
{
	int code = session_model(session);
	bool ran = session->model.scan.running;
	if (!code)
		code = run(session, "scan", "on", NULL);
	if (!code)
		code = scan_wait(act, session);
	if (!code && *session->model.scan.problem) {
		fprintf(stderr, "echorelay: %s\n", session->model.scan.problem);
		return EX_UNAVAILABLE;
	}
	if (!code && !scan_print(act, &session->model)) {
		fprintf(stderr, "echorelay: nothing new is heard; is it in pairing mode?\n");
		code = EXIT_FAILURE;
	}
	if (!ran && session->model.scan.running)
		run(session, "scan", "off", NULL);
	return code;
}

int script_scan(int argc, char *argv[])
{
	struct act act;
	struct session session;
	int code = act_begin(&act, argc, argv, "h", script_scan_options, "", SCAN_S);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count)
		return act_usage("scan", "");
	code = session_open(&session, act.common.demo);
	if (!code)
		code = scan(&act, &session);
	session_close(&session);
	return code;
}

/* --- pair ---------------------------------------------------------------------------------------- */

/* Listens for a device that is not there yet, until it is. */
static int hear(const struct act *act, struct session *session)
{
	double until = act_now() + (act->timeout_s < HEAR_S ? act->timeout_s : HEAR_S);
	int code = session_watch(session, ACT_LOOK_MS);
	if (!code)
		code = session_next(session, SESSION_WAIT_MS);
	if (code || found_named(&session->model, act->words[0]) ||
	    session_speaker(session, act->words[0]))
		return code;
	fprintf(stderr, "echorelay: listening for %s\n", act->words[0]);
	code = run(session, "scan", "on", NULL);
	while (!code && !found_named(&session->model, act->words[0])) {
		if (act_now() >= until || !session->model.scan.running) {
			run(session, "scan", "off", NULL);
			fprintf(stderr, "echorelay: '%s' is not heard; is it in pairing mode?\n",
			        act->words[0]);
			return EX_NOHOST;
		}
		code = session_next(session, SESSION_WAIT_MS);
	}
	return code;
}

/* What it asks is answered with what we were given, else told, for somebody at a screen. */
static int question_meet(const struct act *act, struct session *session,
                         const struct model_question *question, int32_t *met)
{
	char id[16];
	if (question->id == *met)
		return EX_OK;
	*met = question->id;
	snprintf(id, sizeof(id), "%d", (int)question->id);
	if (question->kind == QUESTION_SHOW)
		fprintf(stderr, "echorelay: type %s on %s\n", question->digits, question->name);
	else if (act->answer)
		return run(session, "answer", id, act->answer);
	else
		fprintf(stderr,
		        "echorelay: %s asks: %s%s%s; 'echorelay set answer %s ...' or --answer\n",
		        question->name, model_question_name(question->kind),
		        *question->digits ? " " : "", question->digits, id);
	return EX_OK;
}

static const struct model_question *question_of(const struct model *model, const char *address)
{
	for (int i = 0; i < model->question_count; i++)
		if (!strcmp(model->questions[i].address, address) &&
		    model->questions[i].kind != QUESTION_ROLE)
			return &model->questions[i];
	return NULL;
}

/* Steps that have ended, each once. */
static void steps_tell(const struct model_pairing *pairing, int *told)
{
	for (; *told < STEP_COUNT && pairing->steps[*told].state == STEP_DONE; ++*told) {
		const struct model_pairing_step *step = &pairing->steps[*told];
		if (step->ms != MODEL_UNKNOWN)
			fprintf(stderr, "echorelay: %s: %.1f s%s%s\n", model_step_name(*told),
			        step->ms / 1000.0, *step->note ? ", " : "", step->note);
	}
}

static json_t *steps_to_json(const struct model_pairing *pairing)
{
	json_t *list = json_array();
	for (int i = 0; i < STEP_COUNT; i++) {
		const struct model_pairing_step *step = &pairing->steps[i];
		if (step->ms == MODEL_UNKNOWN)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:i, s:b}", "name", model_step_name(i),
		                                      "ms", (int)step->ms, "done",
		                                      (int)(step->state == STEP_DONE)));
	}
	return list;
}

/* How it ended.  Returns the exit code. */
static int pair_conclude(const struct act *act, const struct model_pairing *pairing)
{
	bool well = pairing->state == PAIRING_DONE;
	const char *text = well ? "paired" : pairing->problem;
	if (act->common.json)
		json_print(json_pack("{s:b, s:s, s:s, s:s, s:s, s:o}", "ok", (int)well, "address",
		                     pairing->address, "name", pairing->name, "text", text,
		                     "advice", pairing->advice, "steps", steps_to_json(pairing)));
	else if (well)
		printf("%s %s %s\n", text, pairing->address, pairing->name);
	if (!well)
		fprintf(stderr, "echorelay: %s: %s%s%s\n", pairing->name, text,
		        *pairing->advice ? "; " : "", pairing->advice);
	return well ? EX_OK : EXIT_FAILURE;
}

static int pair_wait(const struct act *act, struct session *session)
{
	const struct model_pairing *pairing = &session->model.pairing;
	double until = act_now() + act->timeout_s;
	int32_t met = 0;
	int told = 0, code = session_watch(session, ACT_LOOK_MS);
	while (!code && !(code = session_next(session, SESSION_WAIT_MS))) {
		steps_tell(pairing, &told);
		if (pairing->state != PAIRING_RUNS)
			return pair_conclude(act, pairing);
		const struct model_question *question =
		    question_of(&session->model, pairing->address);
		if (question)
			code = question_meet(act, session, question, &met);
		if (!code && act_now() >= until) {
			fprintf(stderr, "echorelay: not paired within %.0f s; given up\n",
			        act->timeout_s);
			code = EX_TEMPFAIL;
		}
	}
	if (code == EX_TEMPFAIL)
		run(session, "cancel", NULL, NULL);
	return code;
}

int script_pair(int argc, char *argv[])
{
	struct act act;
	struct session session;
	int code = act_begin(&act, argc, argv, "h", script_pair_options, "DEVICE", PAIR_S);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count != 1)
		return act_usage("pair", "[OPTION]... DEVICE");
	code = session_open(&session, act.common.demo);
	if (!code)
		code = hear(&act, &session);
	if (!code)
		code = run(&session, "pair", act.words[0], NULL);
	if (!code)
		code = pair_wait(&act, &session);
	session_close(&session);
	return code;
}

/* --- unpair -------------------------------------------------------------------------------------- */

static bool is_there(const struct model *model, const char *address)
{
	for (int i = 0; i < model->speaker_count; i++)
		if (!strcmp(model->speakers[i].address, address))
			return true;
	const struct model_found *found = found_named(model, address);
	return found && found->paired;
}

static int unpair_wait(struct session *session, const char *address)
{
	double until = act_now() + UNPAIR_S;
	int code = session_watch(session, ACT_LOOK_MS);
	while (!code && !(code = session_next(session, SESSION_WAIT_MS))) {
		if (!is_there(&session->model, address))
			return EX_OK;
		if (act_now() < until)
			continue;
		fprintf(stderr, "echorelay: %s is still there; 'echorelay log' may say why\n",
		        address);
		return EX_TEMPFAIL;
	}
	return code;
}

static int unpair(const struct act *act, struct session *session)
{
	char address[18] = "";
	int code = session_model(session);
	if (code)
		return code;
	const struct model_speaker *speaker = session_speaker(session, act->words[0]);
	const struct model_found *found = found_named(&session->model, act->words[0]);
	if (speaker || found)
		snprintf(address, sizeof(address), "%s",
		         speaker ? speaker->address : found->address);
	code = run(session, "unpair", act->words[0], act->yes ? "--yes" : NULL);
	if (code)
		return code == EX_NOPERM && !act->yes ? EX_USAGE : code;
	if (*address)
		code = unpair_wait(session, address);
	if (!code)
		act_reply_print(act, session);
	return code;
}

int script_unpair(int argc, char *argv[])
{
	struct act act;
	struct session session;
	int code = act_begin(&act, argc, argv, "h", script_unpair_options, "SPEAKER", 0);
	if (code)
		return code < 0 ? EX_OK : code;
	if (act.count != 1)
		return act_usage("unpair", "SPEAKER --yes");
	code = session_open(&session, act.common.demo);
	if (!code)
		code = unpair(&act, &session);
	session_close(&session);
	return code;
}
