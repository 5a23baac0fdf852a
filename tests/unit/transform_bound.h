// SPDX-License-Identifier: Apache-2.0
//
// What Winograd's transforms may be wrong by, as docs/numerics.md derives it, with transforms of
// the tests' own.
#ifndef FALTUNG_TESTS_TRANSFORM_BOUND_H
#define FALTUNG_TESTS_TRANSFORM_BOUND_H

#include "oracle.h"

// For every element of the output of a sample that Winograd's transforms are for, perhaps dilated,
// what its sum may be wrong by; to be freed. What is outside the input is at most `outside`.
double *transform_bounds(const sample *s, const operands *o, const faltung_conv *conv,
                         double outside);

#endif
