/* SPDX-License-Identifier: MIT */
/*
 * Our Agent1: what BlueZ asks before it pairs, or lets a device that it does not trust use a profile.
 *
 *   RequestPinCode, RequestPasskey, RequestConfirmation,
 *   RequestAuthorization, AuthorizeService, DisplayPinCode ─► `asked` ─► bluez_answer ─► the reply
 *   Cancel                                                 ─► `withdrawn`
 *
 * An agent is asked one thing at a time (src/agent.c: -EBUSY while there is a request).
 */
#include "bluez/private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/org/echorelay/agent"
#define MANAGER_PATH "/org/bluez"
#define MANAGER "org.bluez.AgentManager1"

struct agent {
	struct bluez *bluez;
	enum bluez_capability capability;
	sd_bus_slot *object, *call;
	sd_bus_message *pending; /* the call of BlueZ that awaits our reply; NULL: none */
	struct bluez_request request;
	uint32_t requests; /* so far: their ids */
};

static const char *const capability_names[] = {
    [BLUEZ_NO_AGENT] = "",
    [BLUEZ_NO_INPUT_NO_OUTPUT] = "NoInputNoOutput",
    [BLUEZ_KEYBOARD_DISPLAY] = "KeyboardDisplay",
};

/* --- what BlueZ calls -------------------------------------------------------------------------- */

static int reject(sd_bus_message *call, const char *why)
{
	return sd_bus_reply_method_errorf(call, "org.bluez.Error.Rejected", "%s", why);
}

static void request_end(struct agent *agent)
{
	agent->pending = sd_bus_message_unref(agent->pending);
	agent->request.id = 0;
}

static void withdraw(struct agent *agent)
{
	uint32_t id = agent->request.id;
	request_end(agent);
	if (id)
		agent->bluez->events->withdrawn(agent->bluez->user, id);
}

/* Takes a question up.  `request` has all but its id and its device, whose path was read as `path`. */
static int ask(struct agent *agent, sd_bus_message *call, const char *path,
               struct bluez_request request, bool replies)
{
	struct bluez_device *device = bluez_find_device(agent->bluez, path);
	if (!device)
		return reject(call, "an unknown device");
	if (agent->pending)
		return reject(call, "one question at a time");
	withdraw(agent); /* what was only shown */
	request.id = ++agent->requests;
	request.device = device;
	agent->request = request;
	agent->pending = replies ? sd_bus_message_ref(call) : NULL;
	agent->bluez->events->asked(agent->bluez->user, &request);
	return replies ? 1 : sd_bus_reply_method_return(call, "");
}

static int request_pin(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *path;
	(void)error;
	if (sd_bus_message_read(call, "o", &path) < 0)
		return -EINVAL;
	return ask(user, call, path, (struct bluez_request){.ask = BLUEZ_ASK_PIN}, true);
}

static int request_passkey(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *path;
	(void)error;
	if (sd_bus_message_read(call, "o", &path) < 0)
		return -EINVAL;
	return ask(user, call, path, (struct bluez_request){.ask = BLUEZ_ASK_PASSKEY}, true);
}

static int request_confirmation(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct bluez_request request = {.ask = BLUEZ_ASK_MATCH};
	const char *path;
	(void)error;
	if (sd_bus_message_read(call, "ou", &path, &request.passkey) < 0)
		return -EINVAL;
	return ask(user, call, path, request, true);
}

static int request_authorization(sd_bus_message *call, void *user, sd_bus_error *error)
{
	const char *path;
	(void)error;
	if (sd_bus_message_read(call, "o", &path) < 0)
		return -EINVAL;
	return ask(user, call, path, (struct bluez_request){.ask = BLUEZ_ASK_PAIR}, true);
}

static int ask_with_text(struct agent *agent, sd_bus_message *call, enum bluez_ask what)
{
	struct bluez_request request = {.ask = what};
	const char *path, *text;
	if (sd_bus_message_read(call, "os", &path, &text) < 0)
		return -EINVAL;
	snprintf(request.text, sizeof(request.text), "%s", text);
	return ask(agent, call, path, request, true);
}

static int authorize_service(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)error;
	return ask_with_text(user, call, BLUEZ_ASK_SERVICE);
}

static int display_pin(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)error;
	return ask_with_text(user, call, BLUEZ_SHOW_PIN);
}

/* Comes again for every digit that is typed on the device; there is nothing to answer. */
static int display_passkey(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct agent *agent = user;
	struct bluez_request request = {.ask = BLUEZ_SHOW_PASSKEY};
	const char *path;
	uint16_t entered;
	(void)error;
	if (sd_bus_message_read(call, "ouq", &path, &request.passkey, &entered) < 0)
		return -EINVAL;
	if (agent->request.id && agent->request.ask == BLUEZ_SHOW_PASSKEY &&
	    agent->request.passkey == request.passkey)
		return sd_bus_reply_method_return(call, "");
	return ask(agent, call, path, request, false);
}

static int cancel(sd_bus_message *call, void *user, sd_bus_error *error)
{
	struct agent *agent = user;
	(void)error;
	if (agent->pending)
		sd_bus_reply_method_errorf(agent->pending, "org.bluez.Error.Canceled", "Canceled");
	withdraw(agent);
	return sd_bus_reply_method_return(call, "");
}

