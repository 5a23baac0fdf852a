// SPDX-License-Identifier: Apache-2.0
//
// What every command is handed: where its data and its words go, and how it refuses.
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <faltung.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

// Exit statuses of the program. Functions that can fail return one of them; 0 is success.
enum {
    EXIT_DONE = 0,     // all is well
    EXIT_REFUSED = 1,  // well-formed, but it cannot be: a problem without answer, a full disk
    EXIT_USAGE = 2,    // a word that does not parse, an unknown option or name
    EXIT_BAD_FILE = 3, // an input file that is malformed
};

struct store_kind;

// Processes that compute one output together.
typedef struct team {
    int64_t rank, size;             // which of how many
    const struct store_kind *store; // how they read and write, see parts/store.h
    void (*wait)(void);             // until all of them have come here
} team;

typedef struct session {
    FILE *out;           // data and figures
    FILE *err;           // everything else
    const char *command; // name of the running command, for messages; "" before it is known
    bool refused;        // whether anything has been refused
    const team *team;    // NULL: it is alone
    int columns;         // for text on `out`; 0: what terminal_columns finds out
} session;

// Writes one line, "faltung COMMAND: ...", to the session's err, with control characters shown
// escaped, and returns `status`, so that a caller can say `return refuse(s, EXIT_USAGE, ...);`.
int refuse(session *s, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Refuses because something written to the session's out was lost; `error` is errno's, or 0 where
// the cause is not known. A reader that has left, as `head` does, has seen enough and is told
// nothing.
int refuse_lost_output(session *s, int error);

// Flushes the session's out; refuses if anything written to it was lost, as on a full disk, unless
// there has been a refusal already.
int finish_output(session *s);

#endif
