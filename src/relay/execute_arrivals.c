/* SPDX-License-Identifier: MIT */
/* Carries out the commands about what comes and goes: scan, pair, cancel, answer, window, unpair, … */
#include "relay/private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

struct order {
	struct relay *relay;
	char *const *arguments;
	int count;
	char *reply;
	size_t size;
};

static int answer(struct order *order, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int answer(struct order *order, int result, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(order->reply, order->size, format, arguments);
	va_end(arguments);
	return result;
}

/* --- whom it is about ---------------------------------------------------------------------------- */

/* A speaker's number, an address, or the name of any device that is known or was heard. */
static bool address_named(const struct relay *relay, const char *word, char address[18])
{
	char *end;
	long number = strtol(word, &end, 10);
	if (text_address(word, address))
		return true;
	if (end != word && !*end) {
		if (number < 1 || number > relay->speaker_count)
			return false;
		snprintf(address, 18, "%s", relay->speakers[number - 1]->kept->address);
		return true;
	}
	for (int i = 0; i < relay->settings->speaker_count; i++)
		if (!strcasecmp(relay->settings->speakers[i].name, word)) {
			snprintf(address, 18, "%s", relay->settings->speakers[i].address);
			return true;
		}
	for (int i = 0; i < relay->scan.count; i++)
		if (!strcasecmp(relay->scan.list[i].name, word)) {
			snprintf(address, 18, "%s", relay->scan.list[i].address);
			return true;
		}
	return false;
}

static bool device_known(const struct relay *relay, const char *address)
{
	const struct found *found = scan_found(relay, address);
	return settings_known(relay->settings, address) || (found && found->paired);
}

static const char *name_of(const struct relay *relay, const char *address)
{
	const struct settings_speaker *kept = settings_known(relay->settings, address);
	const struct found *found = scan_found(relay, address);
	if (kept && *kept->name)
		return kept->name;
	return found && found->named ? found->name : address;
}

/* --- the commands -------------------------------------------------------------------------------- */

static int run_scan(struct order *order)
{
	struct relay *relay = order->relay;
	bool wanted;
	if (command_read_switch(order->arguments[0], relay->scan.running, &wanted) < 0)
		return answer(order, -EINVAL, "scan: on, off or toggle, not '%s'",
		              order->arguments[0]);
	if (!wanted) {
		scan_stop(relay);
		return answer(order, 0, "the scan has ended");
	}
	int error = scan_start(relay);
	if (error == -EBUSY)
		return answer(order, error, "scan: not while %s is being paired",
		              relay->pairing.name);
	if (error)
		return answer(order, error, "scan: no Bluetooth adapter that is on");
	return answer(order, 0, "scanning for a minute; music may stutter");
}

static int run_pair(struct order *order)
{
	struct relay *relay = order->relay;
	char address[18];
	if (!address_named(relay, order->arguments[0], address))
		return answer(order, -ENOENT, "pair: no device '%s'; scan first",
		              order->arguments[0]);
	int error = pairing_begin(relay, address);
	if (error == -ENOENT)
		return answer(order, error, "pair: %s is not to be heard; scan first",
		              name_of(relay, address));
	if (error && relay->pairing.state == PAIRING_RUNS)
		return answer(order, error, "pair: %s is being paired; cancel that first",
		              relay->pairing.name);
	if (error)
		return answer(order, error, "pair: the window for an Echo is open; window off");
	return answer(order, 0, "pairing %s", relay->pairing.name);
}

static int run_cancel(struct order *order)
{
	if (pairing_cancel(order->relay))
		return answer(order, -ENOENT, "cancel: nothing is being paired");
	return answer(order, 0, "cancelled");
}

static int run_answer(struct order *order)
{
	int32_t id = (int32_t)strtol(order->arguments[0], NULL, 10);
	return door_answer(order->relay, id, order->arguments[1], order->reply, order->size);
}

static int run_window(struct order *order)
{
	struct relay *relay = order->relay;
	bool is = relay->door.open || relay->door.opening, wanted;
	if (command_read_switch(order->arguments[0], is, &wanted) < 0)
		return answer(order, -EINVAL, "window: on, off or toggle, not '%s'",
		              order->arguments[0]);
	int error = door_window(relay, wanted);
	if (error == -EBUSY)
		return answer(order, error, "window: not while %s is being paired",
		              relay->pairing.name);
	if (error)
		return answer(order, error, "window: no Bluetooth adapter that is on");
	return answer(order, 0,
	              wanted ? "open for 3 minutes; say: Alexa, pair Bluetooth"
	                     : "the window is closed");
}

/* Nothing irreversible in one word: without --yes it is told what would be lost. */
static int run_unpair(struct order *order)
{
	struct relay *relay = order->relay;
	const char *word = order->arguments[0];
	char address[18], name[MODEL_TEXT];
	if (!address_named(relay, word, address) || !device_known(relay, address))
		return answer(order, -ENOENT, "unpair: no device '%s'", word);
	snprintf(name, sizeof(name), "%s", name_of(relay, address));
	if (order->count < 2)
		return answer(order, -EPERM,
		              "unpair: this forgets %.60s and its settings; unpair %s --yes", name,
		              address);
	if (strcmp(order->arguments[1], "--yes") != 0)
		return answer(order, -EINVAL, "usage: unpair DEVICE [--yes]");
	if (relay_unpair(relay, address))
		return answer(order, -ENOENT, "unpair: %s is not paired", name);
	answer(order, 0, "%s is forgotten", name);
	journal_write(relay->journal, JOURNAL_INFO, name, "unpaired");
	return 0;
}

static int run_rename(struct order *order)
{
	struct relay *relay = order->relay;
	char address[18];
	if (!address_named(relay, order->arguments[0], address) || !device_known(relay, address))
		return answer(order, -ENOENT, "rename: no device '%s'", order->arguments[0]);
	if (!relay_is_name(order->arguments[1]))
		return answer(order, -EINVAL, "rename: a name is plain text, not empty");
	const struct speaker *speaker = speaker_of_address(relay, address);
	if (speaker)
		undo_note(&relay->undo, speaker, COMMAND_RENAME, 0, false);
	int error = relay_rename(relay, address, order->arguments[1]);
	if (error)
		return answer(order, error, "rename: there is no room to keep it");
	journal_write(relay->journal, JOURNAL_INFO, order->arguments[1], "has this name now");
	return answer(order, 0, "its name is %s", order->arguments[1]);
}

static int run_role(struct order *order)
{
	struct relay *relay = order->relay;
	int32_t role = model_role_read(order->arguments[1]);
	char address[18];
	if (!address_named(relay, order->arguments[0], address) || !device_known(relay, address))
		return answer(order, -ENOENT, "role: no device '%s'", order->arguments[0]);
	if (role == MODEL_UNKNOWN || role == MODEL_ROLE_UNKNOWN)
		return answer(order, -EINVAL, "role: speaker, source or none, not '%s'",
		              order->arguments[1]);
	relay_set_role(relay, address, (enum settings_role)role);
	return answer(order, 0, "%s is kept as %s", name_of(relay, address), model_role_name(role));
}

int arrivals_command(struct relay *relay, enum command_id id, char *const *arguments, int count,
                     char *reply, size_t size)
{
	struct order order = {relay, arguments, count, reply, size};
	switch (id) {
	case COMMAND_SCAN:
		return run_scan(&order);
	case COMMAND_PAIR:
		return run_pair(&order);
	case COMMAND_CANCEL:
		return run_cancel(&order);
	case COMMAND_ANSWER:
		return run_answer(&order);
	case COMMAND_WINDOW:
		return run_window(&order);
	case COMMAND_UNPAIR:
		return run_unpair(&order);
	case COMMAND_RENAME:
		return run_rename(&order);
	case COMMAND_ROLE:
		return run_role(&order);
	default:
		return -ENOSYS;
	}
}
