// SPDX-License-Identifier: Apache-2.0
//
// The only place that asks which processor this is.
#include "kernels/kernels.h"

#include "base/host.h"

#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define SET(isa)                                                                                   \
    extern const fal_kernels fal_kernels_##isa##_f32, fal_kernels_##isa##_f64,                     \
        fal_kernels_##isa##_f16, fal_kernels_##isa##_bf16, fal_kernels_##isa##_i8,                 \
        fal_kernels_##isa##_u8
extern const fal_kernels fal_kernels_amx_bf16, fal_kernels_amx_i8, fal_kernels_amx_u8;
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

// With the instruction of AVX-512 that rounds to bf16, which processors with tiles have.
static bool has_amx(void)
{
    const unsigned bf16 = 1U << 22, tile = 1U << 24, int8 = 1U << 25, all = bf16 | tile | int8;
    const unsigned rounds = 1U << 5;
    unsigned a = 0, b, c, d = 0;
    return has_avx512() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & all) == all &&
           __get_cpuid_count(7, 1, &a, &b, &c, &d) && a & rounds && fal_host_allows_tiles();
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

// A set that has none of its own for a type is passed over.
static const struct {
    const char *name;
    const fal_kernels *tables[FALTUNG_U8 + 1];
    bool (*is_there)(void);
} sets[] = {
#if defined(__x86_64__)
    {"amx",
     {[FALTUNG_BF16] = &fal_kernels_amx_bf16,
      [FALTUNG_I8] = &fal_kernels_amx_i8,
      [FALTUNG_U8] = &fal_kernels_amx_u8},
     has_amx},
    {"avx512", TABLES(avx512), has_avx512},
    {"avx2", TABLES(avx2), has_avx2},
#elif defined(__aarch64__)
    {"neon", TABLES(neon), always},
#endif
    {"scalar", TABLES(scalar), always},
};

enum { SETS = sizeof sets / sizeof *sets };

// Complex numbers are computed part by part, and i32 not at all.
static faltung_dtype computed_dtype(faltung_dtype dtype)
{
    if (dtype <= FALTUNG_U8)
        return dtype;
    return dtype == FALTUNG_C128 ? FALTUNG_F64 : FALTUNG_F32;
}

// From a set on, the first that has kernels for the type.
static const fal_kernels *best_from(int set, faltung_dtype dtype)
{
    dtype = computed_dtype(dtype);
    while (!sets[set].tables[dtype] || !sets[set].is_there())
        set++; // ends: scalar is always there
    return sets[set].tables[dtype];
}

const fal_kernels *fal_best_kernels(faltung_dtype dtype)
{
    return best_from(0, dtype);
}

const fal_kernels *fal_find_kernels(const char *name, faltung_dtype dtype)
{
    for (int i = 0; i < SETS; i++)
        if (strcmp(sets[i].name, name) == 0)
            return sets[i].is_there() ? best_from(i, dtype) : NULL;
    return NULL;
}
