// SPDX-License-Identifier: Apache-2.0
//
// What lies in the lanes of a vector, output channels or pixels, and in which tiles.
#ifndef FAL_ALGORITHMS_DIRECT_LANES_H
#define FAL_ALGORITHMS_DIRECT_LANES_H

#include "algorithms/algorithm.h"

typedef struct fal_lanes {
    bool is_long;                // pixels, for few channels; else channels
    const fal_wide_kernel *wide; // the shape of tile with channels in the lanes
    int pieces;                  // of a vector, with pixels in the lanes
    int step;                    // then, from one pixel to the next where it is read
} fal_lanes;

// Whether pixels are better in the lanes. It decides on the order of the packed weights.
bool fal_prefers_long(const fal_task *task);

// The shapes for a task; `is_long` as fal_prefers_long has it for the whole that this is a part of.
fal_lanes fal_choose_lanes(const fal_task *task, bool is_long);

// The tile for the output channels of a group from `first` on, where another ends or the group
// begins. With channels in the lanes it may have more channels than are left, never with pixels.
const fal_wide_kernel *fal_wide_tile(const fal_task *task, const fal_lanes *l, int64_t first);
const fal_long_kernel *fal_long_tile(const fal_task *task, const fal_lanes *l, int64_t first);
int64_t fal_tile_channels(const fal_task *task, const fal_lanes *l, int64_t first);

// Output channels of a group, rounded up to whole tiles.
int64_t fal_all_channels(const fal_task *task, const fal_lanes *l);

// Whether every output needs one element of each input channel only, the next output the next.
bool fal_is_pointwise(const fal_problem *problem);

// Images whose outputs can be computed as those of one, where the input is read in place, the next
// pixel of a row a step further.
int64_t fal_images_together(const fal_problem *problem, int64_t step);

#endif
