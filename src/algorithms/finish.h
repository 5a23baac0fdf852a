// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_FINISH_H
#define FAL_ALGORITHMS_FINISH_H

#include "algorithms/algorithm.h"

// What a run has to do to every sum before it is written: `finish` filled, or NULL for nothing.
const fal_finish *fal_find_finish(const fal_task *task, const fal_operands *operands,
                                  fal_finish *finish);

#endif
