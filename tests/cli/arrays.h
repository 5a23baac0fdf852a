// SPDX-License-Identifier: Apache-2.0
//
// Arrays of small whole numbers, their .npy files, and their convolutions: written anew for the
// tests, from the format and the definition.
#ifndef TESTS_CLI_ARRAYS_H
#define TESTS_CLI_ARRAYS_H

#include "program.h"

enum { MAX_RANK = 5 };

// Numbers in C order.
typedef struct grid {
    int rank;
    int64_t size[MAX_RANK];
    int64_t count;
    double *value;
} grid;

// A grid of a shape such as "2x3x8", of numbers from -4 to 4 that depend on `seed`; to be freed.
grid grid_make(const char *shape, unsigned seed);
void grid_free(grid *g);

// Writes a grid as a file of version 1.0 with elements "<f2", ">f2", "<f4", ">f4", "<f8" or ">f8".
// For f2 the numbers must be whole and at most 2048.
void write_npy(const char *path, const grid *g, const char *descr, bool fortran);

// Makes and writes a grid in one: "<f4", in C order.
grid given_npy(const char *path, const char *shape, unsigned seed);

// Writes a file of version 1.0 with any header, followed by any bytes.
void write_raw_npy(const char *path, const char *header, const void *bytes, size_t count);

// Asserts that a file is a .npy file of version 1.0 in C order with these elements and numbers.
void assert_npy(const char *path, const char *descr, const grid *expected);

// A convolution over `axes` axes. Arrays hold one value per axis, from index 0.
typedef struct geometry {
    int axes;
    int64_t stride[3], begin[3], end[3], dilation[3], output_padding[3];
    int64_t groups;
    bool transposed;
} geometry;

// Stride and dilation 1, no padding, one group.
geometry geometry_make(int axes);

// The convolution of a batched or unbatched input, by the definition; `bias` may be NULL.
grid convolve(const geometry *g, const grid *input, const grid *weight, const grid *bias);

#endif
