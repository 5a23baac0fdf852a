// SPDX-License-Identifier: Apache-2.0
//
// One loop, compiled once for each row of the list in CMakeLists.txt, with that instruction set's
// flags and
//   LOOP          what it is called
//   ELEMENT       float or double
//   BITS          of a vector
//   ACCUMULATORS  sums that wait for nothing but themselves: more than an addition takes cycles
//                 times those begun in each, and as many as there are registers for
//   FMA           __builtin_fmaf or __builtin_fma; not defined where there is no such instruction
#include "bench/fma_loop.h"

enum { LANES = BITS / 8 / sizeof(ELEMENT) };

typedef ELEMENT vec __attribute__((vector_size(BITS / 8)));

// The accumulators are registers only once the loops over them are gone.
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

static inline __attribute__((always_inline)) vec splat(ELEMENT x)
{
    return x - (vec){0};
}

// One multiplication and one addition in every lane, such that none can be left out and no value
// grows without end or towards denormals.
static inline __attribute__((always_inline)) vec step(vec sum, vec x, vec y)
{
#ifdef FMA
    vec r;
    for (int i = 0; i < LANES; i++)
        r[i] = FMA(x[i], y[i], sum[i]);
    return r;
#else
    return sum * x + y;
#endif
}

static double run(int64_t rounds)
{
    vec sum[ACCUMULATORS], total = {0};
    const vec x = splat((ELEMENT)0.75), y = splat((ELEMENT)0.5);
    UNROLL for (int a = 0; a < ACCUMULATORS; a++) sum[a] = splat((ELEMENT)(a + 1));
    for (int64_t i = 0; i < rounds; i++) {
        UNROLL for (int a = 0; a < ACCUMULATORS; a++) sum[a] = step(sum[a], x, y);
    }
    UNROLL for (int a = 0; a < ACCUMULATORS; a++) total += sum[a];
    double result = 0;
    for (int i = 0; i < LANES; i++)
        result += (double)total[i];
    return result;
}

const fma_loop LOOP = {.bits = BITS, .multiply_adds = ACCUMULATORS * LANES, .run = run};
