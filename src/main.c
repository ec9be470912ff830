/* SPDX-License-Identifier: MIT */
/* A first word that is no option names a subcommand; without one it is the program itself. */
#include <locale.h>

#include "program.h"
#include "subcommand.h"

int main(int argc, char *argv[])
{
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (argc > 1 && *argv[1] != '-')
		return subcommand_run(argc - 1, argv + 1);
	return program_run(argc, argv);
}
