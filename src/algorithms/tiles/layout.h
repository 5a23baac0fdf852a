// SPDX-License-Identifier: Apache-2.0
//
// How a convolution is cut for matrix tiles.
//
// A number of a band holds neighbouring channels of a pixel: two of halves, four of bytes. Pixels
// lie side by side, number by number; or, channels last, the numbers of a pixel do. Either way
// pixels lie in phases, one for each remainder of a position by the stride, so that in any of them
// neighbouring outputs need neighbouring pixels; and so that the pixels of all outputs, rows one
// behind the other, are one run of memory from each tap's offset on. What a row has beyond the
// outputs is computed in vain.
#ifndef FAL_ALGORITHMS_TILES_LAYOUT_H
#define FAL_ALGORITHMS_TILES_LAYOUT_H

#include "algorithms/algorithm.h"

typedef struct fal_tiles_layout {
    int64_t parts;             // channels of the lowered problem in a number
    int64_t numbers;           // of all channels
    int64_t chunk, chunks;     // numbers of a chunk, all alike; zeros fill the last one up
    int64_t taps;              // elements of a kernel
    int64_t blocks;            // of FAL_TILE output channels, of a group
    int64_t rows, columns;     // of the outputs of a band
    int64_t row_phases;        // of rows
    int64_t column_phases;     // and of columns, that some tap reads
    int64_t phase_rows, pitch; // of each of them, and numbers of a row
    int64_t slice;             // pixels of all phases, for one element of the kernel's depth
    int64_t pixel, plane;      // from a pixel, and from a number of it, to the next
    int64_t band;              // numbers of it
    int64_t weight_tile;       // bytes of the weights of a block, and of the sums that it begins
    int64_t bias_tile;         // with
} fal_tiles_layout;

fal_tiles_layout fal_tiles_lay_out(const fal_task *task);

// From the pixel of an output to the one that each tap reads, in numbers.
void fal_tiles_fill_offsets(const fal_problem *p, const fal_tiles_layout *l, int32_t *to);

#endif
