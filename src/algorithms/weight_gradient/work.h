// SPDX-License-Identifier: Apache-2.0
//
// What a thread has at hand that computes a part of a weight's gradient.
#ifndef FAL_ALGORITHMS_WEIGHT_GRADIENT_WORK_H
#define FAL_ALGORITHMS_WEIGHT_GRADIENT_WORK_H

#include "algorithms/weight_gradient/layout.h"

// Tables and buffers of one thread, laid out in its workspace.
typedef struct fal_of_weight_desk {
    void *memory;
    void *band;
    void *weight; // a chunk's pixels of the kernel: [product][channel]
    void *sums;   // of a block: [tile of channels][as its tiling says][channel]
    int32_t *offset;
} fal_of_weight_desk;

// A chunk: a range of the kernel's images, rows and columns in one of its planes of depth.
typedef struct fal_of_weight_chunk {
    int64_t depth, image, row, column;
    int64_t images, rows, columns;
} fal_of_weight_chunk;

// Where products read: in the band, or in the input itself. Distances are those from one to the
// next.
typedef struct fal_of_weight_source {
    bool in_place;
    int64_t plane, image, row, column;
} fal_of_weight_source;

// A block of planes and of a few tiles of channels, over some elements of the gradient.
typedef struct fal_of_weight_block {
    int64_t group, plane, planes, channel, channels, depth;
    const fal_part *part;
    fal_tiling tiling;
    fal_of_weight_source source;
} fal_of_weight_block;

typedef struct fal_of_weight_work {
    const fal_task *task;
    const fal_operands *all;
    fal_cut cut;
    fal_of_weight_desk desk;
    bool in_place;                 // what the offsets are for, ...
    int64_t images, rows, columns; // ... and of which chunk
    bool is_clear;                 // the band, where no plane is
} fal_of_weight_work;

// Where the products of a block read.
fal_of_weight_source fal_of_weight_find_source(const fal_of_weight_work *w,
                                               const fal_of_weight_block *b);

// Where the first product of a chunk reads, in the band or in the input. Packs the band, if it is
// there.
const void *fal_of_weight_prepare_input(fal_of_weight_work *w, const fal_of_weight_block *b,
                                        const fal_of_weight_chunk *c);

// Fills in where the products of a chunk read, from the first one on, unless that is known.
void fal_of_weight_fill_offsets(fal_of_weight_work *w, const fal_of_weight_source *from,
                                const fal_of_weight_chunk *c);

// Packs the kernel's pixels of a chunk, of a tile of channels from `channel` of the block on.
void fal_of_weight_pack_kernel(const fal_of_weight_work *w, const fal_of_weight_block *b,
                               const fal_of_weight_chunk *c, int64_t channel);

// Writes the sums of a tile of channels, from `channel` of the block on, to where they belong.
void fal_of_weight_write(const fal_of_weight_work *w, const fal_of_weight_block *b, int64_t channel,
                         const char *sums);

#endif
