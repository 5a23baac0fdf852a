// SPDX-License-Identifier: Apache-2.0
//
// Parts of an output, divided into pieces for threads.
#ifndef FAL_PLAN_PIECES_H
#define FAL_PLAN_PIECES_H

#include "plan/grid.h"

// A part in pieces: a grid of them, and behind it the rows that would make bands for some threads
// only, if there are any. Then every thread has as many pieces of either.
typedef struct fal_pieces {
    fal_grid grid, rest;
    int threads;
    int64_t channels; // of a group
    bool of_weight;   // whether it is a weight's gradient
} fal_pieces;

// How many pieces there had better be, so that a thread that is held up leaves its share to others.
typedef struct fal_goal {
    int64_t wanted, enough; // as many, and as many where more cost more
    int64_t grain;          // of channels
} fal_goal;

// The whole output of a problem.
fal_part fal_whole(const fal_problem *problem);

// A validated part of an output in the terms of the problem that it was lowered to.
fal_part fal_lower_part(const fal_valid *valid, const faltung_part *part);

// Sizes along the axes of a problem in the terms of the output's shape.
void fal_raise_sizes(const fal_valid *valid, const int64_t size[FAL_PART_AXES],
                     int64_t raised[FALTUNG_MAX_AXES + 2]);

// How long a part of the output takes, in products: those with the padding's zeros included, and
// some for every output.
double fal_count_work(const fal_problem *problem, const fal_part *part);

// Divides a part that is not empty into pieces for so many threads, by the algorithm's grain;
// returns how many pieces there are.
int64_t fal_divide(const fal_task *task, const fal_algorithm *algorithm, const fal_part *part,
                   int threads, fal_pieces *pieces);

// The piece of an index, from 0 on. Those of successive indexes, which mostly one thread computes,
// use the same input as far as can be.
fal_part fal_find_piece(const fal_pieces *pieces, int64_t index);

#endif
