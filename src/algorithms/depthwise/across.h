// SPDX-License-Identifier: Apache-2.0
//
// Depthwise convolutions with channels in the lanes, where those of a pixel lie side by side.
#ifndef FAL_ALGORITHMS_DEPTHWISE_ACROSS_H
#define FAL_ALGORITHMS_DEPTHWISE_ACROSS_H

#include "algorithms/algorithm.h"

// Whether a task is expected to be computed so, and whether these operands are then.
bool fal_plans_across(const fal_task *task);
bool fal_goes_across(const fal_task *task, const fal_operands *all);

// Numbers of the weights and biases in this order, and what fills them.
int64_t fal_across_numbers(const fal_problem *problem);
void fal_pack_across(const fal_task *task, const fal_operands *all, void *packed);

// Bytes of the workspace.
size_t fal_across_workspace(const fal_task *task);

// Computes a part. Where it may, it leaves the products with a border's zeros out.
void fal_run_across(const fal_task *task, const fal_operands *all, const void *packed,
                    bool skips_border, const fal_part *part, void *workspace);

#endif
