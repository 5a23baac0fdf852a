// SPDX-License-Identifier: Apache-2.0
//
// The inner loops of transforms, as kernels.h has all others: Winograd's, and Fourier's.
#ifndef FAL_KERNELS_TRANSFORMS_H
#define FAL_KERNELS_TRANSFORMS_H

#include "kernels/box.h"

// --------------------------------------------------------------------------- Winograd's transforms

// Tiles of the input's numbers, of which the outputs of a tile are made, S columns of them;
// neighbouring tiles are S numbers apart. What belongs to one of the elements of a transformed tile
// is an `element` away from what belongs to the one before it.
enum {
    FAL_WINOGRAD_TILES = 14,   // the most that are multiplied at once
    FAL_WINOGRAD_SEGMENTS = 4, // and segments, of which there are S
};

// Some channels of a group of as many tiles as a vector has lanes. One in S of them is a segment,
// neighbours; tile L of segment i goes to lane S*L + i, so that the lanes in use come first if
// segments are as equal as can be and in falling order.
typedef struct fal_winograd_input {
    const void *from;                       // rows of tiles, channel by channel
    int64_t row;                            // from one of a tile's rows to the next
    int64_t channel;                        // from one channel to the next
    int64_t beyond;                         // from the first S columns of a tile to its others
    int32_t segment[FAL_WINOGRAD_SEGMENTS]; // from `from` to the first tile of each
    int64_t channels;
    void *to; // of each channel a vector of lanes, `to_channel` apart, written in rising order
    int64_t to_channel, to_element;
} fal_winograd_input;

// Products of a few tiles by the kernel's `channels` of the output, summed over `count` channels of
// the input: one chain from +0. The sums are left as [tile][channel]; with `add` they are added to
// what is there.
typedef struct fal_winograd_products {
    const void *tiles;
    int64_t pitch;      // of the tiles, from one channel of the input to the next
    const void *weight; // aligned to 64 bytes
    int64_t count;
    void *sums; // aligned to 64 bytes
    bool add;
    const void *fetch; // from where each product fetches `share` numbers for what comes next
    int64_t share;
} fal_winograd_products;

// A segment of tiles of as many channels as a vector has lanes on its way to the output: its rows
// of whole vectors, to be written in the order of the tiles if these are fewer than they have room
// for. The bias is added to each.
typedef struct fal_winograd_output {
    const void *sums;
    int64_t tile, element; // from one to the next in the sums
    int tiles;
    const void *bias; // of the channels
    void *to;
    int64_t channel, row;
} fal_winograd_output;

// The kernels of one input channel and as many output channels as the products have: transformed in
// double and rounded once.
typedef struct fal_winograd_weight {
    const void *from; // [element of the kernel][channel]
    void *to;         // as products take them
    int64_t element;
} fal_winograd_weight;

// Rows of two kinds of outputs in turns, the first of `even` first: so many columns of both
// together. Whole vectors of each may be read.
typedef struct fal_winograd_weave {
    const void *even, *odd;
    void *to;
    int64_t planes, rows, columns;
    int64_t from_plane, from_row; // from one to the next, of both kinds
    int64_t to_plane, to_row;
} fal_winograd_weave;

// For gradients of weights of 3x3 by F(3x3, 4x4), whose tiles have 4x4 numbers and,
// transformed, 36.
enum { FAL_WINOGRAD_TILE = 4, FAL_WINOGRAD_ELEMENTS = 36 };

// Tiles of one vector of channels that follow each other in a row, with channels in the lanes: 6x6
// numbers of an input, or 4x4 of an output, each a vector, four columns from one tile to the next.
typedef struct fal_winograd_turned {
    const void *from;
    int64_t row; // from one to the next
    int64_t tiles;
    void *to; // of each tile 36 vectors
    int64_t to_tile, to_element;
} fal_winograd_turned;

// The sums of products of those, over any number of tiles, on their way to the 3x3 elements of a
// kernel's gradient, each a vector of channels, side by side.
typedef struct fal_winograd_sums {
    const void *sums;
    int64_t element; // from one to the next in the sums
    void *to;
} fal_winograd_sums;

// F(rows x columns, kernel).
typedef struct fal_winograd_form {
    const char *name;
    int kernel;        // its elements along an axis on which a tile has more than one output
    int rows, columns; // outputs of a tile
    int high, wide;    // numbers of the input that it is made of
    int elements;      // of a transformed tile
    void (*input)(const fal_winograd_input *group);
    void (*output)(const fal_winograd_output *segment);
    void (*weight)(const fal_winograd_weight *weight);
} fal_winograd_form;

