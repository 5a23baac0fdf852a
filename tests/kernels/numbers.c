// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"

#include <math.h>
#include <string.h>

size_t bytes_of(const fal_kernels *set, int64_t count)
{
    return (size_t)count * (size_t)set->size;
}

void *number_at(const fal_kernels *set, const void *from, int64_t i)
{
    return (char *)from + i * set->size;
}

double get_number(const fal_kernels *set, const void *from, int64_t i)
{
    return set->dtype == FALTUNG_F64  ? ((const double *)from)[i]
           : set->dtype == FALTUNG_I8 ? (double)((const int32_t *)from)[i]
                                      : (double)((const float *)from)[i];
}

double fuse_numbers(const fal_kernels *set, double a, double b, double c)
{
    return set->size == sizeof(float) ? (double)fmaf((float)a, (float)b, (float)c) : fma(a, b, c);
}

void set_number(const fal_kernels *set, void *to, int64_t i, double value)
{
    if (set->dtype == FALTUNG_F64)
        ((double *)to)[i] = value;
    else if (set->dtype == FALTUNG_I8) // a pair
        ((int32_t *)to)[i] = (int32_t)(value * 255) + (int32_t)(value * -99) * 65536;
    else
        ((float *)to)[i] = (float)value;
}

void fill_reals(const fal_kernels *set, void *to, int64_t count, prng *random)
{
    for (int64_t i = 0; i < count; i++)
        set_number(set, to, i, random_real(random));
}

void fill_nan(const fal_kernels *set, void *to, int64_t count)
{
    memset(to, 0xff, bytes_of(set, count));
}

void *place(const arena *a, const void *from, size_t bytes, size_t alignment, edge at)
{
    return memcpy(arena_place(a, bytes, alignment, at), from, bytes);
}

void *place_numbers(const arena *a, const fal_kernels *set, const void *from, int64_t count,
                    edge at)
{
    return place(a, from, bytes_of(set, count), (size_t)set->size, at);
}

void assert_same_numbers(const fal_kernels *set, const void *found, const void *expected,
                         int64_t count, const char *what)
{
    if (memcmp(found, expected, bytes_of(set, count)) == 0)
        return;
    int64_t i = 0;
    while (memcmp(number_at(set, found, i), number_at(set, expected, i), (size_t)set->size) == 0)
        i++;
    print_error("%s: %s %d of %d is %a, its twin %a\n", blamed(), what, (int)i, (int)count,
                get_number(set, found, i), get_number(set, expected, i));
    fail();
}

const char *name_of_edge(edge at)
{
    return at == AT_BEGIN ? "begin" : "end";
}

const fal_finish *random_clamp(const fal_kernels *set, fal_finish *finish, prng *random)
{
    *finish = (fal_finish){.activation = {FALTUNG_ACTIVATION_CLAMP, -0.25, 0.5, 0}};
    return set->dtype != FALTUNG_I8 && random_between(random, 0, 1) ? finish : NULL;
}

const fal_finish *random_finish(const fal_kernels *set, fal_finish *finish, ptrdiff_t residual,
                                prng *random)
{
    // Integers have no activation.
    int steps = (int)random_between(random, 0, set->dtype == FALTUNG_I8 ? 1 : 4);
    *finish = (fal_finish){.adds = steps & 1, .residual = residual};
    if (steps & 2)
        finish->activation = (fal_activation){FALTUNG_ACTIVATION_CLAMP, -0.25, 0.5, 0};
    return steps ? finish : NULL;
}
