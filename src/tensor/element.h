// SPDX-License-Identifier: Apache-2.0
//
// One element of any type, as a double: every type here converts to double exactly, and back by one
// rounding. A complex element is two, its parts.
#ifndef FAL_TENSOR_ELEMENT_H
#define FAL_TENSOR_ELEMENT_H

#include "tensor/half.h"

#include <faltung.h>

// Whether numbers of a type are whole, and whether they are complex.
static inline bool fal_is_integer(faltung_dtype dtype)
{
    return dtype == FALTUNG_I8 || dtype == FALTUNG_U8 || dtype == FALTUNG_I32;
}

static inline bool fal_is_complex(faltung_dtype dtype)
{
    return dtype == FALTUNG_C64 || dtype == FALTUNG_C128;
}

// The type of an element's parts, of which a complex one has two: else its own.
faltung_dtype fal_part_dtype(faltung_dtype dtype);

// `dtype` is not complex: index counts parts.
static inline double fal_load(faltung_dtype dtype, const void *data, int64_t index)
{
    switch (dtype) {
    case FALTUNG_F32:
        return ((const float *)data)[index];
    case FALTUNG_F16:
        return fal_from_float16(((const uint16_t *)data)[index]);
    case FALTUNG_BF16:
        return fal_from_bfloat16(((const uint16_t *)data)[index]);
    case FALTUNG_I8:
        return ((const int8_t *)data)[index];
    case FALTUNG_U8:
        return ((const uint8_t *)data)[index];
    case FALTUNG_I32:
        return ((const int32_t *)data)[index];
    default:
        return ((const double *)data)[index];
    }
}

// An integer type takes the nearest number that it has, and 0 for NaN.
void fal_store(faltung_dtype dtype, void *data, int64_t index, double value);

#endif
