// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include "base/checked.h"
#include "base/fail.h"

#include <inttypes.h>

static faltung_status check_form(const faltung_tensor *tensor, const char *name,
                                 faltung_message *message)
{
    if (!tensor)
        return fal_fail(message, FALTUNG_ERROR_NULL, "%s is NULL", name);
    if (!faltung_dtype_size(tensor->dtype))
        return fal_fail(
            message, FALTUNG_ERROR_DTYPE, "%s has dtype %d, which is none of %s", name,
            (int)tensor->dtype,
            "f32 (1), f64 (2), f16 (3), bf16 (4), i8 (5), u8 (6), i32 (7), c64 (8), c128 (9)");
    if (tensor->rank < 0 || tensor->rank > FALTUNG_MAX_RANK)
        return fal_fail(message, FALTUNG_ERROR_RANK, "%s has rank %d, allowed are 0 to %d", name,
                        tensor->rank, FALTUNG_MAX_RANK);
    if (tensor->rank > 0 && !tensor->shape)
        return fal_fail(message, FALTUNG_ERROR_NULL, "the shape of %s is NULL", name);
    for (int i = 0; i < tensor->rank; i++)
        if (tensor->shape[i] < 0)
            return fal_fail(message, FALTUNG_ERROR_SHAPE,
                            "%s has a negative size: %" PRId64 " at dimension %d", name,
                            tensor->shape[i], i);
    return FALTUNG_OK;
}

// The product of the sizes; false if it is no int64. A size of zero makes it zero, whatever the
// others.
static bool count_elements(const faltung_tensor *tensor, int64_t *count)
{
    bool fits = true;
    *count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        if (tensor->shape[i] == 0) {
            *count = 0;
            return true;
        }
        fits = fits && fal_multiply(*count, tensor->shape[i], count);
    }
    return fits;
}

// Elements between the first and the last in memory, both included; false if their bytes are not
// addressable. The tensor is strided and not empty.
static bool measure_reach(const faltung_tensor *tensor, int64_t *reach)
{
    *reach = 1;
    for (int i = 0; i < tensor->rank; i++) {
        int64_t span;
        if (tensor->shape[i] == 1)
            continue; // its stride is never taken, and may be anything
        if (tensor->strides[i] == INT64_MIN ||
            !fal_multiply(tensor->shape[i] - 1, imaxabs(tensor->strides[i]), &span) ||
            !fal_add(*reach, span, reach))
            return false;
    }
    return true;
}

faltung_status fal_tensor_check(const faltung_tensor *tensor, const char *name, int64_t *count,
                                faltung_message *message)
{
    faltung_status status = check_form(tensor, name, message);
    if (status)
        return status;
    fal_list list;
    int64_t reach, bytes;
    bool fits = count_elements(tensor, count);
    if (fits && *count) {
        reach = *count;
        if (tensor->strides)
            fits = measure_reach(tensor, &reach);
        fits = fits && fal_multiply(reach, (int64_t)faltung_dtype_size(tensor->dtype), &bytes) &&
               bytes <= PTRDIFF_MAX;
    }
    if (!fits)
        return fal_fail(message, FALTUNG_ERROR_OVERFLOW,
                        "%s of size %s is too large to be addressed (at most %jd bytes)", name,
                        fal_list_write(&list, tensor->rank, tensor->shape), (intmax_t)PTRDIFF_MAX);
    return FALTUNG_OK;
}

faltung_status faltung_tensor_count(const faltung_tensor *tensor, int64_t *count,
                                    faltung_message *message)
{
    if (!count)
        return fal_fail(message, FALTUNG_ERROR_NULL, "count is NULL");
    return fal_tensor_check(tensor, "tensor", count, message);
}

faltung_status fal_tensor_check_data(const faltung_tensor *tensor, const char *name,
                                     faltung_message *message)
{
    int64_t count;
    count_elements(tensor, &count);
    if (count && !tensor->data)
        return fal_fail(message, FALTUNG_ERROR_NULL, "the data of %s is NULL", name);
    return FALTUNG_OK;
}

void fal_tensor_strides(const faltung_tensor *tensor, int64_t *strides)
{
    int64_t count, step = 1;
    count_elements(tensor, &count);
    for (int i = tensor->rank - 1; i >= 0; i--) {
        // Without elements the sizes may have any product, and no stride is ever used.
        strides[i] = count == 0 ? 0 : tensor->strides ? tensor->strides[i] : step;
        if (count)
            step *= tensor->shape[i];
    }
}

bool fal_tensor_next(int rank, const int64_t *shape, const int64_t *strides, int64_t *index,
                     int64_t *offset)
{
    for (int i = rank - 1; i >= 0; i--) {
        if (++index[i] < shape[i]) {
            *offset += strides[i];
            return true;
        }
        *offset -= (shape[i] - 1) * strides[i];
        index[i] = 0;
    }
    return false;
}
