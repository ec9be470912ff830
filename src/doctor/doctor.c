/* SPDX-License-Identifier: MIT */
#include "doctor/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "doctor/check.h"

#define SOMETHING_FAILS 1

struct wanted {
	bool json, fix;
};

static int count_checks(void)
{
	int count = 0;
	while (check_table[count].id)
		count++;
	return count;
}

static struct verdict judge(const struct check *check, const struct findings *findings,
                            const struct box *box)
{
	struct verdict verdict = {.state = CHECK_UNKNOWN};
	check->judge(&verdict, findings, box);
	return verdict;
}

/* Every verdict, in the order of the table; to be freed. */
static struct verdict *examine(const struct box *box)
{
	struct findings *findings = malloc(sizeof(*findings));
	struct verdict *verdicts = calloc((size_t)count_checks(), sizeof(*verdicts));
	if (findings && verdicts) {
		findings_look(findings, box);
		for (int i = 0; check_table[i].id; i++)
			verdicts[i] = judge(&check_table[i], findings, box);
	} else {
		free(verdicts);
		verdicts = NULL;
	}
	free(findings);
	return verdicts;
}

static json_t *verdict_to_json(const struct check *check, const struct verdict *verdict)
{
	return json_pack("{s:s, s:s, s:s, s:o}", "id", check->id, "state",
	                 check_state_name(verdict->state), "text", verdict->text, "cure",
	                 *verdict->cure ? json_string(verdict->cure) : json_null());
}

json_t *doctor_examine(const struct box *box)
{
	struct verdict *verdicts = examine(box);
	json_t *list = json_array();
	for (int i = 0; verdicts && check_table[i].id; i++)
		json_array_append_new(list, verdict_to_json(&check_table[i], &verdicts[i]));
	json_t *json = verdicts ? json_pack("{s:O}", "checks", list) : NULL;
	json_decref(list);
	free(verdicts);
	return json;
}

/* --- for people ---------------------------------------------------------------------------------- */

static const char *colour_of(enum check_state state, const struct box *box)
{
	static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m", "\033[2m"};
	bool wanted = box->terminal && !*box_variable(box, "NO_COLOR") &&
	              strcmp(box_variable(box, "TERM"), "dumb");
	return wanted ? colours[state] : "";
}

/* `above` is a cure that was printed, so that the same one is not printed again. */
static void print(const struct check *check, const struct verdict *verdict, const char *above,
                  const struct box *box)
{
	const char *colour = colour_of(verdict->state, box);
	printf("%s%-7s%s %-14s %s\n", colour, check_state_name(verdict->state),
	       *colour ? "\033[0m" : "", check->id, verdict->text);
	if (*verdict->cure && verdict->state != CHECK_OK)
		printf("%24s%s%s\n", "", strcmp(verdict->cure, above) ? "$ " : "",
		       strcmp(verdict->cure, above) ? verdict->cure : "(the line above cures it)");
}

/* --- curing -------------------------------------------------------------------------------------- */

static bool agreed(const char *cure)
{
	char line[16];
	printf("  run this?  %s  [y/N] ", cure);
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && (*line == 'y' || *line == 'Y');
}

/* The line is the one that was shown, character by character. */
static bool cure_run(const char *cure)
{
	pid_t child = fork();
	int status;
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", cure, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

/* Asks, and runs it; says whether it was run. */
static bool fix(const struct verdict *verdict)
{
	if (verdict->state == CHECK_OK || !verdict->safe || !agreed(verdict->cure))
		return false;
	if (!cure_run(verdict->cure))
		printf("  that did not work\n");
	return true;
}

/* --- the subcommand ------------------------------------------------------------------------------ */

static int help(void)
{
	printf(
	    "Usage: echorelay doctor [--json | --fix]\n"
	    "Looks at this machine for what keeps music from the speakers.\n\n"
	    "  --json                one JSON object\n"
	    "  --fix                 run the cures that take nothing away, after asking for each\n"
	    "  --help                print this\n");
	return EX_OK;
}

/* Returns −1 to go on, or an exit code. */
static int options(struct wanted *wanted, int argc, char *argv[])
{
	static const struct option longs[] = {{"json", no_argument, NULL, 'j'},
	                                      {"fix", no_argument, NULL, 'f'},
	                                      {"help", no_argument, NULL, 'h'},
	                                      {0}};
	int letter;
	while ((letter = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (letter == 'h')
			return help();
		if (letter == '?')
			return EX_USAGE;
		wanted->json |= letter == 'j';
		wanted->fix |= letter == 'f';
	}
	if (optind < argc || (wanted->json && wanted->fix)) {
		fprintf(stderr, "echorelay: doctor takes --json or --fix, and nothing else\n");
		return EX_USAGE;
	}
	if (wanted->fix && !isatty(STDIN_FILENO)) {
		fprintf(stderr, "echorelay: doctor --fix asks, and wants a terminal for it\n");
		return EX_USAGE;
	}
	return -1;
}

static int print_json(const struct box *box)
{
	json_t *json = doctor_examine(box), *check;
	size_t index;
	bool fails = false;
	if (!json || json_dumpf(json, stdout, JSON_INDENT(2)) < 0)
		return EX_OSERR;
	putchar('\n');
	json_array_foreach(json_object_get(json, "checks"), index, check)
	    fails |= !strcmp(json_string_value(json_object_get(check, "state")), "fail");
	json_decref(json);
	return fails ? SOMETHING_FAILS : EX_OK;
}

/* What is cured cures what comes after it, too: all is looked at again then. */
static int examine_and_print(const struct box *box, bool fixes)
{
	struct verdict *verdicts = examine(box);
	char above[CHECK_CURE] = "";
	int counts[4] = {0};
	for (int i = 0; verdicts && check_table[i].id; i++) {
		print(&check_table[i], &verdicts[i], above, box);
		if (*verdicts[i].cure)
			snprintf(above, sizeof(above), "%s", verdicts[i].cure);
		if (fixes && fix(&verdicts[i])) {
			free(verdicts);
			verdicts = examine(box);
			if (verdicts)
				print(&check_table[i], &verdicts[i], above, box);
		}
		if (verdicts)
			counts[verdicts[i].state]++;
	}
	if (!verdicts)
		return EX_OSERR;
	printf("%d ok, %d warning%s, %d failed, %d could not be seen\n", counts[CHECK_OK],
	       counts[CHECK_WARN], counts[CHECK_WARN] == 1 ? "" : "s", counts[CHECK_FAIL],
	       counts[CHECK_UNKNOWN]);
	free(verdicts);
	return counts[CHECK_FAIL] ? SOMETHING_FAILS : EX_OK;
}

int doctor_main(int argc, char *argv[])
{
	struct wanted wanted = {.json = false};
	struct box box;
	int code = options(&wanted, argc, argv);
	if (code >= 0)
		return code;
	box_real(&box);
	if (wanted.json)
		return print_json(&box);
	return examine_and_print(&box, wanted.fix);
}
