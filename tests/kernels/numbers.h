// SPDX-License-Identifier: Apache-2.0
//
// Numbers of the type of a set of kernels, in memory that does not know it, and their copies
// between pages that may not be accessed.
#ifndef FALTUNG_TESTS_KERNELS_NUMBERS_H
#define FALTUNG_TESTS_KERNELS_NUMBERS_H

#include "subjects.h"

#include "guarded.h"

size_t bytes_of(const fal_kernels *set, int64_t count);

// The i-th number.
void *number_at(const fal_kernels *set, const void *from, int64_t i);

// The i-th number, and a*b + c rounded once, as a double.
double get_number(const fal_kernels *set, const void *from, int64_t i);
double fuse_numbers(const fal_kernels *set, double a, double b, double c);

void set_number(const fal_kernels *set, void *to, int64_t i, double value);
void fill_reals(const fal_kernels *set, void *to, int64_t count, prng *random);

// NaN, so that what is used without right shows, and so does what is written.
void fill_nan(const fal_kernels *set, void *to, int64_t count);

// Copies that stand against a page.
void *place(const arena *a, const void *from, size_t bytes, size_t alignment, edge at);
void *place_numbers(const arena *a, const fal_kernels *set, const void *from, int64_t count,
                    edge at);

// A last step at random that rounds once at most: perhaps an addition of what lies `residual` bytes
// from the output, perhaps a clamp; NULL: none.
const fal_finish *random_finish(const fal_kernels *set, fal_finish *finish, ptrdiff_t residual,
                                prng *random);

// A clamp or, at random and for integers, NULL: nothing.
const fal_finish *random_clamp(const fal_kernels *set, fal_finish *finish, prng *random);

// Fails, saying what was noted and which number differs, unless all have the same bits.
void assert_same_numbers(const fal_kernels *set, const void *found, const void *expected,
                         int64_t count, const char *what);

const char *name_of_edge(edge at);

#endif
