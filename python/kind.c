// SPDX-License-Identifier: Apache-2.0
#include "module.h"

static const kind kinds[] = {
    {FALTUNG_F32, "float32", "f", {DL_FLOAT, 32, 1}},
    {FALTUNG_F64, "float64", "d", {DL_FLOAT, 64, 1}},
    {FALTUNG_F16, "float16", "e", {DL_FLOAT, 16, 1}},
    {FALTUNG_BF16, "bfloat16", NULL, {DL_BFLOAT, 16, 1}},
    {FALTUNG_I8, "int8", "b", {DL_INT, 8, 1}},
    {FALTUNG_U8, "uint8", "B", {DL_UINT, 8, 1}},
    {FALTUNG_I32, "int32", "i", {DL_INT, 32, 1}},
    {FALTUNG_C64, "complex64", "Zf", {DL_COMPLEX, 64, 1}},
    {FALTUNG_C128, "complex128", "Zd", {DL_COMPLEX, 128, 1}},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const kind *find_kind(faltung_dtype dtype)
{
    for (int i = 0; i < KINDS; i++)
        if (kinds[i].dtype == dtype)
            return &kinds[i];
    return NULL;
}

faltung_dtype find_dtype(int code, int bits)
{
    for (int i = 0; i < KINDS; i++)
        if (kinds[i].code.code == code && kinds[i].code.bits == bits)
            return kinds[i].dtype;
    return 0;
}
