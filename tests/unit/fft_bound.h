// SPDX-License-Identifier: Apache-2.0
//
// What convolutions by Fourier transforms may be wrong by, as docs/numerics.md derives it.
#ifndef FALTUNG_TESTS_FFT_BOUND_H
#define FALTUNG_TESTS_FFT_BOUND_H

#include "oracle.h"

// For every element of the output of a sample without strides what its sum may be wrong by; to be
// freed. With `outside` other than 0, what is outside the input, and in it, is at most that.
double *fft_bounds(const sample *s, const operands *o, double outside);

#endif
