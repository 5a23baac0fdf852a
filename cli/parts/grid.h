// SPDX-License-Identifier: Apache-2.0
//
// How an output is cut into pieces that fit into memory.
#ifndef CLI_PARTS_GRID_H
#define CLI_PARTS_GRID_H

#include "parts/spans.h"

#include <faltung.h>

enum { GRID_MAX_AXES = FALTUNG_MAX_AXES + 1 };

// An output as images and spatial axes, and how pieces of it are cut: along one axis, at most
// `most` at a time, where all axes before it are cut into single indexes and those behind it stay
// whole. So every piece is a span.
typedef struct grid {
    bool batched;
    int64_t channels;
    int axes;                     // one for images (one image, if it is not batched), then space
    int64_t size[GRID_MAX_AXES];  // of the output along each
    int64_t block[GRID_MAX_AXES]; // pieces are best in multiples of these
    bool whole[GRID_MAX_AXES];    // and must not be smaller: one index takes as much as a block
    int cut;                      // the axis
    int64_t most;
} grid;

// The grid of a plan's output, uncut.
grid grid_of(const faltung_explanation *explanation, int spatial_axes);

// All pixels.
span grid_all(const grid *g);

// The largest piece at the beginning of a span, which is not empty; *taken are its pixels.
faltung_part grid_next(const grid *g, span left, span *taken);

#endif
