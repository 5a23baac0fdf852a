// SPDX-License-Identifier: Apache-2.0
//
// One image in bands of rows that are computed together.
#ifndef FAL_PLAN_BANDS_H
#define FAL_PLAN_BANDS_H

#include "plan/pieces.h"

// Divides the part of `pieces->grid`, whose sizes are the algorithm's grain, for its threads;
// false, with nothing done, if it had better be divided otherwise.
bool fal_divide_bands(const fal_task *task, const fal_algorithm *algorithm, const fal_goal *goal,
                      fal_pieces *pieces);

#endif
