// SPDX-License-Identifier: Apache-2.0
//
// A convolution of arrays in files, in a bound of memory, that goes on where it was ended.
#ifndef CLI_PARTS_RUN_H
#define CLI_PARTS_RUN_H

#include "files/array.h"
#include "parts/journal.h"

#define PARTS_ENOUGH ((size_t)64 << 20)

// What is to be computed, and how. Pointers are borrowed.
typedef struct parts_request {
    const faltung_conv *conv;
    const char *input, *output; // paths, as are the next two
    const char *residual;       // NULL: there is none
    const char *grad_output;    // for the gradient of a weight, which has no weight:
    const array *weight, *bias; // bias may be NULL
    int rank;                   // of the output, and its shape:
    const int64_t *shape;
    size_t memory; // bytes that the whole process may have in memory
    size_t piece;  // bytes over which pieces do not get faster; 0: PARTS_ENOUGH
    size_t unit;   // bytes that a sum of a weight's gradient is over; 0: as weight.h says
    shard part;    // which of how many parts; a count of 0: all
    bool force, json;
    const struct store_kind *kind;
} parts_request;

// Reads the header of a .npy file: an array without data, and without memory to free.
int parts_read_shape(session *s, array *a, const char *path);

// Computes the output, or a part of it, beside its name, and gives it its name when it is complete
// and no part was asked for. What an earlier run has done of the same is not done again. After a
// failure what is done is kept, for the next run; if nothing is, nothing is left behind.
int parts_run(session *s, const parts_request *r);

// Checks that all parts of an output are there, and gives it its name.
int parts_finish(session *s, const char *output, bool force);

#endif
