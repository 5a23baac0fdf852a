// SPDX-License-Identifier: Apache-2.0
//
// How the direct algorithm lays out its work: shared by its driver and its packing.
#ifndef FAL_ALGORITHMS_DIRECT_H
#define FAL_ALGORITHMS_DIRECT_H

#include "algorithms/algorithm.h"

// A band is the input that some rows and columns of one image's output need, padded, channel by
// channel: channel c, plane kd of the kernel's depth, row and column are at
// (c*planes + kd)*band_rows*pitch + row*pitch + column. Whatever a product reads is at its pixel's
// place plus an offset that depends on the product alone.
typedef struct fal_direct_layout {
    const fal_tile_kernel *tile;
    int64_t taps;           // elements of the kernel
    int64_t products;       // of an output: channels of a group times taps
    int64_t chunk_channels; // whose products are one chain; the chunks' sums are added in order
    int64_t blocks;         // of output channels in a group, as wide as a tile
    int64_t rows, columns;  // of the output that a band serves, at most
    int64_t planes, band_rows, pitch;
    int64_t band;           // floats of a band, with what runs may read behind it
    int64_t row_runs, runs; // of a band's row, and of the band, rounded up to whole tiles
    int strip_tiles;        // tiles that use a chunk's weights one after the other
} fal_direct_layout;

fal_direct_layout fal_direct_lay_out(const fal_task *task);

// Floats of the weights and biases of one block of output channels.
static inline int64_t fal_direct_block(const fal_direct_layout *l, const fal_task *task)
{
    return l->products * task->kernels->channels + FAL_TILE_CHANNELS + task->kernels->channels;
}

// Where a band begins in the input, and how much of it the output needs.
typedef struct fal_band {
    int64_t image, group, depth, row, column; // of the output
    int64_t rows, columns;
} fal_band;

// Fills a band: what lies outside the input is zero.
void fal_direct_pack_band(const fal_task *task, const fal_direct_layout *l, const fal_view *input,
                          const fal_band *band, float *to);

// Packs the weights [group][block][product][channel of the tile], behind each block its biases.
size_t fal_direct_packed_bytes(const fal_task *task);
void fal_direct_pack(const fal_task *task, const fal_operands *operands, void *packed);

#endif