typedef enum fal_winograd_form_name {
    FAL_WINOGRAD_4X4, // of kernels of 3x3
    FAL_WINOGRAD_2X2,
    FAL_WINOGRAD_1X4,       // of kernels of 1x3
    FAL_WINOGRAD_SHORT_4X4, // of kernels of 2x2
    FAL_WINOGRAD_SHORT_1X4, // of kernels of 1x2
    FAL_WINOGRAD_FORMS,
} fal_winograd_form_name;

typedef struct fal_winograd_kernels {
    int channels; // of the output, whose products are computed at once
    int most;     // tiles that are multiplied at once
    int panel;    // tiles that lie together, at most
    int unit;     // and best a multiple of so many
    void (*multiply[FAL_WINOGRAD_TILES])(const fal_winograd_products *products); // 1 tile, 2, ...
    fal_winograd_form form[FAL_WINOGRAD_FORMS];
    void (*weave)(const fal_winograd_weave *rows);
    void (*turned_input)(const fal_winograd_turned *tiles);
    void (*turned_output)(const fal_winograd_turned *tiles);
    void (*gradient)(const fal_winograd_sums *gradient);
    // Have the rows of a box brought near that copy is going to read, or to write.
    void (*fetch_from)(const fal_box *box);
    void (*fetch_to)(const fal_box *box);
    // Have as many more lines brought into the second-level cache, as far as there are any, to be
    // read or written.
    void (*fetch_lines)(fal_lines *lines, int64_t count);
    void (*fetch_lines_to)(fal_lines *lines, int64_t count);
} fal_winograd_kernels;

// ------------------------------------------------------------------------------ Fourier transforms

// Pictures of complex numbers, one in each lane: of each number a vector of real parts, and behind
// it one of imaginary parts. Distances in pictures are in such numbers.

// Lines of a picture that are transformed where they lie: 4 to 256 numbers, a power of 2, which
// forward come out in the order of their reversed digits (algorithms/fft/turns.c), and back go in
// so. Back and forth multiplies by the length.
typedef struct fal_fft_lines {
    void *picture;
    int64_t lines, line; // how many, and from one to the next
    int64_t step;        // from one number of a line to the next
    int length;
    const void *turns; // cos and -sin of 2*pi*k/length, for k from 0 to length - 1
} fal_fft_lines;

// Rows of a plane for each lane on their way to the real parts of a picture, if it begins there, or
// the imaginary ones; or back from there, with the lane's bias added. Whole vectors of each row are
// read, or written.
typedef struct fal_fft_planes {
    void *numbers;
    int64_t plane, row; // from one to the next
    int64_t rows, columns;
    void *picture;
    int64_t pitch;    // from one row of the picture to the next
    bool alone;       // whether, on their way to real parts, imaginary ones become 0
    const void *bias; // of the lanes, on their way back
} fal_fft_planes;

// A picture on its way to its spectrum, or back: for each of some frequencies the number there, and
// the conjugate of the one at the mirrored frequency.
typedef struct fal_fft_spectrum {
    void *picture;
    const int32_t *at; // where the two are
    int64_t count;     // of frequencies
    void *spectrum;
    int64_t element, half, imaginary; // from one frequency to the next, from a number to the
                                      // mirrored one, and from real to imaginary parts
} fal_fft_spectrum;

// Complex products of some rows of numbers with vectors, summed over `count` of them: one chain
// from +0 for each of the real and the imaginary part.
typedef struct fal_fft_products {
    const void *rows;    // of numbers, `line` of them real, then as many imaginary
    int64_t line;        // at least `count`
    const void *vectors; // [count][real, imaginary]; aligned to 64 bytes
    int64_t count;
    void *sums; // [row][real, imaginary]; aligned to 64 bytes
} fal_fft_products;

// The most rows that are multiplied at once.
enum { FAL_FFT_ROWS = 12 };

typedef struct fal_fft_kernels {
    int most; // rows that are multiplied at once
    void (*multiply[FAL_FFT_ROWS])(const fal_fft_products *products); // 1 row, 2, ...
    void (*take)(const fal_fft_planes *planes);
    void (*give)(const fal_fft_planes *planes);
    void (*forward)(const fal_fft_lines *lines);
    void (*back)(const fal_fft_lines *lines);
    void (*spread)(const fal_fft_spectrum *spectrum);
    void (*collect)(const fal_fft_spectrum *spectrum);
    // Leaves the conjugates of the numbers, scaled, and nothing of the mirrored ones.
    void (*weigh)(const fal_fft_spectrum *spectrum, double scale);
} fal_fft_kernels;

#endif
