/* SPDX-License-Identifier: MIT */
/*
 * The engine's thread wants to run when it is due, whatever else this machine does.  Where the kernel does
 * not let it, rtkit is asked, over a connection of its own that is closed when the answer is there.
 */
#include "relay/private.h"

#include <string.h>

static void tell(struct relay *relay)
{
	relay->priority.settled = true;
	if (engine_refusal(relay->engine))
		journal_write(relay->journal, JOURNAL_WARNING, "relay", "%s",
		              engine_refusal(relay->engine));
}

static void on_answer(void *user, const char *problem)
{
	struct relay *relay = user;
	if (problem)
		journal_write(relay->journal, JOURNAL_DEBUG, "relay", "real-time priority: %s",
		              problem);
	else
		engine_give_priority(relay->engine);
	tell(relay);
}

static int ask(struct relay *relay, pid_t thread)
{
	struct priority *priority = &relay->priority;
	int error = relay_open_bus(relay, &priority->bus);
	if (!error)
		error = sd_bus_attach_event(priority->bus, relay->event, SD_EVENT_PRIORITY_NORMAL);
	return error < 0 ? error
	                 : rtkit_ask(&priority->rtkit, priority->bus, thread, on_answer, relay);
}

void priority_act(struct relay *relay)
{
	struct priority *priority = &relay->priority;
	pid_t thread = engine_thread(relay->engine);
	if (priority->settled) {
		priority_close(relay);
		return;
	}
	if (priority->bus || !relay->event || (engine_lacks_priority(relay->engine) && !thread))
		return; /* asked already, or too early */
	if (!engine_lacks_priority(relay->engine) || ask(relay, thread) < 0)
		tell(relay);
}

const char *priority_problem(const struct relay *relay)
{
	return relay->priority.settled ? engine_refusal(relay->engine) : NULL;
}

void priority_close(struct relay *relay)
{
	struct priority *priority = &relay->priority;
	rtkit_free(priority->rtkit);
	priority->rtkit = NULL;
	if (priority->bus)
		sd_bus_detach_event(priority->bus);
	priority->bus = sd_bus_close_unref(priority->bus);
}
