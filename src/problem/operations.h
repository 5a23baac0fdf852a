// SPDX-License-Identifier: Apache-2.0
//
// The operations by name, and what they are gradients of.
#ifndef FAL_PROBLEM_OPERATIONS_H
#define FAL_PROBLEM_OPERATIONS_H

#include <faltung.h>

typedef struct fal_operation {
    faltung_operation operation;
    faltung_operation forward; // the convolution that it is a gradient of, or itself
    const char *stem, *suffix; // of the name, before and behind the number of axes and 'd'
    bool of_input, of_weight;  // which gradient
} fal_operation;

// NULL for a value that is no operation.
const fal_operation *fal_find_operation(faltung_operation operation);

// The i-th operation; NULL behind the last.
const fal_operation *fal_list_operation(int i);

#endif
