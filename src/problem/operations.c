// SPDX-License-Identifier: Apache-2.0
#include "problem/operations.h"

#include <stddef.h>

static const fal_operation operations[] = {
    {FALTUNG_CONV, FALTUNG_CONV, "conv", "", false, false},
    {FALTUNG_CONV_TRANSPOSE, FALTUNG_CONV_TRANSPOSE, "conv_transpose", "", false, false},
    {FALTUNG_CONV_INPUT, FALTUNG_CONV, "conv", "_input", true, false},
    {FALTUNG_CONV_WEIGHT, FALTUNG_CONV, "conv", "_weight", false, true},
    {FALTUNG_CONV_TRANSPOSE_INPUT, FALTUNG_CONV_TRANSPOSE, "conv_transpose", "_input", true, false},
    {FALTUNG_CONV_TRANSPOSE_WEIGHT, FALTUNG_CONV_TRANSPOSE, "conv_transpose", "_weight", false,
     true},
};

enum { OPERATIONS = sizeof operations / sizeof *operations };

const fal_operation *fal_list_operation(int i)
{
    return i < OPERATIONS ? &operations[i] : NULL;
}

const fal_operation *fal_find_operation(faltung_operation operation)
{
    for (int i = 0; i < OPERATIONS; i++)
        if (operations[i].operation == operation)
            return &operations[i];
    return NULL;
}
