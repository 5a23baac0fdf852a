// SPDX-License-Identifier: Apache-2.0
//
// What an algorithm is to those who choose and run it.
#ifndef FAL_ALGORITHMS_ALGORITHM_H
#define FAL_ALGORITHMS_ALGORITHM_H

#include "problem/lower.h"

typedef struct fal_algorithm {
    const char *name;
    const char *reason; // why it is the one to choose, where it applies
    // Why the algorithm cannot or should not compute this problem; NULL: it applies. Depends on the
    // problem alone, so that the choice and with it the bits are the same on every machine.
    const char *(*passed_over)(const fal_problem *problem);
    // Bytes that a run needs besides its operands.
    size_t (*workspace)(const fal_problem *problem);
    // Computes the whole output. `workspace` is what `workspace` asked for, aligned to
    // FAL_ALIGNMENT. Cannot fail, and may run on several threads at once.
    void (*run)(const fal_problem *problem, const fal_operands *operands, void *workspace);
} fal_algorithm;

// All algorithms in the order in which they are considered, fastest first; the last one applies to
// everything.
extern const fal_algorithm *const fal_algorithms[];
extern const int fal_algorithm_count;

extern const fal_algorithm fal_reference;

#endif
