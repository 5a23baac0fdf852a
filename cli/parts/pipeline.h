// SPDX-License-Identifier: Apache-2.0
//
// Reading, computing and writing at once.
#ifndef CLI_PARTS_PIPELINE_H
#define CLI_PARTS_PIPELINE_H

#include "parts/job.h"

// Called for every piece that has been written, in order, and with `pixels` of NULL at the end of
// the last.
typedef int pipeline_note(void *context, const span *pixels);

// Computes all pieces of a job. A thread of its own reads the next piece and writes the one before
// while one is computed; `note` is called by it. Returns the first status that is not EXIT_DONE.
int pipeline_run(session *s, const parts_job *job, pipeline_note *note, void *context);

#endif
