// SPDX-License-Identifier: Apache-2.0
//
// The partial files that a signal must not leave behind. Used by output.c alone.
#ifndef CLI_FILES_CLEANUP_H
#define CLI_FILES_CLEANUP_H

#include "files/output.h"

#include <signal.h>

// Holds back the signals that end the program, so that a file and the knowledge of it come and go
// together. `before` receives what cleanup_resume gives back.
void cleanup_hold(sigset_t *before);
void cleanup_resume(const sigset_t *before);

// From now on a signal removes o->partial; `o` must not move. Only while signals are held back.
void cleanup_add(output_file *o);

// Ends what cleanup_add began; does nothing for an output that was not added. Only while signals
// are held back.
void cleanup_remove(const output_file *o);

#endif
