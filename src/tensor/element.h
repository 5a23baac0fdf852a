// SPDX-License-Identifier: Apache-2.0
//
// One element of any type, as a double: every type here converts to double exactly, and back by one
// rounding.
#ifndef FAL_TENSOR_ELEMENT_H
#define FAL_TENSOR_ELEMENT_H

#include "tensor/float16.h"

#include <faltung.h>

static inline double fal_load(faltung_dtype dtype, const void *data, int64_t index)
{
    if (dtype == FALTUNG_F32)
        return ((const float *)data)[index];
    if (dtype == FALTUNG_F64)
        return ((const double *)data)[index];
    return fal_from_float16(((const uint16_t *)data)[index]);
}

static inline void fal_store(faltung_dtype dtype, void *data, int64_t index, double value)
{
    if (dtype == FALTUNG_F32)
        ((float *)data)[index] = (float)value;
    else if (dtype == FALTUNG_F64)
        ((double *)data)[index] = value;
    else
        ((uint16_t *)data)[index] = fal_to_float16(value);
}

#endif
