// SPDX-License-Identifier: Apache-2.0
//
// Texts made from the tables of commands and options.
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "commands.h"

// All commands, a line each.
void print_overview(session *s);

// One command: its example first. Returns EXIT_DONE.
int print_help(session *s, const command *c);

// "faltung conv2d INPUT WEIGHT [BIAS] -o FILE [options]"
void print_synopsis(FILE *file, const command *c);

#endif
