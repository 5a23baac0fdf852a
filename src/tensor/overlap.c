// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include "base/fail.h"

#include <stdlib.h>

// The bytes of memory that a tensor's elements lie in, as [first, past). Empty for no elements.
typedef struct range {
    uintptr_t first;
    uintptr_t past;
} range;

static range find_range(const faltung_tensor *tensor)
{
    int64_t strides[FALTUNG_MAX_RANK], low = 0, high = 1;
    fal_tensor_strides(tensor, strides);
    for (int i = 0; i < tensor->rank; i++) {
        if (tensor->shape[i] == 0)
            return (range){0, 0};
        int64_t span = tensor->shape[i] == 1 ? 0 : (tensor->shape[i] - 1) * strides[i];
        low += span < 0 ? span : 0;
        high += span > 0 ? span : 0;
    }
    int64_t size = (int64_t)faltung_dtype_size(tensor->dtype);
    uintptr_t data = (uintptr_t)tensor->data;
    return (range){data + (uintptr_t)(low * size), data + (uintptr_t)(high * size)};
}

faltung_status fal_tensor_check_apart(const faltung_tensor *output, const char *output_name,
                                      const faltung_tensor *operand, const char *name,
                                      faltung_message *message)
{
    range a = find_range(output), b = find_range(operand);
    if (a.first < b.past && b.first < a.past)
        return fal_fail(message, FALTUNG_ERROR_OVERLAP,
                        "%s shares memory with %s: it needs memory of its own", output_name, name);
    return FALTUNG_OK;
}

typedef struct extent {
    int64_t stride; // at least 0
    int64_t size;
} extent;

static int compare_strides(const void *a, const void *b)
{
    const extent *x = a, *y = b;
    return (x->stride > y->stride) - (x->stride < y->stride);
}

faltung_status fal_tensor_check_self(const faltung_tensor *output, const char *name,
                                     faltung_message *message)
{
    extent extents[FALTUNG_MAX_RANK];
    int64_t strides[FALTUNG_MAX_RANK];
    int count = 0;
    fal_tensor_strides(output, strides);
    for (int i = 0; i < output->rank; i++) {
        if (output->shape[i] == 0)
            return FALTUNG_OK;
        if (output->shape[i] > 1)
            extents[count++] = (extent){llabs(strides[i]), output->shape[i]};
    }
    qsort(extents, (size_t)count, sizeof extents[0], compare_strides);
    int64_t reach = 0; // of the axes so far, which the next one must step over
    for (int i = 0; i < count; i++) {
        if (extents[i].stride <= reach) {
            fal_list list;
            return fal_fail(message, FALTUNG_ERROR_OVERLAP,
                            "%s overlaps itself: strides=%s give two indices one element", name,
                            fal_list_write(&list, output->rank, strides));
        }
        reach += (extents[i].size - 1) * extents[i].stride;
    }
    return FALTUNG_OK;
}
