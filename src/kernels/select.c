// SPDX-License-Identifier: Apache-2.0
//
// The only place that asks which processor this is.
#include "kernels/kernels.h"

#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define SET(isa)                                                                                   \
    extern const fal_kernels fal_kernels_##isa##_f32, fal_kernels_##isa##_f64,                     \
        fal_kernels_##isa##_f16, fal_kernels_##isa##_bf16, fal_kernels_##isa##_i8,                 \
        fal_kernels_##isa##_u8
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

// Which __builtin_cpu_supports does not know of everywhere.
static bool has_f16c(void)
{
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
}
#endif

static bool always(void)
{
    return true;
}

#define TABLES(isa)                                                                                \
    {                                                                                              \
        [FALTUNG_F32] = &fal_kernels_##isa##_f32, [FALTUNG_F64] = &fal_kernels_##isa##_f64,        \
        [FALTUNG_F16] = &fal_kernels_##isa##_f16, [FALTUNG_BF16] = &fal_kernels_##isa##_bf16,      \
        [FALTUNG_I8] = &fal_kernels_##isa##_i8, [FALTUNG_U8] = &fal_kernels_##isa##_u8,            \
    }

static const struct {
    const fal_kernels *tables[FALTUNG_U8 + 1];
    bool (*is_there)(void);
} sets[] = {
#if defined(__x86_64__)
    {TABLES(avx512), has_avx512},
    {TABLES(avx2), has_avx2},
#elif defined(__aarch64__)
    {TABLES(neon), always},
#endif
    {TABLES(scalar), always},
};

enum { SETS = sizeof sets / sizeof *sets };

// Complex numbers are computed part by part, and i32 not at all.
static const fal_kernels *kernels_of(int set, faltung_dtype dtype)
{
    if (dtype > FALTUNG_U8)
        dtype = dtype == FALTUNG_C128 ? FALTUNG_F64 : FALTUNG_F32;
    return sets[set].tables[dtype];
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
        if (strcmp(sets[i].tables[FALTUNG_F32]->name, name) == 0)
            return sets[i].is_there() ? kernels_of(i, dtype) : NULL;
    return NULL;
}
