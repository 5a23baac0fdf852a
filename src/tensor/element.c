// SPDX-License-Identifier: Apache-2.0
#include "tensor/element.h"

#include <math.h>

faltung_dtype fal_part_dtype(faltung_dtype dtype)
{
    return dtype == FALTUNG_C64 ? FALTUNG_F32 : dtype == FALTUNG_C128 ? FALTUNG_F64 : dtype;
}

static double clamp(double value, double low, double high)
{
    if (isnan(value))
        return 0;
    return value < low ? low : value > high ? high : nearbyint(value);
}

void fal_store(faltung_dtype dtype, void *data, int64_t index, double value)
{
    switch (dtype) {
    case FALTUNG_F32:
        ((float *)data)[index] = (float)value;
        break;
    case FALTUNG_F16:
        ((uint16_t *)data)[index] = fal_to_float16(value);
        break;
    case FALTUNG_BF16:
        ((uint16_t *)data)[index] = fal_to_bfloat16(value);
        break;
    case FALTUNG_I8:
        ((int8_t *)data)[index] = (int8_t)clamp(value, INT8_MIN, INT8_MAX);
        break;
    case FALTUNG_U8:
        ((uint8_t *)data)[index] = (uint8_t)clamp(value, 0, UINT8_MAX);
        break;
    case FALTUNG_I32:
        ((int32_t *)data)[index] = (int32_t)clamp(value, INT32_MIN, INT32_MAX);
        break;
    default:
        ((double *)data)[index] = value;
    }
}
