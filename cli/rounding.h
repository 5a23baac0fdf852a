// SPDX-License-Identifier: Apache-2.0
//
// How much numbers are rounded.
#ifndef CLI_ROUNDING_H
#define CLI_ROUNDING_H

#include <faltung.h>

// The most by which rounding to nearest changes a number, relative to it: when it is stored, and in
// the type that it is summed in; and, however small it is, when it is stored. Integers are not
// rounded.
typedef struct rounding {
    double stored, summed, least;
} rounding;

rounding rounding_of(faltung_dtype dtype);

#endif
