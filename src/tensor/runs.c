// SPDX-License-Identifier: Apache-2.0
#include "tensor/runs.h"

#include "tensor/element.h"

#include <string.h>

void fal_load_run(faltung_dtype dtype, const void *data, int64_t at, int64_t step, int64_t count,
                  double *to)
{
    if (dtype == FALTUNG_F32 && step == 1) {
        const float *from = (const float *)data + at;
        for (int64_t i = 0; i < count; i++)
            to[i] = from[i];
    } else if (dtype == FALTUNG_F64 && step == 1) {
        memcpy(to, (const double *)data + at, (size_t)count * sizeof *to);
    } else {
        for (int64_t i = 0; i < count; i++)
            to[i] = fal_load(dtype, data, at + i * step);
    }
}

void fal_add_run(faltung_dtype dtype, const void *data, int64_t at, int64_t step, int64_t count,
                 double *to, int64_t to_step)
{
    const float *from = (const float *)data + at;
    if (dtype == FALTUNG_F32 && step == 1 && to_step == 1)
        for (int64_t i = 0; i < count; i++)
            to[i] += from[i];
    else if (dtype == FALTUNG_F32)
        for (int64_t i = 0; i < count; i++)
            to[i * to_step] += from[i * step];
    else
        for (int64_t i = 0; i < count; i++)
            to[i * to_step] += fal_load(dtype, data, at + i * step);
}

void fal_store_run(faltung_dtype dtype, void *data, int64_t at, int64_t step, int64_t count,
                   const double *from)
{
    if (dtype == FALTUNG_F32 && step == 1) {
        float *to = (float *)data + at;
        for (int64_t i = 0; i < count; i++)
            to[i] = (float)from[i];
    } else {
        for (int64_t i = 0; i < count; i++)
            fal_store(dtype, data, at + i * step, from[i]);
    }
}

// Fast where the compiler knows the size.
static inline void copy_each(int64_t size, char *to, int64_t to_step, const char *from,
                             int64_t from_step, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * to_step * size, from + i * from_step * size, (size_t)size);
}

void fal_copy_run(int64_t size, void *to, int64_t to_step, const void *from, int64_t from_step,
                  int64_t count)
{
    if (to_step == 1 && from_step == 1)
        memcpy(to, from, (size_t)(count * size));
    else if (size == 4)
        copy_each(4, to, to_step, from, from_step, count);
    else if (size == 8)
        copy_each(8, to, to_step, from, from_step, count);
    else
        copy_each(size, to, to_step, from, from_step, count);
}

void fal_clear_run(int64_t size, void *to, int64_t step, int64_t count)
{
    if (step == 1)
        memset(to, 0, (size_t)(count * size));
    else
        for (int64_t i = 0; i < count; i++)
            memset((char *)to + i * step * size, 0, (size_t)size);
}
