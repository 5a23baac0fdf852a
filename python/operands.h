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

// Whether an array has PyTorch's strides for channels last.
bool is_channels_last(const faltung_tensor *tensor, int axes);

// The axis of a new result that lies within all others, as PyTorch has it: its channels if those of
// the weight do, or those of images; or as in what is added to it, if that is not NULL. A weight's
// gradient lies as its shape says.
int find_inner(const faltung_conv *conv, int rank, const faltung_tensor *input,
               const faltung_tensor *residual, bool weight_is_last);

// The array for a result: the caller's, or a new one; NULL: an exception is set.
PyObject *operands_result(const operands *all, PyObject *out, faltung_dtype dtype, int rank,
                          const int64_t *shape, int inner, faltung_tensor *view);

bool is_of_weight(const faltung_conv *conv);

#endif
