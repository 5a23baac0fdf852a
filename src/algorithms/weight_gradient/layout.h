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

// How the sums of a block are tiled. A tile's runs are of neighbouring planes, each of one element
// of the gradient, or of neighbouring columns of the gradient.
typedef struct fal_tiling {
    const fal_wide_kernel *kernel;
    bool along_columns;
    int64_t computed;           // sums of a channel, with those that nobody asked for
    int64_t plane, row, column; // from one to the next among them
} fal_tiling;

// The tiling for so many rows and columns of as many planes, by `channels` channels, that computes
// the fewest sums that nobody asked for.
fal_tiling fal_find_tiling(const fal_kernels *kernels, int64_t channels, int64_t rows,
                           int64_t columns, int64_t planes);

#endif
