// SPDX-License-Identifier: Apache-2.0
//
// The inner loops, once per instruction set. They know memory and numbers, not convolutions.
#ifndef FAL_KERNELS_KERNELS_H
#define FAL_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The most pixels that a strip holds, and channels that a tile has.
enum { FAL_STRIP_PIXELS = 128, FAL_TILE_CHANNELS = 32 };

// Products of pixels and weights, summed. A tile is a few pixels times FAL_TILE_CHANNELS channels
// or fewer; a strip is several tiles that use the same weights. For each pixel p and channel c
//
//   sums[p][c] = (add ? sums[p][c] : 0) + chain over k of  input[pixel(p) + offset[k]] *
//   weight[k][c]
//
// where the chain begins at +0 and goes through k in order by fused multiply-adds. A pixel is
// addressed by its run, neighbours that lie `step` apart: pixel(p) = run[p / R] + (p % R) * step, R
// being the kernel's `run`.
typedef struct fal_strip {
    const float *input;
    const int32_t *run; // of all tiles, one after the other
    int64_t step;
    const int32_t *offset; // `products` of them
    const float *weight;   // `products` rows of the kernel's `channels`, aligned to 64 bytes
    float *sums;           // `tiles` times `pixels` rows of `channels`, aligned to 64 bytes
    int64_t products;      // at least 1
    int tiles;
    bool add;
} fal_strip;

// The position of a pixel that is not to be written.
#define FAL_NOWHERE INT64_MIN

// Sums on their way to the output, with the bias added to each.
typedef struct fal_emission {
    const float *sums; // as a strip leaves them; a multiple of `lanes` pixels may be read
    const float *bias; // of the kernel's `channels`
    float *output;
    int64_t channel_stride;  // between the channels of the output
    const int64_t *position; // of each pixel in the output, or FAL_NOWHERE. NULL: the pixels lie
                             // one behind the other
    int pixels, channels;    // to be written
} fal_emission;

// A shape of tile. Larger ones do more with each load; which one wastes the fewest pixels depends
// on the width.
typedef struct fal_tile_kernel {
    int pixels; // of a tile
    int run;    // neighbours of a tile that must lie `step` apart
    void (*multiply)(const fal_strip *strip);
} fal_tile_kernel;

enum { FAL_TILE_KERNELS = 2 };

typedef struct fal_kernels {
    const char *name; // "avx512", "avx2", "neon", "scalar"
    int lanes;        // floats of a vector
    int channels;     // of a tile: a multiple of `lanes`
    fal_tile_kernel tile[FAL_TILE_KERNELS];
    void (*emit)(const fal_emission *emission);
    int strip_tiles;   // of a strip, so that its pixels fill whole vectors
    size_t band_bytes; // of input to be held in the second-level cache
} fal_kernels;

// The kernels for the best instruction set that this processor has.
const fal_kernels *fal_best_kernels(void);

// The kernels for an instruction set by name; NULL if there is no such set, or the processor does
// not have it.
const fal_kernels *fal_find_kernels(const char *name);

#endif
