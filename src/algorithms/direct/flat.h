// SPDX-License-Identifier: Apache-2.0
//
// A plane of outputs that each need one input of every channel is as good as any other plane with
// as many of them. With pixels in the lanes it is one row; with channels in them it is laid into
// rows as wide as a few tiles, so that the pixels of a tile lie close in a band.
#ifndef FAL_ALGORITHMS_DIRECT_FLAT_H
#define FAL_ALGORITHMS_DIRECT_FLAT_H

#include "algorithms/direct/layout.h"

// A part of such a plane, laid anew. Its last row may be shorter than the others.
typedef struct fal_flat {
    fal_task task;         // of the part alone
    fal_operands operands; // from the part's first pixel on
    fal_part part;
    int64_t last_columns; // of the last row
} fal_flat;

// The task with its whole plane laid anew.
fal_task fal_flatten_task(const fal_task *task, bool is_long);

// Lays a part anew; false where its pixels do not follow each other at one distance in input and
// output, or more than one input is needed.
bool fal_flatten(const fal_task *task, const fal_operands *all, const fal_part *part, bool is_long,
                 fal_flat *flat);

#endif
