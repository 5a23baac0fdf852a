// SPDX-License-Identifier: Apache-2.0
//
// Sizes of bands, tiles and chunks. Chunks depend on the problem alone, since bits do; all else may
// depend on the machine.
#ifndef FAL_ALGORITHMS_DIRECT_LAYOUT_H
#define FAL_ALGORITHMS_DIRECT_LAYOUT_H

#include "algorithms/direct/lanes.h"

// A band is the input that some rows and columns of one image's output need, padded. A row of it is
// dealt out into `phases`, so that what neighbouring outputs read lies side by side: phase i holds
// every phases-th element from the i-th on. Whatever a product reads is then at its pixel's place
// plus an offset that depends on the product alone. Distances are in numbers.
typedef struct fal_layout {
    fal_lanes lanes;
    int64_t taps;           // elements of the kernel
    int64_t products;       // of an output: channels of a group times taps
    int64_t chunk_channels; // whose products are one chain; the chunks' sums are added in order
    int64_t width;          // output channels of a group, rounded up to whole tiles
    int64_t rows, columns;  // of the output that a band serves, at most
    int64_t images;         // computed as one where the input itself serves as their band, at most
    int64_t phases;         // the stride with pixels in the lanes, if they are side by side; else 1
    bool channels_last;     // in a band: all of a pixel lie together
    int64_t pixel;          // from one element of a band's row to the next
    int64_t step;           // between pixels of neighbouring outputs
    int64_t phase_pitch, pitch;  // of a phase, and of all phases of a row
    int64_t channel, plane, row; // from one to the next in a band
    int64_t band, slack;         // a band, and what may be read but is not used behind it
    int64_t units;               // runs or vectors of a band, with those that fill the last tile
} fal_layout;

// The layout for a task; `is_long` as fal_prefers_long has it for the whole that this is a part
// of.
fal_layout fal_lay_out(const fal_task *task, bool is_long);

// Whether bands of two layouts of tasks whose axes are the same lie alike, and are read alike.
bool fal_is_same_layout(const fal_layout *a, const fal_layout *b);

#endif
