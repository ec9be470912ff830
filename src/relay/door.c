/* SPDX-License-Identifier: MIT */
/*
 * Who may in: the agent's questions, the window in which an Echo can pair, roles that cannot be told.
 *
 *   AuthorizeService     ─► policy_let_in: A2DP and AVRCP, of those we know
 *   RequestAuthorization ─► yes to the device that is being paired, or while the window is open
 *   PIN, passkey, match  ─► a question for the user, there and then; else no
 *
 * Outside of a window the adapters are not pairable, and the agent says that it can show and read digits:
 * so BlueZ asks before anything pairs, even where another program made an adapter pairable.
 */
#include "relay/private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define CONTEST_NS (2 * SECOND_NS)

static void tell(struct relay *relay, enum journal_level level, const char *name, const char *text)
{
	journal_write(relay->journal, level, name, "%s", text);
}

/* Notes an address in a list; false when it is in there already, or the list is full. */
static bool note_once(char list[DOOR_STRANGERS][18], int *count, const char *address)
{
	for (int i = 0; i < *count; i++)
		if (!strcmp(list[i], address))
			return false;
	if (*count == DOOR_STRANGERS)
		return false;
	snprintf(list[(*count)++], 18, "%s", address);
	return true;
}

/* A stranger that tries over and over is told of once; many strangers, sixteen times. */
static void stranger_tell(struct relay *relay, const struct bluez_device *device, const char *what)
{
	char name[MODEL_TEXT];
	if (!note_once(relay->door.strangers, &relay->door.stranger_count, device->address))
		return;
	relay_name(name, sizeof(name), device);
	journal_write(
	    relay->journal, JOURNAL_WARNING, name, "%s: refused (%s)%s", what, device->address,
	    relay->door.stranger_count == DOOR_STRANGERS ? "; further strangers are not told of"
							 : "");
}

/* --- questions ----------------------------------------------------------------------------------- */

static struct question *question_free(struct door *door)
{
	for (int i = 0; i < MODEL_QUESTIONS; i++)
		if (!door->questions[i].id)
			return &door->questions[i];
	return NULL;
}

static struct question *question_add(struct relay *relay, const char *address, const char *name,
                                     enum model_question_kind kind)
{
	struct door *door = &relay->door;
	struct question *question = question_free(door);
	if (!question)
		return NULL;
	*question = (struct question){.id = ++door->questions_ever, .kind = kind};
	snprintf(question->address, sizeof(question->address), "%s", address);
	snprintf(question->name, sizeof(question->name), "%s", name);
	return question;
}

bool door_asks_about(const struct relay *relay, const char *address)
{
	for (int i = 0; i < MODEL_QUESTIONS; i++)
		if (relay->door.questions[i].id && relay->door.questions[i].request &&
		    !strcmp(relay->door.questions[i].address, address))
			return true;
	return false;
}

static void ask_user(struct relay *relay, const struct bluez_request *request,
                     enum model_question_kind kind)
{
	char name[MODEL_TEXT];
	relay_name(name, sizeof(name), request->device);
	struct question *question = question_add(relay, request->device->address, name, kind);
	if (!question) {
		bluez_answer(relay->bluez, request->id, false, "", 0);
		return;
	}
	question->request = request->id;
	question->until = relay_now(relay) + QUESTION_NS;
	if (request->ask == BLUEZ_ASK_MATCH || request->ask == BLUEZ_SHOW_PASSKEY)
		snprintf(question->digits, sizeof(question->digits), "%06u",
		         (unsigned)request->passkey % 1000000);
	else if (request->ask == BLUEZ_SHOW_PIN)
		text_clean(question->digits, sizeof(question->digits), request->text);
	journal_write(relay->journal, JOURNAL_INFO, name, "asks: %s (answer %d ...)",
	              model_question_name((int32_t)kind), (int)question->id);
}

/* Does anything pair now, and is it this device? */
static bool expected(const struct relay *relay, const struct bluez_device *device)
{
	return relay->door.open || pairing_runs_with(relay, device);
}

