// SPDX-License-Identifier: Apache-2.0
//
// What transforms of a length need to know: turns, and where frequencies are.
#ifndef FAL_ALGORITHMS_FFT_TURNS_H
#define FAL_ALGORITHMS_FFT_TURNS_H

#include "algorithms/fft/layout.h"

// Bytes of the tables of a layout, for numbers of so many bytes.
size_t fal_fft_table_bytes(const fal_fft_layout *layout, size_t number);

typedef struct fal_fft_tables {
    void *turns[FAL_FFT_AXES]; // for the kernels: cos and -sin
    int32_t *at;               // of every frequency where it is in a picture, and its mirror
} fal_fft_tables;

// Where they are, from a place on.
fal_fft_tables fal_fft_find_tables(const fal_fft_layout *layout, size_t number, void *place);

void fal_fft_fill_tables(const fal_fft_layout *layout, size_t number, const fal_fft_tables *tables);

#endif
