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

// No axis may be nearer than all that lie within it reach. Where only the channels have a size,
// there is nothing to tell by.
bool is_channels_last(const faltung_tensor *t, int axes)
{
    const int channel = t->rank - axes - 1;
    int64_t reach = 0;
    if (axes < 2 || !t->strides)
        return false;
    for (int i = 0; i < t->rank; i++) {
        const int axis = find_axis(t->rank, channel, i);
        const int64_t stride = t->strides[axis], size = t->shape[axis];
        const bool is_image = axis < channel;
        if (size == 0 || stride < reach || (is_image && reach == t->strides[channel]))
            return false;
        reach = stride * (size > 1 ? size : 1);
    }
    return true;
}

int find_inner(const faltung_conv *conv, int rank, const faltung_tensor *input,
               const faltung_tensor *residual, bool weight_is_last)
{
    const bool has_images = rank == conv->axes + 2;
    if (is_of_weight(conv) || conv->axes < 2)
        return rank - 1;
    const bool is_last =
        residual ? is_channels_last(residual, conv->axes)
                 : weight_is_last || (has_images && is_channels_last(input, conv->axes));
    return is_last ? rank - conv->axes - 1 : rank - 1;
}

PyObject *operands_result(const operands *all, PyObject *out, faltung_dtype dtype, int rank,
                          const int64_t *shape, int inner, faltung_tensor *view)
{
    if (!all->is_there[OUT])
        return tensor_new(dtype, rank, shape, inner, view);
    *view = all->of[OUT].tensor;
    return Py_NewRef(out);
}

bool is_of_weight(const faltung_conv *conv)
{
    return conv->operation == FALTUNG_CONV_WEIGHT ||
           conv->operation == FALTUNG_CONV_TRANSPOSE_WEIGHT;
}
