// SPDX-License-Identifier: Apache-2.0
//
// How the gradient of a weight of 3x3 is cut for Winograd's transforms. Of its two pictures
// (problem/lower.h) the kernel, which tiles are cut from, is the grad of the output, or a
// transposed convolution's input; the other one's channels are called planes here.
#ifndef FAL_ALGORITHMS_WINOGRAD_GRADIENT_LAYOUT_H
#define FAL_ALGORITHMS_WINOGRAD_GRADIENT_LAYOUT_H

#include "algorithms/algorithm.h"

enum { FAL_GRADIENT_LINE = 16 }; // numbers by which elements are moved apart

// Distances are in numbers.
typedef struct fal_gradient_layout {
    int64_t high, wide;  // tiles of a picture
    int64_t tiles;       // of all pictures, numbered image by image, depth by depth, row by row
    int64_t chunk;       // of these, whose products are one chain; depends on the problem alone
    int64_t planes;      // of a block, which stay near
    int64_t channels;    // and channels, a multiple of those that are multiplied at once
    int64_t row;         // of a band, the most columns of a chunk's tiles by a vector
    int64_t pitch;       // from one tile to the next of planes that are transformed
    int64_t of_planes;   // from one element to the next of these
    int64_t of_channels; // of channels that are transformed, those that are multiplied at once
    int64_t of_sums;     // and of their products with all planes
} fal_gradient_layout;

fal_gradient_layout fal_gradient_lay_out(const fal_task *task);

#endif
