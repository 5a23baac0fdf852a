// SPDX-License-Identifier: Apache-2.0
//
// How a task is divided into phases, and each of them as a task of its own.
#ifndef FAL_ALGORITHMS_PHASES_SPLIT_H
#define FAL_ALGORITHMS_PHASES_SPLIT_H

#include "algorithms/algorithm.h"

// A task and how many phases it has along each axis.
typedef struct fal_phase_split {
    const fal_task *task;
    int64_t phases[FALTUNG_MAX_AXES];
    bool leaves_columns; // as they are, to an algorithm that has their phases in registers
} fal_phase_split;

typedef struct fal_phase {
    fal_task task;
    const fal_algorithm *by;
    fal_operands operands;
    bool empty;     // there are no such outputs
    bool untouched; // they meet no element of the kernel: only the bias is left
} fal_phase;

fal_phase_split fal_find_phases(const fal_task *task);

double fal_count_all_phases(const fal_phase_split *split);

// The phase of an index along each axis. `all` may be NULL: then it has no operands.
fal_phase fal_make_phase(const fal_phase_split *split, const fal_operands *all,
                         const int64_t *index);

// Steps to the next phase; false after the last.
bool fal_next_phase(const fal_phase_split *split, int64_t *index);

// Whether there are outputs that no element of the kernel meets.
bool fal_leaves_outputs(const fal_phase_split *split);

bool fal_phase_is_computed(const fal_phase *phase);

#endif
