// SPDX-License-Identifier: Apache-2.0
//
// The arrays of a call or of a run.
#ifndef FALTUNG_PYTHON_OPERANDS_H
#define FALTUNG_PYTHON_OPERANDS_H

#include "module.h"

enum { INPUT, WEIGHT, BIAS, RESIDUAL, OUT, OPERANDS };

// Those that are None are not there.
typedef struct operands {
    operand of[OPERANDS];
    bool is_there[OPERANDS];
} operands;

// Takes all arrays that are neither NULL nor None; false with an exception, and nothing to give
// back.
bool operands_take(operands *all, PyObject *const *array);
void operands_give_back(operands *all);

// NULL: it is not there.
const faltung_tensor *operands_tensor(const operands *all, int i);

// The array for a result: the caller's, or a new one; NULL: an exception is set.
PyObject *operands_result(const operands *all, PyObject *out, faltung_dtype dtype, int rank,
                          const int64_t *shape, faltung_tensor *view);

bool is_of_weight(const faltung_conv *conv);

#endif