bool door_expects(const struct relay *relay, const struct bluez_device *device)
{
	return expected(relay, device) || !strcmp(relay->door.guest, device->address);
}

static void service_asked(struct relay *relay, const struct bluez_request *request)
{
	const struct bluez_device *device = request->device;
	enum settings_role role = device->paired ? relay_role(relay, device) : ROLE_UNKNOWN;
	bool elsewhere = device->adapter && !relay_uses_adapter(relay, device->adapter);
	bool unseen = role == ROLE_UNKNOWN && !device->offers; /* its services come later */
	/* what it is there, or will be, is not known: that it is paired is enough */
	if (device->paired && (elsewhere || unseen))
		role = ROLE_SOURCE;
	bool yes = policy_let_in(role, relay->contested, request->text);
	bluez_answer(relay->bluez, request->id, yes, "", 0);
	if (!yes)
		stranger_tell(relay, device, "wants to connect");
}

void door_asked(struct relay *relay, const struct bluez_request *request)
{
	static const enum model_question_kind kinds[] = {
	    [BLUEZ_ASK_PIN] = QUESTION_PIN,     [BLUEZ_ASK_PASSKEY] = QUESTION_PASSKEY,
	    [BLUEZ_ASK_MATCH] = QUESTION_MATCH, [BLUEZ_ASK_PAIR] = QUESTION_PAIR,
	    [BLUEZ_SHOW_PIN] = QUESTION_SHOW,   [BLUEZ_SHOW_PASSKEY] = QUESTION_SHOW,
	};
	if (request->ask == BLUEZ_ASK_SERVICE) {
		service_asked(relay, request);
		return;
	}
	if (!expected(relay, request->device)) {
		bluez_answer(relay->bluez, request->id, false, "", 0);
		stranger_tell(relay, request->device, "wants to pair");
		return;
	}
	if (request->ask == BLUEZ_ASK_PAIR)
		bluez_answer(relay->bluez, request->id, true, "", 0);
	else
		ask_user(relay, request, kinds[request->ask]);
}

void door_withdrawn(struct relay *relay, uint32_t request)
{
	for (int i = 0; i < MODEL_QUESTIONS; i++)
		if (relay->door.questions[i].request == request)
			relay->door.questions[i] = (struct question){0};
}

static void question_close(struct relay *relay, struct question *question, bool yes,
                           const char *text, uint32_t passkey)
{
	struct pairing *pairing = &relay->pairing;
	struct question closed = *question;
	*question = (struct question){0};
	if (!yes && closed.request && pairing->state == PAIRING_RUNS &&
	    !strcmp(pairing->address, closed.address))
		pairing->refused = true;
	if (closed.request)
		bluez_answer(relay->bluez, closed.request, yes, text, passkey);
}

static int answer_role(struct relay *relay, struct question *question, const char *text,
                       char *reply, size_t size)
{
	int32_t role = model_role_read(strcmp(text, "no") ? text : "none");
	if (role == MODEL_UNKNOWN || role == MODEL_ROLE_UNKNOWN) {
		snprintf(reply, size, "answer: speaker, source or none, not '%s'", text);
		return -EINVAL;
	}
	char address[18];
	snprintf(address, sizeof(address), "%s", question->address);
	*question = (struct question){0};
	relay_set_role(relay, address, (enum settings_role)role);
	snprintf(reply, size, "it is kept as %s", model_role_name(role));
	return 0;
}

/* Does the text fit the question?  Then it is a yes. */
static const char *answer_complaint(const struct question *question, const char *text)
{
	size_t length = strlen(text);
	bool digits = length > 0;
	for (const char *c = text; *c; c++)
		digits = digits && isdigit((unsigned char)*c);
	switch (question->kind) {
	case QUESTION_PIN:
		return length >= 1 && length <= 16 ? NULL : "a PIN has 1 to 16 characters";
	case QUESTION_PASSKEY:
		return digits && length <= 6 ? NULL : "a passkey has up to 6 digits";
	default:
		return strcmp(text, "yes") ? "yes or no" : NULL;
	}
}

