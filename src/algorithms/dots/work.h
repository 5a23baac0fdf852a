// SPDX-License-Identifier: Apache-2.0
//
// What a run of dot products has at hand.
#ifndef FAL_ALGORITHMS_DOTS_WORK_H
#define FAL_ALGORITHMS_DOTS_WORK_H

#include "algorithms/dots/layout.h"

// Tables and buffers of one thread, laid out in its workspace.
typedef struct fal_dots_desk {
    void *memory;
    void *band;      // a chunk of a plane of the input: [image][phase][row]
    void *grad;      // of all channels of a group: [channel][image][strip]
    void *sums;      // [plane][channel][tap][lane]
    int32_t *offset; // of every tap in the band
} fal_dots_desk;

// A range of images and rows of grad at one depth.
typedef struct fal_dots_chunk {
    int64_t depth, image, row;
    int64_t images, rows;
} fal_dots_chunk;

// Some channels of grad by some planes of the input of a group, at one depth of the taps.
typedef struct fal_dots_block {
    int64_t group, channel, channels, plane, planes, depth;
} fal_dots_block;

typedef struct fal_dots_work {
    const fal_task *task;
    const fal_operands *all;
    const fal_part *part;
    fal_dots_layout l;
    fal_dots_desk desk;
    int64_t taps;
    bool cleared;        // both buffers, and then filled for chunks like this one:
    fal_dots_chunk like; // what lies around their pictures is zero still
    int64_t like_depth;  // of the taps
} fal_dots_work;

// Makes both buffers zero, unless what was packed before left the same places zero.
void fal_clear_dots(fal_dots_work *work, const fal_dots_block *block, const fal_dots_chunk *chunk);

// Packs the rows of grad of a chunk for all channels of a block, with zeros where they end.
void fal_pack_dots_grad(const fal_dots_work *work, const fal_dots_block *block,
                        const fal_dots_chunk *chunk);

// Packs the rows of a plane of the input that a chunk needs, with the border's zeros.
void fal_pack_dots_band(const fal_dots_work *work, const fal_dots_block *block,
                        const fal_dots_chunk *chunk, int64_t plane);

// Fills in where the taps of some rows and columns of the kernel begin, and counts them.
void fal_find_dots_offsets(fal_dots_work *work, const int64_t *from, const int64_t *to);

// Writes one element of the result. Zeros between rows and behind them have been multiplied with
// what happened to lie there: where that was not finite, or the sum is not, the definition decides.
void fal_write_dots(const fal_task *task, const fal_operands *all, const fal_dots_block *block,
                    int64_t row, int64_t column, double sum);

// Says what had better be brought near while the dot products of a chunk of one channel and plane
// are summed: the images that will be packed next.
void fal_look_ahead_dots(const fal_dots_work *work, const fal_dots_block *block,
                         const fal_dots_chunk *chunk, fal_dots *dots);

#endif
