// SPDX-License-Identifier: Apache-2.0
//
// Which products a tile goes through. Those with the zeros of a border, and those of pixels that
// nobody asked for, are left out as far as the kernels can do that. It changes no bit: a finite
// weight times zero adds nothing to a sum that began at +0, or makes it +0 where it was -0, which
// no output shows since no bias is -0.
#ifndef FAL_ALGORITHMS_DIRECT_STRETCHES_H
#define FAL_ALGORITHMS_DIRECT_STRETCHES_H

#include "kernels/kernels.h"
#include "problem/lower.h"

// What tells a tile from others that go through other products: where it is in the output, as far
// as that makes a difference, else -1.
typedef struct fal_tile_key {
    int64_t depth, first_row, last_row, column;
    uint32_t dead; // bit p: nobody asked for pixel p
} fal_tile_key;

static const fal_tile_key fal_tile_inside = {-1, -1, -1, -1, 0};

enum { FAL_TILE_PIXELS = 32, FAL_TILE_KERNEL = 64 };

// The pixels of a tile by their places in the output; or, where it makes no difference which column
// they are in, its rows.
typedef struct fal_tile_pixels {
    int count;
    int64_t row[FAL_TILE_PIXELS], column[FAL_TILE_PIXELS];
    bool any_column;
    int64_t step; // between those of a run, in the band
} fal_tile_pixels;

enum { FAL_LISTS = 255, FAL_LIST_SLOTS = 512, FAL_LIST_STRETCHES = 4096 };

// Lists of stretches, counted in taps, that were made for tiles. When there is no room for more,
// tiles leave nothing out.
typedef struct fal_lists {
    int count, stretches;
    fal_stretch all[2];              // of tiles that leave nothing out
    uint8_t slot[FAL_LIST_SLOTS];    // hashed by key: the number of a list, 0: none
    fal_tile_key key[FAL_LISTS + 1]; // from 1 on, as numbers are
    int begin[FAL_LISTS + 1];
    fal_stretch stretch[FAL_LIST_STRETCHES];
} fal_lists;

void fal_lists_begin(fal_lists *lists, int64_t taps);

// Outputs along an axis none of whose products is with the border: [begin, end), if that is any.
typedef struct fal_inside {
    int64_t begin, end;
} fal_inside;

fal_inside fal_find_inside(const fal_problem_axis *axis);

static inline bool fal_is_inside(fal_inside inside, int64_t output)
{
    return output >= inside.begin && output < inside.end;
}

// The list for a key; NULL: it has to be made.
const fal_stretch *fal_find_list(const fal_lists *lists, const fal_tile_key *key);

// Makes the list for a key. `kernel` says which pixels can be left out; NULL: all or none.
const fal_stretch *fal_make_list(fal_lists *lists, const fal_tile_key *key,
                                 const fal_problem *problem, const fal_wide_kernel *kernel,
                                 const fal_tile_pixels *pixels);

#endif
