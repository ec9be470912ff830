/* SPDX-License-Identifier: MIT */
#include "program/completion.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/client.h"
#include "program/options.h"
#include "relay/command.h"
#include "program/subcommand.h"

#define HELLO_MS 1000 /* a shell does not wait long */

/* The words that a subcommand takes, beside speakers. */
static void words_print(const struct subcommand *subcommand)
{
	if (subcommand->words == WORDS_COMMAND)
		for (int i = 0; i < COMMAND_COUNT; i++)
			if (command_table[i].place == COMMAND_OF_RELAY)
				printf(" %s", command_table[i].name);
	if (subcommand->words == WORDS_SUBCOMMAND)
		for (const struct subcommand *row = subcommand_table; row->name; row++)
			printf(" %s", row->name);
	if (subcommand->words == WORDS_LISTED)
		for (const char *at = subcommand->arguments; *at; at++)
			putchar(strchr("|[]", *at) ? ' ' : *at);
}

/* --- bash ---------------------------------------------------------------------------------------- */

static void bash_options(const struct argument_row *const *tables)
{
	for (; tables && *tables; tables++)
		for (const struct argument_row *row = *tables; row->name; row++)
			printf(" --%s", row->name);
	printf(" --help");
}

static void bash_words(const struct subcommand *subcommand)
{
	if (subcommand->words == WORDS_SPEAKER || subcommand->words == WORDS_COMMAND)
		printf(" $(echorelay completion speakers 2>/dev/null)");
	if (subcommand->words == WORDS_DEVICE)
		printf(" $(echorelay completion devices 2>/dev/null)");
	words_print(subcommand);
}

static void bash_print(void)
{
	printf("# bash completion of echorelay, made by 'echorelay completion bash'\n"
	       "_echorelay() {\n"
	       "  local words current=${COMP_WORDS[COMP_CWORD]}\n"
	       "  case $((COMP_CWORD > 1)),${COMP_WORDS[1]} in\n");
	for (const struct subcommand *row = subcommand_table; row->name; row++) {
		printf("    1,%s) words=\"", row->name);
		bash_options(row->options);
		bash_words(row);
		printf("\" ;;\n");
	}
	printf("    *) words=\"");
	bash_options(options_of_program);
	printf("\" ;;\n  esac\n  [ \"$COMP_CWORD\" != 1 ] || words=\"$words");
	for (const struct subcommand *row = subcommand_table; row->name; row++)
		printf(" %s", row->name);
	printf("\"\n  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n}\n"
	       "complete -o default -F _echorelay echorelay\n");
}

/* --- fish ---------------------------------------------------------------------------------------- */

/* In single quotes, where only a quote and a backslash mean something. */
static void quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void fish_options(const char *condition, const struct argument_row *const *tables)
{
	for (; tables && *tables; tables++)
		for (const struct argument_row *row = *tables; row->name; row++) {
			bool value = row->argument && *row->argument != '[';
			printf("complete -c echorelay -n '%s' -l %s%s -d ", condition, row->name,
			       value ? " -r" : "");
			quoted(row->help);
			putchar('\n');
		}
}

static void fish_words(const char *condition, const struct subcommand *subcommand)
{
	printf("complete -c echorelay -f -n '%s' -a \"", condition);
	if (subcommand->words == WORDS_SPEAKER || subcommand->words == WORDS_COMMAND)
		printf("(echorelay completion speakers 2>/dev/null)");
	if (subcommand->words == WORDS_DEVICE)
		printf("(echorelay completion devices 2>/dev/null)");
	words_print(subcommand);
	printf("\"\n");
}

static void fish_print(void)
{
	printf("# fish completion of echorelay, made by 'echorelay completion fish'\n");
	fish_options("__fish_use_subcommand", options_of_program);
	for (const struct subcommand *row = subcommand_table; row->name; row++) {
		char condition[96];
		printf("complete -c echorelay -f -n __fish_use_subcommand -a %s -d ", row->name);
		quoted(row->help);
		putchar('\n');
		snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", row->name);
		fish_options(condition, row->options);
		fish_words(condition, row);
	}
}

/* --- zsh ----------------------------------------------------------------------------------------- */

static void zsh_print(void)
{
	printf("#compdef echorelay\n"
	       "# zsh completion of echorelay, made by 'echorelay completion zsh'\n"
	       "local -a names\n"
	       "if (( CURRENT == 2 )); then\n  names=(\n");
	for (const struct subcommand *row = subcommand_table; row->name; row++)
		printf("    \"%s:%s\"\n", row->name, row->help);
	printf("  )\n  _describe subcommand names\n  names=(");
	bash_options(options_of_program);
	printf(" )\n  compadd -a names\n  return\nfi\ncase $words[2] in\n");
	for (const struct subcommand *row = subcommand_table; row->name; row++) {
		printf("  %s) names=(", row->name);
		bash_options(row->options);
		bash_words(row);
		printf(" ) ;;\n");
	}
	printf("  *) names=(");
	bash_options(options_of_program);
	printf(" ) ;;\nesac\ncompadd -a names\n_files\n");
}

/* --- speakers and devices ------------------------------------------------------------------------ */

struct asked {
	bool devices, shown;
};

static void names_print(const char *address, const char *name)
{
	puts(address);
	if (!strpbrk(name, " \t'\"\\$`")) /* those that need no quotes */
		puts(name);
}

static void on_model(void *user, const struct model *model)
{
	struct asked *asked = user;
	asked->shown = true;
	for (int i = 0; i < model->speaker_count && !asked->devices; i++)
		names_print(model->speakers[i].address, model->speakers[i].name);
	for (int i = 0; i < model->found_count && asked->devices; i++)
		if (!model->found[i].paired && !model->found[i].hidden)
			names_print(model->found[i].address, model->found[i].name);
}

/* Of a demo that runs, too: whoever has one is trying things out. */
static int relay_ask(struct asked *asked, bool demo)
{
	struct client *client;
	char message[512];
	struct client_port port = {on_model, NULL, asked};
	if (client_open(&client, demo, HELLO_MS, &port, message, sizeof(message)) < 0)
		return demo ? EX_UNAVAILABLE : relay_ask(asked, true);
	int error = client_watch(client, 0);
	while (!error && !asked->shown)
		error = client_wait(client, HELLO_MS);
	client_free(client);
	return asked->shown ? EX_OK : EX_UNAVAILABLE;
}

int completion_run(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {{"bash", bash_print}, {"zsh", zsh_print}, {"fish", fish_print}};
	const char *wanted = argc == 2 ? argv[1] : "";
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(wanted, shells[i].name)) {
			shells[i].print();
			return EX_OK;
		}
	struct asked asked = {.devices = !strcmp(wanted, "devices")};
	if (asked.devices || !strcmp(wanted, "speakers"))
		return relay_ask(&asked, false);
	fprintf(!strcmp(wanted, "--help") ? stdout : stderr,
	        "Usage: echorelay completion bash|zsh|fish|speakers|devices\n");
	return strcmp(wanted, "--help") ? EX_USAGE : EX_OK;
}