int door_answer(struct relay *relay, int32_t id, const char *text, char *reply, size_t size)
{
	struct question *question = NULL;
	for (int i = 0; i < MODEL_QUESTIONS; i++)
		if (id > 0 && relay->door.questions[i].id == id)
			question = &relay->door.questions[i];
	if (!question) {
		snprintf(reply, size, "answer: there is no question %d, or not any more", (int)id);
		return -ENOENT;
	}
	if (question->kind == QUESTION_ROLE)
		return answer_role(relay, question, text, reply, size);
	bool yes = strcmp(text, "no");
	const char *complaint = yes ? answer_complaint(question, text) : NULL;
	if (complaint) {
		snprintf(reply, size, "answer: %s", complaint);
		return -EINVAL;
	}
	bool number = question->kind == QUESTION_PASSKEY && yes;
	question_close(relay, question, yes, text, number ? (uint32_t)strtoul(text, NULL, 10) : 0);
	snprintf(reply, size, yes ? "answered" : "refused");
	return 0;
}

void door_ask_role(struct relay *relay, const struct bluez_device *device, const char *name)
{
	struct door *door = &relay->door;
	if (relay->config.looks_only || !relay_uses_adapter(relay, device->adapter) ||
	    pairing_runs_with(relay, device) ||
	    !note_once(door->asked, &door->asked_count, device->address))
		return;
	struct question *question = question_add(relay, device->address, name, QUESTION_ROLE);
	if (question)
		journal_write(relay->journal, JOURNAL_WARNING, name,
		              "can play and send: is it a speaker or a source? "
		              "(answer %d speaker|source|none)",
		              (int)question->id);
}

/* --- the agent ----------------------------------------------------------------------------------- */

static enum bluez_capability capability_wanted(const struct relay *relay)
{
	if (relay->pairing.state == PAIRING_RUNS)
		return policy_capability(false, relay->pairing.tries);
	return policy_capability(relay->door.open || relay->door.opening, 1);
}

void door_agent(struct relay *relay)
{
	struct door *door = &relay->door;
	enum bluez_capability wanted = capability_wanted(relay);
	if (!relay->service || !relay->bluez || relay->config.looks_only ||
	    door->capability == wanted)
		return;
	door->capability = wanted;
	door->agent_awaited = bluez_set_agent(relay->bluez, wanted) == 0;
}

static struct bluez_adapter *window_adapter(const struct relay *relay)
{
	return relay->bluez && *relay->door.adapter
	           ? bluez_find_adapter(relay->bluez, relay->door.adapter)
	           : NULL;
}

void door_agent_answered(struct relay *relay, const char *problem)
{
	struct door *door = &relay->door;
	struct bluez_adapter *adapter = window_adapter(relay);
	door->agent_awaited = false;
	if (problem) {
		journal_write(relay->journal, JOURNAL_ERROR, "relay", "no agent at BlueZ: %s",
		              problem);
		door->capability = BLUEZ_NO_AGENT;
	}
	if (door->opening && adapter) {
		door->opening = false;
		door->open = bluez_set_window(adapter, true, WINDOW_NS / SECOND_NS) == 0;
		door->until = relay_now(relay) + WINDOW_NS;
	}
	pairing_agent_ready(relay, problem);
}

/* --- the window ---------------------------------------------------------------------------------- */

static struct bluez_adapter *adapter_choose(struct relay *relay)
{
	struct bluez_adapter *adapters[MODEL_ADAPTERS], *adapter;
	struct policy_site sites[MODEL_ADAPTERS];
	int count = 0;
	if (!relay->bluez)
		return NULL;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		if (adapter->powered && relay_uses_adapter(relay, adapter) &&
		    count < MODEL_ADAPTERS) {
			adapters[count] = adapter;
			sites[count++] =
			    (struct policy_site){.air = (int)air_taken(relay, adapter)};
		}
	int best = policy_place(sites, count);
	return best < 0 ? NULL : adapters[best];
}

