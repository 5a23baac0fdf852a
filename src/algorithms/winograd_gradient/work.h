// SPDX-License-Identifier: Apache-2.0
//
// What a run of Winograd's algorithm for the gradient of a weight has at hand.
#ifndef FAL_ALGORITHMS_WINOGRAD_GRADIENT_WORK_H
#define FAL_ALGORITHMS_WINOGRAD_GRADIENT_WORK_H

#include "algorithms/winograd_gradient/layout.h"

// Buffers of one thread, laid out in its workspace.
typedef struct fal_gradient_desk {
    void *memory;
    float *band;     // rows of a vector of planes or channels: [row][column][lane]
    float *planes;   // transformed: [element][tile][plane]
    float *channels; // transformed, of those that are multiplied at once: [element][tile][channel]
    float *sums;     // of the block: [multiplied at once][element][plane][channel]
    float *gradient; // of all planes and a vector of channels: [plane][element of the kernel][lane]
} fal_gradient_desk;

typedef struct fal_gradient_work {
    const fal_task *task;
    const fal_operands *all;
    fal_gradient_layout layout;
    fal_gradient_desk desk;
} fal_gradient_work;

// Some planes and channels of a group, at one depth of the kernel's gradient.
typedef struct fal_gradient_block {
    int64_t group, plane, planes, channel, channels, depth;
} fal_gradient_block;

// Some tiles that follow each other.
typedef struct fal_gradient_chunk {
    int64_t first, tiles;
} fal_gradient_chunk;

// Transforms what a chunk meets in the planes of a block.
void fal_gradient_transform_planes(const fal_gradient_work *work, const fal_gradient_block *block,
                                   const fal_gradient_chunk *chunk);

// Transforms the chunk itself, of as many channels from `channel` of the group on as are multiplied
// at once; those from `past` on are zeros.
void fal_gradient_transform_channels(const fal_gradient_work *work, const fal_gradient_block *block,
                                     const fal_gradient_chunk *chunk, int64_t channel,
                                     int64_t past);

#endif
