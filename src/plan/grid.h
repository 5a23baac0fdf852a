// SPDX-License-Identifier: Apache-2.0
//
// A part of an output in pieces of equal sizes.
#ifndef FAL_PLAN_GRID_H
#define FAL_PLAN_GRID_H

#include "algorithms/algorithm.h"

// The first and the last piece along an axis may be smaller.
typedef struct fal_grid {
    fal_part part;
    int64_t size[FAL_PART_AXES];
    int64_t missing[FAL_PART_AXES]; // outputs that the first has less, so that the others do not
                                    // part outputs that are computed together
    int64_t count[FAL_PART_AXES];   // of the pieces along each axis
    int64_t pieces;                 // all of them
} fal_grid;

// Outputs of the part along an axis.
int64_t fal_grid_extent(const fal_grid *grid, int axis);

// Counts the pieces; returns how many there are.
int64_t fal_grid_count(fal_grid *grid);

// Divides channels so many times, into whole multiples of `grain`.
void fal_grid_divide_channels(fal_grid *grid, int64_t grain, int64_t times);

// The piece of an index: axes are listed by how fast they change, the fastest one first.
fal_part fal_grid_locate(const fal_grid *grid, const int order[FAL_PART_AXES], int64_t index);

#endif
