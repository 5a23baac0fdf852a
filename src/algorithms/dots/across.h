// SPDX-License-Identifier: Apache-2.0
//
// Dot products of single channels with channels in the lanes, where those of a pixel lie side by
// side. The order of sums is that of pixels in the lanes.
#ifndef FAL_ALGORITHMS_DOTS_ACROSS_H
#define FAL_ALGORITHMS_DOTS_ACROSS_H

#include "algorithms/algorithm.h"

// Whether a task is expected to be computed so, and whether these operands are then.
bool fal_dots_plan_across(const fal_task *task);
bool fal_dots_go_across(const fal_task *task, const fal_operands *all);

// Bytes of the workspace.
size_t fal_dots_across_workspace(const fal_task *task);

// Computes a part.
void fal_run_dots_across(const fal_task *task, const fal_operands *all, const fal_part *part,
                         void *workspace);

#endif
