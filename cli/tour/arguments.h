// SPDX-License-Identifier: Apache-2.0
//
// Splits a command line as a shell would, as far as the tour needs it.
#ifndef CLI_TOUR_ARGUMENTS_H
#define CLI_TOUR_ARGUMENTS_H

#include <stdbool.h>

enum { MAX_ARGUMENTS = 32, MAX_LINE = 512 };

// The words of a command line, argv[0] being the program's name. Plain data that points into
// itself: not to be copied.
typedef struct arguments {
    int argc;
    char *argv[MAX_ARGUMENTS + 1]; // ended by NULL
    char text[MAX_LINE];
} arguments;

// Splits "faltung" and `line` into words at blanks. Single quotes keep what is between them
// together, also within a word; nothing else is special. False if a quote is not closed or there is
// not room enough.
bool arguments_split(arguments *a, const char *line);

#endif
