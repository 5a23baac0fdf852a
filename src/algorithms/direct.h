// SPDX-License-Identifier: Apache-2.0
//
// How the direct algorithm lays out its work: shared by its driver and its packing.
#ifndef FAL_ALGORITHMS_DIRECT_H
#define FAL_ALGORITHMS_DIRECT_H

#include "algorithms/algorithm.h"

// A band is the input that some rows and columns of one image's output need, padded: channel by
// channel, plane by plane of the kernel's depth, row by row. A row is dealt out into `phases`, so
// that what neighbouring outputs read lies side by side: phase i holds every phases-th element from
// the i-th on. Whatever a product reads is then at its pixel's place plus an offset that depends on
// the product alone.
typedef struct fal_direct_layout {
    bool is_long;                // pixels in the lanes, for few channels; else channels in them
    bool is_rows;                // pixels in the lanes, by rows: for one channel by itself
    const fal_tile_kernel *tile; // that decides on runs: the only one, unless is_long
    int64_t taps;                // elements of the kernel
    int64_t products;            // of an output: channels of a group times taps
    int64_t chunk_channels; // whose products are one chain; the chunks' sums are added in order
    int64_t width;          // output channels of a group, rounded up to whole tiles
    int64_t rows, columns;  // of the output that a band serves, at most
    int64_t phases;         // the stride with pixels in the lanes, else 1
    int64_t step;           // between neighbouring pixels: the stride with channels in the lanes
    int64_t planes, band_rows, phase_pitch, pitch; // pitch: all phases of a row
    int64_t band, slack; // floats of a band, and those at its end that runs may read without use
    int64_t runs;        // of a band, rounded up to whole tiles of any shape
} fal_direct_layout;

fal_direct_layout fal_direct_lay_out(const fal_task *task);

// The tile for the output channels of a group from `first` on, where another ends or the group
// begins. It may have more channels than are left with channels in the lanes, never with pixels.
const fal_tile_kernel *fal_direct_tile(const fal_task *task, const fal_direct_layout *l,
                                       int64_t first);

// Floats of the weights of a group, and of its biases behind them.
static inline int64_t fal_direct_weights(const fal_direct_layout *l)
{
    return (l->width * l->products + 15) / 16 * 16;
}

static inline int64_t fal_direct_biases(const fal_direct_layout *l)
{
    return (l->width + FAL_SLACK + 15) / 16 * 16;
}

// Where a band begins in the input, and how much of it the output needs.
typedef struct fal_band {
    int64_t image, group, depth, row, column; // of the output
    int64_t rows, columns;
} fal_band;

// Fills a band: what lies outside the input is zero. `bordered` says that it is so already, from
// the same band of another image or group.
void fal_direct_pack_band(const fal_task *task, const fal_direct_layout *l, const fal_view *input,
                          const fal_band *band, bool bordered, float *to);

// Packs, group by group, the weights [tile][product][channel of the tile] and the biases.
size_t fal_direct_packed_bytes(const fal_task *task);
void fal_direct_pack(const fal_task *task, const fal_operands *operands, void *packed);

#endif
