// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_ALGORITHMS_PATCH_H
#define FAL_ALGORITHMS_PATCH_H

#include "algorithms/algorithm.h"

// A rectangle of positions of some channels of the input on its way to rows of numbers, so that
// borders, views and widths are alike to what comes after.
typedef struct fal_patch {
    const void *from; // the plane of the first channel
    void *to;
    int64_t channels;
    int64_t row, column; // the first position, perhaps outside
    int64_t rows, columns;
    int64_t to_plane, to_row;          // from one to the next, in numbers
    void (*fetch)(const fal_box *box); // is told where the next channels are; NULL: there are none
} fal_patch;

// Copies what the outputs of a convolution of stride 1 read there. Zeros, of a border and behind
// the last position that an output needs, are left as they are: they have to be there already.
void fal_copy_patch(const fal_task *task, const fal_view *input, const fal_patch *patch);

#endif
