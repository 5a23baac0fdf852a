// SPDX-License-Identifier: Apache-2.0
//
// What a run of Winograd's algorithm has at hand.
#ifndef FAL_ALGORITHMS_WINOGRAD_WORK_H
#define FAL_ALGORITHMS_WINOGRAD_WORK_H

#include "algorithms/winograd/calls.h"

// What a thread's workspace still holds from the part before: nothing, if it is zero.
typedef struct fal_winograd_memory {
    const void *input; // whose block is transformed; NULL: none
    fal_winograd_block block;
} fal_winograd_memory;

// Tables and buffers of one thread, laid out in its workspace.
typedef struct fal_winograd_desk {
    fal_winograd_memory *memory;
    float *rows;    // of some channels of the input: [phase][channel][row of a tile][tile]
    float *tiles;   // transformed: [panel][element][plane][tile]
    float *sums;    // of products: [element][tile][channel]
    float *outputs; // of some channels: [channel][row of a tile][tile], behind those that wait
} fal_winograd_desk;

// Where the outputs of a phase go, and which of them.
typedef struct fal_winograd_target {
    const fal_winograd_phase *phase;
    fal_view output;
    fal_part part;
} fal_winograd_target;

typedef struct fal_winograd_work {
    const fal_task *task;
    const fal_operands *all;
    const fal_part *part;
    fal_winograd_layout layout;
    fal_winograd_target target[FAL_WINOGRAD_PHASES]; // of each phase of the output
    fal_winograd_desk desk;
    const fal_finish *finish; // NULL: nothing
    bool looks_ahead;         // while it multiplies (ahead.h)
} fal_winograd_work;

// Lines that are brought near a few at each call that multiplies.
typedef struct fal_winograd_share {
    fal_lines lines;
    int64_t count; // at each
} fal_winograd_share;

// Those that are read next, and those that are written then (ahead.h).
typedef struct fal_winograd_ahead {
    int64_t calls; // for as many channels as are computed at once
    fal_winograd_share input, output;
} fal_winograd_ahead;

// Packed weights and biases of a group.
typedef struct fal_winograd_group {
    const float
        *weight; // [phase of the output][channels computed at once][element][plane][channel]
    const float *bias;
    bool skips_border; // slices that meet it may be left out
} fal_winograd_group;

size_t fal_winograd_packed_bytes(const fal_task *task);
void fal_winograd_pack(const fal_task *task, const fal_operands *all, void *packed);
fal_winograd_group fal_winograd_find_group(const fal_winograd_layout *layout, const float *packed,
                                           int64_t group);

// The weights of as many channels as are computed at once, of a phase.
int64_t fal_winograd_block_weights(const fal_task *task, const fal_winograd_layout *layout);

// Transforms the input of a block.
void fal_winograd_transform(const fal_winograd_work *work, const fal_winograd_block *block);

// Multiplies a block, by calls as scheduled for it, with the transformed weights of a phase of
// the output, of as many channels as that is done for at once, and leaves the sums: of tiles and
// elements for which there is no call anything, of which no output is made. Meanwhile lines are
// brought near.
void fal_winograd_multiply(const fal_winograd_work *work, const fal_winograd_block *block,
                           const fal_winograd_schedule *schedule, int phase, const float *weight,
                           fal_winograd_ahead *ahead);

// Transforms the sums of output channels from `first` of the block's group on, and writes those in
// [begin, end) to a phase of the output. `bias` is that of the first.
void fal_winograd_emit(const fal_winograd_work *work, const fal_winograd_block *block, int phase,
                       const float *bias, int64_t first, int64_t begin, int64_t end);

// Numbers of the buffers: of transformed tiles for any block, and for one of so many tiles.
int64_t fal_winograd_tiles_size(const fal_winograd_work *work);
int64_t fal_winograd_rows_size(const fal_winograd_work *work, const fal_winograd_block *block);
int64_t fal_winograd_outputs_size(const fal_winograd_work *work, const fal_winograd_block *block);

#endif
