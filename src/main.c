/* SPDX-License-Identifier: MIT */
/* A first word that is no option names a subcommand; without one it is the program itself. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "program/attached.h"
#include "program/listing.h"
#include "program/program.h"
#include "program/standalone.h"
#include "program/subcommand.h"

static int print_only(struct program *program)
{
	switch (program->options.mode) {
	case MODE_LIST_COMMANDS:
		return listing_commands();
	case MODE_CHECK_KEYS:
		return listing_check_keys(&program->keymap, program->options.check_keys);
	default:
		return listing_keys(&program->keymap);
	}
}

/*
 * Shows the relay that runs.  Where none does, the screen starts one in the background, so that the music
 * outlives the terminal; lines, and a demo, are over when they end.
 */
static int show(struct program *program)
{
	const struct options *options = &program->options;
	bool start = options->mode == MODE_SCREEN && !options->demo;
	int code;
	if (!options->standalone && attached_run(program, start, &code))
		return code;
	program_block_signals();
	return standalone_run(program);
}

static int run(int argc, char *argv[])
{
	static struct program program; /* too large for a small stack */
	if (options_read(&program.options, argc, argv) < 0)
		return EX_USAGE;
	switch (program.options.mode) {
	case MODE_HELP:
		options_help();
		return EX_OK;
	case MODE_VERSION:
		printf("echorelay %s\n", VERSION);
		return EX_OK;
	case MODE_LIST_COMMANDS:
	case MODE_CHECK_KEYS:
		return print_only(&program);
	default:
		break;
	}
	int code = program_read(&program);
	if (code)
		return code;
	return program.options.mode == MODE_LIST_KEYS ? print_only(&program) : show(&program);
}

/* Who is started without stdin, stdout or stderr would have a file or a socket of ours for it, and print there. */
static void streams_fill(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char *argv[])
{
	streams_fill();
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (argc > 1 && *argv[1] != '-')
		return subcommand_run(argc - 1, argv + 1);
	return run(argc, argv);
}
