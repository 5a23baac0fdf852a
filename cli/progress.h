// SPDX-License-Identifier: Apache-2.0
//
// How far a long command is, on a line of the session's err that is written again and again: only
// if that is a terminal.
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "session.h"

typedef struct progress {
    FILE *file;          // NULL: nobody watches
    const char *doing;   // "measuring"; borrowed
    double begin, shown; // by clock_now
} progress;

progress progress_begin(const session *s, const char *doing);

// `done` is 0 to 1, `bytes` what has been moved since the begin, 0 if that does not matter. Shows
// it now and then only.
void progress_show(progress *p, double done, double bytes);

// Takes the line away.
void progress_end(progress *p);

#endif
