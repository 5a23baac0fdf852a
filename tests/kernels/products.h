// SPDX-License-Identifier: Apache-2.0
//
// The products of strips, with channels or with pixels in the lanes: made in ordinary memory, where
// the twin goes through them, and copied between unmapped pages for a kernel, each buffer exactly
// as large as it is read.
#ifndef FALTUNG_TESTS_KERNELS_PRODUCTS_H
#define FALTUNG_TESTS_KERNELS_PRODUCTS_H

#include "numbers.h"

enum { MOST_PRODUCTS = 640, MOST_STRETCHES = 512, MOST_INPUT = 1 << 12, MOST_CHANNELS = 64 };

// What the tiles of a strip go through.
typedef enum way {
    ALL,  // each one through all products
    SOME, // each through stretches of its own in any order, or through none
    NONE,
} way;

typedef struct selection {
    way way;
    int tiles;
    int64_t products, unit; // a multiple of the unit
    int skips;              // sets of pixels that may be left out
    int skip;               // the one that is, at least in one stretch of a tile
} selection;

typedef struct model {
    const fal_kernels *set;
    int channels;
    fal_products products;
    int32_t offset[MOST_PRODUCTS];
    const fal_stretch *lists[FAL_LONG_STRIP];
    fal_stretch stretch[MOST_STRETCHES];
    int stretches;
    double input[MOST_INPUT]; // room for numbers of either type; `products.input` is its middle
    bool is_read[MOST_INPUT];
    int64_t least, past; // of what is read there, from the middle on
    double weight[MOST_PRODUCTS * MOST_CHANNELS];
} model;

void model_make(model *m, const fal_kernels *set, int channels, const selection *s, prng *random);

// Says that a kernel reads there, from the input on; all else stays NaN.
void model_read(model *m, int64_t at, prng *random);

// Copies for a kernel, of what was made and read; they last until the next ones.
fal_products model_place(const model *m, edge at);

void make_product_arenas(void);
void free_product_arenas(void);

// How many products there are in checks of any number of them: the i-th of these numbers; 0 behind
// the last.
int64_t product_count(int i);

#endif