static void window_close(struct relay *relay)
{
	struct bluez_adapter *adapter = window_adapter(relay);
	relay->door.open = relay->door.opening = false;
	*relay->door.knocker = 0;
	if (adapter)
		bluez_set_window(adapter, false, 0);
	door_agent(relay);
}

int door_window(struct relay *relay, bool open)
{
	struct door *door = &relay->door;
	if (!open) {
		window_close(relay);
		return 0;
	}
	if (relay->pairing.state == PAIRING_RUNS)
		return -EBUSY;
	struct bluez_adapter *adapter = adapter_choose(relay);
	if (!adapter)
		return -ENODEV;
	if (window_adapter(relay) && window_adapter(relay) != adapter)
		window_close(relay);
	scan_stop(relay);
	snprintf(door->adapter, sizeof(door->adapter), "%s", adapter->address);
	*door->joined = *door->problem = 0;
	door->opening = true;
	door->until = relay_now(relay) + WINDOW_NS;
	door_agent(relay);
	if (!door->agent_awaited)
		door_agent_answered(relay, NULL);
	return 0;
}

/* --- devices ------------------------------------------------------------------------------------- */

/*
 * Whoever pairs while the window is open comes as a source; it closes behind him.  BlueZ says "Paired" only when it
 * has looked at what he can do (device_set_paired): a second or two later, and the window may be closed by then.
 */
static void joined(struct relay *relay, struct bluez_device *device)
{
	struct door *door = &relay->door;
	struct settings_speaker *kept = settings_speaker(relay->settings, device->address);
	relay_name(door->joined, sizeof(door->joined), device);
	tell(relay, JOURNAL_INFO, door->joined, "paired as a source");
	if (kept) {
		kept->role = ROLE_SOURCE;
		snprintf(kept->name, sizeof(kept->name), "%s", door->joined);
		relay_keep(relay);
	}
	bluez_set_trusted(device, true);
	*door->guest = 0;
	window_close(relay);
}

/*
 * A known source that connects while the window is open and is gone at once wants to pair anew: it has
 * forgotten us, BlueZ has not forgotten it and refuses (main.conf, JustWorksRepairing = never).
 */
static void paired_elsewhere(struct relay *relay, const struct bluez_device *device)
{
	struct door *door = &relay->door;
	char name[MODEL_TEXT];
	if (device->connected) {
		snprintf(door->knocker, sizeof(door->knocker), "%s", device->address);
		return;
	}
	if (strcmp(door->knocker, device->address) || *door->problem)
		return;
	relay_name(name, sizeof(name), device);
	snprintf(door->problem, sizeof(door->problem),
	         "%.40s is paired here already and cannot pair anew: unpair %s --yes", name,
	         device->address);
	tell(relay, JOURNAL_WARNING, name, door->problem);
}

void door_follow(struct relay *relay, struct bluez_device *device, enum bluez_change change)
{
	struct door *door = &relay->door;
	bool here = device->adapter && !strcmp(device->adapter->address, door->adapter);
	bool sends = !device->offers || device->offers & BLUEZ_OFFERS_SOURCE;
	if (change == BLUEZ_REMOVED || !here || pairing_runs_with(relay, device))
		return;
	if (door->open && device->connected && !device->paired)
		snprintf(door->guest, sizeof(door->guest), "%s", device->address);
	bool invited = door->open || !strcmp(door->guest, device->address);
	if (device->just_paired && sends && invited)
		joined(relay, device);
	else if (door->open && device->paired && relay_role(relay, device) == ROLE_SOURCE)
		paired_elsewhere(relay, device);
}

/* --- coming and going of bluetoothd --------------------------------------------------------------- */

void door_adapter(struct relay *relay, struct bluez_adapter *adapter)
{
	bool ours = relay->door.open && !strcmp(adapter->address, relay->door.adapter);
	if (relay->config.looks_only || ours || !relay_uses_adapter(relay, adapter))
		return;
	if (adapter->pairable || adapter->discoverable)
		bluez_set_window(adapter, false, 0);
}

