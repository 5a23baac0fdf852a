// SPDX-License-Identifier: Apache-2.0
//
// Shapes as text and as distances in memory.
#ifndef CLI_FILES_SHAPE_H
#define CLI_FILES_SHAPE_H

#include <faltung.h>
#include <stdbool.h>
#include <stddef.h>

// Room for any shape as text: per axis at most 20 characters and ", ".
typedef struct shape_text {
    char text[FALTUNG_MAX_RANK * 22 + 4];
} shape_text;

// Writes a shape as NumPy does: "()", "(3,)", "(2, 3)". Returns text->text.
const char *shape_write(shape_text *text, int rank, const int64_t *shape);

// The strides of a contiguous array with elements of `size` bytes, the last axis the fastest or, in
// Fortran order, the first; and how many bytes it takes. False if a size is negative or the bytes,
// with every size of 0 taken for a 1, are more than memory can hold.
bool shape_lay_out(int rank, const int64_t *shape, size_t size, bool fortran, int64_t *strides,
                   size_t *bytes);

#endif
