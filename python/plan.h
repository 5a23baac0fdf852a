// SPDX-License-Identifier: Apache-2.0
//
// Plans as others run them.
#ifndef FALTUNG_PYTHON_PLAN_H
#define FALTUNG_PYTHON_PLAN_H

#include "operands.h"

typedef struct plan {
    PyObject_HEAD faltung_plan *plan;
    faltung_conv conv;
    bool weight_is_last; // it had channels last
    faltung_dtype dtype; // of the result
    int rank;
    int64_t shape[FALTUNG_MAX_RANK];
} plan;

// The plan that an object is; NULL with an exception: it is none.
plan *plan_of(PyObject *object);

#endif
