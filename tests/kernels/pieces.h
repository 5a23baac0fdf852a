// SPDX-License-Identifier: Apache-2.0
//
// Pieces of vectors of pixels, wherever they lie, and the outputs that they are written to.
#ifndef FALTUNG_TESTS_KERNELS_PIECES_H
#define FALTUNG_TESTS_KERNELS_PIECES_H

#include "numbers.h"

enum { MOST_PIECES = 512, MOST_OUTPUT = 1 << 16 };

// How an output lies: planes of channels or channels within pixels; the signs and the least
// distances of its strides.
typedef struct long_layout {
    bool channels_inside;
    int channel, pixel;
} long_layout;

extern const long_layout long_layouts[];
extern const int long_layout_count;

// The pieces of a strip's vectors, and its output from `least` up to, but not including, `past`.
typedef struct piece_list {
    fal_piece piece[MOST_PIECES];
    int count;
    int64_t channel_stride, pixel_stride;
    int64_t least, past;
} piece_list;

void pieces_make(piece_list *p, const subject *s, int tiles, const long_layout *layout,
                 prng *random);

// Where the elements lie that are written for the channels [first, past_channel).
void pieces_find_extent(piece_list *p, int first, int past_channel);

#endif
