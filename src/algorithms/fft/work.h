// SPDX-License-Identifier: Apache-2.0
//
// What a run of convolutions by Fourier transforms has at hand.
#ifndef FAL_ALGORITHMS_FFT_WORK_H
#define FAL_ALGORITHMS_FFT_WORK_H

#include "algorithms/fft/turns.h"

// Pairs of tiles that are computed together: so many from the `first` on of those of some images,
// rows and columns of pairs, image by image and row by row, of one group and depth.
typedef struct fal_fft_block {
    int64_t image, group, depth, row, column; // where those begin; rows and columns in pairs
    int64_t rows, columns;                    // of each image
    int64_t first, pairs;
    fal_slices slices; // that are needed there
} fal_fft_block;

// What a thread's workspace still holds from the part before: nothing, if it is zero.
typedef struct fal_fft_memory {
    const void *input; // whose block is transformed; NULL: none
    fal_fft_block block;
} fal_fft_memory;

// Buffers of one thread, laid out in its workspace.
typedef struct fal_fft_desk {
    fal_fft_memory *memory;
    char *planes;  // rows of each lane's plane
    char *picture; // of complex vectors
    char *spectra; // of the block's input: [frequency][pair][half][real, imaginary][plane], or,
                   // if lanes are pairs, [frequency][half][plane][real, imaginary][pair]
    char *sums;    // of products: [frequency][pair][half][real, imaginary][lane], or
                   // [frequency][half][channel][real, imaginary][pair]
} fal_fft_desk;

typedef struct fal_fft_work {
    const fal_task *task;
    const fal_operands *all;
    const fal_part *part;
    fal_fft_layout layout;
    fal_fft_tables tables;
    fal_fft_desk desk;
    const fal_finish *finish; // NULL: nothing
} fal_fft_work;

// What is packed, and the room that it takes to do so.
typedef struct fal_fft_packed {
    char *tables, *groups, *planes, *picture;
} fal_fft_packed;

// Where that is in the memory for it; returns the bytes that all take. With NULL only these count.
size_t fal_fft_find_packed(const fal_task *task, const fal_fft_layout *layout, char *memory,
                           fal_fft_packed *packed);
size_t fal_fft_packed_bytes(const fal_task *task);
void fal_fft_pack(const fal_task *task, const fal_operands *all, void *memory);

// What is packed of a group, in numbers: its spectra; behind them its biases; and behind these
// whether slices that meet the border may be left out, all weights being finite.
int64_t fal_fft_spectra_numbers(const fal_fft_layout *layout);
int64_t fal_fft_place_of_biases(const fal_fft_layout *layout);
bool fal_fft_skips_border(const fal_task *task, const fal_fft_layout *layout, const char *group);
int64_t fal_fft_group_numbers(const fal_task *task, const fal_fft_layout *layout);

// Bytes of a picture, and of the rows of planes that become one.
size_t fal_fft_picture_bytes(const fal_task *task, const fal_fft_layout *layout);
size_t fal_fft_planes_bytes(const fal_task *task, const fal_fft_layout *layout);

// Where two tiles of the output begin.
typedef struct fal_fft_pair {
    int64_t image;
    int64_t row[2], column[2];
} fal_fft_pair;

// Channels of one tile of a pair, in lanes that follow each other.
typedef struct fal_fft_run {
    int64_t lane, channel, channels;
    int64_t depth; // of the input
    fal_fft_pair pair;
    int half; // which of the pair's tiles
} fal_fft_run;

fal_fft_pair fal_fft_find_pair(const fal_fft_work *work, const fal_fft_block *block, int64_t pair);

// Transforms the input of a block into its spectra.
void fal_fft_transform(const fal_fft_work *work, const fal_fft_block *block);

// Transforms a picture of which so many rows from the first on are not zero; of real numbers, it
// leaves out some columns that are mirrored in others, which are those of tables.
void fal_fft_forward(const fal_fft_work *work, int64_t rows, bool real);

// Transforms a picture back, of which so many rows from the first on are wanted.
void fal_fft_back(const fal_fft_work *work, int64_t rows);

// Multiplies a block's spectra with one vector of weights, or, if lanes are pairs, with those of
// `channels` channels, and leaves the sums.
void fal_fft_multiply(const fal_fft_work *work, const fal_fft_block *block, const char *weights,
                      int64_t channels);

// Transforms the sums back and writes those of channels [begin, end) of the block's group; the
// first of the sums is of channel `first`, and so is `bias`.
void fal_fft_emit(const fal_fft_work *work, const fal_fft_block *block, const char *bias,
                  int64_t first, int64_t begin, int64_t end);

#endif
