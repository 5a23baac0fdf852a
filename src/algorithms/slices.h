// SPDX-License-Identifier: Apache-2.0
//
// Kernels of some depth, for algorithms that know rows and columns only: each slice of a kernel has
// planes of its own, one for every channel of the input, and an output sums over all of them, slice
// by slice.
#ifndef FAL_ALGORITHMS_SLICES_H
#define FAL_ALGORITHMS_SLICES_H

#include "algorithms/algorithm.h"

// Planes that an output of a group sums over.
int64_t fal_count_planes(const fal_problem *problem);

// The element of the input along the depth that a slice meets for an output there; -1: a zero of
// the border.
int64_t fal_find_depth(const fal_problem *problem, int64_t output, int64_t slice);

// Slices [begin, end) of a kernel, and their planes.
typedef struct fal_slices {
    int64_t begin, end;
    int64_t first_plane, past_plane;
} fal_slices;

// Those that an output needs: all of them, or, if products with the border may be left out, those
// that meet the input. Which these are does not show in any bit, all weights being finite.
fal_slices fal_find_slices(const fal_problem *problem, int64_t output, bool skips_border);

#endif
