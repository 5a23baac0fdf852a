// SPDX-License-Identifier: Apache-2.0
#include "unfold/sliding.h"

#include "base/checked.h"
#include "base/fail.h"
#include "base/parallel.h"
#include "tensor/tensor.h"

#include <string.h>

faltung_status fal_check_result(const faltung_tensor *operand, const faltung_tensor *result,
                                int rank, const int64_t *shape, faltung_message *message)
{
    int64_t count;
    fal_list expected, found;
    faltung_status status = fal_tensor_check(result, "output", &count, message);
    if (status)
        return status;
    if (result->dtype != operand->dtype)
        return fal_fail(message, FALTUNG_ERROR_DTYPE, "output has type %s, expected is %s",
                        faltung_dtype_name(result->dtype), faltung_dtype_name(operand->dtype));
    if (result->rank != rank || memcmp(result->shape, shape, (size_t)rank * sizeof *shape) != 0)
        return fal_fail(message, result->rank == rank ? FALTUNG_ERROR_SHAPE : FALTUNG_ERROR_RANK,
                        "output has size %s, expected is %s",
                        fal_list_write(&found, result->rank, result->shape),
                        fal_list_write(&expected, rank, shape));
    status = fal_tensor_check_data(operand, "input", message);
    if (!status)
        status = fal_tensor_check_data(result, "output", message);
    if (!status)
        status = fal_tensor_check_self(result, "output", message);
    if (!status)
        status = fal_tensor_check_apart(result, "output", operand, "input", message);
    return status;
}

// Strides of axes of size 1 are never taken, and may be any number: they are 0 here.
static void list_strides(const faltung_tensor *tensor, int64_t strides[FALTUNG_MAX_RANK])
{
    fal_tensor_strides(tensor, strides);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] == 1)
            strides[i] = 0;
}

void fal_set_picture(fal_sliding *s, int axes, const faltung_tensor *picture)
{
    int64_t strides[FALTUNG_MAX_RANK];
    const int channel = picture->rank - axes - 1;
    list_strides(picture, strides);
    s->picture = picture->data;
    s->picture_image = channel ? strides[0] : 0;
    s->picture_channel = strides[channel];
    for (int i = 0; i < axes; i++)
        s->axis[FALTUNG_MAX_AXES - axes + i].step = strides[channel + 1 + i];
}

void fal_set_columns(fal_sliding *s, const faltung_tensor *columns)
{
    int64_t strides[FALTUNG_MAX_RANK];
    const int row = columns->rank - 2;
    list_strides(columns, strides);
    s->columns = columns->data;
    s->columns_image = row ? strides[0] : 0;
    s->columns_row = strides[row];
    s->columns_column = strides[row + 1];
}

void fal_find_blocks(const fal_sliding_axis *axis, int64_t k, int64_t first, int64_t past,
                     int64_t *begin, int64_t *end)
{
    const int64_t shift = axis->padding - k * axis->dilation; // position + shift = block * stride
    int64_t low = fal_ceil_divide(first + shift, axis->stride);
    int64_t high = fal_ceil_divide(past + shift, axis->stride);
    *begin = fal_most(0, fal_least(low, axis->blocks));
    *end = fal_most(*begin, fal_least(high, axis->blocks));
}

int fal_sliding_threads(const faltung_conv *conv, double elements)
{
    const double worth = 1 << 16; // elements that are worth a thread
    double threads = elements / worth + 1;
    return fal_parallel_limit(conv->threads,
                              threads < FAL_MOST_THREADS ? (int64_t)threads : FAL_MOST_THREADS);
}
