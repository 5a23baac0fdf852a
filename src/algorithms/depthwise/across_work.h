// SPDX-License-Identifier: Apache-2.0
//
// What a run with channels in the lanes has at hand.
#ifndef FAL_ALGORITHMS_DEPTHWISE_ACROSS_WORK_H
#define FAL_ALGORITHMS_DEPTHWISE_ACROSS_WORK_H

#include "algorithms/depthwise/across.h"

enum {
    FAL_ACROSS_BLOCK = 256,   // channels that are worked on together, at most
    FAL_ACROSS_BUFFERED = 16, // pixels of each row in the buffer
};

typedef struct fal_across_work {
    const fal_task *task;
    const fal_operands *all;
    const char *weights, *biases;
    int64_t weight_step; // numbers from one tap's weights to the next one's
    bool skips_border, is_direct;
    bool clamps;      // and does nothing else in the end, which the kernels do themselves
    bool looks_ahead; // whether the next rows are brought near
    const fal_finish *finish;
    const void **input, **weight;  // of every tap
    const fal_slide_kernel *slide; // for several rows at once; NULL: there is none
    char *zeros, *buffer;          // for what is outside; [row][pixel][channel]
} fal_across_work;

// A row of the output, of some channels.
typedef struct fal_across_strip {
    int64_t channel, channels;
    const char *plane;      // of the input, from the first channel on
    int64_t first;          // position of the first row of the input that it meets
    char *output;           // its first pixel
    int64_t begin, past;    // columns
    int64_t inside, beyond; // those of them that meet no border, [inside, beyond)
} fal_across_strip;

// Kernels for several rows of a problem at once; NULL: there are none.
const fal_slide_kernel *fal_find_slide(const fal_task *task);

// Whether as many rows as the kernels have, from a strip on, can be computed at once.
bool fal_can_slide(const fal_across_work *work, const fal_across_strip *strip);

// These rows, but without the first `done`: pixels that meet no border, and those that do, without
// what they meet of it.
void fal_slide_inside(const fal_across_work *work, const fal_across_strip *strip, int64_t done);
void fal_slide_border(const fal_across_work *work, const fal_across_strip *strip, int64_t done);

// Finishes pixels of a row of sums in the buffer on their way to the output.
void fal_finish_across(const fal_across_work *work, const fal_across_strip *strip, const char *sums,
                       char *to, int64_t pixels);

#endif
