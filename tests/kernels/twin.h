// SPDX-License-Identifier: Apache-2.0
//
// What kernels do, once more: one number at a time, as src/kernels/kernels.h says it.
#ifndef FALTUNG_TESTS_KERNELS_TWIN_H
#define FALTUNG_TESTS_KERNELS_TWIN_H

#include "subjects.h"

// Where a pixel of a tile begins in the input, and whether products of a stretch are its.
int64_t wide_pixel(const fal_wide_kernel *kernel, const fal_wide_strip *strip, int tile, int pixel);
bool is_taken(const fal_wide_kernel *kernel, const fal_stretch *stretch, int pixel);

// The piece of a vector that has a lane; NULL: none has. A vector of one piece has all lanes.
const fal_piece *piece_of(const fal_long_kernel *kernel, const fal_piece *vector, int lane);

// Rows of the input that an output row has products with: from *first up to, but not including,
// *past, counted as in the strip.
void plane_rows(const fal_plane_kernel *kernel, const fal_plane_strip *strip, int64_t row,
                int64_t *first, int64_t *past);

// Whether lane i of a row of the output reads for a column of the kernel; else it takes 0.
bool plane_reads(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *strip,
                 int64_t column, int64_t i);

// Whether pixel i of a row of the output is written.
bool plane_writes(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *strip,
                  int64_t i);

// The twins for a type of number.
typedef struct twin {
    void (*multiply_wide)(const fal_wide_kernel *kernel, const fal_wide_strip *strip);
    void (*emit_wide)(const fal_emission *emission, const fal_wide_kernel *kernel);
    // Lanes of no piece are left as they are.
    void (*multiply_long)(const fal_long_kernel *kernel, int lanes, const fal_long_strip *strip);
    void (*emit_long)(const fal_long_kernel *kernel, int lanes, const fal_long_strip *strip,
                      int first, int past);
    void (*multiply_plane)(const fal_plane_kernel *kernel, int lanes, const fal_plane_strip *strip);
    void (*sum_across)(const fal_across *across);
    void (*sum_dots)(const fal_dots *dots);
    void (*sum_dots_across)(const fal_dots_across *dots);
    void (*fold_dots_across)(void *sums, int64_t taps);
    void (*copy)(const fal_box *box);
    void (*write_rows)(const fal_rows *rows);
} twin;

const twin *twin_of(const fal_kernels *set);

#endif
