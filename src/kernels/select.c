// SPDX-License-Identifier: Apache-2.0
//
// The only place that asks which processor this is.
#include "kernels/kernels.h"

#include <string.h>

#define SET(isa) extern const fal_kernels fal_kernels_##isa##_f32, fal_kernels_##isa##_f64
SET(avx512);
SET(avx2);
SET(neon);
SET(scalar);
#undef SET

#if defined(__x86_64__)
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

static bool always(void)
{
    return true;
}

static const struct {
    const fal_kernels *f32, *f64;
    bool (*is_there)(void);
} sets[] = {
#if defined(__x86_64__)
    {&fal_kernels_avx512_f32, &fal_kernels_avx512_f64, has_avx512},
    {&fal_kernels_avx2_f32, &fal_kernels_avx2_f64, has_avx2},
#elif defined(__aarch64__)
    {&fal_kernels_neon_f32, &fal_kernels_neon_f64, always},
#endif
    {&fal_kernels_scalar_f32, &fal_kernels_scalar_f64, always},
};

enum { SETS = sizeof sets / sizeof *sets };

// f16 is only stored: what is computed with it is f32.
static const fal_kernels *kernels_of(int set, faltung_dtype dtype)
{
    return dtype == FALTUNG_F64 ? sets[set].f64 : sets[set].f32;
}

const fal_kernels *fal_best_kernels(faltung_dtype dtype)
{
    int i = 0;
    while (!sets[i].is_there())
        i++; // ends: scalar is always there
    return kernels_of(i, dtype);
}

const fal_kernels *fal_find_kernels(const char *name, faltung_dtype dtype)
{
    for (int i = 0; i < SETS; i++)
        if (strcmp(sets[i].f32->name, name) == 0)
            return sets[i].is_there() ? kernels_of(i, dtype) : NULL;
    return NULL;
}
