/* SPDX-License-Identifier: MIT */
/*
 * household [DAYS [SCENARIO]]: so many days of a household in virtual time, seven if nothing is said; the books
 * (tests/helpers/ledger.h) are printed once a day and at the end.  SCENARIO is a built-in one.  Its Echo plays to the
 * relay's own sink, or to PipeWire's with SINK=pipewire in the environment.
 */
#include "tests/helpers/test.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/helpers/ledger.h"
#include "tests/helpers/memory.h"

static int days = 7;
static const char *name = "household";

static const char *scenario_text(void)
{
	for (const struct scenario_builtin *builtin = scenario_builtins; builtin->name; builtin++)
		if (!strcmp(builtin->name, name))
			return builtin->text;
	fail_msg("no scenario %s", name);
	return NULL;
}

/* The scenario, with another receiver for its Echo where one is named. */
static struct house *household(void)
{
	static const char own[] = "sink    = relay\n";
	const char *text = scenario_text(), *sink = getenv("SINK"), *at = strstr(text, own);
	char *with = NULL;
	if (!sink || !at)
		return house_new(text);
	assert_true(asprintf(&with, "%.*ssink = %s\n%s", (int)(at - text), text, sink,
	                     at + strlen(own)) > 0);
	struct house *house = house_new(with);
	free(with);
	return house;
}

static void days_of_a_household(void **state)
{
	(void)state;
	struct house *house = household();
	struct ledger *ledger = ledger_new(house);
	time_t began = time(NULL);
	for (int day = 1; day <= days; day++) {
		ledger_run(ledger, 86400 * HOUSE_SECOND);
		printf("\nday %d: after %lld s of this machine's time; %ld KiB resident, %zu KiB "
		       "in use\n\n",
		       day, (long long)(time(NULL) - began), memory_resident_kib(),
		       mallinfo2().uordblks / 1024);
		ledger_print(ledger, stdout);
		fflush(stdout);
	}
	ledger_free(ledger);
	house_free(house);
}

int main(int count, char **arguments)
{
	if (count > 1)
		days = atoi(arguments[1]);
	if (count > 2)
		name = arguments[2];
	const struct CMUnitTest tests[] = {cmocka_unit_test(days_of_a_household)};
	return RUN(tests);
}
