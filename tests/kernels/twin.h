// SPDX-License-Identifier: Apache-2.0
//
// What kernels do, once more: one number at a time, as src/kernels/kernels.h says it.
#ifndef FALTUNG_TESTS_KERNELS_TWIN_H
#define FALTUNG_TESTS_KERNELS_TWIN_H

#include "subjects.h"

// Where a strip leaves the sum of a pixel, counted over all tiles, and a channel.
int64_t sum_index(const subject *s, int64_t pixel, int channel);

// Where a pixel's first product lies in the input.
int64_t pixel_index(const subject *s, const fal_strip *strip, int64_t pixel);

// Goes one link on with the chains of all sums of a strip, which begin at +0: product k.
void twin_multiply(const subject *s, const fal_strip *strip, int64_t k, float *chains);

// Writes sums to the output.
void twin_emit(const subject *s, const fal_emission *emission);

#endif
