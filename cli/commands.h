// SPDX-License-Identifier: Apache-2.0
//
// The one table of commands.
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "options.h"

typedef struct command {
    const char *name;
    const char *operands; // as in the synopsis, words to be typed as they are in small letters; ""
                          // if there are none
    const char *summary;  // one line
    const char *example; // command lines, each with what it does or prints; first thing in its help
    const char *details; // paragraphs, or NULL
    option_set options;
    int least, most; // operands
    int (*run)(session *s, const struct command *command, const options *o);
} command;

extern const command commands[];
extern const int command_count;

// NULL if there is none of this name.
const command *find_command(const char *name);

// Runs one command line, argv[0] being the program's name: parses, runs, and makes sure that what
// was written to the session's out has arrived. Returns the exit status.
int run_command_line(session *s, int argc, char **argv);

#endif