void door_begin(struct relay *relay)
{
	struct bluez_adapter *adapter;
	relay->door.capability = BLUEZ_NO_AGENT;
	door_agent(relay);
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		door_adapter(relay, adapter);
}

void door_lost(struct relay *relay)
{
	struct door *door = &relay->door;
	door->capability = BLUEZ_NO_AGENT;
	door->open = door->opening = door->agent_awaited = false;
	for (int i = 0; i < MODEL_QUESTIONS; i++)
		if (door->questions[i].request)
			door->questions[i] = (struct question){0};
}

/*
 * Another program's stream of a speaker, for longer than ours is shown before it is given to us: it has
 * endpoints, too, and BlueZ may give it whatever a speaker begins by itself.  So none may any more.
 */
static void contest_notice(struct relay *relay, int64_t now)
{
	struct door *door = &relay->door;
	const struct bluez_transport *transport;
	bool foreign = false;
	if (relay->contested || !relay->service)
		return;
	spa_list_for_each (transport, bluez_transports(relay->bluez), link)
		foreign |= !transport->mine && speaker_of_device(relay, transport->device) &&
		           !strcasecmp(transport->uuid, BLUEZ_A2DP_SOURCE);
	if (!foreign)
		door->contested_since = now;
	if (now - door->contested_since < CONTEST_NS)
		return;
	relay->contested = true;
	tell(relay, JOURNAL_WARNING, "relay",
	     "another program takes speakers, too: they are not trusted any more");
	for (int i = 0; i < relay->speaker_count; i++)
		if (relay->speakers[i]->device && relay->speakers[i]->device->trusted)
			bluez_set_trusted(relay->speakers[i]->device, false);
}

void door_act(struct relay *relay, int64_t now)
{
	struct door *door = &relay->door;
	contest_notice(relay, now);
	if ((door->open || door->opening) && now >= door->until) {
		tell(relay, JOURNAL_INFO, "relay", "the pairing window has closed");
		window_close(relay);
	}
	for (int i = 0; i < MODEL_QUESTIONS; i++) {
		struct question *question = &door->questions[i];
		if (!question->id || !question->until || now < question->until)
			continue;
		relay->pairing.unanswered |= !strcmp(relay->pairing.address, question->address);
		question_close(relay, question, false, "", 0);
	}
}

/* --- showing ------------------------------------------------------------------------------------- */

static void window_present(struct relay *relay, int64_t now)
{
	const struct door *door = &relay->door;
	const struct bluez_adapter *adapter = window_adapter(relay);
	struct model_window *shown = &relay->model.window;
	*shown = (struct model_window){
	    .open = door->open,
	    .left_ms = door->open ? (int32_t)((door->until - now) / 1000000) : MODEL_UNKNOWN,
	    .limit_ms = (int32_t)(WINDOW_NS / 1000000),
	};
	snprintf(shown->adapter, sizeof(shown->adapter), "%s", door->adapter);
	text_clean(shown->name, sizeof(shown->name), adapter ? adapter->alias : "");
	snprintf(shown->joined, sizeof(shown->joined), "%s", door->joined);
	snprintf(shown->problem, sizeof(shown->problem), "%s", door->problem);
}

void door_present(struct relay *relay)
{
	struct model *model = &relay->model;
	int64_t now = relay_now(relay);
	window_present(relay, now);
	model->question_count = 0;
	for (int i = 0; i < MODEL_QUESTIONS; i++) {
		const struct question *question = &relay->door.questions[i];
		if (!question->id)
			continue;
		struct model_question *shown = &model->questions[model->question_count++];
		*shown = (struct model_question){
		    .id = question->id,
		    .kind = (int32_t)question->kind,
		    .left_ms = question->until ? (int32_t)((question->until - now) / 1000000)
		                               : MODEL_UNKNOWN,
		};
		snprintf(shown->address, sizeof(shown->address), "%s", question->address);
		snprintf(shown->name, sizeof(shown->name), "%s", question->name);
		snprintf(shown->digits, sizeof(shown->digits), "%s", question->digits);
	}
}
