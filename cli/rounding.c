// SPDX-License-Identifier: Apache-2.0
#include "rounding.h"

rounding rounding_of(faltung_dtype dtype)
{
    static const rounding known[] = {
        [FALTUNG_F32] = {0x1p-24, 0x1p-24, 0x1p-150}, [FALTUNG_F64] = {0x1p-53, 0x1p-53, 0},
        [FALTUNG_F16] = {0x1p-11, 0x1p-24, 0x1p-25},  [FALTUNG_BF16] = {0x1p-8, 0x1p-24, 0x1p-134},
        [FALTUNG_C64] = {0x1p-24, 0x1p-24, 0x1p-150}, [FALTUNG_C128] = {0x1p-53, 0x1p-53, 0},
    };
    return (size_t)dtype < sizeof known / sizeof *known ? known[dtype] : (rounding){0, 0, 0};
}
