// SPDX-License-Identifier: Apache-2.0
#include "kernels/tuning.h"

#include "base/host.h"

#include <string.h>

#if defined(__x86_64__)
static bool is_amd(void)
{
    return __builtin_cpu_is("amd");
}
#endif

static bool is_any(void)
{
    return true;
}

// Beside its tiles, AMX is AVX-512.
static const char *vectors_of(const fal_kernels *kernels)
{
    return strcmp(kernels->name, "amx") == 0 ? "avx512" : kernels->name;
}

// The first that fits counts. The bytes of a band are found for each.
static const struct {
    const char *isa;
    bool (*is_this)(void);
    fal_tuning figures;
} processors[] = {
#if defined(__x86_64__)
    {"avx512", is_amd, {{1.00, 0.96, 0.66}, 0, 1, 1, INT64_MAX, INT64_MAX, INT64_MAX, 0}}, // Zen 4
    {"avx2", is_amd, {{0.97, 0, 0}, 0, 1.7, 1, 8, 0, 32, 0}},                              // Zen 4
    {"avx512",
     is_any,
     {{1.00, 1.00, 0.70}, 1, 1.7, 0.8, INT64_MAX, INT64_MAX, 192, 0}}, // Sapphire Rapids
    {"avx2", is_any, {{1.00, 0, 0}, 0, 1.9, 1, 8, 480, 32, 0}},        // Sapphire Rapids
#endif
    {NULL, is_any, {{0.90, 0, 0}, 0, 1, 1, 8, 0, INT64_MAX, 0}},
};

// Half of the second-level cache; what is beyond that has not been seen to gain.
static int64_t find_band_bytes(void)
{
    const int64_t least = 128 << 10, most = 512 << 10, half = fal_host_cache_bytes() / 2;
    return half < least ? least : half < most ? half : most;
}

fal_tuning fal_find_tuning(const fal_kernels *kernels)
{
    int i = 0;
    while ((processors[i].isa && strcmp(processors[i].isa, vectors_of(kernels)) != 0) ||
           !processors[i].is_this())
        i++; // ends: the last one is any
    fal_tuning tuning = processors[i].figures;
    tuning.band_bytes = find_band_bytes();
    return tuning;
}
