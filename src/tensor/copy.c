// SPDX-License-Identifier: Apache-2.0
#include "base/fail.h"
#include "tensor/element.h"
#include "tensor/tensor.h"

#include <string.h>

static faltung_status check(const faltung_tensor *source, const faltung_tensor *destination,
                            int64_t *count, faltung_message *message)
{
    faltung_status status = fal_tensor_check(source, "source", count, message);
    if (!status)
        status = fal_tensor_check(destination, "destination", count, message);
    if (status)
        return status;
    if (source->rank != destination->rank ||
        (source->rank && memcmp(source->shape, destination->shape,
                                (size_t)source->rank * sizeof *source->shape) != 0)) {
        fal_list from, to;
        return fal_fail(message, FALTUNG_ERROR_SHAPE,
                        "source of size %s does not fit destination of size %s",
                        fal_list_write(&from, source->rank, source->shape),
                        fal_list_write(&to, destination->rank, destination->shape));
    }
    if (fal_is_complex(source->dtype) && !fal_is_complex(destination->dtype))
        return fal_fail(message, FALTUNG_ERROR_DTYPE,
                        "source has type %s, destination %s: imaginary parts would be lost",
                        faltung_dtype_name(source->dtype), faltung_dtype_name(destination->dtype));
    status = fal_tensor_check_data(source, "source", message);
    if (!status)
        status = fal_tensor_check_data(destination, "destination", message);
    if (!status)
        status = fal_tensor_check_self(destination, "destination", message);
    if (!status)
        status = fal_tensor_check_apart(destination, "destination", source, "source", message);
    return status;
}

// Part by part, of which the source may have fewer.
static void convert_element(const faltung_tensor *source, int64_t from,
                            const faltung_tensor *destination, int64_t to)
{
    int parts = fal_is_complex(destination->dtype) ? 2 : 1;
    int given = fal_is_complex(source->dtype) ? 2 : 1;
    faltung_dtype read = fal_part_dtype(source->dtype),
                  written = fal_part_dtype(destination->dtype);
    for (int i = 0; i < parts; i++)
        fal_store(written, destination->data, to * parts + i,
                  i < given ? fal_load(read, source->data, from * given + i) : 0);
}

// Elements of one type are copied as bytes, so that every bit of a NaN survives.
static void copy_element(const faltung_tensor *source, int64_t from,
                         const faltung_tensor *destination, int64_t to)
{
    size_t size = faltung_dtype_size(source->dtype);
    if (source->dtype == destination->dtype)
        memcpy((char *)destination->data + to * (int64_t)size,
               (const char *)source->data + from * (int64_t)size, size);
    else
        convert_element(source, from, destination, to);
}

faltung_status faltung_tensor_copy(const faltung_tensor *source, const faltung_tensor *destination,
                                   faltung_message *message)
{
    int64_t count;
    faltung_status status = check(source, destination, &count, message);
    if (status || count == 0)
        return status;

    int64_t from_strides[FALTUNG_MAX_RANK], to_strides[FALTUNG_MAX_RANK];
    int64_t from_index[FALTUNG_MAX_RANK] = {0}, to_index[FALTUNG_MAX_RANK] = {0};
    int64_t from = 0, to = 0;
    fal_tensor_strides(source, from_strides);
    fal_tensor_strides(destination, to_strides);
    do
        copy_element(source, from, destination, to);
    while (fal_tensor_next(source->rank, source->shape, from_strides, from_index, &from) &&
           fal_tensor_next(source->rank, source->shape, to_strides, to_index, &to));
    return FALTUNG_OK;
}
