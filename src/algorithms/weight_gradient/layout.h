// SPDX-License-Identifier: Apache-2.0
//
// How a weight's gradient is cut. Of its two pictures (problem/lower.h) the kernel is the grad of
// the output, or a transposed convolution's input; the other one's channels are called planes here.
#ifndef FAL_ALGORITHMS_WEIGHT_GRADIENT_LAYOUT_H
#define FAL_ALGORITHMS_WEIGHT_GRADIENT_LAYOUT_H

#include "algorithms/algorithm.h"

// Distances are in numbers.
typedef struct fal_cut {
    int64_t images, rows, columns; // of the kernel that make a chunk, whose products are one chain;
                                   // these three depend on the problem alone, since bits do
    int64_t channels;              // of a tile: a vector or two
    int64_t tiles;                 // of channels, of a block
    int64_t planes;                // of a block: those whose sums and pixels stay near
    int64_t band_columns, band_rows; // of a plane that a chunk needs
    int64_t image, plane;            // from one to the next in the band
    int64_t products, sums, band;    // of a chunk; of a block, with what fills up its tiles
} fal_cut;

fal_cut fal_find_cut(const fal_task *task);

// The kernel for so many elements of as many planes by `channels` channels. A tile's runs are of
// neighbouring planes, each of one element: the one that computes the fewest planes that nobody
// asked for.
const fal_wide_kernel *fal_find_tile(const fal_kernels *kernels, int64_t channels, int64_t elements,
                                     int64_t planes);

// Planes that it computes.
int64_t fal_count_computed(const fal_wide_kernel *kernel, int64_t elements, int64_t planes);

#endif
