// SPDX-License-Identifier: Apache-2.0
//
// Outputs cut into boxes, and the problems whose outputs are.
#ifndef FALTUNG_TESTS_BOXES_H
#define FALTUNG_TESTS_BOXES_H

#include "setting.h"

// For each way that there is to compute: channels and pixels in the lanes, packed and in place,
// flattened planes and rows, several images at once, transforms, depthwise and phases.
extern const char *const cut_problems[];
extern const size_t cut_problem_count;

// A box of elements of an output.
typedef struct box {
    int rank;
    const int64_t *shape;
    faltung_part part;
} box;

// All of a setting's output.
box whole(const setting *s);

// Whether the i-th element of the whole is in the box.
bool is_within(const box *b, int64_t i);

// Cuts a box at random into boxes that nobody cuts, and hands out those.
void cut(prng *random, box b, int depth, void (*each)(void *, const faltung_part *), void *context);

// What the output holds, to be freed; and whether it holds these bytes.
void *copy_output(const setting *s);
bool same_bytes(const setting *s, const void *expected);

#endif
