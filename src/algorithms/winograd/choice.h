// SPDX-License-Identifier: Apache-2.0
//
// Whether Winograd's transforms compute a task, and whether they should.
#ifndef FAL_ALGORITHMS_WINOGRAD_CHOICE_H
#define FAL_ALGORITHMS_WINOGRAD_CHOICE_H

#include "algorithms/algorithm.h"

// As fal_algorithm has them.
const char *fal_winograd_cannot(const fal_task *task);
const char *fal_winograd_should_not(const fal_task *task);
double fal_winograd_find_work(const fal_task *task);

#endif
