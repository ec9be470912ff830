/* SPDX-License-Identifier: MIT */
#ifndef PROGRAM_COMPLETION_H
#define PROGRAM_COMPLETION_H

/*
 * `echorelay completion bash|zsh|fish`: prints the shell's completions, made from the tables of subcommands,
 * options and commands; `completion speakers`, which they ask, prints what a speaker may be called.  Returns
 * the exit code.
 */
int completion_run(int argc, char *argv[]);

#endif
