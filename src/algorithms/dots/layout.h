// SPDX-License-Identifier: Apache-2.0
//
// How the pictures of a weight's gradient (problem/lower.h) are laid out for dot products. The
// kernel, grad_output or a transposed convolution's input, is called grad here; the elements of the
// result are taps.
#ifndef FAL_ALGORITHMS_DOTS_LAYOUT_H
#define FAL_ALGORITHMS_DOTS_LAYOUT_H

#include "algorithms/algorithm.h"

// Along the input's rows or columns: the taps of one phase read neighbouring elements for
// neighbouring elements of grad.
typedef struct fal_dots_axis {
    int64_t phases; // that elements are dealt out into: as far as those of grad are apart
    int64_t reach;  // by how many elements of a phase the last tap is ahead of the first
} fal_dots_axis;

// All of it depends on the problem alone, since bits do. Distances are in numbers.
typedef struct fal_dots_layout {
    fal_dots_axis row, column;
    int64_t lanes;             // of 64 bytes
    int64_t images, rows;      // of grad that make a chunk, whose products are one chain per lane
    bool flat;                 // rows of grad lie as far apart as those of the input
    int64_t pitch, grad_pitch; // from row to row
    int64_t phase, image;      // from phase to phase, and from image to image, of the input
    int64_t grad_image;        // and of grad
    int64_t strips, vectors;   // of an image of grad: strips of so many vectors, `grad_pitch` apart
    int64_t planes;            // of the input that a block of sums is for
    int64_t band, grad, sums;  // numbers in all, with what may be read behind them
} fal_dots_layout;

fal_dots_layout fal_lay_out_dots(const fal_task *task);

// Where the products of a tap begin in the band of the input.
int64_t fal_find_tap(const fal_problem *problem, const fal_dots_layout *layout, int64_t row,
                     int64_t column);

#endif
