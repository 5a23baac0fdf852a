// SPDX-License-Identifier: Apache-2.0
//
// What a plan is made of.
#ifndef FAL_PLAN_PLAN_H
#define FAL_PLAN_PLAN_H

#include "plan/choose.h"

// A contiguous copy that the plan owns; data is NULL where there is nothing to copy.
typedef struct fal_copy {
    faltung_tensor tensor;
    int64_t shape[FALTUNG_MAX_AXES + 2];
} fal_copy;

struct faltung_plan {
    fal_choice choice;
    void *packed; // the weight and the bias in the algorithm's order; else NULL, and copies:
    fal_copy weight;
    fal_copy bias;
    bool has_bias;
    bool has_allocator;
    faltung_allocator allocator;
};

// Refuses to run a plan of the other kind: of a weight's gradient, or not.
faltung_status fal_plan_refuse_kind(const faltung_plan *plan, faltung_message *message);

// Computes a part of the output (NULL: all of it) of operands that have been checked, in a
// workspace that may be NULL. Errors: MEMORY.
faltung_status fal_plan_run(const faltung_plan *plan, const fal_choice *choice,
                            const fal_operands *operands, const fal_part *part, void *workspace,
                            faltung_message *message);

// The operands of a plan's run, with the weight and the bias that the plan has copied.
fal_operands fal_plan_operands(const faltung_plan *plan, const faltung_tensor *input,
                               const faltung_tensor *residual, const faltung_tensor *output);

#endif
