// SPDX-License-Identifier: Apache-2.0
#ifndef FAL_KERNELS_BOX_H
#define FAL_KERNELS_BOX_H

#include <stdbool.h>
#include <stdint.h>

// How bytes become numbers.
typedef struct fal_pairing {
    bool paired;  // whether two of them are in a number
    int64_t pair; // how far behind the first the second is; else 0
    int zero;     // what is subtracted from each
} fal_pairing;

// Planes of rows of elements of the input or the weight, which become numbers, those of a row to be
// laid side by side. Distances `from` are in elements.
typedef struct fal_box {
    const void *from;
    void *to;
    int64_t planes, rows, columns;
    int64_t from_plane, from_row, from_column; // from one to the next
    int64_t to_plane, to_row;
    int64_t to_odd; // if not 0, elements of a row that lie side by side are dealt out in two: every
                    // second one goes so much further
    fal_pairing pairing; // of bytes
} fal_box;

// Lines of the cache that rows of planes lie in, which are fetched a few at a time. Distances are
// in bytes.
typedef struct fal_lines {
    const char *plane, *row;       // the present ones
    int64_t planes, rows, lines;   // that are left, of each, and of each
    int64_t from_plane, from_row;  // from one to the next
    int64_t past_rows, past_lines; // of the present plane, and of the present row
} fal_lines;

#endif
