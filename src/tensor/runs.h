// SPDX-License-Identifier: Apache-2.0
//
// Elements that lie at equal distances, which are counted in elements.
#ifndef FAL_TENSOR_RUNS_H
#define FAL_TENSOR_RUNS_H

#include <faltung.h>

// Brings `count` elements from index `at` on, `step` apart, into double.
void fal_load_run(faltung_dtype dtype, const void *data, int64_t at, int64_t step, int64_t count,
                  double *to);

// Adds them to numbers that lie `to_step` apart.
void fal_add_run(faltung_dtype dtype, const void *data, int64_t at, int64_t step, int64_t count,
                 double *to, int64_t to_step);

// Rounds numbers into elements.
void fal_store_run(faltung_dtype dtype, void *data, int64_t at, int64_t step, int64_t count,
                   const double *from);

// Copies elements of `size` bytes, 1 to 16 and a power of two, bit by bit.
void fal_copy_run(int64_t size, void *to, int64_t to_step, const void *from, int64_t from_step,
                  int64_t count);

// Makes all bits of elements zero.
void fal_clear_run(int64_t size, void *to, int64_t step, int64_t count);

#endif
