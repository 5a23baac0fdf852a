// SPDX-License-Identifier: Apache-2.0
//
// What of an input a part of the output is computed from.
#ifndef FAL_PROBLEM_NEEDED_H
#define FAL_PROBLEM_NEEDED_H

#include "problem/lower.h"

// From `begin` up to, but not including, `end`.
typedef struct fal_range {
    int64_t begin, end;
} fal_range;

// Along a spatial axis of what was validated, and of the problem that it was lowered to, positions
// of the input, as the caller gave it, that outputs read; there is at least one of these. They are
// within the input, but where a border goes round: then they may be outside on one side or both,
// and the elements there are those that fal_find_input names.
fal_range fal_needed_positions(const fal_valid *valid, const fal_problem *problem, int axis,
                               fal_range outputs);

// The same for channels of all groups.
fal_range fal_needed_channels(const fal_valid *valid, fal_range outputs);

// Along an axis, the positions at which there are elements of the input, those that a border which
// goes round shows again included.
fal_range fal_shown_positions(const fal_valid *valid, int axis);

// The element of the input that is at such a position.
int64_t fal_find_input(const fal_valid *valid, int axis, int64_t position);

#endif
