// SPDX-License-Identifier: Apache-2.0
//
// The only place that asks which processor this is.
#include "kernels/kernels.h"

#include <string.h>

extern const fal_kernels fal_kernels_avx512, fal_kernels_avx2, fal_kernels_neon, fal_kernels_scalar;

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
    const fal_kernels *kernels;
    bool (*is_there)(void);
} sets[] = {
#if defined(__x86_64__)
    {&fal_kernels_avx512, has_avx512},
    {&fal_kernels_avx2, has_avx2},
#elif defined(__aarch64__)
    {&fal_kernels_neon, always},
#endif
    {&fal_kernels_scalar, always},
};

enum { SETS = sizeof sets / sizeof *sets };

const fal_kernels *fal_best_kernels(void)
{
    int i = 0;
    while (!sets[i].is_there())
        i++; // ends: scalar is always there
    return sets[i].kernels;
}

const fal_kernels *fal_find_kernels(const char *name)
{
    for (int i = 0; i < SETS; i++)
        if (strcmp(sets[i].kernels->name, name) == 0)
            return sets[i].is_there() ? sets[i].kernels : NULL;
    return NULL;
}
