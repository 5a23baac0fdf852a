// SPDX-License-Identifier: Apache-2.0
//
// What a run of the depthwise algorithm has at hand.
#ifndef FAL_ALGORITHMS_DEPTHWISE_WORK_H
#define FAL_ALGORITHMS_DEPTHWISE_WORK_H

#include "algorithms/algorithm.h"
#include "algorithms/depthwise/taps.h"

enum {
    FAL_STRIPE = 512,   // columns of the output that are worked on together, at most
    FAL_FEW_ROWS = 32,  // of a strip that is copied or collected
    FAL_PLANE_WIDTH = 4 // vectors of a row of a strip, at most
};

// Rows of the output that share rows of the input lie `apart`; the rows of the input that they need
// lie `pitch` apart, and `stride` such rows from one of them to the next.
typedef struct fal_sharing {
    int64_t apart, pitch, stride;
} fal_sharing;

fal_sharing fal_find_sharing(const fal_problem *problem);

// Some columns of a stripe.
typedef struct fal_segment {
    // What is computed of it now, and where that belongs. At the begin, so that pairs of pointers
    // that go on from channel to channel lie in one line of the cache each.
    fal_plane_strip strip;
    char *to;
    const fal_plane_kernel *kernel;
    const uint32_t *lanes; // as fal_plane_strip has them
    int64_t column, past;  // of the output
    int64_t lane;          // the first one, counted over all columns
    uint32_t output_lanes;
} fal_segment;

// What a thread has at hand, most of it in its workspace.
typedef struct fal_depthwise_work {
    const fal_task *task;
    const fal_operands *all;
    const char *packed; // the first channel: its weights, [column][row], and its bias
    fal_sharing rows;
    bool copies;              // rows of the input, before they are read
    bool clamps;              // and does nothing else in the end, which the kernels do themselves
    bool collects;            // rows of the output, before they are written
    bool looks_ahead;         // whether the next channel's rows are brought near
    const fal_finish *finish; // NULL: nothing
    int64_t block;            // rows of the output that are worked on together
    int64_t first_column;     // of the input that the first lane meets
    int32_t *offset;          // from there on, of the kernel's columns as they are packed
    int64_t past_column[2];   // as fal_plane_strip has it
    uint32_t *lanes;
    fal_segment *segment;
    int segments;
    char *band, *output; // a strip's input, if it is copied; its output, if it is collected
    int64_t band_pitch;
} fal_depthwise_work;

// Numbers that are packed of a channel.
static inline int64_t fal_channel_numbers(const fal_problem *problem)
{
    return problem->axis[1].kernel * problem->axis[2].kernel + 1;
}

// Lays tables and buffers out in a workspace; returns the bytes that they take. With NULL only
// these count.
size_t fal_lay_out_depthwise(const fal_task *task, char *workspace, fal_depthwise_work *w);

// The kernel for the first of so many lanes, which are to be divided as evenly as can be.
const fal_plane_kernel *fal_find_plane_kernel(const fal_task *task, int64_t lanes);

// Divides the columns [begin, end) of the output, a stripe of it, into segments.
void fal_make_segments(fal_depthwise_work *w, int64_t begin, int64_t end);

// Where the rows of a strip begin: an image, a channel, a depth, a row of the output.
typedef struct fal_strip_place {
    int64_t image, channel, depth, row;
    int64_t rows;     // of the output that there are, `apart` from each other
    int64_t channels; // that have the same strip, one after the other
} fal_strip_place;

// Computes the rows from a place on up to, but not including, `past`, over all segments.
void fal_run_stripe(const fal_depthwise_work *w, fal_strip_place at, int64_t past);

#endif
