// SPDX-License-Identifier: Apache-2.0
//
// Which kernels multiply which tiles of a block.
#ifndef FAL_ALGORITHMS_WINOGRAD_CALLS_H
#define FAL_ALGORITHMS_WINOGRAD_CALLS_H

#include "algorithms/winograd/layout.h"

// Tiles that are multiplied by one kernel.
typedef struct fal_winograd_call {
    void (*multiply)(const fal_winograd_products *products);
    int64_t tiles, sums; // where they are, from the first of an element on
} fal_winograd_call;

typedef struct fal_winograd_calls {
    int64_t count, time; // about how long they take, in tiles
    fal_winograd_call call[FAL_WINOGRAD_MOST];
} fal_winograd_calls;

// The calls for elements of a transformed tile: whether it is the last of its column, and of its
// row, decides. Only the last outputs of a tile need those, and the last tiles of a plane may not
// have them.
typedef struct fal_winograd_schedule {
    const fal_winograd_calls *of[2][2];
    fal_winograd_calls list[2][2]; // those of them that differ
} fal_winograd_schedule;

void fal_winograd_schedule_calls(const fal_task *task, const fal_winograd_layout *layout,
                                 const fal_winograd_block *block, fal_winograd_schedule *schedule);

#endif