/* Another agent took its place, or bluetoothd goes, and will be seen to go. */
static int release(sd_bus_message *call, void *user, sd_bus_error *error)
{
	(void)error;
	withdraw(user);
	return sd_bus_reply_method_return(call, "");
}

static const struct bus_method agent_methods[] = {
    {"Release", "", release},
    {"RequestPinCode", "o", request_pin},
    {"DisplayPinCode", "os", display_pin},
    {"RequestPasskey", "o", request_passkey},
    {"DisplayPasskey", "ouq", display_passkey},
    {"RequestConfirmation", "ou", request_confirmation},
    {"RequestAuthorization", "o", request_authorization},
    {"AuthorizeService", "os", authorize_service},
    {"Cancel", "", cancel},
    {0},
};

static int agent_called(sd_bus_message *call, void *user, sd_bus_error *error)
{
	return bus_dispatch(call, "org.bluez.Agent1", agent_methods, user, error);
}

/* --- answering --------------------------------------------------------------------------------- */

static int agree(sd_bus_message *call, const struct bluez_request *request, const char *text,
                 uint32_t passkey)
{
	switch (request->ask) {
	case BLUEZ_ASK_PIN:
		return sd_bus_reply_method_return(call, "s", text);
	case BLUEZ_ASK_PASSKEY:
		return sd_bus_reply_method_return(call, "u", passkey);
	default:
		return sd_bus_reply_method_return(call, "");
	}
}

int bluez_answer(struct bluez *bluez, uint32_t id, bool yes, const char *text, uint32_t passkey)
{
	struct agent *agent = bluez->agent;
	int error = 0;
	if (!agent || !id || agent->request.id != id)
		return -ENOENT;
	if (agent->pending && yes)
		error = agree(agent->pending, &agent->request, text, passkey);
	else if (agent->pending)
		error = reject(agent->pending, "Rejected");
	request_end(agent);
	return error < 0 ? error : 0;
}

/* --- registering ------------------------------------------------------------------------------- */

static void registration_end(struct agent *agent, const char *problem)
{
	struct bluez *bluez = agent->bluez;
	if (problem)
		agent->capability = BLUEZ_NO_AGENT;
	bluez->events->agent(bluez->user, agent->capability, problem);
}

static int on_default(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct agent *agent = user;
	const char *problem = NULL;
	(void)error;
	sd_bus_message_ref(reply);
	agent->call = sd_bus_slot_unref(agent->call);
	if (sd_bus_message_is_method_error(reply, NULL))
		problem = bus_error_text(sd_bus_message_get_error(reply));
	registration_end(agent, problem);
	sd_bus_message_unref(reply);
	return 0;
}

static int call_manager(struct agent *agent, const char *method, sd_bus_message_handler_t done)
{
	return bus_call(agent->bluez->bus, &agent->call, MANAGER_PATH, MANAGER, method, 0, done,
	                agent, "o", PATH);
}

static int on_registered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct agent *agent = user;
	if (sd_bus_message_is_method_error(reply, NULL))
		return on_default(reply, user, error);
	if (call_manager(agent, "RequestDefaultAgent", on_default) < 0)
		registration_end(agent, "no memory");
	return 0;
}

/* Whether there was one to unregister does not matter. */
static int on_unregistered(sd_bus_message *reply, void *user, sd_bus_error *error)
{
	struct agent *agent = user;
	(void)reply, (void)error;
	agent->call = sd_bus_slot_unref(agent->call);
	if (agent->capability == BLUEZ_NO_AGENT) {
		registration_end(agent, NULL);
		return 0;
	}
	if (bus_call(agent->bluez->bus, &agent->call, MANAGER_PATH, MANAGER, "RegisterAgent", 0,
	             on_registered, agent, "os", PATH, capability_names[agent->capability]) < 0)
		registration_end(agent, "no memory");
	return 0;
}

static int agent_new(struct bluez *bluez)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	if (!agent)
		return -ENOMEM;
	agent->bluez = bluez;
	int error = sd_bus_add_object(bluez->bus, &agent->object, PATH, agent_called, agent);
	if (error < 0) {
		free(agent);
		return error;
	}
	bluez->agent = agent;
	return 0;
}

int bluez_set_agent(struct bluez *bluez, enum bluez_capability capability)
{
	int error = bluez->agent ? 0 : agent_new(bluez);
	if (error)
		return error;
	bluez->agent->capability = capability;
	return call_manager(bluez->agent, "UnregisterAgent", on_unregistered);
}

void agent_forget(struct bluez *bluez, const struct bluez_device *device)
{
	struct agent *agent = bluez->agent;
	if (!agent || !agent->request.id || agent->request.device != device)
		return;
	if (agent->pending)
		reject(agent->pending, "the device is gone");
	withdraw(agent);
}

void agent_free(struct bluez *bluez)
{
	struct agent *agent = bluez->agent;
	if (!agent)
		return;
	bluez->agent = NULL;
	sd_bus_message_unref(agent->pending);
	sd_bus_slot_unref(agent->call);
	sd_bus_slot_unref(agent->object);
	free(agent);
}
