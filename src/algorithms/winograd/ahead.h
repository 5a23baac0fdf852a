// SPDX-License-Identifier: Apache-2.0
//
// What is brought into the second-level cache while products are computed: the input of the block
// that comes next, and the lines that the output goes to.
#ifndef FAL_ALGORITHMS_WINOGRAD_AHEAD_H
#define FAL_ALGORITHMS_WINOGRAD_AHEAD_H

#include "algorithms/winograd/work.h"

// Whether that pays: where planes are large, a block's rows lie in many pages, and come from so far
// away that they do not arrive while others are copied.
bool fal_winograd_looks_ahead(const fal_winograd_work *work);

// Calls that multiply a block of one slice, for as many channels as are computed at once.
int64_t fal_winograd_count_calls(const fal_winograd_layout *layout,
                                 const fal_winograd_schedule *schedule);

// Shares out, where the work looks ahead, the input of a block over the calls for so many channels;
// and the output of a block, of the channels in [begin, end) of its group.
void fal_winograd_look_at_input(const fal_winograd_work *work, const fal_winograd_block *block,
                                int64_t channels, fal_winograd_ahead *ahead);
void fal_winograd_look_at_output(const fal_winograd_work *work, const fal_winograd_block *block,
                                 int64_t begin, int64_t end, fal_winograd_ahead *ahead);

#endif
