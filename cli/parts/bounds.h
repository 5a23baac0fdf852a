// SPDX-License-Identifier: Apache-2.0
//
// Pieces as large as a bound on memory allows.
#ifndef CLI_PARTS_BOUNDS_H
#define CLI_PARTS_BOUNDS_H

#include "parts/job.h"

// Cuts the grid of a job, so that all that the process has in memory, what it has taken so far and
// the workspace of a run included, stays below `memory` bytes, and says how many slots there are;
// those of more than `enough` bytes are cut though they would fit. Refuses, with the least that
// would do, where that cannot be.
int bounds_choose(session *s, parts_job *job, size_t workspace, size_t memory, size_t enough);

// What slabs of a slot take at most, whatever piece it holds.
slot_bytes bounds_most_bytes(const parts_job *job);

#endif
