// SPDX-License-Identifier: Apache-2.0
#include "operands.h"

void operands_give_back(operands *all)
{
    for (int i = 0; i < OPERANDS; i++)
        if (all->is_there[i])
            operand_give_back(&all->of[i]);
}

bool operands_take(operands *all, PyObject *const *array)
{
    static const char *const names[] = {"input", "weight", "bias", "residual", "out"};
    for (int i = 0; i < OPERANDS; i++)
        all->is_there[i] = false;
    for (int i = 0; i < OPERANDS; i++) {
        if (!array[i] || (array[i] == Py_None && i > WEIGHT))
            continue;
        all->is_there[i] = operand_take(&all->of[i], array[i], names[i], i + 1, i == OUT);
        if (!all->is_there[i]) {
            operands_give_back(all);
            return false;
        }
    }
    return true;
}

const faltung_tensor *operands_tensor(const operands *all, int i)
{
    return all->is_there[i] ? &all->of[i].tensor : NULL;
}

PyObject *operands_result(const operands *all, PyObject *out, faltung_dtype dtype, int rank,
                          const int64_t *shape, faltung_tensor *view)
{
    if (!all->is_there[OUT])
        return tensor_new(dtype, rank, shape, view);
    *view = all->of[OUT].tensor;
    return Py_NewRef(out);
}

bool is_of_weight(const faltung_conv *conv)
{
    return conv->operation == FALTUNG_CONV_WEIGHT ||
           conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}
