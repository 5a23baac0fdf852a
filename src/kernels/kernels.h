// SPDX-License-Identifier: Apache-2.0
//
// The inner loops, once per instruction set. They know memory and numbers, not convolutions.
#ifndef FAL_KERNELS_KERNELS_H
#define FAL_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The most floats of sums that a strip leaves; and how many may be read, but are not used, behind
// biases and behind the room for that most of sums, which a square of them at the end may reach.
enum { FAL_STRIP_SUMS = 4096, FAL_SLACK = 32 };

// Products of pixels and weights, summed. A tile is a few pixels times a few channels; a strip is
// several tiles that use the same weights. For each pixel p and channel c of a tile
//
//   sum = (add ? sum : 0) + chain over k of  input[pixel(p) + offset[k]] * weight[k][c]
//
// where the chain begins at +0 and goes through k in order by fused multiply-adds. A pixel is
// addressed by its run, neighbours that lie `step` apart: pixel(p) = run[p / R] + (p % R) * step, R
// being the kernel's `run`. Sums are left as [pixel][channel] with channels in the lanes, as
// [tile][channel][pixel] with pixels in them.
typedef struct fal_strip {
    const float *input;
    const int32_t *run;    // of all tiles, one after the other
    int64_t step;          // 1 for a kernel with pixels in its lanes
    const int32_t *offset; // `products` of them
    const float *weight;   // `products` rows of the kernel's `channels`
    float *sums;           // aligned to 64 bytes
    int64_t products;      // at least 1
    int tiles;
    bool add;
    // For kernels of one channel by itself:
    int64_t columns; // elements of a row of the kernel, of which `products` holds whole ones
    int64_t pitch;   // between the rows of the input
} fal_strip;

// Where a run of pixels goes in the output: its first pixel, and how many there are, which may be
// fewer than the kernel's `run`, or none.
typedef struct fal_place {
    int64_t position;
    int64_t pixels;
} fal_place;

// Sums on their way to the output, with the bias added to each.
typedef struct fal_emission {
    const float *sums; // as a strip leaves them
    const float *bias; // of the tile's channels
    float *output;
    int64_t channel_stride, pixel_stride; // of the output
    const fal_place *place;               // of every run
    bool flat; // whether all runs are full, lie one behind the other, and pixel_stride is 1
    int tiles;
    int pixels;      // to be written, if flat
    int first, past; // channels of the tile to be written
} fal_emission;

// A shape of tile.
typedef struct fal_tile_kernel {
    int channels;
    int pixels;
    int run;   // neighbours that must lie `step` apart
    int strip; // tiles of a strip that fill whole vectors and stay in the first-level cache
    void (*multiply)(const fal_strip *strip);
    // The same for a strip whose tiles are of one run each; NULL: there is none, and whole tiles
    // are computed, of runs that nobody reads.
    void (*multiply_run)(const fal_strip *strip);
} fal_tile_kernel;

enum { FAL_WIDE_SHAPES = 2, FAL_LONG_SHAPES = 4, FAL_ROW_SHAPES = 2 };

// Rows of the output in a tile of one channel by itself.
enum { FAL_TILE_ROWS = 4 };

typedef struct fal_kernels {
    const char *name; // "avx512", "avx2", "neon", "scalar"
    int lanes;        // floats of a vector
    // Channels in the lanes, all with the same number of channels: which wastes the fewest pixels
    // depends on the width of the output. Unused entries have no `multiply`.
    fal_tile_kernel wide[FAL_WIDE_SHAPES];
    // Pixels in the lanes, for few channels: in falling order of channels, down to 1.
    fal_tile_kernel longs[FAL_LONG_SHAPES];
    // One channel by itself, pixels in the lanes; all products are one chain, `add` is not looked
    // at, and of each tile the first run, of the kernel the offsets of its first row: a tile is
    // FAL_TILE_ROWS rows one below the other, as wide as `pixels` says divided by these. Wider ones
    // first.
    fal_tile_kernel rows[FAL_ROW_SHAPES];
    // Write the sums of a strip to the output.
    void (*emit_wide)(const fal_emission *emission, int pixels, int run);
    void (*emit_long)(const fal_emission *emission, int channels, int vectors);
    size_t band_bytes; // of input to be held in the second-level cache
} fal_kernels;

// The kernels for the best instruction set that this processor has.
const fal_kernels *fal_best_kernels(void);

// The kernels for an instruction set by name; NULL if there is no such set, or the processor does
// not have it.
const fal_kernels *fal_find_kernels(const char *name);

#endif
