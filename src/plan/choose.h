// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_PLAN_CHOOSE_H
#define FAL_PLAN_CHOOSE_H

#include "algorithms/algorithm.h"

// A validated convolution with the algorithm that computes it.
typedef struct fal_choice {
    fal_valid valid;
    fal_problem problem;
    const fal_algorithm *algorithm;
} fal_choice;

// Validates, lowers and picks the first algorithm that applies. Errors: as fal_validate.
faltung_status fal_choose(const faltung_conv *conv, const faltung_tensor *input,
                          const faltung_tensor *weight, const faltung_tensor *bias,
                          fal_choice *choice, faltung_message *message);

// What was chosen, and why.
void fal_explain_choice(const fal_choice *choice, faltung_explanation *explanation);

// Runs what was chosen on validated tensors.
void fal_run_choice(const fal_choice *choice, const faltung_tensor *input,
                    const faltung_tensor *weight, const faltung_tensor *bias,
                    const faltung_tensor *output, void *workspace);

#endif
